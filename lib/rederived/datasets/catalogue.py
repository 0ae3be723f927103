"""The data sets that have a name: where each is kept, its columns, size and licence."""

from dataclasses import dataclass, field
from typing import Literal

from rederived.datasets.containers import DatasetError

ImageName = Literal[
    "mnist",
    "fashion-mnist",
    "cifar10",
    "tiny-imagenet",
    "celeba",
    "celeba-128",
    "celeba-half",
    "digits",
    "drawn-faces-32",
    "drawn-faces-64",
]
TextName = Literal[
    "csl-titles", "lctt-titles", "msdocs-titles", "lcsts", "title-grammar"
]


@dataclass(frozen=True)
class Crop:
    """Cut a centred square out of a stored picture, then resize it (bicubic)."""

    stored: tuple[int, int]  # height and width of the picture in the file
    side: int  # of the square that is cut out, in stored pixels


@dataclass(frozen=True)
class Entry:
    """One data set of the catalogue.

    >>> entry("digits").rows
    {'train': 1437, 'test': 360}
    """

    name: str  # what :func:`rederived.datasets.load` takes
    rows: dict[str, int]  # of every split, in the order of the splits
    licence: str  # as its source states it
    note: str  # what is exact, what is lossy, what to know
    folders: dict[str, str] = field(default_factory=dict)
    """Names of local folders to look in, best first, each with the note that results
    have to carry if the data come from there; none for what comes with the library."""
    hub: str | None = None  # repository on the Hugging Face hub
    revision: str | None = None  # commit of that repository
    hub_files: dict[str, tuple[str, ...]] = field(default_factory=dict)  # of a split
    kind: Literal["images", "texts"] = "images"
    columns: tuple[str, str] = ("image", "label")  # or title and text
    # of images only
    shape: tuple[int, int] = (0, 0)  # height and width of a loaded picture
    mode: Literal["L", "RGB"] = "RGB"  # grey or colour
    levels: int = 256  # of a channel
    crop: Crop | None = None  # how a stored picture is brought to ``shape``

    @property
    def embedded(self) -> bool:
        """Whether it comes with the library and needs no file."""
        return not self.folders

    def check_split(self, split: str) -> None:
        """Raise :class:`DatasetError` unless ``split`` is one of this data set's."""
        if split not in self.rows:
            raise DatasetError(
                f"{self.name!r} has no split {split!r}. "
                f"Use one of: {', '.join(self.rows)}; "
                "or see what there is with `rederived data`."
            )


def _shards(pattern: str, count: int = 1) -> tuple[str, ...]:
    return tuple(f"{pattern}-{i:05d}-of-{count:05d}.parquet" for i in range(count))


def _like_mnist(name: str, hub: str, revision: str, licence: str) -> Entry:
    folder = hub.split("/")[1]
    return Entry(
        name,
        rows={"train": 60_000, "test": 10_000},
        licence=licence,
        note="exact: pixels and order of the original IDX files",
        folders={name: ""},
        hub=hub,
        revision=revision,
        hub_files={split: _shards(f"{folder}/{split}") for split in ("train", "test")},
        shape=(28, 28),
        mode="L",
    )


def _celeba(name: str, size: int) -> Entry:
    return Entry(
        name,
        rows={"train": 162_770, "valid": 19_867, "test": 19_962},
        licence="CelebA dataset release agreement: non-commercial research",
        note=f"aligned JPEG, centred 108x108 pixels resized to {size}x{size}; "
        "labels: person",
        folders={"celeba": ""},
        hub="flwrlabs/celeba",
        revision="2d738f56e0e7f925ea36ae7c808ea925264aacec",
        hub_files={
            split: _shards(f"img_align+identity+attr/{split}", count)
            for split, count in (("train", 19), ("valid", 3), ("test", 3))
        },
        columns=("image", "celeb_id"),
        shape=(size, size),
        crop=Crop(stored=(218, 178), side=108),
    )


def _drawn_faces(size: int) -> Entry:
    return Entry(
        f"drawn-faces-{size}",
        rows={"train": 10_000, "test": 1_000},
        licence="MIT, part of this library",
        note="exact; drawn by rederived.datasets.faces with known factors, "
        "labels: hair style",
        shape=(size, size),
    )


def _titles(name: str, rows: dict[str, int], licence: str, note: str) -> Entry:
    folders, columns = {name: ""}, ("title", "text")
    return Entry(name, rows, licence, note, folders, kind="texts", columns=columns)


ENTRIES: tuple[Entry, ...] = (
    _like_mnist(
        "mnist",
        hub="ylecun/mnist",
        revision="77f3279092a1c1579b2250db8eafed0ad422088c",
        licence="none formal; commonly CC BY-SA 3.0",
    ),
    _like_mnist(
        "fashion-mnist",
        hub="zalando-datasets/fashion_mnist",
        revision="531be5e2ccc9dba0c201ad3ae567a4f3d16ecdd2",
        licence="MIT",
    ),
    Entry(
        "cifar10",
        rows={"train": 50_000, "test": 10_000},
        licence="none stated; its author asks to cite Krizhevsky 2009",
        note="exact from the hub; a JPEG copy in a local folder is lossy and noted",
        folders={
            "cifar10": "",
            "cifar10-jpeg": "JPEG copy of CIFAR-10, pixels lossy (quality 75): "
            "accuracies are near the published ones, likelihoods are not comparable",
        },
        hub="uoft-cs/cifar10",
        revision="0b2714987fa478483af9968de7c934580d0bb9a2",
        hub_files={
            split: _shards(f"plain_text/{split}") for split in ("train", "test")
        },
        columns=("img", "label"),
        shape=(32, 32),
    ),
    Entry(
        "tiny-imagenet",
        rows={"train": 100_000, "valid": 10_000},
        licence="ImageNet terms: non-commercial research",
        note="JPEG as distributed; a few pictures are grey and come as three channels",
        folders={"tiny-imagenet": ""},
        hub="zh-plus/tiny-imagenet",
        revision="5a77092c28e51558c5586e9c5eb71a7e17a5e43f",
        hub_files={
            "train": ("data/train-00000-of-00001-1359597a978bc4fa.parquet",),
            "valid": ("data/valid-00000-of-00001-70d52db3c749a935.parquet",),
        },
        shape=(64, 64),
    ),
    _celeba("celeba", 64),
    _celeba("celeba-128", 128),
    Entry(
        "celeba-half",
        rows={"train": 9_000, "test": 1_000},
        licence="CelebA dataset release agreement: non-commercial research",
        note="the first 10,000 pictures of CelebA at half their size, JPEG twice, "
        "centred 64x64 pixels; labels: person; 693 test pictures show a person who is "
        "in train; likelihoods are not comparable to published ones",
        folders={"celeba-half": ""},
        columns=("image", "celeb_id"),
        shape=(64, 64),
        crop=Crop(stored=(109, 89), side=64),
    ),
    _titles(
        "csl-titles",
        {"train": 2_800, "validation": 1_350, "test": 1_350},
        "Apache-2.0 (ydli-ai/CSL); earlier: research and study only",
        "titles and abstracts of Chinese scientific articles",
    ),
    _titles(
        "lctt-titles",
        {"train": 6_946, "validation": 400, "test": 400},
        "Apache-2.0 (LCTT/TranslateProject)",
        "titles and first 1,500 characters of translated articles, cleaned",
    ),
    _titles(
        "msdocs-titles",
        {"train": 19_624, "validation": 1_000, "test": 1_000},
        "CC BY 4.0 (Microsoft's Chinese documentation)",
        "titles and first paragraphs, at most 300 characters, of pages in part "
        "translated by machine; titles of the same characters are in one split",
    ),
    Entry(
        "lcsts",
        rows={"train": 2_400_591, "validation": 8_685, "test": 725},
        licence="none stated on the hub; its authors gave it out for research",
        note="posts of Chinese news accounts (Weibo) and their headlines; the parts "
        "for validation and test are those judged relevant by people",
        folders={"lcsts": ""},
        hub="hugcyp/LCSTS",
        revision="467735c6750ece7d656436f965fccd0860b705c5",
        hub_files={
            "train": _shards("default/lcsts-train", 2),
            "validation": ("default/lcsts-validation.parquet",),
            "test": ("default/lcsts-test.parquet",),
        },
        kind="texts",
        columns=("summary", "text"),
    ),
    Entry(
        "digits",
        rows={"train": 1_437, "test": 360},
        licence="CC BY 4.0 (UCI, Alpaydin and Kaynak 1998), in scikit-learn's wheel",
        note="exact; 8x8 pixels of 17 levels; the split is ours, see digits.py",
        shape=(8, 8),
        mode="L",
        levels=17,
    ),
    _drawn_faces(32),
    _drawn_faces(64),
    Entry(
        "title-grammar",
        rows={"train": 8_000, "test": 1_000},
        licence="MIT, part of this library",
        note="made by rederived.datasets.titles: each title follows from its text",
        kind="texts",
        columns=("title", "text"),
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
        "or see what there is with `rederived data`."
    )
