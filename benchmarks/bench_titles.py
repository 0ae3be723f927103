"""Beam search for titles on the CPU: states kept against everything run again.

All contenders run one search on the article's model, its encoder knowing lengths, with
random weights scaled so that no two symbols tie, and must find the same titles.  The
article's scheme takes one text at a time, so its time is proportional to the number of
texts; it is timed on a few of them, and the goals are scaled by their share.  That it
finds the same titles is checked on all texts.

Where ``transformers`` is installed its ``generate`` is timed beside them, without a
goal: on a Transformer of the same width, so on other titles.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.util import find_spec
from typing import Any

import torch
from rederived.chapters.titles import (
    END,
    SPECIAL,
    CachedEncoder,
    CachedState,
    NoCache,
    RecurrentConfig,
    RecurrentModel,
    Scorer,
    article_config,
    beam_search,
)
from torch import Tensor

from benchmarks.harness import Contender, Findings, Group, Work
from benchmarks.report import Goal

PACKAGES = ("torch", "numpy", "transformers")
NAME = "beam search for titles"
AGAIN = "decoder again, batched"
PEER = "transformers"


@dataclass(frozen=True)
class Size:
    """How much work it is.

    Attributes:
        vocabulary: symbols.
        width: of the model; None takes the article's 128 and 512.
        texts: how many texts.
        characters: of each text.
        beams: hypotheses kept.
        steps: symbols of each title.
        timed: texts on which the article's scheme is timed.
    """

    vocabulary: int = 7000
    width: int | None = None
    texts: int = 64
    characters: int = 400
    beams: int = 3
    steps: int = 30
    timed: int = 4


QUICK = Size(50, 16, 4, 12, 2, 5, 2)


def groups(size: Size) -> list[Group]:
    """Return the one group."""
    model, texts = _model(size), _texts(size)

    def batched(name: str, kind: Callable[..., Scorer]) -> Contender:
        def work() -> Tensor:
            return _titles(kind(model, texts, size.beams), size)

        def findings() -> Findings:
            return {"titles": work()}

        return Contender(name, lambda: work, findings)

    def one_by_one(count: int) -> Tensor:
        rows = [
            _titles(NoCache(model, text[None], size.beams), size)
            for text in texts[:count]
        ]
        return torch.cat(rows)

    def prepare() -> Work:
        return lambda: one_by_one(size.timed)

    def all_titles() -> Findings:
        return {"titles": one_by_one(size.texts)}

    return [
        Group(
            name=NAME,
            subject="rederived",
            contenders=(
                batched("rederived", CachedState),
                batched(AGAIN, CachedEncoder),
                Contender(_scheme(size), prepare, all_titles),
                *_peer(size, texts),
            ),
            tolerance=0.0,
        )
    ]


def goals(size: Size) -> list[Goal]:
    """Return what is wanted: 40 times the article's scheme, 5 times the other."""
    share = size.timed / size.texts
    return [
        Goal(
            f"40 times the article's scheme, {40 * share:g} on its share of the texts",
            NAME,
            (_scheme(size),),
            40 * share,
        ),
        Goal("5 times a decoder that starts again", NAME, (AGAIN,), 5.0),
    ]


def about(size: Size) -> dict[str, Any]:
    """Describe the benchmark."""
    return {
        "benchmark": "titles",
        "texts": size.texts,
        "characters": size.characters,
        "beams": size.beams,
        "steps": size.steps,
        "vocabulary": size.vocabulary,
        "threads": torch.get_num_threads(),
        "note": (
            f"the article's scheme is timed on {size.timed} of {size.texts} texts, one "
            f"at a time; its titles are compared on all of them; {_about_peer()}"
        ),
    }


def installed() -> bool:
    """Say whether ``transformers`` is there to be timed."""
    return find_spec("transformers") is not None


def _about_peer() -> str:
    if installed():
        return "transformers writes other titles, with a Transformer of the same width"
    return "transformers is not installed, so its generate was not timed"


def _peer(size: Size, texts: Tensor) -> tuple[Contender, ...]:
    """Return ``transformers``' generate as a yardstick, if it is installed.

    Raises:
        RuntimeError: if its titles are not as many and as long as ours.
    """
    if not installed():
        return ()
    from benchmarks.titles_libraries import Generate  # noqa: PLC0415 - only where it is

    def prepare() -> Work:
        width = _config(size).width
        generate = Generate(
            size.vocabulary, width, size.characters, size.beams, size.steps
        )
        shape = tuple(generate(texts).shape)
        if shape != (size.texts, 1 + size.steps):
            raise RuntimeError(
                f"transformers wrote titles of shape {shape} where {size.texts} of "
                f"1 + {size.steps} symbols are asked for: its time would say nothing"
            )
        return lambda: generate(texts)

    return (Contender(PEER, prepare),)


def _scheme(size: Size) -> str:
    return f"article, {size.timed} of {size.texts} texts"


def _config(size: Size) -> RecurrentConfig:
    """Return the article's model as a config, its encoder knowing lengths."""
    config = replace(article_config(size.vocabulary), knows_lengths=True)
    if size.width is None:
        return config
    return replace(config, width=size.width, hidden=2 * size.width)


def _model(size: Size) -> RecurrentModel:
    """Return the article's model; its titles never end, and have no close second."""
    config = _config(size)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = RecurrentModel(config).eval()
    with torch.no_grad():
        model.out.weight.mul_(100.0)
        model.out.bias[END] = -1e6
    return model


def _texts(size: Size) -> Tensor:
    """Return random texts."""
    draw = torch.Generator().manual_seed(1)
    shape = (size.texts, size.characters)
    return torch.randint(SPECIAL, size.vocabulary, shape, generator=draw)


def _titles(scorer: Scorer, size: Size) -> Tensor:
    """Return the symbols that the search finds, ``(texts, steps)``."""
    found = beam_search(scorer, size.steps)
    return torch.tensor([one.tokens for one in found], dtype=torch.float64)
