"""The loop that trains one model by one loss.

Every draw is a function of the seed and the step, so a run that was killed goes on
along the same trajectory, and several processes share the batches that one process
would have seen.
"""

from __future__ import annotations

import math
import time
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from rederived.training import progress
from rederived.training.batches import MODEL, Batches
from rederived.training.checkpoints import CheckpointManager
from rederived.training.config import (
    Batch,
    BatchTransform,
    Evaluate,
    History,
    Loss,
    Model,
    TrainConfig,
    TransformForEpoch,
)
from rederived.training.devices import device_of, uses_bf16, uses_compiler
from rederived.training.divergence import (
    TrainingDivergedError,
    largest_gradient,
    require_usable_buffers,
)
from rederived.training.identity import Identity, identity_of_fit
from rederived.training.legs import costs_of
from rederived.training.samples import alike, sample_of
from rederived.training.schedules import Schedule, constant
from rederived.training.seeds import seed_draws
from rederived.training.speed import counted, note_memory
from rederived.training.stopping import TrainingStoppedError, stop_request
from rederived.training.tensors import CheckpointError

if TYPE_CHECKING:
    from accelerate import Accelerator

_LARGEST = 1e12  # a loss, or an entry of its gradient, beyond this is divergence


def fit(
    model: Model,
    data: Batch,
    optimizer: Optimizer,
    config: TrainConfig,
    *,
    loss: Loss | None = None,
    schedule: Schedule = constant,
    transform: BatchTransform | None = None,
    transform_for_epoch: TransformForEpoch | None = None,
    evaluate: Evaluate[Model] | None = None,
    monitor: str | None = None,
    directory: Path | None = None,
    label: str = "training",
) -> History:
    """Minimise a model's loss and leave the chosen weights in it.

    Training runs on the accelerator, if there is one: loss, ``transform`` and
    ``evaluate`` see the model and its batches there.  The model comes back on the
    device on which it came.

    Args:
        model: what is trained.
        data: tensors with the same number of rows ``N``; all of them are moved to the
            accelerator, once.
        optimizer: over the model's parameters, freshly made.
        config: length, batch size, seed and so on.
        loss: from the model and a batch to the batch's mean loss; None takes
            ``model(*batch)``.
        schedule: the factor on every group's learning rate at each step.
        transform: applied to the rows of the whole step before they are shared out.
        transform_for_epoch: from the epoch to what is applied in it; takes the
            place of ``transform``.
        evaluate: called after each epoch with the model in evaluation mode
            (the averaged one if there is one) and without gradients.
        monitor: a key of ``evaluate``'s result; the weights of the epoch with its
            lowest value are kept.  None keeps those of the last epoch.
        directory: where ``checkpoint.safetensors``, ``best.safetensors`` and
            ``log.txt`` go; an interrupted run found there is continued, if ``config``,
            data, modules, optimizer, schedule and monitor are the same, the loss has
            the same name, and the last step's batch is prepared as it was.  That a
            loss or a ``forward`` of the same name computes something else is not
            noticed: its values were of weights that are no longer there.  A checkpoint
            is written after each epoch, and by a single process each minute.  None
            keeps nothing on disk.
        label: the text beside the progress bar.

    Raises:
        TrainingDivergedError: if the loss or its gradient becomes NaN, infinite or
            absurdly large, if weights, buffers or the optimizer's averages do, or if
            the monitored value never is a number; the last checkpoint, written while
            all was well, is left in place.
        TrainingStoppedError: if SIGTERM came; the checkpoint is written.
        CheckpointError: if the folder holds a damaged or a different run.
        ValueError: if the data do not fit the batch size or the processes, nothing
            measures what is to be monitored, ``transform`` and ``transform_for_epoch``
            are both given, or the optimizer is over what is no parameter of the model.

    >>> model = nn.Linear(1, 1)
    >>> optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    >>> def squares(model, x, y):
    ...     return (model(x) - y).square().mean()
    >>> x = torch.linspace(-1, 1, 20)[:, None]
    >>> config = TrainConfig(epochs=50, batch_size=10, precision="float32")
    >>> history = fit(model, (x, 2 * x), optimizer, config, loss=squares)
    >>> round(model.weight.item(), 2)
    2.0
    """
    from accelerate import Accelerator  # noqa: PLC0415 - it takes half a second

    if transform is not None and transform_for_epoch is not None:
        raise ValueError(
            "transform and transform_for_epoch exclude each other: give one"
        )
    accelerator = Accelerator()
    accelerator.native_amp = False  # its own settings of precision change nothing here
    batches = Batches(
        data,
        config,
        transform_for_epoch or (lambda epoch: transform),
        device=accelerator.device,
        process=accelerator.process_index,
        processes=accelerator.num_processes,
    )
    home = device_of(model)
    objective = accelerator.prepare(_Objective(model, loss))  # on its device from here
    average = _averaged(model, config.average_decay)
    checkpoints = CheckpointManager(
        directory, model, optimizer, average, writes=accelerator.is_main_process
    )
    # the caller's global random state stays
    with checkpoints.locked(), torch.random.fork_rng():
        run = _Run(
            accelerator,
            batches,
            objective,
            checkpoints,
            config,
            loss=loss,
            schedule=schedule,
            monitor=monitor,
        )
        try:
            return run.train(evaluate, label)
        finally:
            rates = zip(optimizer.param_groups, run.base_rates, strict=False)
            for group, rate in rates:
                group["lr"] = rate  # another run does not begin at the schedule's end
            model.to(home)


class _Objective(nn.Module):
    """A model's loss as a module.

    Its ``forward`` is what several processes share the gradients of, whatever methods
    of the model the loss calls.
    """

    def __init__(self, model: nn.Module, loss: Loss | None) -> None:
        super().__init__()
        self.model, self.loss = model, loss

    def forward(self, *batch: Tensor) -> Tensor:
        """Return the mean loss of a batch."""
        if self.loss is None:
            return self.model(*batch)
        return self.loss(self.model, *batch)


class _Run:
    """The state of one call of ``fit``."""

    def __init__(
        self,
        accelerator: Accelerator,
        batches: Batches,
        objective: nn.Module,
        checkpoints: CheckpointManager,
        config: TrainConfig,
        *,
        loss: Loss | None,
        schedule: Schedule,
        monitor: str | None,
    ) -> None:
        self.accelerator, self.batches, self.config = accelerator, batches, config
        self.objective, self.schedule = objective, schedule
        self.checkpoints, self.monitor = checkpoints, monitor
        self.model, self.optimizer = checkpoints.model, checkpoints.optimizer
        self.parameters = list(objective.parameters())
        self.compiled = uses_compiler(
            config.compiled, accelerator.device, batches.steps_per_epoch * config.epochs
        )
        if self.compiled:
            objective.compile()
        self.base_rates = [group["lr"] for group in self.optimizer.param_groups]
        bf16 = uses_bf16(config.precision, accelerator.device)
        self.precision = "bf16" if bf16 else "float32"
        identity: Identity = {}
        if checkpoints.directory is not None:
            identity = identity_of_fit(
                config,
                self.model,
                self.optimizer,
                loss=loss,
                schedule=schedule,
                data=batches.data,
                steps=batches.steps_per_epoch,
                precision=self.precision,
                monitor=monitor,
            )
        self.position = checkpoints.restore(identity)
        self._require_alike()
        self.started = 0.0  # of the present epoch, as if it had run in one piece

    def _require_alike(self) -> None:
        """Refuse a run whose last batch was prepared in another way than now."""
        step, sample = self.position.step - 1, self.position.batch
        total = self.batches.steps_per_epoch * self.config.epochs
        if not sample or not 0 < self.position.step < total:
            return
        self.batches.at(step)
        if not alike(sample, sample_of(self.batches.latest)):
            raise CheckpointError(
                f"{self.checkpoints.checkpoint} belongs to another run, whose batch of "
                f"step {step} was prepared in another way, or by another version of "
                "this library: give the same transform, choose another folder, or "
                "delete the file to start afresh"
            )

    def train(self, evaluate: Evaluate[Any] | None, label: str) -> History:
        """Take all steps that are left, and put the chosen weights in place."""
        per_epoch = self.batches.steps_per_epoch
        total = per_epoch * self.config.epochs
        device = self.accelerator.device.type
        legs = self.position.legs
        legs[-1]["trained_on"] = device
        if self.compiled:
            legs[-1]["compiled"] = True
        self.checkpoints.log(
            f"{label}: step {self.position.step} of {total}, {device}, "
            f"{self.precision}, {torch.get_num_threads()} threads, "
            f"{self.accelerator.num_processes} processes, torch {torch.__version__}"
        )
        alone = self.accelerator.num_processes == 1
        timed = alone and self.checkpoints.directory is not None
        self.started = time.perf_counter() - self.position.partial_seconds
        self.objective.train()
        with (
            progress.bar(total, self.position.step, label) as bar,
            stop_request(listening=timed) as stop,
        ):
            while self.position.step < total:
                loss = self._step()
                self.position.partial_loss += loss
                self.position.step += 1
                bar.update()
                bar.set_postfix(loss=f"{loss:.4g}", refresh=False)
                if self.position.step % per_epoch == 0:
                    self._end_epoch(evaluate)
                elif self.position.step % (
                    self.config.checkpoint_every or total
                ) == 0 or (timed and (stop.asked or self.checkpoints.due())):
                    self._save()
                if stop.asked and self.position.step < total:
                    raise self._stopped(total)
        self._keep_chosen()
        taken = [leg for leg in legs if leg["to_step"] != leg["from_step"]]
        # the first checkpoints do not say on what they were trained
        used = [str(leg.get("trained_on", device)) for leg in taken]
        devices = ", ".join(dict.fromkeys(used)) or device
        return History(self.position.rows, self.precision, devices, costs_of(taken))

    def _step(self) -> float:
        """Take one optimizer step and return the loss before it."""
        step = self.position.step
        self._set_rates(self.schedule(step))
        batch = self.batches.at(step)
        device, process = self.accelerator.device, self.accelerator.process_index
        seed_draws(device, self.config.seed, MODEL, step, process)
        first_on_gpu = step == 0 and device.type == "cuda"
        legs = self.position.legs
        with counted(legs[-1]) if first_on_gpu else nullcontext():
            loss = self._differentiate(batch)
        # read when all is under way: a GPU would stand still before
        value = float(self.accelerator.reduce(loss, "mean"))
        self._require_finite("the loss", value)
        self._require_finite("the gradient's largest entry", self._clipped())
        self.optimizer.step()
        if self.checkpoints.average is not None:
            self.checkpoints.average.update_parameters(self.model)
        return value

    def _set_rates(self, factor: float) -> None:
        """Set the learning rates of a step."""
        if not 0.0 <= factor < math.inf:
            raise ValueError(
                f"the schedule's factor at step {self.position.step} is {factor}: "
                "give a finite number of at least 0"
            )
        for group, rate in zip(
            self.optimizer.param_groups, self.base_rates, strict=True
        ):
            group["lr"] = rate * factor

    def _differentiate(self, batch: Batch) -> Tensor:
        """Put the gradient of the loss in place; return the loss."""
        kind, bf16 = self.accelerator.device.type, self.precision == "bf16"
        if not self.model.training:
            self.objective.train()
        with torch.autocast(kind, torch.bfloat16, enabled=bf16):
            loss = self.objective(*batch)
        for parameter in self.parameters:  # also what the optimizer leaves alone
            parameter.grad = None
        loss.backward()  # accelerate's would divide it by its accumulation steps
        return loss.detach()

    def _clipped(self) -> float:
        """Clip the gradient if that is wanted; return its largest entry before."""
        largest = largest_gradient(self.model)
        if self.config.clip_norm is not None:
            nn.utils.clip_grad_norm_(self.model.parameters(), self.config.clip_norm)
        return largest

    def _require_finite(self, what: str, value: float) -> None:
        if math.isfinite(value) and abs(value) <= _LARGEST:
            return
        rates = [f"{group['lr']:.3g}" for group in self.optimizer.param_groups]
        kept = "nothing was saved: pass directory= to keep checkpoints"
        if self.checkpoints.directory is not None:
            kept = "it came before the first checkpoint"
        if self.checkpoints.checkpoint is not None:
            kept = f"the last good state is in {self.checkpoints.checkpoint}"
        message = (
            f"{what} is {value} at step {self.position.step} with learning rates "
            f"{', '.join(rates)}"
        )
        self.checkpoints.log(message)
        raise TrainingDivergedError(
            f"{message}; {kept}. Lower the learning rate, set clip_norm, or "
            "look for a logarithm or a division at zero in the loss"
        )

    def _stopped(self, total: int) -> TrainingStoppedError:
        text = f"stopped as asked after step {self.position.step} of {total}"
        self.checkpoints.log(text)
        return TrainingStoppedError(f"{text}: call it again to go on")

    def _end_epoch(self, evaluate: Evaluate[Any] | None) -> None:
        row = {
            "epoch": float(self.position.step // self.batches.steps_per_epoch),
            "step": float(self.position.step),
            "loss": self.position.partial_loss / self.batches.steps_per_epoch,
            "seconds": time.perf_counter() - self.started,
        }
        self._require_usable()
        if evaluate is not None:
            chosen = self.checkpoints.chosen.eval()
            with torch.no_grad():
                measured = evaluate(chosen)
            if taken := row.keys() & measured.keys():
                raise ValueError(
                    f"evaluate returns {', '.join(sorted(taken))}, which the history "
                    "has already: give it another name"
                )
            row |= {name: float(value) for name, value in measured.items()}
        self.position.rows.append(row)
        self.position.partial_loss = 0.0
        self.checkpoints.log(
            ", ".join(f"{name} {value:.6g}" for name, value in row.items())
        )
        if self.monitor is not None:
            self.checkpoints.save_best(row, self.monitor, self.position)
        self.started = time.perf_counter()
        self._save()

    def _require_usable(self) -> None:
        require_usable_buffers(self.model, self.position.step)
        self.checkpoints.require_usable(self.position.step)

    def _keep_chosen(self) -> None:
        """Put the chosen weights into the caller's module, in evaluation mode."""
        weights = self.checkpoints.chosen.state_dict()
        if self.monitor is not None:
            weights = self.checkpoints.best_weights(self.monitor, self.position)
        self.model.load_state_dict(weights)
        self.model.eval()

    def _save(self) -> None:
        self._require_usable()
        self.position.partial_seconds = time.perf_counter() - self.started
        if self.checkpoints.directory is not None:
            self.position.batch = sample_of(self.batches.latest)
        note_memory(self.position.legs[-1], self.accelerator.device)
        self.checkpoints.save(self.position)
        self.accelerator.wait_for_everyone()


def _averaged(model: nn.Module, decay: float | None) -> AveragedModel | None:
    if decay is None:
        return None
    update = get_ema_multi_avg_fn(decay)  # type: ignore[no-untyped-call]
    return AveragedModel(model, multi_avg_fn=update)
