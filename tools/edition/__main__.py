"""Make the PDF or the EPUB of the built site, and offer it on the front page."""

import argparse
import datetime
import os
import sys
from pathlib import Path

import yaml

from tools.build import SITE
from tools.distribution import DIST
from tools.edition.epub import Words, make_epub
from tools.edition.offer import offer
from tools.edition.pdf import make_pdf
from tools.files import ROOT

HTML = SITE / "html"


def day() -> datetime.datetime:
    """Return today, or the day of the variable ``SOURCE_DATE_EPOCH``."""
    given = os.environ.get("SOURCE_DATE_EPOCH")
    zone = datetime.timezone.utc
    if given:
        return datetime.datetime.fromtimestamp(int(given), zone)
    return datetime.datetime.now(zone)


def make(kind: str) -> Path:
    """Make one edition of the built site; its file."""
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    title, author = config["title"], config["author"]
    target = DIST / f"{title.lower()}.{kind}"
    if kind == "pdf":
        make_pdf(HTML, target, title, f"{author}, {day():%d %B %Y}")
    else:
        make_epub(HTML, target, Words(title, author, f"{day():%Y-%m-%dT%H:%M:%SZ}"))
    return target


def main() -> None:
    """Read the command line, make, and say where it is."""
    parser = argparse.ArgumentParser(prog="tools.edition", description=__doc__)
    parser.add_argument("kind", choices=("pdf", "epub"))
    kind = parser.parse_args().kind
    if not (HTML / "book").exists():
        sys.exit("the site is not built: run `make book` first")
    try:
        target = make(kind)
        offer(HTML, target)
    except RuntimeError as error:
        sys.exit(str(error))
    size = target.stat().st_size / 1e6
    print(f"Made {target.relative_to(ROOT)}, {size:.1f} MB")


if __name__ == "__main__":
    main()
