"""Title corpora from clones, which the tests make; what is expected is by hand."""

from __future__ import annotations

import hashlib
from itertools import count
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from rederived import cli
from rederived.datasets import DatasetError, load
from rederived.datasets.title_pages import (
    Form,
    _pages,
    page_of,
    splits_by_letters,
    write_corpus,
)
from typer.testing import CliRunner

TRANSLATED = """[#]: subject: "Bash aliases"
[#]: via: "https://example.org/aliases"

不可或缺的 Bash 别名
======

![](https://example.org/a.jpg)

> 厌倦了输入**相同的**命令？

Bash 别名是一种用新的命令补充[Bash 命令][2]的`方法`。

```
alias ls='ls -F'
```

### 首先设置

- 创建一个文件
| 甲 | 乙 |

--------------------------------------------------------------------------------

via: https://example.org/aliases

作者：[某人][a]

[a]: https://example.org/author
"""
DOCUMENTED = """---
title: '打开关系图 | Microsoft Docs'
ms.date: 01/19/2017
---
# <a name="open"></a>打开数据库关系图
[!INCLUDE[all](../includes/all.md)]
**适用范围：** 所有版本
可以打开[关系图](b.md)以查看结构。  <!-- 注释 -->

1.  展开文件夹。

此时将打开关系图。

> [!NOTE]
> 只有所有者才能打开。
"""


def clone(folder: Path, titles: list[str]) -> Path:
    """Write pages of these titles, as a repository of documentation."""
    for number, title in enumerate(titles):
        file = folder / "docs" / f"{number:03}.md"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"# {title}\n\n{title}：{'说明文字' * 90}\n", encoding="utf-8")
    return folder


def test_what_is_left_of_a_translated_page() -> None:
    assert page_of(TRANSLATED) == (
        "不可或缺的 Bash 别名",
        "厌倦了输入相同的命令？ Bash 别名是一种用新的命令补充Bash 命令的方法。",
    )


def test_what_is_left_of_a_page_of_documentation() -> None:
    assert page_of(DOCUMENTED) == (
        "打开关系图",
        "可以打开关系图以查看结构。 此时将打开关系图。 只有所有者才能打开。",
    )
    assert page_of("没有标题的一页。\n") is None


def test_titles_of_the_same_letters_lie_in_one_split() -> None:
    titles = [f"第{a}章 {b}" for a in range(30) for b in ("甲乙", "乙甲", "，乙、甲")]
    found = splits_by_letters(titles, 10)
    for first in range(0, 90, 3):
        assert len(set(found[first : first + 3])) == 1
    # a group is never divided, so the last one may exceed what was asked by two
    assert found.count("test") == found.count("validation") == 12
    moved = splits_by_letters(titles[::-1], 10)
    assert moved == found[::-1]  # whatever the order


def test_a_clone_becomes_a_corpus_that_loads(tmp_path, monkeypatch) -> None:
    titles = [f"配置第{n}号服务器" for n in range(20)]
    refused = ["短", "长" * 41, "English only"]
    made = clone(tmp_path / "docs.zh-cn", [*titles, *refused, titles[0]])
    (made / "docs" / "english.md").write_text(f"# 只有标题\n\n{'words ' * 50}\n")
    data = tmp_path / "data"
    command = ["corpus", "msdocs-titles", str(made), "--into", str(data)]
    result = CliRunner().invoke(cli.app, [*command, "--held-out", "3"])
    assert result.exit_code == 0, result.output
    monkeypatch.setenv("REDERIVED_DATA", str(data))
    parts = {s: load("msdocs-titles", s) for s in ("train", "validation", "test")}
    assert [len(part) for part in parts.values()] == [14, 3, 3]
    assert sorted(t for part in parts.values() for t in part.titles) == sorted(titles)
    for title, text in zip(parts["test"].titles, parts["test"].texts, strict=True):
        assert text == f"{title}：{'说明文字' * 90}"[:300]
    before = {s: part.source.fingerprint for s, part in parts.items()}
    for hash_ in before.values():
        assert hash_ in result.output
    again = write_corpus("msdocs-titles", [made], tmp_path / "again", 3)
    hashes = [hashlib.sha256(file.read_bytes()).hexdigest() for file in again]
    assert hashes == list(before.values())


def test_a_split_goes_by_the_letters_of_the_titles_not_of_the_texts(tmp_path) -> None:
    titles = [f"第{a}章{b}" for a in range(9) for b in ("甲乙丙", "丙乙甲")]
    made = clone(tmp_path / "docs.zh-cn", titles)
    for number, file in enumerate(sorted((made / "docs").iterdir())):
        file.write_text(f"# {titles[number]}\n\n{'说明文字' * (20 + number)}\n")
    files = write_corpus("msdocs-titles", [made], tmp_path / "data", 4)
    for file in files:
        chapters = [title[:3] for title in pq.read_table(file)["title"].to_pylist()]
        assert {chapters.count(one) for one in chapters} == {2}


@pytest.mark.parametrize("at", range(6))
def test_splits_of_two_makings_never_mix(tmp_path, monkeypatch, at: int) -> None:
    old, new = (
        clone(
            tmp_path / name / "docs.zh-cn", [f"{name}第{n}号服务器" for n in range(9)]
        )
        for name in ("甲", "乙")
    )
    files = write_corpus("msdocs-titles", [old], tmp_path / "data", 2)
    calls = count()

    def stop_at(method):
        def wrapped(*asked, **named):
            if next(calls) == at:
                raise KeyboardInterrupt
            return method(*asked, **named)

        return wrapped

    monkeypatch.setattr(pq, "write_table", stop_at(pq.write_table))
    monkeypatch.setattr(Path, "replace", stop_at(Path.replace))
    with pytest.raises(KeyboardInterrupt):
        write_corpus("msdocs-titles", [new], tmp_path / "data", 2)
    found = [pq.read_table(one)["title"].to_pylist() for one in files if one.exists()]
    assert len({title[0] for titles in found for title in titles}) <= 1
    assert len(found) == 3 or at >= 3
    assert not list((tmp_path / "data").rglob("*.tmp"))


def test_what_cannot_be_made_is_said(tmp_path) -> None:
    made = clone(tmp_path / "docs.zh-cn", ["配置服务器", "配置打印机"])
    with pytest.raises(DatasetError, match="'csl-titles' cannot be made"):
        write_corpus("csl-titles", [made], tmp_path)
    with pytest.raises(DatasetError, match="published is no folder"):
        write_corpus("lctt-titles", [made], tmp_path)
    with pytest.raises(DatasetError, match=r"2 pages .* leave none to train on"):
        write_corpus("msdocs-titles", [made], tmp_path / "data", 1)
    assert not (tmp_path / "data").exists()


def test_a_page_needs_a_third_of_chinese_and_one_without_a_title_is_passed(
    tmp_path: Path,
) -> None:
    def page(name: str, text: str) -> None:
        (tmp_path / name).write_text(text, encoding="utf-8")

    page("a.md", "no heading, and nothing else\n")
    page("b.md", "# 标题一二三四五六\n\n" + "汉字" * 100 + "abc" * 100 + "\n")  # 40 %
    page("c.md", "# 标题一二三四五七\n\n" + "汉字" * 50 + "abc" * 100 + "\n")  # 25 %
    found = list(_pages(tmp_path, Form(longest_title=40, longest_text=2_000)))
    assert [place.rpartition("/")[2] for *_, place in found] == ["b.md"]
