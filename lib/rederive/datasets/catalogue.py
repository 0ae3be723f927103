"""The data sets that have a name: where each is kept, its columns, size and licence."""

from dataclasses import dataclass, field
from typing import Literal

from rederive.datasets.containers import DatasetError

ImageName = Literal[
    "mnist",
    "fashion-mnist",
    "cifar10",
    "tiny-imagenet",
    "celeba",
    "digits",
    "drawn-faces-32",
    "drawn-faces-64",
]
TextName = Literal["csl-titles", "lctt-titles", "title-grammar"]


@dataclass(frozen=True)
class Entry:
    """One data set of the catalogue.

    Attributes:
        name: The name that :func:`rederive.datasets.load` takes.
        kind: ``"images"`` or ``"texts"``.
        rows: Number of rows of every split, in the order of the splits.
        licence: As its source states it.
        note: What is exact, what is lossy, what to know.
        hub: Repository on the Hugging Face hub, or None if it has none there.
        revision: Commit of that repository, or None if not pinned.
        columns: Columns that are read: picture and label, or title and text.
        mode: ``"L"`` (grey) or ``"RGB"``; empty for texts.
        shape: Height and width of a picture; (0, 0) for texts.
        levels: Grey levels of a channel; 0 for texts.
        embedded: Whether it comes with the library and needs no file.
        folders: Names of folders to look in, best first, each with the note that
            results have to carry if the data come from there.
    """

    name: str
    kind: Literal["images", "texts"]
    rows: dict[str, int]
    licence: str
    note: str
    hub: str | None = None
    revision: str | None = None
    columns: tuple[str, str] = ("image", "label")
    mode: Literal["L", "RGB", ""] = ""
    shape: tuple[int, int] = (0, 0)
    levels: int = 0
    embedded: bool = False
    folders: dict[str, str] = field(default_factory=dict)

    def check_split(self, split: str) -> None:
        """Raise :class:`DatasetError` unless ``split`` is one of this data set's."""
        if split not in self.rows:
            raise DatasetError(
                f"{self.name!r} has no split {split!r}. "
                f"Use one of: {', '.join(self.rows)}; "
                "or see what there is with `rederive data`."
            )


_LOSSY_CIFAR = (
    "JPEG copy of CIFAR-10, pixels lossy (quality 75): accuracies are near the "
    "published ones, likelihoods are not comparable"
)

ENTRIES: tuple[Entry, ...] = (
    Entry(
        name="mnist",
        kind="images",
        rows={"train": 60_000, "test": 10_000},
        licence="none formal; commonly CC BY-SA 3.0",
        note="exact: pixels and order of the original IDX files",
        hub="ylecun/mnist",
        mode="L",
        shape=(28, 28),
        levels=256,
        folders={"mnist": ""},
    ),
    Entry(
        name="fashion-mnist",
        kind="images",
        rows={"train": 60_000, "test": 10_000},
        licence="MIT",
        note="exact: pixels and order of the original IDX files",
        hub="zalando-datasets/fashion_mnist",
        mode="L",
        shape=(28, 28),
        levels=256,
        folders={"fashion-mnist": ""},
    ),
    Entry(
        name="digits",
        kind="images",
        rows={"train": 1_437, "test": 360},
        licence="CC BY 4.0 (UCI, Alpaydin and Kaynak 1998), in scikit-learn's wheel",
        note="exact; 8x8 pixels of 17 levels; the split is ours, see digits.py",
        mode="L",
        shape=(8, 8),
        levels=17,
        embedded=True,
    ),
)


def entry(name: str) -> Entry:
    """Return the entry called ``name``.

    Raises:
        DatasetError: if there is none; the message lists the names.
    """
    for candidate in ENTRIES:
        if candidate.name == name:
            return candidate
    raise DatasetError(
        f"no data set is called {name!r}. "
        f"Use one of: {', '.join(item.name for item in ENTRIES)}; "
        "or add an entry to rederive.datasets.catalogue."
    )
