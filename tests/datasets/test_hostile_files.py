"""Pictures, labels and lists of hashes that are not what they should be."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from parquet_files import png, random_pictures, write_images, write_texts
from PIL import Image
from rederived import datasets
from rederived.datasets import DatasetError
from rederived.datasets.lookup import _hashes

GREY = random_pictures(3, (28, 28))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("REDERIVED_DATA", str(tmp_path))
    return tmp_path


def saved(picture: Image.Image) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, format="PNG")
    return stream.getvalue()


def load_one(folder: Path, data: bytes, name: str = "mnist") -> datasets.Images:
    columns = ("img", "label") if name == "cifar10" else ("image", "label")
    write_images(folder / name / "train.parquet", [data], [0], columns)
    found = datasets.load(name, "train")
    assert isinstance(found, datasets.Images)
    return found


def test_a_picture_of_sixteen_bits_is_refused(folder: Path) -> None:
    deep = Image.fromarray(GREY[0].astype(np.uint16) * 257)
    with pytest.raises(DatasetError, match="16 bits a channel where 8"):
        load_one(folder, saved(deep))


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparency_is_refused_and_opacity_is_nothing(
    mode: str, folder: Path
) -> None:
    picture = Image.fromarray(GREY[0]).convert(mode)
    assert load_one(folder, saved(picture)).pixels[0, 0].tolist() == GREY[0].tolist()
    picture.putalpha(Image.fromarray(GREY[1]))
    with pytest.raises(DatasetError, match="transparency"):
        load_one(folder, saved(picture))


def test_a_picture_is_upright(folder: Path) -> None:
    colours = random_pictures(1, (32, 32, 3))[0]
    exif = Image.Exif()
    exif[0x0112] = 6  # of a camera turned by a quarter: its left column is the top row
    stream = io.BytesIO()
    Image.fromarray(colours).save(stream, format="PNG", exif=exif)
    found = load_one(folder, stream.getvalue(), "cifar10").pixels[0]
    assert np.array_equal(found.permute(1, 2, 0), np.rot90(colours, -1))


def test_several_pictures_in_one_are_refused(folder: Path) -> None:
    frames = [Image.fromarray(frame) for frame in GREY]
    stream = io.BytesIO()
    frames[0].save(stream, format="PNG", save_all=True, append_images=frames[1:])
    with pytest.raises(DatasetError, match="row 0: several pictures in one"):
        load_one(folder, stream.getvalue())


@pytest.mark.parametrize("data", [b"", b"GIF89a" + bytes(50)])
def test_what_is_no_picture_is_said_without_a_place_in_memory(
    data: bytes, folder: Path
) -> None:
    with pytest.raises(DatasetError, match=f"{len(data)} bytes that are no PNG or JPE"):
        load_one(folder, data)


def test_colours_are_refused_where_grey_is_expected(folder: Path) -> None:
    colour = random_pictures(1, (28, 28, 3))[0]
    with pytest.raises(DatasetError, match="colours where grey"):
        load_one(folder, png(colour))
    grey = np.repeat(GREY[0][..., None], 3, -1)
    assert load_one(folder, png(grey)).pixels[0, 0].tolist() == GREY[0].tolist()


def test_a_palette_is_only_another_spelling(folder: Path) -> None:
    colour = Image.fromarray(random_pictures(1, (32, 32, 3))[0]).quantize(16)
    expected = np.asarray(colour.convert("RGB")).transpose(2, 0, 1)
    found = load_one(folder, saved(colour), "cifar10").pixels[0].numpy()
    assert (found == expected).all()


def test_a_bomb_is_refused_in_one_line(folder: Path) -> None:
    stream = io.BytesIO()
    Image.new("L", (20_000, 20_000)).save(stream, format="PNG")
    with pytest.raises(DatasetError, match="row 0"):
        load_one(folder, stream.getvalue())


def test_more_rows_than_the_catalogue_has_are_refused_before_memory(
    folder: Path,
) -> None:
    rows = 70_001
    file = folder / "mnist" / "train.parquet"
    file.parent.mkdir()
    empty = pa.array([{"bytes": b"", "path": None}] * 1).take(pa.array([0] * rows))
    pq.write_table(pa.table({"image": empty, "label": pa.array([0] * rows)}), file)
    with pytest.raises(DatasetError, match=r"70,001 rows.*60,000 at most"):
        datasets.load("mnist", "train")


def test_a_label_beyond_int64_is_refused(folder: Path) -> None:
    file = folder / "mnist" / "train.parquet"
    file.parent.mkdir()
    structs = [{"bytes": png(GREY[0]), "path": None}]
    labels = pa.array([2**63], pa.uint64())
    pq.write_table(pa.table({"image": structs, "label": labels}), file)
    with pytest.raises(DatasetError, match=r"'label'.*not in range"):
        datasets.load("mnist", "train")


@pytest.mark.parametrize("kind", [pa.dictionary(pa.int32(), pa.string()), None])
def test_texts_in_every_spelling_of_strings(folder: Path, kind: pa.DataType) -> None:
    file = write_texts(folder / "csl-titles" / "train.parquet", ["甲"], ["乙丙"])
    table = pq.read_table(file)
    if kind is not None:
        table = pa.table({name: table[name].cast(kind) for name in table.column_names})
    else:
        table = table.cast(
            pa.schema([(n, pa.large_string()) for n in table.schema.names])
        )
    pq.write_table(table, file)
    found = datasets.load("csl-titles", "train")
    assert (found.titles, found.texts) == (("甲",), ("乙丙",))


SPELLINGS = {
    "plain": "{hash}  train.parquet\n",
    "binary": "{hash} *train.parquet\n",
    "dotted": "{hash}  ./train.parquet\n",
    "in folders": "{hash}  mnist/train.parquet\n",
    "upper case": "{upper}  train.parquet\n",
    "tag": "SHA256 (train.parquet) = {hash}\n",
    "CRLF": "{hash}  train.parquet\r\n",
    "BOM": "\ufeff{hash}  train.parquet\n",
    "comment": "# made by sha256sum\n\n{hash}  train.parquet\n",
    "openssl": "SHA2-256(train.parquet)= {hash}\n",
    "openssl 1": "SHA256(./train.parquet)= {hash}\n",
    "Windows": "{hash} *.\\train.parquet\n",
    "absolute": "{hash}  /data/mnist/train.parquet\n",
    "other folders": "{other}  ./old/train.parquet\n{hash}  ./train.parquet\n",
    "several": "{other}  test.parquet\n{hash}  train.parquet\n",
}


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("right", [True, False])
def test_a_list_of_hashes_is_read_in_every_form(
    spelling: str, right: bool, folder: Path
) -> None:
    file = write_images(folder / "mnist" / "train.parquet", [png(GREY[0])], [1])
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    wrong = "0" * 64
    used = digest if right else wrong
    text = SPELLINGS[spelling].format(hash=used, upper=used.upper(), other=wrong)
    (file.parent / "SHA256SUMS").write_text(text, encoding="utf-8", newline="")
    if right:
        assert len(datasets.load("mnist", "train")) == 1
    else:
        with pytest.raises(DatasetError, match="has SHA-256"):
            datasets.load("mnist", "train")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("0" * 64 + "  test.parquet\n", "no line for train.parquet"),
        ("0" * 64 + "  old/train.parquet\n", "no line for train.parquet"),
        ("abc  train.parquet\n", "no line of sha256sum"),
        ("", "no line for"),
        ("0" * 64 + "  train.parquet\n" + "1" * 64 + "  ./train.parquet\n", "two"),
    ],
)
def test_a_list_that_says_nothing_is_refused(
    text: str, says: str, folder: Path
) -> None:
    file = write_images(folder / "mnist" / "train.parquet", [png(GREY[0])], [1])
    (file.parent / "SHA256SUMS").write_text(text, encoding="utf-8")
    with pytest.raises(DatasetError, match=says):
        datasets.load("mnist", "train")


def test_an_endpoint_without_https_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "hf-mirror.com")
    monkeypatch.delenv("REDERIVED_DATA", raising=False)
    with pytest.raises(DatasetError, match=r"'hf-mirror\.com': let it begin"):
        datasets.load("mnist", "train")


def test_a_hash_list_that_is_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="cannot be read"):
        _hashes(tmp_path)
