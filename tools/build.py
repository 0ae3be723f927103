"""Build the site strictly and say what was run and checked: ``python -m tools.build``.

Chapters are executed through a cache that notices changed chapters, as many at once
as there are cores.  What the cache cannot notice is a change of the library or of a
record; it is dropped then.
"""

import hashlib
import logging
import os
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import yaml
from jupyter_cache import get_cache
from jupyter_cache.cache.db import NbCacheRecord
from jupyter_cache.executors import load_executor
from rederived.claims import verdict

from tools.address import Address, address
from tools.execute import TIMEOUT, prepare
from tools.files import RESULTS, ROOT, chapters, write
from tools.lean import lean, prune, trim
from tools.ledger import by_claim, checks_of, fallout, read_ledger

SITE = ROOT / "_build"
CACHE = SITE / ".jupyter_cache"
STAMP = CACHE / "library.sha256"
COLAB = "https://colab.research.google.com"
NOTEBOOKS = "notebooks"
"""The branch of plain notebooks, to which the launch buttons point."""


def library_digest() -> str:
    """SHA-256 of all that a chapter computes with: the library and the records."""
    digest = hashlib.sha256()
    library = ROOT / "lib" / "rederived"
    paths = [
        *library.rglob("*.py"),
        *library.rglob("*.yml"),
        *RESULTS.rglob("*.json"),
        *RESULTS.rglob("*.npz"),
    ]
    for path in sorted(paths):
        digest.update(f"{path.relative_to(ROOT)}\n".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def refresh_cache(digest: str) -> None:
    """Drop the cache if it was made with another library or other records."""
    if not STAMP.exists() or STAMP.read_text(encoding="utf-8") != digest:
        shutil.rmtree(CACHE, ignore_errors=True)
        CACHE.mkdir(parents=True)
        STAMP.write_text(digest, encoding="utf-8")


def run_chapters() -> list[str]:
    """Run the chapters that the cache lacks, each on a core; the names that failed.

    Of each check that failed, the claims that rest on its claim are printed.
    """
    print("running the chapters that changed (a minute each)", flush=True)
    cache = get_cache(CACHE)
    for notebook in chapters():
        cache.add_nb_to_project(str(notebook))
    told = logging.getLogger("chapters")
    told.setLevel(logging.INFO)  # one line as a chapter starts, one as it ends
    executor = load_executor("local-parallel", cache, told)
    result = executor.run_and_cache(timeout=TIMEOUT)
    failed = [*result.excepted, *result.errored]
    for uri in failed:
        traceback = cache.get_project_record(uri).traceback or ""
        for line in fallout(traceback, read_ledger()):
            print(line, flush=True)
    return [Path(uri).stem for uri in failed]


def configuration(place: Address | None) -> dict[str, Any]:
    """Return ``_config.yml``, with the buttons that need an address if there is one."""
    config: dict[str, Any] = yaml.safe_load(
        (ROOT / "_config.yml").read_text(encoding="utf-8")
    )
    if place is not None:
        config["repository"] = {"url": place.url, "branch": NOTEBOOKS}
        config["launch_buttons"] = {"colab_url": COLAB}
        config["html"] |= {"use_repository_button": True, "use_issues_button": True}
    return config


def build(config: dict[str, Any], *options: str) -> int:
    """Build from nothing but the cache, warnings being errors; the exit status.

    Pages left from an earlier build would hide the warnings they gave then.

    Args:
        config: of Jupyter Book.
        options: of ``jupyter-book build``, beyond those of every build.
    """
    for left in ("html", ".doctrees"):
        shutil.rmtree(SITE / left, ignore_errors=True)
    SITE.mkdir(exist_ok=True)
    print("building the pages (a minute or two)", flush=True)
    path = SITE / "config.yml"
    write(path, yaml.safe_dump(config, allow_unicode=True, sort_keys=False))
    command = ["jupyter-book", "build", ".", "--config", str(path)]
    command += ["-W", "-n", "--keep-going", "-q", *options]
    programs = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    modules = os.pathsep.join((str(ROOT), os.environ.get("PYTHONPATH", "")))
    environment = {**os.environ, "PATH": programs, "PYTHONPATH": modules}
    done = subprocess.run(command, cwd=ROOT, env=environment, check=False)
    if done.returncode == 0:
        lean(SITE / "html")
        prune(SITE / "html")
        trim(SITE / "html")
    return done.returncode


def raw_tables() -> list[str]:
    """The pages that show a Markdown table as text: a renderer without tables."""
    rule = re.compile(r"\|\s*(?:---|—)\s*\|")
    pages = sorted((SITE / "html" / "book").glob("*.html"))
    return [p.name for p in pages if rule.search(p.read_text(encoding="utf-8"))]


def summary(seconds: float, known: set[int]) -> str:
    """Chapters run, claims checked with their verdicts, time, and the path to open."""
    cache = get_cache(CACHE)
    lines = ["", "Chapters"]
    verdicts: Counter[str] = Counter()
    checked = 0
    for notebook in chapters():
        record = cache.match_cache_file(str(notebook))
        checks = checks_of(cache.get_cache_bundle(record.pk).nb)
        checked += len(checks)
        for group in by_claim(checks).values():
            verdicts[verdict(check.kind for check in group).value] += 1
        lines.append(f"  {notebook.stem:32} {_how(record, known)}")
    lines += ["", f"Claims checked: {verdicts.total()}, by {checked} checks"]
    lines += [f"  {name:32} {count}" for name, count in verdicts.most_common()]
    page = (SITE / "html" / "index.html").relative_to(ROOT)
    return "\n".join([*lines, "", f"Built in {seconds:.0f} s. Open {page}"])


def _how(record: NbCacheRecord, known: set[int]) -> str:
    """Whether a chapter was run in this build or came from the cache."""
    if record.pk in known:
        return "from cache"
    return f"run in {record.data.get('execution_seconds', float('nan')):.0f} s"


def main() -> None:
    """Build, print the summary, and exit as the build did."""
    start = time.monotonic()
    prepare()
    refresh_cache(library_digest())
    known = {record.pk for record in get_cache(CACHE).list_cache_records()}
    if failed := run_chapters():
        sys.exit(f"a cell failed, see above: {', '.join(failed)}")
    if build(configuration(address())):
        sys.exit("the build failed: every warning above is an error")
    if unrendered := raw_tables():
        sys.exit(f"tables are shown as text on {', '.join(unrendered)}")
    print(summary(time.monotonic() - start, known))


if __name__ == "__main__":
    main()
