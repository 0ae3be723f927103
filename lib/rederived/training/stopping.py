"""A run that is asked to stop finishes its step, writes a checkpoint, and ends."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class TrainingStoppedError(RuntimeError):
    """A run was asked to stop, and its checkpoint is written."""


class StopRequest:
    """Whether somebody asked.

    >>> StopRequest().asked
    False
    """

    def __init__(self) -> None:
        self.asked = False


@contextmanager
def stop_request(*, listening: bool) -> Iterator[StopRequest]:
    """Turn SIGTERM into a request for as long as the context lasts.

    Outside the main thread, where signals cannot be received, nobody can ask.

    Args:
        listening: whether to listen at all.  A run without a folder does not, since it
            could write no checkpoint; nor do several processes that share batches, of
            which some would be a step further than others.
    """
    request = StopRequest()
    if not listening or threading.current_thread() is not threading.main_thread():
        yield request
        return

    def ask(*_: object) -> None:
        request.asked = True

    before = signal.signal(signal.SIGTERM, ask)
    try:
        yield request
    finally:
        signal.signal(signal.SIGTERM, before)
