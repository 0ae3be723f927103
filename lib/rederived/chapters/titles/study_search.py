"""Chapter 4, claims 18 and 19: what each search makes of one trained model."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from rederived.chapters.titles.article_search import Stop, article_search
from rederived.chapters.titles.exact import exact_search
from rederived.chapters.titles.losses import log_likelihood
from rederived.chapters.titles.overlap import rouge
from rederived.chapters.titles.risk import least_risk
from rederived.chapters.titles.rollout import greedy, sample
from rederived.chapters.titles.scorers import CachedState
from rederived.chapters.titles.search import Hypothesis, generate
from rederived.chapters.titles.study.config import TitlesConfig
from rederived.chapters.titles.study.data import EncodedSplit, load_corpus
from rederived.chapters.titles.study.run import Model, restore
from rederived.chapters.titles.vocabulary import END, START, Vocabulary, padded
from rederived.records import Measured, Study, Trial, from_dict, load_record
from rederived.training import generator

_BEAMS, _WIDE, _POWER = 3, 8, 0.7
_LONGEST_DRAWN = 30  # tokens, as in the records of the models
_DRAWS = 50  # random stream
_LESS = 1e-3  # nats that rounding may cost
_STOPS: dict[str, Stop] = {
    "2018": "worst ended",
    "june-2019": "best ended",
    "november-2019": "best of all",
    "safe": "safe",
}


@dataclass(frozen=True)
class SearchConfig:
    """A kept model, and what it is asked.

    Attributes:
        record: whose model writes, and whose test pairs are titled.
        texts: how many test pairs, the first ones.
        draws: titles drawn for a text, for minimum Bayes risk; 0 leaves it out.
        stops: whether the article's stopping rules are tried.
    """

    record: str
    texts: int = 200
    draws: int = 30
    stops: bool = True


def measure(config: SearchConfig, trial: Trial) -> Measured:
    """Title the same texts by every search; nothing is trained.

    The metrics, for every search s: ``log_prob@s`` (nats, of the title as it is
    returned, read again by the model), ``rouge_l@s`` (percent), ``exact_match@s``,
    ``empty@s`` and ``below_greedy@s`` (shares), ``length@s`` (characters).
    Searches: ``greedy``; ``beam-3``, ``beam-8`` and ``divided`` (a beam of 3 that
    divides by the 0.7th power of the length); the article's rules with a beam of 3,
    ``2018``, ``june-2019``, ``november-2019`` and ``safe``; ``exact``; ``risk``.
    ``unsolved``: share of texts whose likeliest title was not found, for which the best
    known one stands in.

    Args:
        config: what to ask.
        trial: its seed decides the draws.
    """
    record = load_record(config.record)
    asked = replace(from_dict(TitlesConfig, record.config), test_rows=config.texts)
    corpus = load_corpus(asked)
    model, vocabulary = restore(record.config, record.arrays)
    part, longest = corpus.test, asked.title_limit
    found = _searched(model, part.text, longest)
    if config.stops:
        found |= _stopped(model, part.text, longest)
    known = [max(ones, key=_ended_first) for ones in zip(*found.values(), strict=True)]
    known = _or_empty(model, part.text, known)
    exact = [
        exact_search(model, text[None], longest, one)
        for text, one in zip(part.text, known, strict=True)
    ]
    found["exact"] = [b if a is None else a for a, b in zip(exact, known, strict=True)]
    names = {
        name: [vocabulary.decode(one.tokens) for one in ones]
        for name, ones in found.items()
    }
    if config.draws:
        draws = generator(trial.seed, _DRAWS)
        names["risk"] = _least_risk(model, vocabulary, part.text, config.draws, draws)
    log_probs = {
        name: _log_probs(model, vocabulary, part.text, ones)
        for name, ones in names.items()
    }
    overlaps = {name: _overlaps(ones, part) for name, ones in names.items()}
    metrics = {"unsolved": sum(one is None for one in exact) / len(exact)}
    for name, ones in names.items():
        metrics |= {
            f"log_prob@{name}": float(log_probs[name].mean()),
            f"rouge_l@{name}": float(overlaps[name].mean()),
            f"exact_match@{name}": _share(
                a == b for a, b in zip(ones, part.titles, strict=True)
            ),
            f"empty@{name}": _share(not one for one in ones),
            f"below_greedy@{name}": _share(
                (log_probs[name] < log_probs["greedy"] - _LESS).tolist()
            ),
            f"length@{name}": sum(map(len, ones)) / len(ones),
        }
    return Measured(
        metrics=metrics,
        data=[f"the model of {config.record}, seed 0", *corpus.sources],
        arrays={
            f"{measure_}@{name}": values.numpy()
            for measure_, table in (("log_prob", log_probs), ("rouge_l", overlaps))
            for name, values in table.items()
        },
    )


def _searched(model: Model, text: Tensor, longest: int) -> dict[str, list[Hypothesis]]:
    """Title the texts by greedy search and by beams."""
    return {
        "greedy": greedy(model, text, longest),
        "beam-3": generate(model, text, _BEAMS, longest),
        "beam-8": generate(model, text, _WIDE, longest),
        "divided": generate(model, text, _BEAMS, longest, _POWER),
    }


def _stopped(model: Model, text: Tensor, longest: int) -> dict[str, list[Hypothesis]]:
    """Title the texts by the article's search, with each of its stopping rules."""
    return {
        name: [
            article_search(CachedState(model, one[None], _BEAMS), longest, stop)
            for one in text
        ]
        for name, stop in _STOPS.items()
    }


def _ended_first(one: Hypothesis) -> tuple[bool, float]:
    return one.ended, one.log_prob


def _or_empty(
    model: Model, text: Tensor, known: Sequence[Hypothesis]
) -> list[Hypothesis]:
    """Take the empty title where it is likelier, or where nothing has ended."""
    values = log_likelihood(model, text, torch.tensor([[START, END]] * len(text)))
    empty = [Hypothesis((), float(v), float(v), ended=True) for v in values.detach()]
    return [max(pair, key=_ended_first) for pair in zip(known, empty, strict=True)]


def _least_risk(
    model: Model, vocabulary: Vocabulary, text: Tensor, n: int, draws: torch.Generator
) -> list[str]:
    """Draw n titles for each text and take the one of least risk."""
    drawn = [
        vocabulary.decode(one.tokens)
        for rows in torch.split(text.repeat_interleave(n, 0), 100 * n)
        for one in sample(model, rows, draws, max_length=_LONGEST_DRAWN)
    ]
    return [least_risk(drawn[i * n : (i + 1) * n]) for i in range(len(text))]


@torch.no_grad()
def _log_probs(
    model: Model, vocabulary: Vocabulary, text: Tensor, names: Sequence[str]
) -> Tensor:
    """Return each title's log-probability, read again as a whole, nats ``(B,)``."""
    titles = padded([[START, *vocabulary.encode(name), END] for name in names])
    pieces = zip(torch.split(text, 100), torch.split(titles, 100), strict=True)
    return torch.cat([log_likelihood(model, *piece).double() for piece in pieces])


def _overlaps(names: Sequence[str], part: EncodedSplit) -> Tensor:
    """Return the ROUGE-L of each title with the true one, percent ``(B,)``."""
    pairs = zip(names, part.titles, strict=True)
    return torch.tensor([100 * rouge(a, b).longest for a, b in pairs])


def _share(flags: Iterable[bool]) -> float:
    found = list(flags)
    return sum(found) / len(found)


STUDY = Study(
    "title-search",
    chapter=4,
    quick={"grammar": SearchConfig("titles-grammar", texts=20, draws=10)},
    full={
        "grammar": SearchConfig("titles-grammar"),
        "forecasts": SearchConfig("titles-forecasts-prior", texts=100),
        "forecasts-transformer": SearchConfig(
            "titles-forecasts-transformer", texts=100
        ),
        "csl": SearchConfig("titles-csl-prior", texts=20, draws=0, stops=False),
        "lctt": SearchConfig("titles-lctt-prior", texts=20, draws=0, stops=False),
    },
    measure=measure,
)
