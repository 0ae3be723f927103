"""The one training loop of the book.

Every draw is a function of the seed and the step, so a run that was killed goes on
along the same trajectory, and several processes share the batches that one process
would have seen.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch
from accelerate import Accelerator
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from rederive.training import checkpoints, progress
from rederive.training.checkpoints import Position
from rederive.training.schedules import Schedule, constant
from rederive.training.seeds import derive, generator

Batch = tuple[Tensor, ...]
Prepare = Callable[[Batch, torch.Generator], Batch]
"""What turns stored rows into a batch (noise, augmentation), with its own generator."""
Evaluate = Callable[[nn.Module], dict[str, float]]
"""What measures a model after an epoch; the keys become columns of the history."""

LARGEST_LOSS = 1e12
"""A loss beyond this in absolute value counts as divergence."""
_ORDER, _NOISE, _MODEL = range(3)  # independent random streams of one seed


class TrainingDivergedError(ArithmeticError):
    """The loss stopped being a usable number."""


@dataclass(frozen=True)
class Settings:
    """What a run of ``fit`` is, apart from the model, the data and the optimizer.

    Attributes:
        epochs: passes over the data; rows that do not fill a last batch are left
            out of that pass (another shuffle brings them in).
        batch_size: rows of a step, over all processes together.
        seed: decides order, noise and dropout.
        clip_norm: bound on the norm of the whole gradient; None leaves it alone.
        average_decay: decay of the exponential moving average of the weights, which
            then are the weights evaluated and kept; None keeps the last weights.
        precision: ``"bf16"`` runs matrix products in bfloat16 (parameters and
            densities stay float32), ``"float32"`` does not, ``"auto"`` chooses bf16
            where the hardware computes with it.
        checkpoint_every: steps between checkpoints; None writes one an epoch.
    """

    epochs: int
    batch_size: int
    seed: int = 0
    clip_norm: float | None = None
    average_decay: float | None = None
    precision: Literal["auto", "float32", "bf16"] = "auto"
    checkpoint_every: int | None = None

    def identity(self, steps: int) -> dict[str, str]:
        """Return what must not change between a checkpoint and its resumption."""
        fields = ("epochs", "batch_size", "seed", "clip_norm", "average_decay")
        return {name: str(getattr(self, name)) for name in fields} | {
            "steps": str(steps)
        }


@dataclass(frozen=True)
class History:
    """What ``fit`` measured.

    Attributes:
        rows: one row an epoch: ``epoch``, ``step``, ``loss`` (mean over the epoch's
            steps), ``seconds``, and whatever ``evaluate`` returned.
        precision: the arithmetic of the matrix products, ``float32`` or ``bf16``.
        device: the device's type.
    """

    rows: list[dict[str, float]]
    precision: str
    device: str

    def column(self, name: str) -> list[float]:
        """Return one metric over the epochs."""
        return [row[name] for row in self.rows]


def fit(
    objective: nn.Module,
    data: Batch,
    optimizer: Optimizer,
    settings: Settings,
    *,
    schedule: Schedule = constant,
    prepare: Prepare | None = None,
    evaluate: Evaluate | None = None,
    monitor: str | None = None,
    directory: Path | None = None,
    label: str = "training",
) -> History:
    """Minimise an objective and leave the chosen weights in it.

    Args:
        objective: a module whose ``forward(*batch)`` is the mean loss of the batch.
        data: CPU tensors with the same number of rows ``N``.
        optimizer: over the objective's parameters, freshly made.
        settings: length, batch size, seed and so on.
        schedule: the factor on every group's learning rate at each step.
        prepare: applied to the rows of the whole step before they are shared out.
        evaluate: called after each epoch with the objective in evaluation mode
            (the averaged one if there is one) and without gradients.
        monitor: a key of ``evaluate``'s result; the weights of the epoch with its
            lowest value are kept.  None keeps those of the last epoch.
        directory: where ``checkpoint.safetensors`` and ``best.safetensors`` go; an
            interrupted run found there is continued.  None keeps nothing on disk.
        label: the text beside the progress bar.

    Raises:
        TrainingDivergedError: if the loss becomes NaN, infinite or absurdly large, or
            the monitored value never is a number; the last checkpoint, written while
            all was well, is left in place.
        CheckpointError: if the folder holds a damaged or a different run.
        ValueError: if the data do not fit the batch size or the processes, or
            nothing measures what is to be monitored.
    """
    run = _Run(
        objective, data, optimizer, settings, schedule=schedule, directory=directory
    )
    with _own_randomness():
        return run.train(prepare, evaluate, monitor, label)


class _Run:
    """The state of one call of ``fit``."""

    def __init__(
        self,
        objective: nn.Module,
        data: Batch,
        optimizer: Optimizer,
        settings: Settings,
        *,
        schedule: Schedule,
        directory: Path | None,
    ) -> None:
        self.accelerator = Accelerator()
        self.settings, self.schedule, self.data = settings, schedule, data
        self.directory, self.optimizer, self.plain = directory, optimizer, objective
        self.rows_total = _rows(data, settings, self.accelerator.num_processes)
        self.steps_per_epoch = self.rows_total // settings.batch_size
        self.base_rates = [group["lr"] for group in optimizer.param_groups]
        self.bf16 = _use_bf16(settings.precision, self.accelerator.device)
        self.model = self.accelerator.prepare(objective)
        self.average = _averaged(objective, settings.average_decay)
        self.identity = settings.identity(self.steps_per_epoch)
        self.position = Position(identity=self.identity)
        self.best: dict[str, Tensor] | None = None
        if directory is not None and self._checkpoint.exists():
            self.position = checkpoints.load(
                self._checkpoint, objective, self.average, optimizer, self.identity
            )

    @property
    def _checkpoint(self) -> Path:
        assert self.directory is not None
        return self.directory / "checkpoint.safetensors"

    @property
    def _chosen(self) -> nn.Module:
        """The weights that are evaluated and kept."""
        return self.plain if self.average is None else self.average.module

    def train(
        self,
        prepare: Prepare | None,
        evaluate: Evaluate | None,
        monitor: str | None,
        label: str,
    ) -> History:
        total = self.steps_per_epoch * self.settings.epochs
        started = time.perf_counter()
        with progress.bar(total, self.position.step, label) as bar:
            while self.position.step < total:
                loss = self._step(prepare)
                self.position.partial_loss += loss
                self.position.step += 1
                bar.update()
                bar.set_postfix(loss=f"{loss:.4g}", refresh=False)
                if self.position.step % self.steps_per_epoch == 0:
                    self._end_epoch(evaluate, monitor, time.perf_counter() - started)
                    started = time.perf_counter()
                elif self._checkpoint_due():
                    self._save()
        self._keep_chosen(monitor)
        return History(
            rows=self.position.rows,
            precision="bf16" if self.bf16 else "float32",
            device=self.accelerator.device.type,
        )

    def _step(self, prepare: Prepare | None) -> float:
        step, seed = self.position.step, self.settings.seed
        for group, rate in zip(
            self.optimizer.param_groups, self.base_rates, strict=True
        ):
            group["lr"] = rate * self.schedule(step)
        batch = self._batch(step, prepare)
        torch.manual_seed(derive(seed, _MODEL, step, self.accelerator.process_index))
        self.model.train()
        with torch.autocast(
            self.accelerator.device.type, torch.bfloat16, enabled=self.bf16
        ):
            loss = self.model(*batch)
        value = float(self.accelerator.reduce(loss.detach(), "mean"))
        self._require_finite(value)
        self.optimizer.zero_grad(set_to_none=True)
        self.accelerator.backward(loss)
        if self.settings.clip_norm is not None:
            nn.utils.clip_grad_norm_(self.plain.parameters(), self.settings.clip_norm)
        self.optimizer.step()
        if self.average is not None:
            self.average.update_parameters(self.plain)
        return value

    def _batch(self, step: int, prepare: Prepare | None) -> Batch:
        """Return this process's rows of the step's batch, on its device."""
        seed, size = self.settings.seed, self.settings.batch_size
        epoch, place = divmod(step, self.steps_per_epoch)
        order = torch.randperm(
            self.rows_total, generator=generator(seed, _ORDER, epoch)
        )
        rows = order[place * size : (place + 1) * size]
        batch = tuple(tensor[rows] for tensor in self.data)
        if prepare is not None:
            batch = prepare(batch, generator(seed, _NOISE, step))
        share = slice(
            self.accelerator.process_index, None, self.accelerator.num_processes
        )
        return tuple(tensor[share].to(self.accelerator.device) for tensor in batch)

    def _require_finite(self, loss: float) -> None:
        if math.isfinite(loss) and abs(loss) <= LARGEST_LOSS:
            return
        rates = [f"{group['lr']:.3g}" for group in self.optimizer.param_groups]
        kept = "nothing was saved: pass directory= to keep checkpoints"
        if self.directory is not None and self._checkpoint.exists():
            kept = f"the last good state is in {self._checkpoint}"
        raise TrainingDivergedError(
            f"the loss is {loss} at step {self.position.step} with learning rates "
            f"{', '.join(rates)}; {kept}. Lower the learning rate, set clip_norm, or "
            "look for a logarithm or a division at zero in the objective"
        )

    def _end_epoch(
        self, evaluate: Evaluate | None, monitor: str | None, seconds: float
    ) -> None:
        row = {
            "epoch": float(self.position.step // self.steps_per_epoch),
            "step": float(self.position.step),
            "loss": self.position.partial_loss / self.steps_per_epoch,
            "seconds": seconds,
        }
        if evaluate is not None:
            self._chosen.eval()
            with torch.no_grad():
                row |= evaluate(self._chosen)
        self.position.rows.append(row)
        self.position.partial_loss = 0.0
        if monitor is not None:
            self._compare(row, monitor)
        self._save()

    def _compare(self, row: dict[str, float], monitor: str) -> None:
        """Keep the weights if the monitored value is the lowest so far."""
        if monitor not in row:
            raise ValueError(
                f"monitor is {monitor!r}, but an epoch measured {', '.join(row)}: "
                "let evaluate return it"
            )
        if row[monitor] < self.position.best:
            self.position.best = row[monitor]
            self._keep_best()

    def _keep_best(self) -> None:
        weights = self._chosen.state_dict()
        if self.directory is None:
            self.best = {name: value.clone() for name, value in weights.items()}
        elif self.accelerator.is_main_process:
            checkpoints.write_tensors(self.directory / "best.safetensors", weights)

    def _keep_chosen(self, monitor: str | None) -> None:
        """Put the chosen weights into the caller's module, in evaluation mode."""
        if monitor is not None and math.isinf(self.position.best):
            raise TrainingDivergedError(
                f"{monitor!r} was a finite number after no epoch: lower the learning "
                "rate, or look at what evaluate computes"
            )
        weights = self._chosen.state_dict()
        self.accelerator.wait_for_everyone()
        if monitor is not None and self.directory is not None:
            weights, _ = checkpoints.read_tensors(self.directory / "best.safetensors")
        elif monitor is not None and self.best is not None:
            weights = self.best
        self.plain.load_state_dict(weights)
        self.plain.eval()

    def _checkpoint_due(self) -> bool:
        every = self.settings.checkpoint_every
        return every is not None and self.position.step % every == 0

    def _save(self) -> None:
        if self.directory is not None and self.accelerator.is_main_process:
            checkpoints.save(
                self._checkpoint,
                self.plain,
                self.average,
                self.optimizer,
                self.position,
            )
        self.accelerator.wait_for_everyone()


def _rows(data: Batch, settings: Settings, processes: int) -> int:
    """Return the number of rows, or say what does not fit."""
    rows = {len(tensor) for tensor in data}
    if len(rows) != 1:
        raise ValueError(f"all tensors of data need equally many rows, got {rows}")
    (count,) = rows
    if count < settings.batch_size:
        raise ValueError(
            f"{count} rows do not fill one batch of {settings.batch_size}: "
            "lower batch_size"
        )
    if settings.batch_size % processes:
        raise ValueError(
            f"a batch of {settings.batch_size} cannot be shared equally among "
            f"{processes} processes: choose a multiple"
        )
    return count


def _averaged(objective: nn.Module, decay: float | None) -> AveragedModel | None:
    if decay is None:
        return None
    update = get_ema_multi_avg_fn(decay)  # type: ignore[no-untyped-call]
    return AveragedModel(objective, multi_avg_fn=update)


def _use_bf16(precision: str, device: torch.device) -> bool:
    """Decide whether matrix products run in bfloat16."""
    if precision != "auto":
        return precision == "bf16"
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return device.type == "cpu" and bool(torch.cpu._is_avx512_bf16_supported())


@contextmanager
def _own_randomness() -> Iterator[None]:
    """Leave the caller's global random state as it was."""
    with torch.random.fork_rng():
        yield
