"""Several processes that a launcher started together: whole runs for each."""

from __future__ import annotations

import os
from collections.abc import Hashable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")

_GROUP = ("RANK", "LOCAL_RANK", "WORLD_SIZE")
"""The variables by which a launcher tells a process its place."""
_PROGRESS = "REDERIVED_PROGRESS"


@dataclass(frozen=True)
class Process:
    """One of several processes that were started together.

    >>> Process(1, 2).share([("a", 0), ("b", 1), ("a", 2), ("c", 3)], key=[4, 5, 4, 6])
    [('b', 1)]
    """

    number: int  # from 0, which is the main one
    count: int  # how many there are

    def share(self, items: Sequence[T], key: Sequence[Hashable]) -> list[T]:
        """Return the items that are this process's, dealt out in turn.

        Args:
            items: what there is to do, the same in all processes.
            key: for each item; those with one key go to one process.
        """
        places = {one: place for place, one in enumerate(dict.fromkeys(key))}
        return [
            item
            for item, one in zip(items, key, strict=True)
            if places[one] % self.count == self.number
        ]


@contextmanager
def apart() -> Iterator[Process]:
    """Let this process work by itself, and say which of how many it is.

    Inside, a training is that of a single process: it shares no batches and waits for
    nobody, so that a run has the same numbers as one that was started alone.  Each
    process takes the next GPU of its machine, and begins again with the first where
    there are fewer.  Only the main process shows a progress bar.

    Raises:
        ValueError: if the launcher's variables are no places of a group.

    >>> with apart() as process:
    ...     process
    Process(number=0, count=1)
    """
    process, local = _place()
    kept = {name: os.environ.get(name) for name in (*_GROUP, _PROGRESS)}
    for name in _GROUP:
        os.environ.pop(name, None)
    if process.number:
        os.environ[_PROGRESS] = "off"
    try:
        with _gpu(local) if process.count > 1 else nullcontext():
            yield process
    finally:
        for name, value in kept.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


def _place() -> tuple[Process, int]:
    """Return this process's place, and its number on its machine."""
    if not (os.environ.get("RANK") and os.environ.get("WORLD_SIZE")):
        return Process(0, 1), 0
    values = {name: os.environ.get(name, "0") for name in _GROUP}
    try:
        number, local, count = (int(values[name]) for name in _GROUP)
        if not (0 <= number < count and local >= 0):
            raise ValueError
    except ValueError as error:
        shown = ", ".join(f"{name}={value}" for name, value in values.items())
        raise ValueError(
            f"{shown} is no place in a group of processes: start the command by "
            "torchrun or accelerate launch, or unset these variables"
        ) from error
    return Process(number, count), local


def _gpu(local: int) -> AbstractContextManager[object]:
    """Return the context of the GPU that a process of this machine takes."""
    import torch  # noqa: PLC0415 - most commands do without it

    gpus = torch.cuda.device_count()
    return torch.cuda.device(local % gpus) if gpus else nullcontext()
