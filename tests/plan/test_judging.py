"""What the plan's rules say of records."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
from rederived.plan import Difference, judging, load_plan
from rederived.records import SeedResult, load_record
from rederived.study import study
from typer.testing import CliRunner

T95 = 2.919986  # the 95 % quantile of t with two degrees of freedom


def results(metric: str, values: dict[int, float]) -> list[SeedResult]:
    """Return seeds with a metric, and half of it after the first epoch."""
    return [
        SeedResult(
            seed,
            {metric: value},
            [{"epoch": 1.0, metric: value / 2}, {"epoch": 2.0, metric: value}],
            {},
        )
        for seed, value in values.items()
    ]


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[int, float]]:
    """Return the numbers of made-up records, to be filled: preset, seed, value."""
    numbers: dict[str, dict[int, float]] = {}

    def record(name: str) -> SimpleNamespace:
        preset = name.removeprefix("nice-")
        chosen = study("nice")
        identity = chosen.identity(chosen.config(preset, "full"))
        found = results("score", numbers[preset])
        return SimpleNamespace(identity=identity, seeds=found)

    monkeypatch.setattr(
        judging, "record_names", lambda: [f"nice-{preset}" for preset in numbers]
    )
    monkeypatch.setattr(judging, "load_record", record)
    return numbers


def lines(**fields: object) -> list[str]:
    kept = {"claim": "3.21", "study": "nice", "metric": "score", "of": "paper"}
    return list(
        Difference(**(kept | {"less": ("modern",), "seeds": 3} | fields)).judged()
    )


def test_pairs_by_hand(made: dict[str, dict[int, float]]) -> None:
    made["paper"] = {0: 4.0, 1: 6.0, 2: 8.0, 5: 100.0}
    made["modern"] = {0: 1.0, 1: 2.0, 2: 3.0, 4: -100.0}
    # differences 3, 4, 5: mean 4, deviation 1
    reach = T95 / math.sqrt(3)
    (line,) = lines()
    ends = f"95 % ends {4 - reach:.4g} and {4 + reach:.4g}"
    assert line == f"3.21: score, paper less modern: 4, {ends}, n 3; above 0: yes"
    assert lines(side="below")[0].endswith("below 0: no")
    assert lines(bound=4)[0].endswith("above 4: not shown")
    assert lines(bound=6)[0].endswith("above 6: no")
    assert lines(side="below", bound=6)[0].endswith("below 6: yes")


def test_welch_by_hand(made: dict[str, dict[int, float]]) -> None:
    made["paper"] = {1: 4.0, 2: 6.0, 0: 77.0}
    made["modern"] = {0: 1.0, 7: 3.0}
    # means 5 and 2, variances 2 and 2: error root 2, two degrees of freedom
    reach = T95 * math.sqrt(2)
    (line,) = lines(paired=False, first=1, seeds=2)
    assert f"3, 95 % ends {3 - reach:.4g} and {3 + reach:.4g}, n 2;" in line


def test_too_few_seeds_wait(made: dict[str, dict[int, float]]) -> None:
    made["paper"] = {0: 4.0, 1: 6.0, 2: 8.0}
    assert lines() == ["3.21: score, paper less modern: 0 of 3 seeds recorded"]
    made["modern"] = {0: 1.0, 1: 2.0, 3: 3.0}
    assert lines() == ["3.21: score, paper less modern: 2 of 3 seeds recorded"]
    made["modern"][2] = 3.0
    assert "2 of 3" in lines(first=1)[0]
    assert "n 3" in lines()[0]
    made["modern"] = {9: 1.0}
    assert "3 of 3" in lines(paired=False)[0]  # one seed has no spread


def test_a_metric_after_an_epoch(made: dict[str, dict[int, float]]) -> None:
    made["paper"] = {0: 4.0, 1: 6.0, 2: 8.0}
    made["modern"] = {0: 1.0, 1: 2.0, 2: 3.0}
    (line,) = lines(epoch=1)
    assert line.startswith("3.21: score after epoch 1, paper less modern: 2, ")
    assert "0 of 3" in lines(epoch=7)[0]
    assert "0 of 3" in lines(metric="another")[0]


def test_a_record_of_other_settings_does_not_count(
    made: dict[str, dict[int, float]], monkeypatch: pytest.MonkeyPatch
) -> None:
    made["paper"] = made["modern"] = {0: 4.0, 1: 6.0, 2: 8.0}
    old = SimpleNamespace(identity="old", seeds=results("score", made["paper"]))
    monkeypatch.setattr(judging, "load_record", lambda name: old)
    assert "0 of 3" in lines()[0]


def test_nonsense_is_refused() -> None:
    with pytest.raises(ValueError, match="side must be above or below, got 'over'"):
        lines(side="over")
    with pytest.raises(ValueError, match="papyrus"):
        lines(less=("papyrus",))


def test_every_difference_is_of_a_rule_of_its_row() -> None:
    rows = load_plan()
    found = [(row, one) for row in rows for one in row.differences]
    assert found
    for row, one in found:
        assert one.claim in row.rules
        planned = {(job.study, job.preset) for job in row.jobs()}
        # what is not in the plan is recorded already
        for preset in (one.of, *one.less):
            if (one.study, preset) not in planned:
                assert load_record(f"{one.study}-{preset}").seeds


def test_the_command_judges_the_records_of_a_row() -> None:
    from rederived.cli import app

    said = CliRunner().invoke(app, ["plan", "3", "--judge"]).output
    (line,) = (one for one in said.splitlines() if "less narrow-mixup" in one)
    plain, mixed = (
        np.array(load_record(f"mixup-narrow-{name}").values("test_error"))
        for name in ("erm", "mixup")
    )
    assert f"{(plain - mixed).mean():.4g}, " in line
    assert line.endswith("n 10; above 0: no")
