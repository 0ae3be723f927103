"""The experiment of chapter 4 on a few headlines, and the command that titles."""

from __future__ import annotations

import io
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from kept_models import keep_models
from parquet_files import write_texts
from pretended_gpu import GPU, pretended_gpu
from rederived import cli
from rederived.chapters.titles import (
    END,
    PAD,
    SPECIAL,
    START,
    Hypothesis,
    RecurrentConfig,
    RecurrentModel,
    TableModel,
    Vocabulary,
    study_prior,
    study_search,
    title_loss,
)
from rederived.chapters.titles.study import (
    STUDY,
    load_corpus,
    measures,
    restore,
    titling,
)
from rederived.chapters.titles.study import run as running
from rederived.chapters.titles.study.data import EncodedSplit, copy_task
from rederived.claims import ClaimFailed, claim
from rederived.datasets import Pairs, Source
from rederived.records import Run, RunError, load_record
from typer.testing import CliRunner, Result

TINY = replace(
    STUDY.quick["prior"],
    rows=64,
    width=16,
    epochs=2,
    test_rows=12,
    beam_widths=(1, 3),
)
NEWS = "据预报，周末北京最低气温为12度，天气以小雨为主。" * 3


@pytest.fixture(scope="module")
def trained() -> Run:
    return STUDY.run_config(TINY, "tiny", seed=1)


def test_presets_differ_in_what_their_names_say() -> None:
    for profile in ("quick", "full"):
        for config in STUDY.presets(profile).values():
            assert 3 in config.beam_widths
    full = STUDY.full
    for corpus in ("csl", "lctt", "lcsts"):
        assert full[f"{corpus}-transformer"].model == "transformer"
        with_, without = full[f"{corpus}-prior"], full[f"{corpus}-attention"]
        assert replace(with_, prior=False, keep_weights=without.keep_weights) == without
    for corpus in ("csl-long", "msdocs"):
        with_, without = full[f"{corpus}-prior"], full[f"{corpus}-attention"]
        assert replace(with_, prior=False) == without
        assert replace(without, halved=True) == full[f"{corpus}-halved"]
    with_, without = full["grammar"], full["grammar-attention"]
    assert replace(with_, prior=False, keep_weights=False) == without
    for corpus in ("csl", "lcsts"):
        plain = replace(full[f"{corpus}-attention"], attention="none")
        assert plain == full[f"{corpus}-plain"]
    for name in ("prior", "transformer"):
        assert full[f"forecasts-{name}"] == STUDY.quick[name]
        assert STUDY.quick[name].keep_weights


def test_a_run_measures_what_it_says(trained: Run) -> None:
    found = trained.metrics
    assert found["rouge_l"] == found["rouge_l@3"]
    assert found["log_prob@3"] >= found["log_prob@1"] - 0.1
    assert 0 <= found["copied"] <= 1
    assert found["coverage"] >= found["subsequence"] >= found["substring"] > 0
    assert [row["epoch"] for row in trained.history] == [1.0, 2.0]
    assert trained.history[1]["validation_loss"] < trained.history[0]["validation_loss"]
    overlaps = trained.arrays["example_rouge_l"]
    assert len(overlaps) == 8
    assert overlaps.min() >= 0
    assert overlaps.max() <= 100
    assert "example_true" not in trained.arrays
    assert len(trained.data) == 2


def test_a_model_is_restored_in_half_precision(
    trained: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = keep_models(monkeypatch, running)
    torch.manual_seed(7)  # what was drawn before says nothing about a run
    run = STUDY.run_config(TINY, "tiny", seed=1)
    assert run.history[0]["loss"] == trained.history[0]["loss"]
    (model,) = models
    restored, vocabulary = restore(run.config, run.arrays)
    corpus = load_corpus(TINY)
    assert vocabulary == corpus.vocabulary
    with torch.no_grad():
        both = [m(corpus.test.text, corpus.test.title) for m in (model, restored)]
    assert (both[0] - both[1]).abs().max() < 0.02
    with pytest.raises(RunError, match="kept no weights"):
        restore(run.config, {"example_rows": np.arange(3)})


def test_a_checkpoint_can_be_written(tmp_path: Path) -> None:
    STUDY.run_config(TINY, "tiny", seed=1, directory=tmp_path)
    assert (tmp_path / "checkpoint.safetensors").exists()


def test_a_transformer_runs() -> None:
    config = replace(
        TINY, model="transformer", prior=False, keep_weights=False, epochs=1
    )
    run = STUDY.run_config(config, "tiny")
    assert "characters" not in run.arrays


def test_the_parts_do_not_overlap() -> None:
    corpus = load_corpus(replace(TINY, rows=10**6))
    parts = (corpus.train, corpus.validation, corpus.test)
    names = [set(part.titles) for part in parts]
    assert not names[0] & names[1] and not names[0] & names[2]
    assert all("最低气温" in title for part in parts for title in part.titles)
    assert set(corpus.vocabulary.characters) <= set(
        "".join(corpus.train.texts + corpus.train.titles)
    ) | {c for text in corpus.train.texts for c in text}


def test_copies_are_distinct_characters() -> None:
    pairs = copy_task(200, "test")
    assert pairs.titles == pairs.texts
    assert {len(text) for text in pairs.texts} == set(range(4, 17))
    assert all(len(set(text)) == len(text) for text in pairs.texts)
    assert copy_task(3, "train").texts != pairs.texts[:3]


def encoded(rows: list[tuple[str, str]]) -> tuple[EncodedSplit, Vocabulary]:
    vocabulary = Vocabulary.build([a + b for a, b in rows])
    names, texts = [a for a, _ in rows], [b for _, b in rows]
    return (
        EncodedSplit(
            texts, names, vocabulary.texts(texts, 99), vocabulary.titles(names, 99)
        ),
        vocabulary,
    )


def test_titles_are_compared_by_hand() -> None:
    pairs, vocabulary = encoded([("甲乙", "甲乙丙丁"), ("丙丁", "丁")])
    tokens = [tuple(vocabulary.encode(name)) for name in ("甲乙", "甲丁")]
    found = [Hypothesis(s, -2.0, -2.0, True) for s in tokens]
    found_ = measures.compare_titles(found, vocabulary, pairs)
    assert found_["exact_match"] == 0.5
    assert found_["rouge_1"] == found_["rouge_l"] == 75.0
    assert found_["rouge_2"] == 50.0
    assert found_["copied"] == 0.75
    assert found_["log_prob"] == -2.0
    assert found_["length"] == 2.0


def test_texts_are_short_middle_or_long() -> None:
    """Lengths from 2 to 10: the thirds end before 5 and 8."""
    rows = [("甲", "乙" * length) for length in (2, 4, 5, 7, 8, 10)]
    pairs, vocabulary = encoded(rows)
    right, wrong = (tuple(vocabulary.encode(name)) for name in "甲乙")
    tokens = [right, right, right, wrong, wrong, wrong]
    found = [Hypothesis(s, -1.0, -1.0, True) for s in tokens]
    assert measures.by_length(found, vocabulary, pairs) == {
        "rouge_l_short": 100.0,
        "rouge_l_middle": 50.0,
        "rouge_l_long": 0.0,
    }


def test_the_lead_is_chosen_on_validation_pairs() -> None:
    train, _ = encoded([("甲乙丙丁戊己庚", "甲乙丙丁戊己庚辛")])
    validation, _ = encoded([("甲乙丙丁", "甲乙丙丁己己")])
    found = measures.lead_baseline(train, validation, train)
    assert found["lead_characters"] == 4.0
    assert found["lead_rouge_1"] == pytest.approx(100 * 8 / 11)
    assert found["lead_rouge_2"] == pytest.approx(100 * 6 / 9)
    assert found["lead_rouge_l"] == pytest.approx(100 * 8 / 11)


def test_exposure_bias_on_a_model_that_copies_its_input() -> None:
    """A chain a, b, c, ...: after a wrong character everything is wrong."""

    class Chain(TableModel):
        def step(self, tokens, state, memory):  # type: ignore[no-untyped-def]
            following = torch.where(tokens == START, SPECIAL, tokens + 1)
            following = torch.where(following >= SPECIAL + 20, END, following)
            return torch.nn.functional.one_hot(following, 60).double(), state

    model = Chain(1, 2, 3, torch.Generator())
    title = torch.tensor([[START, *range(SPECIAL, SPECIAL + 20), END]] * 50)
    pairs = EncodedSplit([], [], torch.ones(50, 1, dtype=torch.int64), title)
    found = measures.exposure_bias(model, pairs, torch.Generator().manual_seed(0))
    assert found["free_accuracy"] == found["after_true"] == 1.0
    assert found["after_wrong"] < 0.1


def test_a_shift_costs_places_and_not_order() -> None:
    """Three of the four characters left are met, each one place late."""

    class Late(TableModel):
        def step(self, tokens, state, memory):  # type: ignore[no-untyped-def]
            history, length = state
            wanted = torch.tensor([20, 21, 22, 23, 50, 24, 25, 26, *[END] * 20])
            following = wanted[length + 1].expand(len(tokens))
            one_hot = torch.nn.functional.one_hot(following, 60).double()
            return one_hot, (history, length + 1)

    model = Late(1, 2, 3, torch.Generator())
    title = torch.tensor([[START, 20, 21, 22, 23, 24, 25, 26, 27, END]])
    kept = measures.continued(
        model, torch.ones(1, 1, dtype=torch.int64), title, title[:, :5]
    )
    assert kept.in_place.tolist() == pytest.approx([0.2])  # the end alone
    assert kept.in_order.tolist() == [0.75]


def deaf() -> tuple[RecurrentModel, EncodedSplit]:
    """A model that writes from the text alone: its recurrence is cut off."""
    torch.manual_seed(1)
    model = RecurrentModel(RecurrentConfig(60, width=16, hidden=32)).eval()
    with torch.no_grad():
        for layer in model.layers:
            for weight in layer.parameters():
                weight.zero_()
    title = torch.randint(SPECIAL, 60, (40, 12))
    title[:, 0], title[:, -1] = START, END
    return model, EncodedSplit([], [], torch.randint(SPECIAL, 60, (40, 9)), title)


def test_a_model_deaf_to_its_prefix_loses_nothing_by_an_error() -> None:
    """The placebo of claim 4.13."""
    model, pairs = deaf()
    found = measures.after_an_error(model, pairs, torch.Generator().manual_seed(0))
    for kind in ("random", "second"):
        lost = found["true"].in_order - found[kind].in_order
        assert lost.abs().max() == 0
        with pytest.raises(ClaimFailed):
            claim("4.13").mean_above(lost, 0.0, what="lost in order")


def test_the_second_choice_is_the_models_and_wrong() -> None:
    model, pairs = deaf()
    begun = pairs.title[:, :5]
    second = measures._second_choice(model, pairs.text, begun)
    assert torch.equal(second[:, :4], begun[:, :4])
    assert (second[:, 4] != begun[:, 4]).all()
    assert (second[:, 4] >= SPECIAL).all()
    logits = model(pairs.text, begun[:, :-1])[:, -1, SPECIAL:]
    beaten = (logits > logits.gather(1, second[:, 4:] - SPECIAL)).sum(1)
    assert set(beaten.tolist()) <= {0, 1}


def test_the_second_choice_is_made_where_the_title_stands(rng: torch.Generator) -> None:
    """Also if the model likes a character best that the title had before."""
    torch.manual_seed(5)
    model = RecurrentModel(RecurrentConfig(60, width=16, hidden=32)).double().eval()
    text = torch.randint(SPECIAL, 60, (40, 9), generator=rng)
    begun = torch.randint(SPECIAL, 60, (40, 5), generator=rng)
    begun[:, 0] = START
    repeated = 0
    second = measures._second_choice(model, text, begun)
    for row in range(40):
        logits = model(text[row : row + 1], begun[row : row + 1, :4])[0, -1]
        ranked = [n for n in logits.argsort(descending=True).tolist() if n >= SPECIAL]
        last = int(begun[row, 4])
        expected = ranked[1] if ranked[0] == last else ranked[0]
        assert int(second[row, 4]) == expected
        repeated += expected in begun[row, 1:4].tolist()
    assert repeated > 0


# The prior's two parts

SMALL = study_prior.PriorConfig(rows=64, width=8, epochs=1, rates=(0.01,))


def test_the_mixtures_are_the_four_of_two_by_two() -> None:
    """Against the model of the chapter, with and without prior and halving."""
    torch.manual_seed(2)
    base = RecurrentModel(RecurrentConfig(40, width=8, hidden=16)).double()
    text, inputs = torch.randint(SPECIAL, 40, (3, 7)), torch.full((3, 2), START)
    knows, y = base(text, inputs), None
    for name in ("none", "halved", "averaged"):
        twin = RecurrentModel(
            RecurrentConfig(
                40, 8, 16, prior=name == "averaged", halved=name == "halved"
            )
        ).double()
        twin.load_state_dict(base.state_dict(), strict=False)
        mixed = RecurrentModel(RecurrentConfig(40, 8, 16))
        mixed.prior = study_prior.Mixed(40, *study_prior.MIXTURES[name])
        mixed = mixed.double()
        mixed.load_state_dict(base.state_dict())
        assert torch.allclose(mixed(text, inputs), twin(text, inputs), atol=1e-14)
        if name == "none":
            y = twin(text, inputs)
    opinion = 2 * knows - y
    for name in ("unhalved", "added"):
        mixed = RecurrentModel(RecurrentConfig(40, 8, 16))
        mixed.prior = study_prior.Mixed(40, *study_prior.MIXTURES[name])
        mixed = mixed.double()
        mixed.load_state_dict(base.state_dict())
        share = study_prior.MIXTURES[name][1]
        assert torch.allclose(mixed(text, inputs), y + share * opinion, atol=1e-14)


def test_doubled_in_start_and_rate_the_average_is_not_halved() -> None:
    """Under Adam: the dense layer doubled is the mixture without the halving."""
    text, titles = (
        torch.randint(SPECIAL, 40, (8, 7)),
        torch.randint(SPECIAL, 40, (8, 5)),
    )
    losses = []
    for doubled in (False, True):
        torch.manual_seed(3)
        model = RecurrentModel(RecurrentConfig(40, 8, 16)).double()
        if doubled:
            with torch.no_grad():
                for weight in model.out.parameters():
                    weight.mul_(2)
        else:
            model.prior = study_prior.Mixed(40, 1.0, 0.5).double()
        last = list(model.out.parameters())
        rest = [p for n, p in model.named_parameters() if not n.startswith("out.")]
        groups = [{"params": last, "lr": 0.02 if doubled else 0.01}, {"params": rest}]
        adam = torch.optim.Adam(groups, 0.01, eps=1e-30)
        for _ in range(5):
            adam.zero_grad()
            loss = title_loss(model, text, titles)
            loss.backward()
            adam.step()
        losses.append(float(loss.detach()))
    assert losses[0] == pytest.approx(losses[1], abs=1e-9)


def test_arms_that_are_alike_are_not_told_apart(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The placebo of claim 4.16: the average without its knowledge."""
    monkeypatch.setitem(study_prior.MIXTURES, "averaged", (0.5, 0.0))
    config = replace(SMALL, mixtures=("halved", "averaged"))
    runs = [study_prior.STUDY.run_config(config, "tiny", seed=n) for n in range(3)]
    differences = [
        run.metrics["loss@averaged@0.01"] - run.metrics["loss@halved@0.01"]
        for run in runs
    ]
    with pytest.raises(ClaimFailed):
        claim("4.16").mean_below(differences, 0.0, what="knowledge that is none")


# The searches of one model


def test_the_searches_are_told_apart_by_what_they_maximise() -> None:
    run = study_search.STUDY.run_config(
        study_search.SearchConfig("titles-forecasts-transformer", texts=12, draws=4),
        "tiny",
        seed=0,
    )
    found = run.arrays
    best = found["log_prob@exact"]
    assert run.metrics["unsolved"] == 0
    for name, values in found.items():
        if name.startswith("log_prob@"):
            assert (values <= best + 1e-4).all(), name
    assert run.metrics["below_greedy@greedy"] == run.metrics["below_greedy@exact"] == 0
    assert run.metrics["log_prob@2018"] < run.metrics["log_prob@june-2019"]


def test_where_the_exact_search_gives_up_the_best_known_title_stands(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    genuine, found = study_search.exact_search, iter([True, False])
    monkeypatch.setattr(
        study_search,
        "exact_search",
        lambda *asked: genuine(*asked) if next(found) else None,
    )
    config = study_search.SearchConfig(
        "titles-forecasts-transformer", texts=2, draws=0, stops=False
    )
    run = study_search.STUDY.run_config(config, "tiny", seed=0)
    assert run.metrics["unsolved"] == 0.5
    searches = ("greedy", "beam-3", "beam-8", "divided", "exact")
    *known, best = (run.arrays[f"log_prob@{name}"] for name in searches)
    assert best[1] == max(values[1] for values in known)


def test_what_is_measured_goes_to_where_the_model_is(trained: Run) -> None:
    """A validation loss is taken while the model is on the accelerator."""
    model, _ = restore(trained.config, trained.arrays)
    pairs = load_corpus(TINY).test
    expected = measures.loss_and_accuracy(model, pairs)
    with pretended_gpu():
        found = measures.loss_and_accuracy(model.to(GPU), pairs)
    assert found == pytest.approx(expected)


def test_the_forced_loss_is_a_mean_over_the_tokens_of_all_titles(trained: Run) -> None:
    model, _ = restore(trained.config, trained.arrays)
    part = load_corpus(TINY).test
    with torch.no_grad():
        logits = model.decode(model.encode(part.text), part.title[:, :-1])
    real = part.title[:, 1:] != PAD
    table, targets = logits[real], part.title[:, 1:][real]
    loss = torch.nn.functional.cross_entropy(table, targets)
    right = (table.argmax(-1) == targets).double().mean()
    found = measures.loss_and_accuracy(model, part)
    assert found == pytest.approx((float(loss), float(right)), rel=1e-5)


def write_posts(folder: Path, posts: dict[str, list[tuple[str, str]]]) -> None:
    for split, pairs in posts.items():
        names, texts = [list(column) for column in zip(*pairs, strict=True)]
        file = folder / "lcsts" / f"{split}.parquet"
        write_texts(file, names, texts, ("summary", "text"))


def test_a_corpus_of_the_hub_is_read_like_the_others(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Made-up posts; an empty title or text is left out, and no title is recorded."""
    news = [(f"北京降雨{n}毫米", f"昨夜北京降雨，雨量{n}毫米。") for n in range(90)]
    news[3] = ("", "没有标题")
    news[5] = ("没有正文", "")
    parts = {"train": news[:70], "validation": news[70:80], "test": news[80:]}
    write_posts(tmp_path, parts)
    monkeypatch.setenv("REDERIVED_DATA", str(tmp_path))
    full = STUDY.full["lcsts-prior"]
    tiny = replace(full, rows=60, min_count=1, width=16, epochs=1, batch_size=20)
    corpus = load_corpus(tiny)
    assert (len(corpus.train.titles), len(corpus.test.titles)) == (60, 10)
    assert all(corpus.train.titles) and all(corpus.train.texts)
    assert corpus.train.titles[-1] == news[61][0]
    assert len(corpus.validation.titles) == 10
    run = STUDY.run_config(tiny, "lcsts-prior")
    assert [source.split()[0] for source in run.data] == [
        f"lcsts/{split}" for split in ("train", "validation", "test")
    ]
    true = {name for pairs in parts.values() for name, _ in pairs if name}
    kept = {str(value) for array in run.arrays.values() for value in array.flat}
    assert not true & kept
    assert "example_written" in run.arrays


def test_a_model_is_scored_on_another_test_split(
    trained: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """One of two titles is what the model writes, the other shares nothing."""
    written = titling.title(NEWS, trained.config, trained.arrays).title
    other = "丙" * 60 + "，没有见过的字。"
    pairs = [(written, NEWS), ("乙", other)]
    write_posts(tmp_path, {"test": pairs})
    monkeypatch.setenv("REDERIVED_DATA", str(tmp_path))
    result = call(monkeypatch, trained, "--score", "lcsts")
    assert result.exit_code == 0, result.output
    found = dict(line.split(": ") for line in result.stdout.splitlines())
    _, vocabulary = restore(trained.config, trained.arrays)
    texts = [text[:120] for _, text in pairs]
    unknown = sum(c not in vocabulary.characters for text in texts for c in text)
    assert float(found["unknown"]) == pytest.approx(
        unknown / sum(map(len, texts)), rel=1e-4
    )
    assert found["rows"] == "2"
    assert (found["rouge_l"], found["exact_match"]) == ("50", "0.5")
    with pytest.raises(titling.TextError, match="digits holds pictures"):
        titling.score("digits", trained.config, trained.arrays)


# The command


def call(monkeypatch: pytest.MonkeyPatch, run: Run, *arguments: str, **kw) -> Result:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(cli, "load_record", lambda name: run)
    return CliRunner().invoke(cli.app, ["title", *arguments], **kw)


def test_a_file_or_standard_input_is_titled(
    trained: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "news.txt"
    file.write_text(NEWS, encoding="utf-8-sig")
    by_file = call(monkeypatch, trained, str(file))
    by_pipe = call(monkeypatch, trained, input=NEWS.encode())
    assert by_file.exit_code == by_pipe.exit_code == 0
    assert by_file.stdout == by_pipe.stdout
    expected = titling.title(NEWS, trained.config, trained.arrays).title
    assert by_file.stdout == f"{expected}\n"
    assert expected


def test_a_preset_is_trained_first(
    runs: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(STUDY.quick, "tiny", TINY)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(NEWS.encode())))
    result = CliRunner().invoke(
        cli.app, ["title", "--preset", "tiny"], input=NEWS.encode()
    )
    assert result.exit_code == 0, result.output
    assert list(runs.rglob("run.json"))


def ends_with_one_line(
    monkeypatch: pytest.MonkeyPatch, content: bytes | None, *arguments: str
) -> str:
    """Run the command; return its line of error, having seen its status 1."""
    monkeypatch.setattr(sys, "argv", ["rederived", "title", *arguments])
    errors = io.StringIO()
    monkeypatch.setattr(sys, "stderr", errors)
    if content is not None:
        pipe = io.TextIOWrapper(io.BytesIO(content), encoding="utf-8")
        monkeypatch.setattr(sys, "stdin", pipe)
    with pytest.raises(SystemExit) as caught:
        cli.main()
    assert caught.value.code == 1
    (line,) = errors.getvalue().splitlines()
    return line


@pytest.mark.parametrize("by_file", [True, False])
@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b" \n\t", "empty"),
        (b"No Chinese, 12 words?", "no Chinese character among the 21"),
        ("北京".encode("gb18030"), "not UTF-8: byte 0 is 0xb1"),
        ("北京".encode()[:-1], "not UTF-8: byte 3 is 0xe4"),
        (b"x" * (titling.MAX_BYTES + 1), "more than 10,000,000"),
    ],
)
def test_bad_input_gets_a_clear_answer(
    content: bytes,
    message: str,
    by_file: bool,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    if by_file:
        file = tmp_path / "bad.txt"
        file.write_bytes(content)
        line = ends_with_one_line(monkeypatch, None, str(file))
    else:
        line = ends_with_one_line(monkeypatch, content)
    assert line.startswith("rederived: ")
    assert message in line


def test_what_is_no_file_gets_a_clear_answer(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for path in (tmp_path, tmp_path / "none"):
        assert "cannot be read" in ends_with_one_line(monkeypatch, None, str(path))


def test_a_preset_without_weights_is_not_trained_in_vain(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    options = ("--preset", "csl-plain", "--profile", "full")
    monkeypatch.setattr(cli, "run_or_load", lambda *_: pytest.fail("trained"))
    line = ends_with_one_line(monkeypatch, NEWS.encode(), *options)
    assert "'csl-plain' of titles keeps no weights" in line


def test_no_more_of_a_pipe_is_read_than_needed() -> None:
    pipe = io.BytesIO(b"x" * 3 * titling.MAX_BYTES)
    with pytest.raises(titling.TextError, match="more than 10,000,000 bytes"):
        titling.readable(pipe)
    assert pipe.tell() == titling.MAX_BYTES + 1


def test_a_long_text_is_cut_and_said_so(
    trained: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (NEWS * 2000)[:100_000]
    long = call(monkeypatch, trained, input=text.encode())
    short = call(monkeypatch, trained, input=text[:120].encode())
    assert long.exit_code == 0
    assert long.stdout == short.stdout
    assert "read the first 120 of 100,000 characters" in long.stderr
    assert "read the first" not in short.stderr


def test_only_the_beginning_is_read(trained: Run) -> None:
    begun = (NEWS * 3)[:120]
    one, other = (
        titling.title(begun + rest, trained.config, trained.arrays)
        for rest in ("", "雪" * 120)
    )
    assert one.title == other.title


def test_unknown_characters_are_counted_or_refused(trained: Run) -> None:
    some = titling.title("龘最低气温", trained.config, trained.arrays)
    assert "1 of 5 characters read are unknown to it" in some.notes
    with pytest.raises(titling.TextError, match="knows none of the first 3"):
        titling.title("龘龘龘", trained.config, trained.arrays)
    with pytest.raises(ValueError, match="width of 1 or more"):
        titling.title(NEWS, trained.config, trained.arrays, beams=0)


def test_a_title_without_an_end_is_said_to_be_cut(trained: Run) -> None:
    tight = {**trained.config, "title_limit": 1}
    cut = titling.title(NEWS, tight, trained.arrays, beams=1)
    assert "stopped after 1 characters without an end" in cut.notes


def test_a_share_of_tokens_may_be_a_half(monkeypatch: pytest.MonkeyPatch) -> None:
    met = torch.tensor([[7, 8]])
    monkeypatch.setattr(measures, "greedy_continuation", lambda *_: met)
    title, begun = torch.tensor([[4, 7, 9]]), torch.tensor([[4]])
    assert measures._agreement(None, title, title, begun) == 0.5  # type: ignore[arg-type]


def test_the_longest_text_is_a_long_one() -> None:
    part = SimpleNamespace(texts=["a", "ab", "abc"], titles=["x", "y", "z"])
    vocabulary = SimpleNamespace(decode=lambda _: "x")
    found = [SimpleNamespace(tokens=None)] * 3
    scores = measures.by_length(found, vocabulary, part)  # type: ignore[arg-type]
    assert scores == {
        "rouge_l_short": 100.0, "rouge_l_middle": 0.0, "rouge_l_long": 0.0
    }  # fmt: skip


def test_a_score_has_the_loss_and_not_the_accuracy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    vocabulary = Vocabulary.build(["ab"])
    source = Source("lcsts", "test", "embedded", "0" * 64)
    pairs = Pairs(("a",), ("ab",), source)
    monkeypatch.setattr(titling, "restore", lambda *_: (None, vocabulary))
    monkeypatch.setattr(titling.datasets, "load", lambda *_: pairs)
    monkeypatch.setattr(titling, "generate", lambda *_: [])
    monkeypatch.setattr(measures, "compare_titles", lambda *_: {})
    monkeypatch.setattr(measures, "loss_and_accuracy", lambda *_: (2.5, 0.5))
    values = {"text_limit": 9, "title_limit": 9}
    found = titling.score("lcsts", values, {})
    assert found == {"test_loss": 2.5, "unknown": 0.0, "rows": 1.0}


@pytest.mark.parametrize(("split", "rows"), [("validation", 200), ("test", 200)])
def test_copies_are_those_on_record(split: str, rows: int) -> None:
    kept = load_record("titles-copies-plain").data
    assert copy_task(rows, split).source.fingerprint in " ".join(kept)
