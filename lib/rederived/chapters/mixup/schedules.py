"""When SamplePairing is on: the paper's schedule, Inoue 2018, arXiv:1801.02929."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PairingSchedule:
    """Ordinary training first, then pairing on and off in turn, then off for good.

    >>> schedule = PairingSchedule(warmup=2, on=2, off=1, stop=8)
    >>> [epoch for epoch in range(10) if schedule.active(epoch)]
    [2, 3, 5, 6]
    """

    warmup: int
    """Epochs without pairing at the beginning."""
    on: int
    """Epochs with pairing in each turn."""
    off: int
    """Epochs without pairing in each turn."""
    stop: int
    """The epoch from which pairing stays off, for the fine-tuning."""

    def __post_init__(self) -> None:
        """Refuse a schedule that never pairs or runs backwards.

        Raises:
            ValueError: if a length is negative, ``on`` is zero, or ``stop`` comes
                before the end of the warm-up.
        """
        turns = self.on >= 1 and self.off >= 0
        if not (0 <= self.warmup <= self.stop and turns):
            raise ValueError(
                f"{self} cannot be followed: give warmup >= 0, on >= 1, off >= 0 and "
                "stop >= warmup"
            )

    def active(self, epoch: int) -> bool:
        """Return whether an epoch, counted from zero, pairs its samples."""
        if not self.warmup <= epoch < self.stop:
            return False
        return (epoch - self.warmup) % (self.on + self.off) < self.on

    @classmethod
    def for_epochs(cls, epochs: int) -> PairingSchedule:
        """Return the paper's proportions, 10 %, 70 % and 20 %, of any length."""
        return cls(warmup=epochs // 10, on=8, off=2, stop=epochs - epochs // 5)


PAPER_CIFAR = PairingSchedule(warmup=100, on=8, off=2, stop=800)
"""The schedule reported for CIFAR-10, a run of 1,000 epochs."""
