"""Loading by name: what comes back, and what is said when nothing can."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import huggingface_hub.constants as hub
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from parquet_files import png, random_pictures, write_images, write_texts
from PIL import Image
from rederived.datasets import (
    DatasetError,
    Images,
    Pairs,
    Source,
    describe,
    load,
    split,
    verify,
)
from rederived.datasets.catalogue import entry
from rederived.datasets.digits import held_out
from sklearn.datasets import load_digits


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """Name an empty local folder by the variable, and forbid the network."""
    local, cache = tmp_path / "local", tmp_path / "cache"
    local.mkdir()
    monkeypatch.setenv("REDERIVED_DATA", str(local))
    monkeypatch.setattr(hub, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(hub, "HF_HUB_CACHE", str(cache))
    return local


def write_mnist(file: Path, rows: int = 5, shape: tuple[int, int] = (28, 28)):
    pictures = random_pictures(rows, shape)
    write_images(file, [png(picture) for picture in pictures], list(range(rows)))
    return pictures


def write_in_cache(name: str, split: str, writer) -> None:
    item = entry(name)
    repository = "datasets--" + item.hub.replace("/", "--")
    snapshot = Path(hub.HF_HUB_CACHE) / repository / "snapshots" / item.revision
    for shard, file in enumerate(item.hub_files[split]):
        writer(snapshot / file, shard)


def both_remedies(error: pytest.ExceptionInfo[DatasetError], *parts: str) -> None:
    text = str(error.value)
    for part in parts:
        assert part in text, text
    assert ", or" in text or "; or" in text, f"not two things to do: {text}"


# What comes back -----------------------------------------------------------------


def test_pixels_labels_and_source_of_a_local_file(folder):
    file = folder / "mnist" / "train.parquet"
    pictures = write_mnist(file)
    data = load("mnist", "train")
    assert isinstance(data, Images)
    assert data.pixels.dtype == torch.uint8
    assert torch.equal(data.pixels, torch.from_numpy(pictures[:, None]))
    assert data.labels.dtype == torch.int64
    assert data.labels.tolist() == [0, 1, 2, 3, 4]
    assert (data.levels, len(data), data.factors) == (256, 5, None)
    assert data.source.where == "REDERIVED_DATA/mnist/train.parquet"
    assert data.source.fingerprint == hashlib.sha256(file.read_bytes()).hexdigest()
    assert data.source.fingerprint[:16] in str(data.source)


def test_unit_divides_by_levels_less_one(folder):
    write_mnist(folder / "mnist" / "test.parquet")
    data = load("mnist", "test")
    assert data.unit().dtype == torch.float32
    assert torch.equal(data.unit(), data.pixels.float() / 255)


def test_more_rows_than_one_batch(folder, monkeypatch):
    monkeypatch.setattr("rederived.datasets.parquet._BATCH", 4)
    pictures = write_mnist(folder / "mnist" / "train.parquet", rows=11)
    data = load("mnist")
    assert torch.equal(data.pixels[:, 0], torch.from_numpy(pictures))
    assert data.labels.tolist() == list(range(11))


def test_colour_channels_come_first_and_grey_is_spread(folder):
    colour = random_pictures(2, (64, 64, 3))
    grey = random_pictures(1, (64, 64))[0]
    encoded = [png(colour[0]), png(colour[1]), png(grey)]
    write_images(folder / "tiny-imagenet" / "valid.parquet", encoded, [7, 8, 9])
    data = load("tiny-imagenet", "valid")
    assert torch.equal(data.pixels[:2], torch.from_numpy(colour).permute(0, 3, 1, 2))
    assert torch.equal(data.pixels[2], torch.from_numpy(grey).expand(3, 64, 64))


def test_a_lossy_copy_of_cifar10_says_so_and_an_exact_one_is_preferred(folder):
    pictures = random_pictures(2, (32, 32, 3))
    names = ("img", "label")
    lossy = [png(picture, "JPEG") for picture in pictures]
    write_images(folder / "cifar10-jpeg" / "train.parquet", lossy, [1, 2], names)
    assert "lossy" in load("cifar10").source.note
    exact = [png(picture) for picture in pictures]
    write_images(folder / "cifar10" / "train.parquet", exact, [1, 2], names)
    data = load("cifar10")
    assert data.source.note == ""
    assert torch.equal(data.pixels, torch.from_numpy(pictures).permute(0, 3, 1, 2))


def test_celeba_of_half_the_size_is_cropped_about_its_centre(folder):
    picture = random_pictures(1, (109, 89, 3))[0]
    file = folder / "celeba-half" / "test.parquet"
    write_images(file, [png(picture)], [77], ("image", "celeb_id"))
    data = load("celeba-half", "test")
    middle = torch.from_numpy(picture[22:86, 12:76].copy())
    assert torch.equal(data.pixels[0], middle.permute(2, 0, 1))


def test_celeba_is_cropped_about_its_centre_and_resized(folder):
    picture = random_pictures(1, (218, 178, 3))[0]
    file = folder / "celeba" / "valid.parquet"
    write_images(file, [png(picture)], [77], ("image", "celeb_id"))
    data = load("celeba", "valid")
    middle = Image.fromarray(picture[55:163, 35:143])
    expected = np.asarray(middle.resize((64, 64), Image.Resampling.BICUBIC))
    assert torch.equal(data.pixels[0], torch.tensor(expected).permute(2, 0, 1))
    assert data.labels.tolist() == [77]


@pytest.mark.parametrize("name", ["csl-titles", "lctt-titles", "msdocs-titles"])
def test_title_pairs_of_a_local_file(folder, name):
    write_texts(folder / name / "test.parquet", ["题", "目"], ["文一", "文二"])
    data = load(name, "test")
    assert isinstance(data, Pairs)
    assert data.titles == ("题", "目")
    assert data.texts == ("文一", "文二")


def test_the_hub_is_asked_when_the_folder_has_no_such_file(folder):
    pictures = random_pictures(3, (28, 28))

    def write(file: Path, shard: int) -> None:
        write_images(file, [png(picture) for picture in pictures], [0, 1, 2])

    write_in_cache("fashion-mnist", "test", write)
    data = load("fashion-mnist", "test")
    assert torch.equal(data.pixels[:, 0], torch.from_numpy(pictures))
    assert data.source.where.startswith("zalando-datasets/fashion_mnist@")


def test_several_files_of_the_hub_are_joined_in_order(folder, monkeypatch):
    monkeypatch.delenv("REDERIVED_DATA")
    picture = png(random_pictures(1, (218, 178, 3))[0])
    files = []

    def write(file: Path, shard: int) -> None:
        files.append(
            write_images(
                file, [picture] * 2, [shard, 10 + shard], ("image", "celeb_id")
            )
        )

    write_in_cache("celeba", "test", write)
    data = load("celeba", "test")
    assert data.labels.tolist() == [0, 10, 1, 11, 2, 12]
    together = b"".join(file.read_bytes() for file in files)
    assert data.source.fingerprint == hashlib.sha256(together).hexdigest()


def test_title_pairs_of_the_hub_come_from_both_files_in_order(folder):
    def write(file: Path, shard: int) -> None:
        titles, texts = [f"题{shard}", f"目{shard}"], [f"文{shard}一", f"文{shard}二"]
        write_texts(file, titles, texts, ("summary", "text"))

    write_in_cache("lcsts", "train", write)
    data = load("lcsts")
    assert isinstance(data, Pairs)
    assert data.titles == ("题0", "目0", "题1", "目1")
    assert data.texts == ("文0一", "文0二", "文1一", "文1二")
    assert data.source.where.startswith("hugcyp/LCSTS@")


def test_digits_keep_every_picture_once_and_the_classes_in_proportion():
    train, test = load("digits"), load("digits", "test")
    assert train.pixels.shape == (1437, 1, 8, 8)
    assert test.pixels.shape == (360, 1, 8, 8)
    assert (train.levels, int(train.pixels.max()), float(test.unit().max())) == (
        17,
        16,
        1,
    )
    bunch = load_digits()
    ours = torch.cat([train.pixels, test.pixels]).flatten(1)
    rows = {tuple(row) for row in ours.tolist()}
    assert rows == {tuple(row) for row in bunch.data.astype(int).tolist()}
    counts = np.bincount(bunch.target)
    share = test.labels.bincount().numpy() - counts * 360 / 1797
    assert np.abs(share).max() < 1


def test_a_split_may_be_named_by_what_was_read():
    split_ = json.loads('"test"')  # another object than the library's own
    assert len(load("digits", split_)) == 360


def test_digits_split_is_the_documented_rule():
    labels = np.array([0, 0, 1, 0, 1, 0, 1, 0, 1, 0])  # six of 0, four of 1
    # Five test rows: 3 of 0 (rows 1, 3, 5 of the class), 2 of 1 (rows 1, 3).
    expected = [False, True, False, False, True, True, False, False, True, True]
    assert held_out(labels, 5).tolist() == expected


def test_embedded_data_are_the_same_at_every_call():
    for name in ("digits", "drawn-faces-32", "title-grammar"):
        first = load(name, "test")
        with torch.device("meta"):  # a caller's default, which has no say here
            second = load(name, "test")
        assert first.source == second.source
        assert first.source.where == "embedded"
        if isinstance(first, Images):
            assert torch.equal(first.pixels, second.pixels)


@pytest.mark.parametrize(
    "item", [item for item in describe() if item.embedded], ids=lambda item: item.name
)
def test_embedded_data_have_the_rows_and_sizes_of_the_catalogue(item):
    assert set(item.rows) == {"train", "test"}
    assert verify(item.name, "test").fingerprint
    data = load(item.name, "test")
    if isinstance(data, Images):
        shape = (item.rows["test"], len(item.mode), *item.shape)
        assert data.pixels.shape == shape
        assert data.levels == item.levels


def test_every_name_that_was_asked_for_is_in_the_catalogue():
    names = {item.name for item in describe()}
    assert names == {
        "mnist",
        "fashion-mnist",
        "cifar10",
        "tiny-imagenet",
        "celeba",
        "celeba-128",
        "celeba-half",
        "csl-titles",
        "lctt-titles",
        "msdocs-titles",
        "lcsts",
        "digits",
        "drawn-faces-32",
        "drawn-faces-64",
        "title-grammar",
    }
    for item in describe():
        assert item.licence
        assert item.note
        if item.hub:
            assert set(item.hub_files) == set(item.rows)
            assert len(item.revision) == 40


@pytest.mark.parametrize(
    ("name", "total"),
    [
        *[("mnist", 70_000), ("fashion-mnist", 70_000), ("cifar10", 60_000)],
        ("tiny-imagenet", 200 * 550),  # classes, each with 500 and 50 pictures
        *[("celeba", 202_599), ("celeba-128", 202_599)],
        ("celeba-half", 10_000),
        *[("lcsts", 2_400_591 + 8_685 + 725), ("digits", 1_797)],
        *[("csl-titles", 5_500), ("lctt-titles", 7_746)],
        *[("drawn-faces-32", 11_000), ("drawn-faces-64", 11_000)],
        ("title-grammar", 9_000),
    ],
)
def test_a_data_set_has_as_many_rows_as_were_published(name, total):
    assert sum(entry(name).rows.values()) == total


@pytest.mark.parametrize(
    ("name", "mode", "shape"),
    [
        *[("mnist", "L", (28, 28)), ("fashion-mnist", "L", (28, 28))],
        *[("cifar10", "RGB", (32, 32)), ("tiny-imagenet", "RGB", (64, 64))],
        *[("celeba", "RGB", (64, 64)), ("celeba-128", "RGB", (128, 128))],
        *[("celeba-half", "RGB", (64, 64)), ("digits", "L", (8, 8))],
        *[("drawn-faces-32", "RGB", (32, 32)), ("drawn-faces-64", "RGB", (64, 64))],
    ],
)
def test_pictures_have_the_published_size_and_colours(name, mode, shape):
    assert (entry(name).mode, entry(name).shape) == (mode, shape)


def test_a_division_leaves_one_picture_to_train_on():
    assert len(split("digits", rows=3, held_out=2).train) == 1
    with pytest.raises(ValueError, match="3 pictures held out of 3 leave none"):
        split("digits", rows=3, held_out=3)


# What is said when nothing can ----------------------------------------------------


def test_unknown_name():
    with pytest.raises(DatasetError) as error:
        load("mnits")
    both_remedies(error, "'mnits'", "fashion-mnist", "rederived data")


@pytest.mark.parametrize("name", ["mnist", "digits"])
def test_unknown_split(name):
    with pytest.raises(DatasetError) as error:
        load(name, "valid")
    both_remedies(error, repr(name), "'valid'", "train, test")


def test_no_network_and_no_local_file(folder):
    with pytest.raises(DatasetError) as error:
        load("mnist", "test")
    path = str(folder / "mnist" / "test.parquet")
    both_remedies(
        error, "mnist/test", path, "ylecun/mnist", "network", "REDERIVED_DATA"
    )


def test_no_network_and_no_variable(folder, monkeypatch):
    monkeypatch.delenv("REDERIVED_DATA")
    with pytest.raises(DatasetError) as error:
        load("mnist")
    both_remedies(
        error, "REDERIVED_DATA is not set", "ylecun/mnist", "'image'", "'label'"
    )


def test_titles_of_the_hub_without_network(folder):
    with pytest.raises(DatasetError) as error:
        load("lcsts", "validation")
    path = str(folder / "lcsts" / "validation.parquet")
    both_remedies(error, path, "hugcyp/LCSTS", "network", "'summary'", "'text'")


@pytest.mark.parametrize("place", ["local", "hub"])
def test_titles_of_the_hub_with_other_columns(folder, place):
    def write(file: Path, shard: int) -> None:
        write_texts(file, ["题"], ["文"])

    if place == "hub":
        write_in_cache("lcsts", "test", write)
    else:
        write(folder / "lcsts" / "test.parquet", 0)
    with pytest.raises(DatasetError) as error:
        load("lcsts", "test")
    both_remedies(error, "no column 'summary'", "title, text")


@pytest.mark.parametrize("name", ["lctt-titles", "msdocs-titles"])
def test_titles_without_a_hub_copy(folder, name):
    with pytest.raises(DatasetError) as error:
        load(name)
    path = str(folder / name / "train.parquet")
    both_remedies(error, path, "no copy of its own", "title-grammar")


def test_the_variable_names_no_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("REDERIVED_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(DatasetError) as error:
        load("mnist")
    both_remedies(error, "nowhere", "which is no folder", "unset it")


def test_truncated_file(folder):
    file = folder / "mnist" / "train.parquet"
    write_mnist(file, rows=20)
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(DatasetError) as error:
        load("mnist")
    both_remedies(error, str(file), "truncated or corrupt")


def test_corrupt_pages_behind_a_sound_footer(folder):
    file = folder / "mnist" / "train.parquet"
    write_mnist(file, rows=20)
    data = bytearray(file.read_bytes())
    data[4:1000] = b"\xff" * 996
    file.write_bytes(bytes(data))
    with pytest.raises(DatasetError) as error:
        load("mnist")
    both_remedies(error, str(file), "corrupt")


def test_empty_file(folder):
    file = folder / "mnist" / "train.parquet"
    file.parent.mkdir()
    file.touch()
    with pytest.raises(DatasetError, match="truncated or corrupt"):
        load("mnist")


@pytest.mark.parametrize("missing", ["image", "label"])
def test_missing_column(folder, missing):
    names = tuple("other" if name == missing else name for name in ("image", "label"))
    file = folder / "mnist" / "train.parquet"
    write_images(file, [png(random_pictures(1, (28, 28))[0])], [0], names)
    with pytest.raises(DatasetError) as error:
        load("mnist")
    both_remedies(error, str(file), f"no column '{missing}'", "other")


def test_column_of_another_type(folder):
    file = folder / "mnist" / "train.parquet"
    file.parent.mkdir()
    pq.write_table(pa.table({"image": ["a"], "label": [1]}), file)
    with pytest.raises(DatasetError) as error:
        load("mnist")
    both_remedies(error, "'image' holds string", "encoded pictures")
    file = folder / "csl-titles" / "train.parquet"
    file.parent.mkdir()
    pq.write_table(pa.table({"title": [1], "text": ["a"]}), file)
    with pytest.raises(DatasetError, match="'title' holds int64 where strings"):
        load("csl-titles")


def test_labels_that_are_no_integers(folder):
    file = folder / "mnist" / "train.parquet"
    file.parent.mkdir()
    picture = {"bytes": png(random_pictures(1, (28, 28))[0]), "path": None}
    pq.write_table(pa.table({"image": [picture], "label": [0.5]}), file)
    with pytest.raises(DatasetError, match="'label' holds double where integers"):
        load("mnist")


def test_empty_rows(folder):
    file = folder / "csl-titles" / "train.parquet"
    write_texts(file, ["题", None], ["文", "文"])
    with pytest.raises(DatasetError) as error:
        load("csl-titles")
    both_remedies(error, str(file), "'title' has 1 empty rows")


def test_wrong_picture_size(folder):
    write_mnist(folder / "mnist" / "train.parquet", shape=(28, 30))
    with pytest.raises(DatasetError) as error:
        load("mnist")
    both_remedies(error, "row 0", "28x30", "28x28")


@pytest.mark.parametrize("damage", [b"", b"no picture", "cut"])
def test_a_picture_that_cannot_be_decoded(folder, damage):
    good = png(random_pictures(1, (28, 28))[0])
    bad = good[: len(good) // 2] if damage == "cut" else damage
    write_images(folder / "mnist" / "train.parquet", [good, bad], [0, 1])
    with pytest.raises(DatasetError) as error:
        load("mnist")
    both_remedies(error, "row 1", "train.parquet")


def test_checksum_file(folder):
    file = folder / "mnist" / "train.parquet"
    write_mnist(file)
    sums = folder / "mnist" / "SHA256SUMS"
    right = hashlib.sha256(file.read_bytes()).hexdigest()
    sums.write_text(f"{'0' * 64}  test.parquet\n{right}  train.parquet\n")
    assert load("mnist").source.fingerprint == right
    sums.write_text(f"{'0' * 64} *train.parquet\n")
    with pytest.raises(DatasetError) as error:
        load("mnist")
    both_remedies(error, str(sums), right)


def test_verify_counts_the_rows(folder):
    write_mnist(folder / "mnist" / "test.parquet")
    with pytest.raises(DatasetError) as error:
        verify("mnist", "test")
    both_remedies(error, "5 rows", "10,000")


def test_containers_refuse_what_does_not_fit():
    source = Source("x", "train", "here", "0" * 64)
    pixels = torch.zeros(2, 1, 3, 3, dtype=torch.uint8)
    labels = torch.zeros(2, dtype=torch.int64)
    with pytest.raises(ValueError, match=r"uint8 of shape \(N, C, H, W\)"):
        Images(pixels.float(), labels, 256, source)
    with pytest.raises(ValueError, match=r"int64 of shape \(2,\)"):
        Images(pixels, labels[:1], 256, source)
    with pytest.raises(ValueError, match="labels must be at least 0, got -1"):
        Images(pixels, labels - 1, 256, source)
    with pytest.raises(ValueError, match="1 rows of factors for 2"):
        Images(pixels, labels, 256, source, torch.zeros(1, 4))
    with pytest.raises(ValueError, match="1 titles for 2 texts"):
        Pairs(("a",), ("b", "c"), source)


@pytest.mark.parametrize("asked", [{"rows": 1_438}, {"test_rows": 361}])
def test_no_fewer_pictures_than_are_asked_for(asked: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"pictures are asked for, and dig"):
        split("digits", **asked)
