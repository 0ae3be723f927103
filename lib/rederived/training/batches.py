"""The batches of a run: functions of the seed and the step, shared by processes."""

from __future__ import annotations

import torch
from torch import Tensor

from rederived.training.config import Batch, TrainConfig, TransformForEpoch
from rederived.training.seeds import generator

ORDER, NOISE, MODEL = range(3)
"""Independent random streams of one seed."""


class Batches:
    """The rows of every step, and the share of one process in them.

    Args:
        data: tensors with the same number of rows; they are moved to the device once.
        config: batch size and seed.
        transform_for_epoch: from the epoch to what is applied to the rows of a whole
            step, before they are shared out.
        device: where batches are prepared; None is the CPU.
        process: this process's number.
        processes: how many processes share a step.

    Raises:
        ValueError: if the data do not fit the batch size or the processes.

    >>> config = TrainConfig(epochs=1, batch_size=2)
    >>> batches = Batches((torch.arange(5),), config, lambda epoch: None)
    >>> batches.steps_per_epoch, len(batches.at(0)[0])
    (2, 2)
    """

    def __init__(
        self,
        data: Batch,
        config: TrainConfig,
        transform_for_epoch: TransformForEpoch,
        *,
        device: torch.device | None = None,
        process: int = 0,
        processes: int = 1,
    ) -> None:
        self.device = torch.device("cpu") if device is None else device
        # a loss must not leave gradients in the caller's tensors
        self.data = tuple(
            tensor.detach().to(self.device) for tensor in _several("data", data)
        )
        self.transform_for_epoch = transform_for_epoch
        self.seed, self.size = config.seed, config.batch_size
        self.share = slice(process, None, processes)
        self.rows = _rows(data, config.batch_size, processes)
        self.steps_per_epoch = self.rows // self.size
        self._epoch, self._order = -1, torch.empty(0, dtype=torch.int64)
        self.latest: Batch = ()  # what was prepared last, for all processes together

    def at(self, step: int) -> Batch:
        """Return this process's rows of a step, transformed on its device."""
        self.latest = self._prepared(step)
        return tuple(tensor[self.share].to(self.device) for tensor in self.latest)

    def _prepared(self, step: int) -> Batch:
        """Return all rows of a step, transformed."""
        epoch, place = divmod(step, self.steps_per_epoch)
        rows = self._order_of(epoch)[place * self.size : (place + 1) * self.size]
        batch = tuple(tensor[rows] for tensor in self.data)
        transform = self.transform_for_epoch(epoch)
        if transform is not None:
            prepared = transform(batch, generator(self.seed, NOISE, step))
            batch = _several("what transform returns", prepared)
        return batch

    def _order_of(self, epoch: int) -> Tensor:
        """Return the order of the rows in an epoch, drawn once and kept there."""
        if epoch != self._epoch:
            draw = generator(self.seed, ORDER, epoch)
            order = torch.randperm(self.rows, generator=draw, device=draw.device)
            self._epoch, self._order = epoch, order.to(self.device)
        return self._order


def _several(what: str, batch: Batch) -> Batch:
    """Refuse one tensor in the place of several: its rows would count as these."""
    if isinstance(batch, Tensor):
        raise ValueError(f"{what} is one tensor: give a tuple of tensors, as (x,)")
    return batch


def _rows(data: Batch, batch_size: int, processes: int) -> int:
    """Return the number of rows, or say what does not fit."""
    rows = {len(tensor) for tensor in data}
    if len(rows) != 1:
        raise ValueError(f"all tensors of data need equally many rows, got {rows}")
    (count,) = rows
    if count < batch_size:
        raise ValueError(
            f"{count} rows do not fill one batch of {batch_size}: lower batch_size"
        )
    if batch_size % processes:
        raise ValueError(
            f"a batch of {batch_size} cannot be shared equally among "
            f"{processes} processes: choose a multiple"
        )
    return count
