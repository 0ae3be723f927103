"""The one adversarial training loop of the book."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from torch import nn
from torch.optim import Optimizer

from rederived.training import progress
from rederived.training.checkpoints import CheckpointManager
from rederived.training.config import is_whole
from rederived.training.identity import identity_of_optimizer
from rederived.training.stopping import TrainingStoppedError, stop_request


def fit_players(
    players: nn.Module,
    optimizer: Optimizer,
    play: Callable[[int], None],
    rounds: int,
    *,
    identity: Mapping[str, object],
    checkpoint_every: int,
    directory: Path | None = None,
    label: str = "training",
) -> None:
    """Play an adversarial game to its end, from where a checkpoint left it.

    An interrupted game goes on bit for bit if all that a round reads and changes is in
    the state of ``players`` or of the optimizer: the networks, the draws as a
    ``GeneratorState``, what was measured so far as buffers.  The game stays on its
    device; of several processes each plays the whole game, and the main one writes.

    Args:
        players: the networks of all players, and whatever else a round changes.
        optimizer: over their parameters, freshly made.
        play: given the number of a round, counted from zero, takes every player's
            steps, and measures where that is due.
        rounds: length of the game.
        identity: what the game is (its config, its seed); with the optimizer's
            hyperparameters it must not change between a checkpoint and its resumption.
        checkpoint_every: rounds between checkpoints; there is one at the end as well,
            and a single process writes one each minute.
        directory: where ``checkpoint.safetensors`` and ``log.txt`` go; None keeps
            nothing.
        label: the text beside the progress bar.

    Raises:
        TrainingStoppedError: if SIGTERM came; the checkpoint is written.
        TrainingDivergedError: if weights or the optimizer's averages are not finite
            where a checkpoint is due; the one before stays.
        CheckpointError: if the folder holds a damaged or a different run.
        ValueError: if ``rounds`` or ``checkpoint_every`` is not whole or less than one,
            or the optimizer is over what is no parameter of the players.

    >>> model = nn.Linear(1, 2, bias=False)
    >>> optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    >>> played = []
    >>> fit_players(model, optimizer, played.append, 3, identity={},
    ...             checkpoint_every=2)
    >>> played
    [0, 1, 2]
    """
    from accelerate import Accelerator  # noqa: PLC0415 - it takes half a second

    if not (is_whole(rounds, least=1) and is_whole(checkpoint_every, least=1)):
        raise ValueError(
            f"rounds and checkpoint_every must be at least 1 and whole, got {rounds} "
            f"and {checkpoint_every}"
        )
    accelerator = Accelerator()
    writes = accelerator.is_main_process
    manager = CheckpointManager(directory, players, optimizer, writes=writes)
    with manager.locked():
        found = {name: repr(value) for name, value in identity.items()}
        found |= {"rounds": str(rounds), **identity_of_optimizer(optimizer)}
        position = manager.restore(found)
        accelerator.wait_for_everyone()  # all have read before the first checkpoint
        manager.log(
            f"{label}: round {position.step} of {rounds}, "
            f"{next(players.parameters()).device.type}, float32, "
            f"{torch.get_num_threads()} threads, "
            f"{accelerator.num_processes} processes, torch {torch.__version__}"
        )
        timed = directory is not None and accelerator.num_processes == 1
        with (
            progress.bar(rounds, position.step, label) as bar,
            stop_request(listening=timed) as stop,
        ):
            while position.step < rounds:
                play(position.step)
                position.step += 1
                bar.update()
                last = position.step == rounds
                planned = position.step % checkpoint_every == 0 or last
                if planned:
                    manager.log(f"round {position.step} of {rounds}")
                if planned or (timed and (stop.asked or manager.due())):
                    manager.save(position)
                if stop.asked and not last:
                    text = f"stopped as asked after round {position.step} of {rounds}"
                    manager.log(text)
                    raise TrainingStoppedError(f"{text}: call it again to go on")
        accelerator.wait_for_everyone()
