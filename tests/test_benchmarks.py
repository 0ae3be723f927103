"""The harness on contenders made up for the purpose, and one tiny real run."""

from __future__ import annotations

import json
from collections import Counter
from importlib.util import find_spec

import pytest
import torch
from rederived.chapters.nice.model import nice
from rederived.chapters.titles import END, START
from rederived.flows import StandardLogistic
from torch.utils.flop_counter import FlopCounterMode

from benchmarks import report
from benchmarks.harness import (
    Contender,
    ContendersDisagreeError,
    Group,
    Plan,
    Timing,
    check_equal,
    measure,
    paired_ratio,
)
from benchmarks.nice_model import Size
from benchmarks.nice_products import products

ROUNDS = 6


def contender(name, value=(1.0, 2.0), calls=None, prepared=None):
    def prepare():
        if prepared is not None:
            prepared.append(name)
        return lambda: None if calls is None else calls.append(name)

    found = None if value is None else {"value": torch.tensor(value)}
    return Contender(name, prepare, None if found is None else lambda: found)


def group(*contenders, tolerance=1e-6):
    return Group("work", contenders[0].name, contenders, tolerance)


def timing(**seconds):
    return Timing("work", "ours", {}, seconds)


def test_the_interval_is_that_of_the_sign_test():
    # With ten pairs, 2 P(Bin(10, 1/2) <= 1) = 22/1024 < 0.05 < 2 P(... <= 2):
    # the interval runs from the second to the ninth ratio.
    ratios = [1.3, 0.4, 0.9, 2.0, 1.1, 0.7, 1.7, 0.2, 1.5, 0.8]
    found = paired_ratio([3.0 * r for r in ratios], [3.0] * 10)
    assert (found.low, found.median, found.high) == pytest.approx((0.4, 1.0, 1.7))


def test_speed_over_is_above_one_where_the_subject_is_faster():
    fast_then_slow = timing(ours=[1.0, 10.0] * 3, theirs=[2.0, 20.0] * 3)
    ratio = fast_then_slow.speed_over("theirs")
    assert (ratio.low, ratio.median, ratio.high) == (2.0, 2.0, 2.0)


@pytest.mark.parametrize(("rounds", "warmup"), [(5, 3), (30, -1)])
def test_a_plan_without_interval_is_refused(rounds, warmup):
    with pytest.raises(ValueError, match="at least 6 rounds"):
        Plan(rounds, warmup)


def test_contenders_take_turns_in_changing_order():
    calls: list[str] = []
    names = "abcd"
    found = measure(
        group(*(contender(name, calls=calls) for name in names)), Plan(8, warmup=2)
    )
    turns = [calls[i : i + 4] for i in range(0, len(calls), 4)]
    assert len(turns) == 10
    assert all(sorted(turn) == list(names) for turn in turns)
    assert set(Counter(turn[0] for turn in turns[2:]).values()) == {2}
    followers = {(turn[i], turn[i + 1]) for turn in turns for i in range(3)}
    assert {("a", "b"), ("b", "a")} <= followers
    assert {name: len(all_) for name, all_ in found.seconds.items()} == dict.fromkeys(
        names, 8
    )


def test_equal_findings_pass_with_their_errors():
    errors = check_equal(
        group(contender("ours"), contender("theirs", (1.0, 2.0 + 1e-6)))
    )
    assert errors["theirs"]["value"] == pytest.approx(5e-7, rel=0.2)


@pytest.mark.parametrize(
    "value", [(1.0, 2.1), (float("nan"), 2.0), (1.0,), (1.0, 2.0, 3.0)]
)
def test_nothing_is_timed_when_contenders_disagree(value):
    prepared: list[str] = []
    different = group(
        contender("ours", prepared=prepared),
        contender("theirs", value, prepared=prepared),
    )
    with pytest.raises(ContendersDisagreeError, match="value of theirs differs"):
        measure(different, Plan(ROUNDS))
    assert prepared == []


def test_a_yardstick_is_timed_but_not_compared():
    found = measure(
        group(contender("ours"), contender("yardstick", None)), Plan(ROUNDS)
    )
    assert found.errors == {}
    assert len(found.seconds["yardstick"]) == ROUNDS


@pytest.mark.parametrize(("least", "met"), [(1.5, True), (1.6, False)])
def test_the_closest_contender_decides_a_goal(least, met):
    times = timing(ours=[2.0] * 6, slow=[9.0] * 6, close=[3.0] * 6)
    goal = report.Goal("ahead", "work", ("slow", "close"), least)
    (outcome,) = report.judge([goal], [times])
    assert outcome.against == "close"
    assert outcome.ratio.median == 1.5
    assert outcome.met is met
    assert ("met" if met else "missed") in report.verdicts([outcome])


def test_the_table_gives_milliseconds_and_ratios():
    text = report.table(timing(ours=[0.002] * 6, theirs=[0.003] * 6))
    ours, theirs = text.splitlines()[2:]
    assert ours.split() == ["ours", "2.00"]
    assert theirs.split() == ["theirs", "3.00", "1.500", "[1.500,", "1.500]"]


def test_results_are_complete_and_written_whole(tmp_path):
    times = timing(ours=[1.0] * 6, theirs=[2.0] * 6)
    content = report.results([times], [], Plan(ROUNDS), ["torch", "no-such-package"])
    path = tmp_path / "new" / "nice.json"
    report.write(path, content)
    report.write(path, content)
    assert [one.name for one in path.parent.iterdir()] == ["nice.json"]
    read = json.loads(path.read_text(encoding="utf-8"))
    assert read["provenance"]["threads"] == torch.get_num_threads()
    assert read["versions"]["torch"] == torch.__version__.split("+")[0] or (
        read["versions"]["torch"] == torch.__version__
    )
    assert read["versions"]["no-such-package"] == "not installed"
    (stored,) = read["groups"]
    assert stored["speed_over"]["theirs"]["median"] == 2.0
    assert stored["seconds"]["ours"] == [1.0] * 6


@pytest.mark.parametrize("training", [True, False])
def test_the_yardstick_multiplies_as_much_as_the_model(training):
    size, batch = Size(dimensions=10, width=7, depth=2), 3
    flow = nice(10, prior=StandardLogistic(), width=7, depth=2)
    x = torch.rand(batch, 10, generator=torch.Generator().manual_seed(0))
    with FlopCounterMode(display=False) as of_model, torch.set_grad_enabled(training):
        value = flow.log_prob(x).mean()
        if training:
            value.backward()
    with FlopCounterMode(display=False) as of_yardstick:
        products(size, batch, training=training)()
    assert of_model.get_total_flops() == of_yardstick.get_total_flops() > 0


@pytest.mark.peers
def test_the_quick_run_finds_all_libraries_equal(tmp_path, capsys):
    from benchmarks.__main__ import main

    options = ["--quick", "--rounds", "6", "--threads", "1", "--only", "nice"]
    main([*options, "--results", str(tmp_path)])
    assert "sampling, 8 events" in capsys.readouterr().out
    read = json.loads((tmp_path / "nice.json").read_text(encoding="utf-8"))
    assert read["about"]["threads"] == 1
    like_for_like, documented, sampling = read["groups"]
    peers = {"normflows", "nflows", "zuko", "FrEIA"}
    for one in (like_for_like, documented, sampling):
        assert set(one["relative_errors"]) == peers
        assert peers <= set(one["speed_over"])
    assert "bare products" in like_for_like["speed_over"]
    assert "bare products" not in documented["speed_over"]


def test_the_quick_run_of_the_optimizers_finds_them_equal(tmp_path, capsys):
    from benchmarks.__main__ import main

    options = ["--quick", "--rounds", "6", "--threads", "1", "--only", "optimizers"]
    main([*options, "--results", str(tmp_path)])
    assert "optimizer step, RMSprop" in capsys.readouterr().out
    read = json.loads((tmp_path / "optimizers.json").read_text(encoding="utf-8"))
    assert read["about"]["parameters"] == 2 * (30 * 20 + 20)
    names = [one["name"] for one in read["groups"]]
    assert names == [
        f"optimizer step, {rule}" for rule in ("RMSprop", "Adam", "AdaGrad")
    ]
    for one in read["groups"]:
        assert "torch" in one["speed_over"]
        assert one["relative_errors"]["torch"]["way gone"] < 1e-3


@pytest.mark.skipif(find_spec("timm") is None, reason="not installed: timm")
def test_the_quick_run_of_mixing_finds_both_equal(tmp_path, capsys):
    from benchmarks import bench_mixing
    from benchmarks.__main__ import main

    options = ["--quick", "--rounds", "6", "--threads", "1", "--only", "mixing"]
    main([*options, "--results", str(tmp_path)])
    assert "one weight a sample" in capsys.readouterr().out
    read = json.loads((tmp_path / "mixing.json").read_text(encoding="utf-8"))
    for one in read["groups"]:
        assert set(one["relative_errors"]["timm"]) == {"pictures", "targets"}
        assert "timm" in one["speed_over"]
    names = {one.name for one in bench_mixing.groups()}
    assert {goal.group for goal in bench_mixing.goals()} < names


def test_without_timm_the_benchmark_says_how_to_get_it(monkeypatch):
    from benchmarks import bench_mixing
    from benchmarks.__main__ import main

    monkeypatch.setattr(bench_mixing, "find_spec", lambda _: None)
    with pytest.raises(SystemExit, match="--no-deps"):
        main(["--quick", "--only", "mixing"])


def test_goals_of_the_optimizers_name_groups_that_exist():
    from benchmarks import bench_optimizers

    names = {one.name for one in bench_optimizers.groups()}
    assert {goal.group for goal in bench_optimizers.goals()} <= names


def test_the_quick_run_of_training_ends_at_the_same_weights(tmp_path):
    from benchmarks import bench_training
    from benchmarks.__main__ import main

    options = ["--quick", "--rounds", "6", "--threads", "1", "--only", "training"]
    main([*options, "--results", str(tmp_path)])
    (one,) = json.loads((tmp_path / "training.json").read_text("utf-8"))["groups"]
    assert one["relative_errors"] == {"a bare loop": {"weights": 0.0}}
    (group,) = bench_training.groups(bench_training.QUICK)
    assert [goal.group for goal in bench_training.goals()] == [group.name]


def test_the_quick_run_of_infomax_finds_both_forms_equal(tmp_path, capsys):
    from benchmarks.__main__ import main

    options = ["--quick", "--rounds", "6", "--threads", "1", "--only", "infomax"]
    main([*options, "--results", str(tmp_path)])
    assert "encoder alone" in capsys.readouterr().out
    read = json.loads((tmp_path / "infomax.json").read_text(encoding="utf-8"))
    group = read["groups"][0]
    assert group["speed_over"].keys() == {"joined", "encoder alone"}
    assert max(group["relative_errors"]["joined"].values()) < 1e-3


@pytest.mark.parametrize("precision", ["float32", "bf16"])
def test_infomax_times_bf16_only_where_the_machine_computes_in_it(precision):
    from benchmarks import bench_infomax
    from benchmarks.harness import check_equal

    size = bench_infomax.Size()
    names = {one.name for one in bench_infomax.groups(size, precision)}
    goals = bench_infomax.goals(size, precision)
    assert {goal.group for goal in goals} == names
    with_it = precision == "bf16"
    assert [goal.least for goal in goals] == [1.2, 0.85] + [2.0] * with_it
    note = bench_infomax.about(size, precision)["note"]
    assert ("not measured" in note) != with_it
    tiny = bench_infomax.groups(bench_infomax.QUICK, precision)
    for group in tiny:
        assert max(check_equal(group)["joined"].values()) <= group.tolerance
    if with_it:
        assert check_equal(tiny[1])["joined"]["loss"] > 1e-6, "bf16 must round"


def test_the_quick_run_of_the_searches_finds_the_same_titles(tmp_path, capsys):
    from benchmarks import bench_titles
    from benchmarks.__main__ import main

    options = ["--quick", "--rounds", "6", "--threads", "1", "--only", "titles"]
    main([*options, "--results", str(tmp_path)])
    assert "one at a time" in capsys.readouterr().out
    read = json.loads((tmp_path / "titles.json").read_text(encoding="utf-8"))
    (one,) = read["groups"]
    compared = {"decoder again, batched", "article, 2 of 4 texts"}
    assert one["relative_errors"] == {name: {"titles": 0.0} for name in compared}
    assert compared <= set(one["speed_over"])
    assert ("transformers" in one["speed_over"]) is bench_titles.installed()
    size = bench_titles.Size()
    (group,) = bench_titles.groups(bench_titles.QUICK)
    assert {goal.group for goal in bench_titles.goals(size)} == {group.name}
    assert bench_titles.goals(size)[0].least == 40 * 4 / 64


def test_the_searches_are_timed_without_transformers(monkeypatch):
    from benchmarks import bench_titles

    monkeypatch.setattr(bench_titles, "find_spec", lambda _: None)
    (group,) = bench_titles.groups(bench_titles.QUICK)
    names = [one.name for one in group.contenders]
    assert names == ["rederived", bench_titles.AGAIN, "article, 2 of 4 texts"]
    note = bench_titles.about(bench_titles.QUICK)["note"]
    assert "transformers is not installed" in note


@pytest.mark.skipif(
    find_spec("transformers") is None, reason="not installed: transformers"
)
def test_transformers_writes_as_many_symbols_as_we_do(monkeypatch):
    from benchmarks import bench_titles, titles_libraries

    size = bench_titles.QUICK
    (group,) = bench_titles.groups(size)
    peer = group.contenders[-1]
    assert (peer.name, peer.findings) == ("transformers", None)
    found = peer.prepare()()
    assert found.shape == (4, 6)
    assert (found[:, 0] == START).all()
    assert not (found == END).any()
    goals = bench_titles.goals(bench_titles.Size())
    assert not any("transformers" in goal.over for goal in goals)

    def short(self, texts):
        return texts[:, :2]

    monkeypatch.setattr(titles_libraries.Generate, "__call__", short)
    with pytest.raises(RuntimeError, match=r"shape \(4, 2\) where 4 of 1 \+ 5"):
        peer.prepare()
