"""What the publishing workflow builds, in a copy of the checkout: every address."""

import os
import re
import subprocess
import sys
import tarfile
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import pytest
import yaml
from bs4 import BeautifulSoup
from PIL import Image

from tools import distribution, publish
from tools.address import Address
from tools.files import CHAPTER_PATTERN, ROOT

SITE = "https://owner.github.io/name/"
REPOSITORY = "https://github.com/owner/name"
WORKFLOW = {
    "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_REPOSITORY": "owner/name",
    "GITHUB_SHA": "0" * 40,
    "GITHUB_REF_TYPE": "branch",
    "REDERIVED_SITE": SITE.rstrip("/"),
}

EDITIONS = ".ci/editions"


def git(folder, *arguments):
    who = ("-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "gc.auto=0")
    command = ["git", "-C", str(folder), *who, *arguments]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return done.stdout


def commands(job):
    """The commands of a job of publish.yml, but for the editions.

    They take minutes and a browser, and have tests of their own (tests/site).
    """
    path = ROOT / ".github" / "workflows" / "publish.yml"
    steps = yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"][job]["steps"]
    found = [step["run"] for step in steps if "run" in step]
    return [one for one in found if one != EDITIONS]


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """The checkout as it stands, committed, with a bare repository as its origin."""
    if not (ROOT / ".git").exists():
        pytest.skip("no checkout")
    folder = tmp_path_factory.mktemp("publish")
    names = git(ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    here = folder / "copy"
    for name in filter(None, names.split("\0")):
        if (ROOT / name).is_file():
            (here / name).parent.mkdir(parents=True, exist_ok=True)
            (here / name).write_bytes((ROOT / name).read_bytes())
            (here / name).chmod((ROOT / name).stat().st_mode)
    git(folder, "init", "--quiet", "--bare", "origin")
    git(here, "init", "--quiet")
    git(here, "add", "--all")
    git(here, "commit", "--quiet", "--message", "all")
    git(here, "remote", "add", "origin", str(folder / "origin"))
    return here


@pytest.fixture(scope="module")
def published(copy):
    """The copy after the commands of the job that builds, in this environment."""
    stamp = copy / "installed"
    stamp.touch()
    place = [f"BIN={Path(sys.executable).parent}", f"STAMP={stamp}"]
    environment = os.environ | WORKFLOW | {"PYTHONPATH": str(copy / "lib")}
    for command in commands("build"):
        done = subprocess.run(
            [*command.split(), *place],
            cwd=copy,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    stamp.unlink()
    return copy


@pytest.fixture(scope="module")
def html(published):
    return published / "_build" / "html"


@pytest.fixture(scope="module")
def branch(published):
    """The paths in the branch of notebooks, after the command that pushes it."""
    for command in commands("notebooks"):
        subprocess.run([command], cwd=published, check=True, capture_output=True)
    origin = published.parent / "origin"
    return git(origin, "ls-tree", "-r", "--name-only", "notebooks").split()


@cache
def page(path):
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


class Addresses(HTMLParser):
    """What a page leads to, what it loads, and what a link into it may name."""

    def __init__(self, path):
        super().__init__()
        self.base, self.leads, self.loads, self.names = "", [], [], {""}
        self.canonical, self.properties = [], []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        found = {name: value or "" for name, value in attrs}
        relation = set(found.get("rel", "").split())
        self.names |= {found.get("id", "")}
        if tag == "base":
            self.base = found["href"]
        elif tag == "a" and "href" in found:
            self.leads.append(found["href"])
        elif tag == "meta" and "property" in found:
            self.properties.append((found["property"], found["content"]))
        elif relation == {"canonical"}:
            self.canonical.append(found["href"])
        elif tag == "link" and not relation & {"next", "prev"}:
            self.loads.append(found["href"])
        if "src" in found:
            self.loads.append(found["src"])


addresses = cache(Addresses)


def links(path):
    """The absolute addresses that a page leads to and those that it loads."""
    inside = path.parts[path.parts.index("html") + 1 :]
    start = urljoin(SITE + "/".join(inside), addresses(path).base)
    leads = {urljoin(start, one) for one in addresses(path).leads}
    return leads, {urljoin(start, one) for one in addresses(path).loads}


def book_pages(html):
    return sorted((html / "book").rglob("*.html"), key=Path.as_posix)


def meta(path, name):
    return [value for key, value in addresses(path).properties if key == name]


def canonical(path):
    return addresses(path).canonical


def test_every_page_says_where_it_stands(html):
    assert book_pages(html)
    for path in book_pages(html):
        address = SITE + path.relative_to(html).as_posix()
        assert canonical(path) == [address]
        assert meta(path, "og:url") == [address]
        assert meta(path, "og:image") == [f"{SITE}_static/card.png"]


def test_the_preview_s_picture_has_the_shape_of_a_preview(html):
    with Image.open(html / "_static" / "card.png") as card:
        width, height = card.size
        colours = len(card.getcolors(maxcolors=width * height))
    assert width >= 600
    assert width / height == pytest.approx(1.91, abs=0.03)
    assert colours > 50


def test_the_map_lists_every_page_of_the_book_once(html):
    text = (html / "sitemap.xml").read_text(encoding="utf-8")
    listed = re.findall(r"<loc>(.*?)</loc>", text)
    assert listed == [
        f"{SITE}{p.relative_to(html).as_posix()}" for p in book_pages(html)
    ]


def test_every_internal_link_and_anchor_resolves(html):
    broken = []
    for path in [*html.glob("*.html"), *book_pages(html)]:
        leads, loads = links(path)
        for address in leads | loads:
            file, _, anchor = address.partition("#")
            if not file.startswith(SITE):
                continue
            target = html / unquote(urlsplit(file).path).removeprefix("/name/")
            target = target / "index.html" if target.is_dir() else target
            known = target.is_file() and (
                target.suffix != ".html" or unquote(anchor) in addresses(target).names
            )
            if not known:
                broken.append((path.name, address))
    assert broken == []


def test_nothing_is_loaded_from_another_host(html):
    for path in [*html.glob("*.html"), *book_pages(html)]:
        _, loads = links(path)
        foreign = {one for one in loads if not one.startswith((SITE, "data:"))}
        assert foreign == set(), path.name


def test_links_to_services_are_this_project_s(html):
    """Buttons name the repository; every other foreign link stands in a source."""
    sources = [*(ROOT / "book").glob("*.md"), ROOT / "book" / "references.bib"]
    sources += [ROOT / "_config.yml", *(ROOT / "lib").rglob("sources.yml")]
    sources += (ROOT / "book").glob("*.ipynb")
    quoted = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    own = (
        f"{REPOSITORY}/issues/new",
        "https://colab.research.google.com/github/owner/",
    )
    for path in [*html.glob("*.html"), *book_pages(html)]:
        for address in links(path)[0]:
            parts = urlsplit(address)
            if address.startswith(SITE) or address == REPOSITORY or not parts.netloc:
                continue
            if not address.startswith(own):
                stem = f"{parts.netloc}{unquote(parts.path)}".rstrip("/")
                known = stem in quoted or parts.netloc in {"doi.org", "arxiv.org"}
                assert known, (path.name, address)


def test_the_buttons_open_notebooks_that_the_branch_has(html, branch):
    chapters = sorted((html / "book").glob(f"{CHAPTER_PATTERN}.html"))
    start = "https://colab.research.google.com/github/owner/name/blob/notebooks/"
    for path in chapters:
        opened = {one for one in links(path)[0] if one.startswith(start)}
        assert opened == {f"{start}book/{path.stem}.ipynb"}
        assert f"book/{path.stem}.ipynb" in branch
    assert len(branch) == len(chapters) + 1


def test_the_branch_names_the_commit_and_has_no_history(published, branch):
    assert branch[0] == "README.md"
    origin = published.parent / "origin"
    log = git(origin, "log", "--format=%s", "notebooks").splitlines()
    assert log == [f"Notebooks of {git(published, 'rev-parse', 'HEAD').strip()}"]


def test_the_front_door_is_a_page(html):
    path = html / "index.html"
    assert page(path).html["lang"] == "en"
    assert "Rederived" in page(path).title.string
    assert canonical(path) == [f"{SITE}book/index.html"]
    assert "refresh" not in path.read_text(encoding="utf-8").lower()
    assert f"{SITE}book/claims.html" in links(path)[0]


def test_the_page_for_wrong_addresses_works_at_any_depth(html):
    path = html / "404.html"
    assert page(path).base["href"] == "/name/book/"
    assert page(path).find("article").h1.string == "There is no such page"
    assert canonical(path) == meta(path, "og:url") == []
    assert page(path).find("meta", attrs={"name": "robots"})["content"] == "noindex"


def test_nothing_hides_folders_with_an_underscore(html):
    assert (html / ".nojekyll").is_file()


def test_what_is_distributed_is_whole_and_builds_alone(published):
    dist = published / "dist"
    (source,) = dist.glob("*.tar.gz")
    (wheel,) = dist.glob("*.whl")
    lines = (dist / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    assert [line.split()[1] for line in lines] == sorted([source.name, wheel.name])
    assert distribution.checksums([source, wheel]).splitlines() == lines
    with tarfile.open(source) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"pyproject.toml", "setup.py", "MANIFEST.in", "LICENSE"} <= names
    assert "lib/rederived/py.typed" in names
    folders = {name.partition("/")[0] for name in names if "/" in name}
    assert folders == {"lib", "results"}  # tests and tools need a checkout


@pytest.mark.parametrize(
    ("environment", "wrong"),
    [
        ({}, False),
        ({"GITHUB_REF_TYPE": "branch", "GITHUB_REF_NAME": "main"}, False),
        ({"GITHUB_REF_TYPE": "tag", "GITHUB_REF_NAME": "v0.1.0"}, False),
        ({"GITHUB_REF_TYPE": "tag", "GITHUB_REF_NAME": "v0.2.0"}, True),
    ],
)
def test_a_tag_names_the_version(environment, wrong):
    found = distribution.mismatch(Path("rederived-0.1.0.tar.gz"), environment)
    assert (found is not None) == wrong


def test_no_site_is_built_without_an_address(monkeypatch):
    monkeypatch.setattr(publish, "address", lambda: None)
    with pytest.raises(SystemExit, match="no public address"):
        publish.main()


def test_a_host_without_pages_needs_a_site(monkeypatch):
    elsewhere = Address("https://forge.example/owner/name", "0")
    monkeypatch.setattr(publish, "address", lambda: elsewhere)
    monkeypatch.delenv("REDERIVED_SITE", raising=False)
    with pytest.raises(SystemExit, match="REDERIVED_SITE"):
        publish.main()
