"""``split``: the pictures of a study, for training, for choices and for the measure."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from rederived.datasets.catalogue import ImageName
from rederived.datasets.containers import Images
from rederived.datasets.loading import load


@dataclass(frozen=True)
class Split:
    """Pictures of one data set in three parts.

    Attributes:
        train: what is learned from.
        held_out: what choices are made on; may be empty.
        test: what is measured on, once.
    """

    train: Images
    held_out: Images
    test: Images

    @property
    def sources(self) -> list[str]:
        """Data set, split and fingerprint of what was read, as records keep them."""
        return [part.source.identity for part in (self.train, self.test)]

    @property
    def noted_sources(self) -> list[str]:
        """The same, each with its note if there is one."""
        parts = (self.train.source, self.test.source)
        return [f"{source.identity} {source.note}".rstrip() for source in parts]


def split(
    name: ImageName,
    *,
    rows: int | None = None,
    held_out: int | Fraction = 0,
    test: str = "test",
    test_rows: int | None = None,
) -> Split:
    """Load a data set of pictures and divide it; nothing is drawn at random.

    Args:
        name: a name of the catalogue.
        rows: how many of the training pictures are used, the first ones; None for all.
        held_out: how many of these are kept from training, the last ones; a fraction
            is one of the rows, rounded down.
        test: the split that is measured on.
        test_rows: how many of its pictures, the first ones; None for all.

    Raises:
        ValueError: if no picture would be left to train on.

    >>> parts = split("digits", held_out=Fraction(1, 6))
    >>> len(parts.train), len(parts.held_out), len(parts.test)
    (1198, 239, 360)
    """
    whole = load(name, "train")[:rows]
    count = held_out if isinstance(held_out, int) else int(held_out * len(whole))
    kept = len(whole) - count
    if kept < 1:
        raise ValueError(
            f"{count} pictures held out of {len(whole)} leave none to train on: raise "
            "rows or hold fewer out"
        )
    return Split(whole[:kept], whole[kept:], load(name, test)[:test_rows])
