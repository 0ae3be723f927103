"""Run one seed of a config of chapter 4 and measure it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch

from rederived.chapters.titles.losses import title_loss
from rederived.chapters.titles.overlap import rouge
from rederived.chapters.titles.recurrent import RecurrentConfig, RecurrentModel
from rederived.chapters.titles.search import Hypothesis, generate
from rederived.chapters.titles.study import measures
from rederived.chapters.titles.study.config import TitlesConfig
from rederived.chapters.titles.study.data import Corpus, EncodedSplit, load_corpus
from rederived.chapters.titles.transformer import Transformer, TransformerConfig
from rederived.chapters.titles.vocabulary import Vocabulary
from rederived.records import Arrays, Config, Measured, RunError, Trial, from_dict
from rederived.training import (
    OneCycle,
    TrainConfig,
    constant,
    derive,
    fit,
    generator,
)

_WEIGHTS, _EXAMPLES, _ERRORS = range(20, 23)  # random streams
_SHOWN = 8  # titles kept as examples
_BEAMS = 3
_LENGTH_PENALTY = 0.7  # of one variant of the search
_PREFIX = "weights/"

Model = RecurrentModel | Transformer


def build(config: TitlesConfig, vocabulary: int) -> Model:
    """Build the model that a config describes, with torch's own starting weights.

    Args:
        config: what to build.
        vocabulary: how many tokens.

    Raises:
        ValueError: if a Transformer is to have the prior knowledge.
    """
    if config.model == "transformer":
        if config.prior:
            raise ValueError("only the recurrent model has a prior: set prior=False")
        positions = max(config.text_limit, config.title_limit) + 2
        return Transformer(
            TransformerConfig(
                vocabulary,
                config.width,
                positions=positions,
            )
        )
    return RecurrentModel(
        RecurrentConfig(
            vocabulary,
            config.width,
            2 * config.width,
            config.attention,
            prior=config.prior,
            halved=config.halved,
        )
    )


def measure(config: TitlesConfig, trial: Trial) -> Measured:
    """Train one seed of a config and measure it.

    The metrics, of the test pairs: ``test_loss`` (nats a token) and
    ``teacher_forced_accuracy``; of the titles that a beam of 3 writes, what
    :func:`measures.compare_titles` returns, and for every other width w its
    ``rouge_l``, ``log_prob`` and ``length`` as ``rouge_l@w`` and so on, ``@power`` for
    a search that divides by the 0.7th power of the length; ``lead_...`` of the
    baseline; what :func:`measures.exposure_bias` returns, and of training pairs
    :func:`measures.title_overlap`.
    The history has ``validation_loss`` after each epoch.

    Args:
        config: what to run.
        trial: its seed decides weights and order.
    """
    seed = trial.seed
    corpus = load_corpus(config)
    with torch.random.fork_rng():
        torch.manual_seed(derive(seed, _WEIGHTS))
        model = build(config, len(corpus.vocabulary))

    def evaluate(trained: Model) -> dict[str, float]:
        loss, _ = measures.loss_and_accuracy(trained, corpus.validation)
        return {"validation_loss": loss}

    steps = len(corpus.train.text) // config.batch_size * config.epochs
    history = fit(
        model,
        (corpus.train.text, corpus.train.title),
        torch.optim.Adam(model.parameters(), config.learning_rate, fused=True),
        TrainConfig(
            config.epochs, config.batch_size, seed, clip_norm=1.0, precision="float32"
        ),
        loss=title_loss,
        schedule=OneCycle(steps) if config.schedule == "one-cycle" else constant,
        evaluate=evaluate,
        directory=trial.directory,
        label=trial.label,
    )
    metrics, found = _measured(model, config, corpus, seed)
    metrics["parameters"] = float(sum(p.numel() for p in model.parameters()))
    metrics["training_seconds"] = sum(history.column("seconds"))
    arrays = _examples(found, corpus, seed)
    if config.keep_weights:
        arrays |= _stored(model, corpus.vocabulary)
    return Measured(
        metrics=metrics,
        data=corpus.sources,
        history=history.rows,
        arrays=arrays,
        training=history.provenance(),
    )


def restore(values: Config, arrays: Mapping[str, object]) -> tuple[Model, Vocabulary]:
    """Rebuild a model and its vocabulary from what a run or a record keeps.

    Args:
        values: the run's configuration.
        arrays: the run's arrays; weights are half precision there.

    Raises:
        RunError: if the run kept no weights.
    """
    if "characters" not in arrays:
        raise RunError(
            "this run kept no weights of a model that writes titles: take one of the "
            "titles presets whose config has keep_weights, such as grammar or csl-prior"
        )
    codes = np.asarray(arrays["characters"])
    vocabulary = Vocabulary(tuple(chr(code) for code in codes.tolist()))
    config = from_dict(TitlesConfig, values)
    with torch.random.fork_rng():
        model = build(config, len(vocabulary))
    weights = {
        name.removeprefix(_PREFIX): torch.from_numpy(np.asarray(array)).float()
        for name, array in arrays.items()
        if name.startswith(_PREFIX)
    }
    model.load_state_dict(weights)
    return model.eval(), vocabulary


def _measured(
    model: Model, config: TitlesConfig, corpus: Corpus, seed: int
) -> tuple[dict[str, float], list[Hypothesis]]:
    """Measure the test pairs; return the metrics and the titles written."""
    test, max_length = corpus.test, config.title_limit
    loss, forced = measures.loss_and_accuracy(model, test)
    metrics = {"test_loss": loss, "teacher_forced_accuracy": forced}
    found = generate(model, test.text, _BEAMS, max_length)
    metrics |= measures.compare_titles(found, corpus.vocabulary, test)
    metrics |= measures.by_length(found, corpus.vocabulary, test)
    for beams in config.beam_widths:
        other = generate(model, test.text, beams, max_length)
        metrics |= _some(other, corpus.vocabulary, test, str(beams))
    other = generate(model, test.text, _BEAMS, max_length, _LENGTH_PENALTY)
    metrics |= _some(other, corpus.vocabulary, test, "power")
    metrics |= measures.lead_baseline(corpus.train, corpus.validation, test)
    metrics |= measures.title_overlap(corpus.train)
    metrics |= measures.exposure_bias(model, test, generator(seed, _ERRORS))
    return metrics, found


def _some(
    found: list[Hypothesis], vocabulary: Vocabulary, part: EncodedSplit, name: str
) -> dict[str, float]:
    """Return some measures of another search, by its name."""
    all_measures = measures.compare_titles(found, vocabulary, part)
    kept = ("rouge_l", "log_prob", "length")
    return {f"{measure}@{name}": all_measures[measure] for measure in kept}


def _examples(found: list[Hypothesis], corpus: Corpus, seed: int) -> Arrays:
    """Return some titles, chosen at random, and their overlap with the true ones.

    A record is published, a data set's own titles are not: they stay out of it.
    """
    order = torch.randperm(len(found), generator=generator(seed, _EXAMPLES))
    rows = order[:_SHOWN].tolist()
    names = [corpus.vocabulary.decode(found[row].tokens) for row in rows]
    return {
        "example_rows": np.array(rows),
        "example_written": np.array(names),
        "example_rouge_l": np.array(
            [
                100 * rouge(name, corpus.test.titles[row]).longest
                for name, row in zip(names, rows, strict=True)
            ]
        ),
    }


def _stored(model: Model, vocabulary: Vocabulary) -> Arrays:
    """Return the weights in half precision, and the characters' code points."""
    weights = {
        _PREFIX + name: tensor.detach().half().numpy()
        for name, tensor in model.state_dict().items()
    }
    codes = [ord(character) for character in vocabulary.characters]
    return weights | {"characters": np.array(codes, dtype=np.uint32)}
