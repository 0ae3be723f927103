"""The title corpora made anew, from clones of the public repositories they come from.

A page is a Markdown file in Chinese.  Its title is that of its front matter, else its
first heading; its text is what is left of its paragraphs without headings, lists,
tables, code and pictures.  Which split a pair belongs to follows from the letters of
its title, so that titles of the same letters never lie in two splits.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rederived.datasets.catalogue import entry
from rederived.datasets.containers import DatasetError


@dataclass(frozen=True)
class Form:
    """What is taken of a corpus's pages, in characters."""

    longest_title: int
    longest_text: int  # it is cut there
    folder: str = "."  # of a clone, in which the pages are


FORMS = {
    "lctt-titles": Form(longest_title=60, longest_text=1_500, folder="published"),
    "msdocs-titles": Form(longest_title=40, longest_text=300),
}
"""The corpora that can be made, by their names in the catalogue."""

_SHORTEST_TITLE, _SHORTEST_TEXT = 4, 40
_CHINESE = re.compile("[\u4e00-\u9fff]")
_FRONT = re.compile(r"\A\ufeff?---[ \t]*\n(.*?)\n---[ \t]*\n", re.DOTALL)
_GIVEN = re.compile(r"^title: *(.+)$", re.MULTILINE)
_SUFFIX = re.compile(r"\s*[|-]\s*Microsoft (?:Docs|Learn)$")
_HEADING = re.compile(r"^# +(.+)$|^(\S.*)\n=+[ \t]*$", re.MULTILINE)
_END = re.compile(r"^via: .*", re.MULTILINE | re.DOTALL)  # who translated it
_BLOCKS = re.compile(r"```.*?(?:```|\Z)|<!--.*?-->", re.DOTALL)
_LINES = re.compile(
    r"^[ \t]*(?:#|\[#\]:|\[[^]]*\]: |>?[ \t]*\[!|:::|\||[-*+] |\d+\. |[-=]{3,}"
    r"|\**适用范围).*$",
    re.MULTILINE,
)
_INLINE = re.compile(r"!\[[^]]*\](?:\([^)]*\)|\[[^]]*\])|<[^<>]*>")  # pictures, tags
_LINK = re.compile(r"\[([^][]*)\](?:\([^)]*\)|\[[^]]*\])")


def page_of(markdown: str) -> tuple[str, str] | None:
    r"""Return the title and the text of a page, or None if it has no title.

    >>> page_of("# 标题\n\n正文，见[这里](a.md)。\n\n- 一项\n")
    ('标题', '正文，见这里。')
    """
    front = _FRONT.search(markdown)
    body = markdown[front.end() :] if front else markdown
    given, heading = _GIVEN.search(front[1] if front else ""), _HEADING.search(body)
    if heading:
        body = body[heading.end() :]
    if given:
        title = _SUFFIX.sub("", given[1].strip(" \t\"'"))
    elif heading:
        title = heading[1] or heading[2]
    else:
        return None
    return _plain(title), _plain(_LINES.sub("", _BLOCKS.sub("", _END.sub("", body))))


def splits_by_letters(titles: Sequence[str], held_out: int) -> list[str]:
    """Say for each title which split it belongs to.

    Groups of titles with the same letters are drawn in the order of the SHA-256 of
    these letters: into the test split until it has ``held_out`` titles, then into the
    validation split, then into the training split.

    >>> splits_by_letters(["甲乙丙", "丁", "丙，乙，甲"], 1)
    ['validation', 'test', 'validation']
    """
    groups: defaultdict[str, list[int]] = defaultdict(list)
    for row, title in enumerate(titles):
        groups["".join(sorted(filter(str.isalnum, title.lower())))].append(row)
    found, counts = ["train"] * len(titles), Counter[str]()
    for letters in sorted(groups, key=_digest):
        for split in ("test", "validation"):
            if counts[split] < held_out:
                counts[split] += len(groups[letters])
                for row in groups[letters]:
                    found[row] = split
                break
    return found


def write_corpus(
    name: str, clones: Sequence[Path], folder: Path, held_out: int | None = None
) -> list[Path]:
    """Write the splits of a corpus as Parquet files and return them.

    Their columns are ``title``, ``text`` and ``source``, the page's place.

    Args:
        name: one of ``FORMS``.
        clones: folders of the repositories, as git clones them.
        folder: the data folder; the files go to ``<name>/<split>.parquet`` in it.
        held_out: titles of the test split, and of the validation split; as many as in
            the catalogue if None.

    Raises:
        DatasetError: if the corpus is none of these, a clone has no such folder, or
            its pages are too few.
    """
    if name not in FORMS:
        raise DatasetError(f"{name!r} cannot be made: use one of {', '.join(FORMS)}")
    held_out = entry(name).rows["test"] if held_out is None else held_out
    pairs = {row[:2]: row for clone in clones for row in _pages(clone, FORMS[name])}
    rows = sorted(pairs.values(), key=lambda row: _digest("\0".join(row[:2])))
    splits = splits_by_letters([row[0] for row in rows], held_out)
    if "train" not in splits:
        raise DatasetError(
            f"{len(rows):,} pages with a Chinese title and text leave none to train on "
            f"beside {held_out:,} for each other split: give more clones, or hold out "
            "fewer"
        )
    tables = {
        folder / name / f"{split}.parquet": [
            row for row, its in zip(rows, splits, strict=True) if its == split
        ]
        for split in entry(name).rows
    }
    return _write(tables)


def _pages(clone: Path, form: Form) -> Iterator[tuple[str, str, str]]:
    """Yield title, text and place of each page that can be used, in order of place."""
    if not (clone / form.folder).is_dir():
        raise DatasetError(f"{clone / form.folder} is no folder: give a whole clone")
    for file in sorted((clone / form.folder).rglob("*.md")):
        page = page_of(file.read_text(encoding="utf-8", errors="replace"))
        if page is None:
            continue
        title, text = page[0], page[1][: form.longest_text]
        if (
            _SHORTEST_TITLE <= len(title) <= form.longest_title
            and len(text) >= _SHORTEST_TEXT
            and _CHINESE.search(title)
            and 3 * len(_CHINESE.findall(text)) >= len(text)
        ):
            yield title, text, f"{clone.name}/{file.relative_to(clone).as_posix()}"


def _plain(markdown: str) -> str:
    """Return a text without pictures, tags, links and emphasis, its spaces joined."""
    text = _LINK.sub(r"\1", _INLINE.sub("", markdown))
    return " ".join(re.sub(r"^[ \t]*>|[*`\\]", "", text, flags=re.MULTILINE).split())


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode(errors="replace")).digest()


def _write(tables: Mapping[Path, Sequence[tuple[str, str, str]]]) -> list[Path]:
    """Write Parquet files that belong together, so that old and new never mix."""
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    temporary = {path: path.with_name(f".{path.name}.tmp") for path in tables}
    names = ("title", "text", "source")
    try:
        for path, rows in tables.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            columns = map(list, zip(*rows, strict=True))
            table = pa.table(dict(zip(names, columns, strict=True)))
            pq.write_table(table, temporary[path])
        for path in tables:
            path.unlink(missing_ok=True)
        for path, written in temporary.items():
            written.replace(path)
    finally:
        for written in temporary.values():
            written.unlink(missing_ok=True)
    return list(tables)
