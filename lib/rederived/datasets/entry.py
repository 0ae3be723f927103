"""What the catalogue says of one data set."""

from dataclasses import dataclass, field
from typing import Literal

from rederived.datasets.containers import DatasetError


@dataclass(frozen=True)
class Crop:
    """Cut a centred square out of a stored picture, then resize it (bicubic).

    Attributes:
        stored: Height and width of the picture in the file.
        side: Side of the square that is cut out, in stored pixels.
    """

    stored: tuple[int, int]
    side: int


@dataclass(frozen=True)
class Entry:
    """One data set of the catalogue.

    Attributes:
        name: The name that :func:`rederived.datasets.load` takes.
        kind: ``"images"`` or ``"texts"``.
        rows: Number of rows of every split, in the order of the splits.
        licence: As its source states it.
        note: What is exact, what is lossy, what to know.
        hub: Repository on the Hugging Face hub, or None if it has none there.
        revision: Commit of that repository.
        hub_files: Parquet files of every split in that repository, in order.
        columns: Columns that are read: picture and label, or title and text.
        mode: ``"L"`` (grey) or ``"RGB"``; empty for texts.
        shape: Height and width of a loaded picture; (0, 0) for texts.
        crop: None, or how a stored picture is brought to ``shape``.
        levels: Grey levels of a channel; 0 for texts.
        embedded: Whether it comes with the library and needs no file.
        folders: Names of folders to look in, best first, each with the note that
            results have to carry if the data come from there.

    >>> digits = Entry("digits", "images", {"train": 1437, "test": 360}, "CC BY", "")
    >>> digits.check_split("train")
    """

    name: str
    kind: Literal["images", "texts"]
    rows: dict[str, int]
    licence: str
    note: str
    hub: str | None = None
    revision: str | None = None
    hub_files: dict[str, tuple[str, ...]] = field(default_factory=dict)
    columns: tuple[str, str] = ("image", "label")
    mode: Literal["L", "RGB", ""] = ""
    shape: tuple[int, int] = (0, 0)
    crop: Crop | None = None
    levels: int = 0
    embedded: bool = False
    folders: dict[str, str] = field(default_factory=dict)

    def check_split(self, split: str) -> None:
        """Raise :class:`DatasetError` unless ``split`` is one of this data set's."""
        if split not in self.rows:
            raise DatasetError(
                f"{self.name!r} has no split {split!r}. "
                f"Use one of: {', '.join(self.rows)}; "
                "or see what there is with `rederived data`."
            )
