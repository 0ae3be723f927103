"""Roles, links and formulas inside a paragraph, as plain Markdown."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from tools.plain.blocks import PlainError
from tools.plain.citations import Literature
from tools.plain.labels import Label, Labels

_PIECE = re.compile(
    r"""
      (?P<comment> <!--.*?--> )
    | \{(?P<role>[\w:+-]+)\}(?P<ticks>`+)(?P<content>(?:(?!\n\s*\n).)+?)(?P=ticks)
    | (?P<code>(?<!`)(?P<marks>`+)(?!`)(?:(?!\n\s*\n).)+?(?<!`)(?P=marks)(?!`))
    | (?P<double>\$\$(?:(?!\n\s*\n).)+?\$\$)
    | (?P<math>(?<!\\)\$(?![\s$])(?:\\.|[^$\\](?<!\n\n))+?(?<!\s)\$(?!\d))
    | (?P<definition>^\[\^(?P<defined>[\w-]+)\]:[ ]?)
    | \[\^(?P<footnote>[\w-]+)\]
    | (?P<image>!\[[^\]]*\]\([^)]*\))(?:\{[^}\n]*\})?
    | (?P<link>\[(?P<text>[^\[\]]*(?:`[^`]*`[^\[\]]*)*)\]\((?P<url>[^()\s]*)\))
    """,
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)
_EXPLICIT = re.compile(r"(?P<text>.+?)\s*<(?P<target>[^<>]+)>", re.DOTALL)


@dataclass
class Writer:
    """Writes the prose of one page.

    Attributes:
        page: the page's path without its end.
        labels: of the whole book.
        literature: of the whole book.
        site: the address of the published site; None leaves links to other pages out.
        cited: the keys met so far.
    """

    page: str
    labels: Labels
    literature: Literature
    site: str | None = None
    cited: set[str] = field(default_factory=set)

    @property
    def file(self) -> str:
        """The page's name, for errors."""
        return PurePosixPath(self.page).name

    def prose(self, text: str, line: int) -> str:
        """Return a text with every role, link and footnote resolved.

        Args:
            text: prose, without directives.
            line: on which it begins.

        Raises:
            PlainError: for an unknown role, label, page or reference.
        """

        def piece(found: re.Match[str]) -> str:
            here = line + text.count("\n", 0, found.start())
            return self._piece(found, here)

        return _PIECE.sub(piece, text)

    def _piece(self, found: re.Match[str], line: int) -> str:
        """Return one piece plainly."""
        if found["role"]:
            return self._role(found["role"], " ".join(found["content"].split()), line)
        if found["math"]:
            return found["math"].replace("\n", " ")
        if found["footnote"]:
            return f"[({found['footnote']})](#note-{found['footnote']})"
        if found["definition"]:
            name = found["defined"]
            return f'<a id="note-{name}"></a>({name}) '
        if found["link"]:
            return self._link(found["text"], found["url"], line)
        return found["code"] or found["double"] or found["image"] or ""

    def _role(self, role: str, content: str, line: int) -> str:
        """Return what a role stands for."""
        if role == "math":
            return f"${content}$"
        if role.partition(":")[0] == "cite":
            return self._cite(role, content, line)
        explicit = _EXPLICIT.fullmatch(content)
        text, target = explicit.group("text", "target") if explicit else ("", content)
        if role == "doc":
            return self._page(text, target, line)
        if role not in ("ref", "eq", "numref", "prf:ref"):
            raise PlainError(self.file, line, f"unknown role {{{role}}}")
        label = self._label(target, line)
        if role == "numref" and text:
            text = text.replace("%s", label.number).replace("{number}", label.number)
        return self._to(label, target, text)

    def _cite(self, role: str, content: str, line: int) -> str:
        """Return author and year, with a link to the list of references."""
        keys = [key.strip() for key in content.split(",")]
        for key in keys:
            if key not in self.literature:
                raise PlainError(self.file, line, f"no reference {key}")
        self.cited.update(keys)
        authors, year = self.literature.authors, self.literature.year
        if role == "cite:t":
            return ", ".join(f"{authors(k)} [[{year(k)}](#cite-{k})]" for k in keys)
        if role in ("cite", "cite:p"):
            inside = (f"[{authors(k)}, {year(k)}](#cite-{k})" for k in keys)
            return f"[{', '.join(inside)}]"
        raise PlainError(self.file, line, f"unknown role {{{role}}}")

    def _label(self, name: str, line: int) -> Label:
        if name not in self.labels.labels:
            raise PlainError(self.file, line, f"no label {name}")
        return self.labels.labels[name]

    def _to(self, label: Label, name: str, text: str) -> str:
        """Return a link to a label, on this page or on the site."""
        shown = text or self.prose(label.name, 0)
        if label.page == self.page:
            return f"[{shown}](#{name})"
        return self._outside(shown, label.page, f"#{label.anchor}")

    def _outside(self, shown: str, page: str, anchor: str = "") -> str:
        return f"[{shown}]({self.site}/{page}.html{anchor})" if self.site else shown

    def _page(self, text: str, target: str, line: int) -> str:
        """Return a link to a page of the site, named relative to this one."""
        folder = posixpath.dirname(self.page)
        page = posixpath.normpath(posixpath.join(folder, target)).lstrip("/")
        if page not in self.labels.titles:
            raise PlainError(self.file, line, f"no page {target}")
        return self._outside(text or self.labels.titles[page], page)

    def _link(self, text: str, url: str, line: int) -> str:
        """Return a link of Markdown, resolved if it stays in the book."""
        text = self.prose(text, line)
        if url.startswith("#"):
            return self._to(self._label(url[1:], line), url[1:], text)
        path, _, anchor = url.partition("#")
        if "://" in url or not path.endswith((".md", ".ipynb")):
            return f"[{text}]({url})"
        if anchor:
            return self._to(self._label(anchor, line), anchor, text)
        return self._page(text, posixpath.splitext(path)[0], line)
