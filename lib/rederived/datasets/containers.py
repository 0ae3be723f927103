"""What a data set is once it is loaded: pictures or title pairs, and their source."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor


class DatasetError(RuntimeError):
    """A data set could not be had; the message says what to do about it.

    A notebook shows the message alone, for the traceback explains nothing.
    """

    def _render_traceback_(self) -> list[str]:
        """Return what IPython shows of an error that is not caught."""
        return [f"{type(self).__name__}: {self}"]


@dataclass(frozen=True)
class Source:
    """Where data came from, in enough detail to find the same bytes again.

    >>> print(Source("digits", "train", "embedded", "0" * 64))
    digits/train [0000000000000000] from embedded
    """

    name: str  # in the catalogue
    split: str
    where: str  # folder, hub repository or ``"embedded"``
    fingerprint: str
    """SHA-256, hexadecimal: of the Parquet bytes (several files in order), or of the
    tensors or texts if the data are embedded."""
    note: str = ""  # what a result computed from these data has to say

    @property
    def identity(self) -> str:
        """Name, split and fingerprint in one line, as records keep them."""
        return f"{self.name}/{self.split} {self.fingerprint}"

    def __str__(self) -> str:
        text = f"{self.name}/{self.split} [{self.fingerprint[:16]}] from {self.where}"
        return f"{text} ({self.note})" if self.note else text


@dataclass(frozen=True)
class Images:
    """Pictures in memory.

    >>> source = Source("two", "train", "embedded", "0" * 64)
    >>> pixels = torch.zeros(2, 1, 4, 4, dtype=torch.uint8)
    >>> pictures = Images(pixels, torch.tensor([0, 1]), 256, source)
    >>> len(pictures), pictures[1:].labels.tolist()
    (2, [1])
    """

    pixels: Tensor  # uint8 (N, C, H, W), values 0 to levels - 1
    labels: Tensor  # int64 (N,)
    levels: int  # grey levels of a channel: 17 for the digits, else 256
    source: Source
    factors: Tensor | None = None  # float32 (N, F), the known ones of drawn pictures

    def __post_init__(self) -> None:
        if self.pixels.dtype != torch.uint8 or self.pixels.ndim != 4:
            raise ValueError(
                f"pixels must be uint8 of shape (N, C, H, W), not {self.pixels.dtype} "
                f"of shape {tuple(self.pixels.shape)}"
            )
        if self.labels.dtype != torch.int64 or self.labels.shape != (len(self),):
            raise ValueError(
                f"labels must be int64 of shape ({len(self)},), not "
                f"{self.labels.dtype} of shape {tuple(self.labels.shape)}"
            )
        if len(self) and int(self.labels.min()) < 0:
            raise ValueError(f"labels must be at least 0, got {int(self.labels.min())}")
        if not 2 <= self.levels <= 256:
            raise ValueError(f"levels must be 2 to 256, got {self.levels}")
        if self.pixels.numel() and int(self.pixels.max()) >= self.levels:
            raise ValueError(
                f"pixels must be below {self.levels}, got {int(self.pixels.max())}"
            )
        if self.factors is not None and len(self.factors) != len(self):
            raise ValueError(
                f"{len(self.factors)} rows of factors for {len(self)} pictures"
            )

    def __len__(self) -> int:
        return len(self.pixels)

    def __getitem__(self, rows: slice) -> Images:
        """Return some of the rows, pictures with their labels and factors."""
        factors = None if self.factors is None else self.factors[rows]
        return replace(
            self, pixels=self.pixels[rows], labels=self.labels[rows], factors=factors
        )

    def unit(self) -> Tensor:
        """Return the pixels as float32 in [0, 1], that is pixels / (levels - 1)."""
        return self.pixels.to(torch.float32) / (self.levels - 1)


@dataclass(frozen=True)
class Pairs:
    """Titles with the texts that they head, in one order.

    >>> source = Source("one", "train", "embedded", "0" * 64)
    >>> len(Pairs(("a title",), ("a text",), source))
    1
    """

    titles: tuple[str, ...]
    texts: tuple[str, ...]
    source: Source

    def __post_init__(self) -> None:
        if len(self.titles) != len(self.texts):
            raise ValueError(f"{len(self.titles)} titles for {len(self.texts)} texts")

    def __len__(self) -> int:
        return len(self.titles)
