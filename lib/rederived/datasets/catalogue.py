"""The data sets that have a name: where each is kept, its columns, size and licence."""

from typing import Literal

from rederived.datasets.containers import DatasetError
from rederived.datasets.entry import Crop, Entry

ImageName = Literal[
    "mnist",
    "fashion-mnist",
    "cifar10",
    "tiny-imagenet",
    "celeba",
    "celeba-128",
    "digits",
    "drawn-faces-32",
    "drawn-faces-64",
]
TextName = Literal["csl-titles", "lctt-titles", "lcsts", "title-grammar"]


_LOSSY_CIFAR = (
    "JPEG copy of CIFAR-10, pixels lossy (quality 75): accuracies are near the "
    "published ones, likelihoods are not comparable"
)

_DRAWN = (
    "exact; drawn by rederived.datasets.faces with known factors, labels: hair style"
)


def _shards(pattern: str, count: int) -> tuple[str, ...]:
    return tuple(f"{pattern}-{i:05d}-of-{count:05d}.parquet" for i in range(count))


def _drawn_faces(size: int) -> Entry:
    return Entry(
        name=f"drawn-faces-{size}",
        kind="images",
        rows={"train": 10_000, "test": 1_000},
        licence="MIT, part of this library",
        note=_DRAWN,
        mode="RGB",
        shape=(size, size),
        levels=256,
        embedded=True,
    )


def _celeba(name: str, size: int) -> Entry:
    return Entry(
        name=name,
        kind="images",
        rows={"train": 162_770, "valid": 19_867, "test": 19_962},
        licence="CelebA dataset release agreement: non-commercial research",
        note=f"aligned JPEG, centred 108x108 pixels resized to {size}x{size}; "
        "labels: person",
        hub="flwrlabs/celeba",
        revision="2d738f56e0e7f925ea36ae7c808ea925264aacec",
        hub_files={
            s: _shards(f"img_align+identity+attr/{s}", n)
            for s, n in (("train", 19), ("valid", 3), ("test", 3))
        },
        columns=("image", "celeb_id"),
        mode="RGB",
        shape=(size, size),
        crop=Crop(stored=(218, 178), side=108),
        levels=256,
        folders={"celeba": ""},
    )


ENTRIES: tuple[Entry, ...] = (
    Entry(
        name="mnist",
        kind="images",
        rows={"train": 60_000, "test": 10_000},
        licence="none formal; commonly CC BY-SA 3.0",
        note="exact: pixels and order of the original IDX files",
        hub="ylecun/mnist",
        revision="77f3279092a1c1579b2250db8eafed0ad422088c",
        hub_files={s: _shards(f"mnist/{s}", 1) for s in ("train", "test")},
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
        revision="531be5e2ccc9dba0c201ad3ae567a4f3d16ecdd2",
        hub_files={s: _shards(f"fashion_mnist/{s}", 1) for s in ("train", "test")},
        mode="L",
        shape=(28, 28),
        levels=256,
        folders={"fashion-mnist": ""},
    ),
    Entry(
        name="cifar10",
        kind="images",
        rows={"train": 50_000, "test": 10_000},
        licence="none stated; its author asks to cite Krizhevsky 2009",
        note="exact from the hub; a JPEG copy in a local folder is lossy and noted",
        hub="uoft-cs/cifar10",
        revision="0b2714987fa478483af9968de7c934580d0bb9a2",
        hub_files={s: _shards(f"plain_text/{s}", 1) for s in ("train", "test")},
        columns=("img", "label"),
        mode="RGB",
        shape=(32, 32),
        levels=256,
        folders={"cifar10": "", "cifar10-jpeg": _LOSSY_CIFAR},
    ),
    Entry(
        name="tiny-imagenet",
        kind="images",
        rows={"train": 100_000, "valid": 10_000},
        licence="ImageNet terms: non-commercial research",
        note="JPEG as distributed; a few pictures are grey and come as three channels",
        hub="zh-plus/tiny-imagenet",
        revision="5a77092c28e51558c5586e9c5eb71a7e17a5e43f",
        hub_files={
            "train": ("data/train-00000-of-00001-1359597a978bc4fa.parquet",),
            "valid": ("data/valid-00000-of-00001-70d52db3c749a935.parquet",),
        },
        mode="RGB",
        shape=(64, 64),
        levels=256,
        folders={"tiny-imagenet": ""},
    ),
    _celeba("celeba", 64),
    _celeba("celeba-128", 128),
    Entry(
        name="csl-titles",
        kind="texts",
        rows={"train": 2_800, "validation": 1_350, "test": 1_350},
        licence="Apache-2.0 (ydli-ai/CSL); earlier: research and study only",
        note="titles and abstracts of Chinese scientific articles",
        columns=("title", "text"),
        folders={"csl-titles": ""},
    ),
    Entry(
        name="lctt-titles",
        kind="texts",
        rows={"train": 6_946, "validation": 400, "test": 400},
        licence="Apache-2.0 (LCTT/TranslateProject)",
        note="titles and first 1,500 characters of translated articles, cleaned",
        columns=("title", "text"),
        folders={"lctt-titles": ""},
    ),
    Entry(
        name="lcsts",
        kind="texts",
        rows={"train": 2_400_591, "validation": 8_685, "test": 725},
        licence="none stated on the hub; its authors gave it out for research",
        note="posts of Chinese news accounts (Weibo) and their headlines; the parts "
        "for validation and test are those judged relevant by people",
        hub="hugcyp/LCSTS",
        revision="467735c6750ece7d656436f965fccd0860b705c5",
        hub_files={
            "train": _shards("default/lcsts-train", 2),
            "validation": ("default/lcsts-validation.parquet",),
            "test": ("default/lcsts-test.parquet",),
        },
        columns=("summary", "text"),
        folders={"lcsts": ""},
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
    _drawn_faces(32),
    _drawn_faces(64),
    Entry(
        name="title-grammar",
        kind="texts",
        rows={"train": 8_000, "test": 1_000},
        licence="MIT, part of this library",
        note="made by rederived.datasets.titles: each title follows from its text",
        columns=("title", "text"),
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
        "or see what there is with `rederived data`."
    )
