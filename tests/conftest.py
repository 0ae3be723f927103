"""What every test shares: seeds, one thread, and the reasons for skipping."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path

# One thread for each of the two workers, before NumPy and torch read it.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import pytest
import torch
from hypothesis import Phase, settings

from tools.ledger import fallout, read_ledger

settings.register_profile("book", derandomize=True, deadline=None, max_examples=25)
settings.register_profile(
    "mutants", settings.get_profile("book"), phases=[Phase.generate]
)
settings.register_profile("reach", settings.get_profile("mutants"), max_examples=2)
settings.load_profile("book")

PEERS = ("zuko", "normflows", "nflows", "FrEIA")


def pytest_configure() -> None:
    """Compute on one thread, whatever the environment says: sums depend on it."""
    torch.set_num_threads(1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs real data or the peer libraries where there are none."""
    no_data = pytest.mark.skip(reason="REDERIVED_DATA names no folder of real data")
    missing = [name for name in PEERS if find_spec(name) is None]
    no_peers = pytest.mark.skip(reason=f"not installed: {', '.join(missing)}")
    for item in items:
        if "real_data" in item.keywords and not os.environ.get("REDERIVED_DATA"):
            item.add_marker(no_data)
        if "peers" in item.keywords and missing:
            item.add_marker(no_peers)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name the claims that rest on those whose checks failed."""
    failed = terminalreporter.getreports("failed")
    text = "\n".join(report.longreprtext for report in failed)
    for line in fallout(text, read_ledger()):
        terminalreporter.write_line(line)


@pytest.fixture
def rng() -> torch.Generator:
    """Return a generator with a fixed seed."""
    return torch.Generator().manual_seed(2018)


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty folder that takes the place of ``./runs``."""
    folder = tmp_path / "runs"
    monkeypatch.setenv("REDERIVED_RUNS", str(folder))
    return folder
