"""Chapter 4, claims 9 and 16: the prior's knowledge apart from its halving."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from rederived.chapters.titles.losses import title_loss
from rederived.chapters.titles.prior import PriorKnowledge
from rederived.chapters.titles.recurrent import RecurrentModel
from rederived.chapters.titles.study import STUDY as TITLES
from rederived.chapters.titles.study import build, load_corpus, measures
from rederived.chapters.titles.study.data import Corpus
from rederived.records import Measured, Study, Trial
from rederived.training import TrainConfig, derive, fit

_WEIGHTS = 60  # random stream


class Mixed(PriorKnowledge):
    """Logits times one number plus the prior's times another.

    The article's average is a half of each.  A dense layer that is doubled, in its
    start and in its rate, undoes the halving under Adam: (2 y + p) / 2 = y + p / 2.

    Args:
        size: of the vocabulary, V.
        own: what the model's logits are multiplied by.
        knowledge: what the prior's are multiplied by.

    >>> mixed = Mixed(2, own=1.0, knowledge=0.5)
    >>> y, known = torch.tensor([[3.0, 5.0]]), torch.tensor([[1.0, 0.0]])
    >>> mixed(y, mixed.logits(known)).detach()
    tensor([[3.5000, 5.0000]])
    """

    def __init__(self, size: int, own: float, knowledge: float) -> None:
        super().__init__(size)
        self.own, self.knowledge = own, knowledge

    def forward(self, logits: Tensor, prior: Tensor) -> Tensor:
        """Return the sum of two sets of logits, ``(..., V)``."""
        return self.own * logits + self.knowledge * prior


MIXTURES: dict[str, tuple[float, float]] = {
    "none": (1.0, 0.0),
    "halved": (0.5, 0.0),
    "averaged": (0.5, 0.5),
    "unhalved": (1.0, 0.5),
    "added": (1.0, 1.0),
}
"""What logits and prior are multiplied by.

Two by two: with or without the halving, with or without the knowledge; and their sum.
"""


@dataclass(frozen=True)
class PriorConfig:
    """Small models that differ in how the prior enters, at several rates.

    Attributes:
        rows: training pairs, weather forecasts of the grammar.
        text_limit: characters of a text that are read.
        width: of the models.
        batch_size: pairs a step.
        epochs: passes over the pairs.
        rates: of Adam, constant; the article's is 0.001.
        mixtures: which of ``MIXTURES``.
    """

    rows: int = 512
    text_limit: int = 30
    width: int = 24
    batch_size: int = 32
    epochs: int = 4
    rates: tuple[float, ...] = (0.001, 0.0025, 0.005, 0.01, 0.02)
    mixtures: tuple[str, ...] = tuple(MIXTURES)


def measure(config: PriorConfig, trial: Trial) -> Measured:
    """Train one model for each rate and mixture, all from the same start.

    The metrics: ``loss@m@r``, validation loss of mixture m at rate r after the last
    pass, nats a token; ``first@m@r``, after the first.

    Args:
        config: what to train.
        trial: its seed decides weights and order, the same for all.
    """
    pairs = replace(
        TITLES.quick["prior"],
        rows=config.rows,
        text_limit=config.text_limit,
        width=config.width,
    )
    corpus = load_corpus(pairs)
    size = len(corpus.vocabulary)

    def start(mixture: str) -> RecurrentModel:
        with torch.random.fork_rng():
            torch.manual_seed(derive(trial.seed, _WEIGHTS))
            model = build(pairs, size)
        assert isinstance(model, RecurrentModel)
        model.prior = Mixed(size, *MIXTURES[mixture])
        return model

    metrics, evaluate = {}, _validation(corpus)
    for rate in config.rates:
        for mixture in config.mixtures:
            model = start(mixture)
            history = fit(
                model,
                (corpus.train.text, corpus.train.title),
                torch.optim.Adam(model.parameters(), rate),
                TrainConfig(
                    config.epochs,
                    config.batch_size,
                    trial.seed,
                    clip_norm=1.0,
                    precision="float32",
                ),
                loss=title_loss,
                evaluate=evaluate,
            )
            losses = history.column("validation_loss")
            metrics[f"loss@{mixture}@{rate:g}"] = losses[-1]
            metrics[f"first@{mixture}@{rate:g}"] = losses[0]
    return Measured(metrics=metrics, data=corpus.sources)


def _validation(corpus: Corpus) -> Callable[[nn.Module], dict[str, float]]:
    """Return what measures a model's validation loss."""

    def evaluate(model: nn.Module) -> dict[str, float]:
        assert isinstance(model, RecurrentModel)
        loss, _ = measures.loss_and_accuracy(model, corpus.validation)
        return {"validation_loss": loss}

    return evaluate


STUDY = Study(
    "title-prior",
    chapter=4,
    quick={"forecasts": PriorConfig(rates=(0.001,), mixtures=("none", "averaged"))},
    full={"forecasts": PriorConfig()},
    measure=measure,
)
