"""The key commands do the same in Turkey's locale and China's time zone.

Turkish has a comma in numbers and two letters i, of which neither is ASCII's in both
cases; Shanghai is ahead of UTC, so that a day begins earlier.
"""

import json
import os
import shutil
import subprocess
import sys

import pytest

from tools.files import ROOT

TITLE = "今天上海多云，最高气温二十六度。"

PROGRAM = """
import hashlib, json, locale, sys, time
from unittest import mock
locale.setlocale(locale.LC_ALL, "")
import torch
torch.set_num_threads(1)
from rederived import cli
from rederived.study import study
from short_studies import first
from tools.pages import pages
from typer.testing import CliRunner

def told(*arguments):
    result = CliRunner().invoke(cli.app, arguments)
    assert result.exit_code == 0, (arguments, result.output, result.exception)
    return result.output

preset, config = first(study("mixup"))
with mock.patch.dict(study("mixup").quick, {preset: config}):
    ran = told("run", "mixup", "--preset", preset)
print(json.dumps({
    "point": locale.localeconv()["decimal_point"],
    "zone": time.tzname[0],
    "same": {
        "run": ran.splitlines()[-1],
        "show": told("show", "nice-modern"),
        "data": told("data"),
        "title": told("title", sys.argv[1]),
        "pages": {
            path.name: hashlib.sha256(text.encode("utf-8")).hexdigest()
            for path, text in pages().items()
        },
    },
}))
"""


def done_in(folder, locale, zone):
    """What the program finds in a place; ``folder`` holds the locales made for it."""
    text = folder / "text.txt"
    text.write_text(TITLE, encoding="utf-8")
    known = [str(ROOT / "lib"), str(ROOT), str(ROOT / "tests")]
    environment = {name: value for name, value in os.environ.items() if name != "LANG"}
    environment |= {
        "LC_ALL": locale,
        "LOCPATH": str(folder),
        "TZ": zone,
        "PYTHONPATH": os.pathsep.join([*known, os.environ.get("PYTHONPATH", "")]),
        "REDERIVED_RUNS": str(folder / locale),
    }
    done = subprocess.run(
        [sys.executable, "-W", "error::EncodingWarning", "-c", PROGRAM, str(text)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture
def turkish(tmp_path):
    """A folder with the locale, made from the system's sources."""
    maker = shutil.which("localedef")
    if maker is None:
        pytest.skip("no localedef, which makes the locale")
    command = [maker, "-i", "tr_TR", "-f", "UTF-8", str(tmp_path / "tr_TR.UTF-8")]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    if not (tmp_path / "tr_TR.UTF-8" / "LC_NUMERIC").exists():
        pytest.skip(f"localedef has no Turkish: {made.stderr[-200:]}")
    return tmp_path


def test_commands_do_the_same_in_another_locale_and_time_zone(turkish):
    here = done_in(turkish, "C", "UTC0")
    there = done_in(turkish, "tr_TR.UTF-8", "Asia/Shanghai")
    assert (here["point"], here["zone"]) == (".", "UTC")
    assert (there["point"], there["zone"]) == (",", "CST")
    assert here["same"] == there["same"]
