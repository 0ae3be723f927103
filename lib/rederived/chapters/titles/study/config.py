"""What the runs of chapter 4 are: one frozen config, and its named presets."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal


@dataclass(frozen=True)
class TitlesConfig:
    """An encoder-decoder, and the texts and titles that it is trained on.

    Attributes:
        dataset: of the catalogue, or ``copies`` (the title repeats the text).
        containing: only pairs whose title contains this; empty takes all.
        rows: how many training pairs are used, the first ones.
        text_limit: characters of a text that are read, its first ones.
        title_limit: characters of a title that are learned, and the most written.
        min_count: how often a character must occur in the training pairs.
        model: the article's recurrent one, or a Transformer.
        attention: of the recurrent model.
        prior: whether the prior knowledge is in the logits of the recurrent model.
        halved: whether, without the prior, its halving of the logits stays.
        width: of the model; its dense layer is twice as wide.
        epochs: passes over the pairs.
        batch_size: pairs a step.
        learning_rate: of Adam, at its highest.
        schedule: ``one-cycle`` or ``constant``.
        test_rows: test titles that are written, the first ones.
        beam_widths: those that are compared; 3 must be one of them.
        keep_weights: whether the record keeps the first seed's weights.

    >>> TitlesConfig("csl-titles", epochs=2).beam_widths
    (1, 2, 3, 5, 8)
    """

    dataset: Literal[
        "title-grammar",
        "csl-titles",
        "lctt-titles",
        "msdocs-titles",
        "lcsts",
        "copies",
    ]
    containing: str = ""
    rows: int = 100_000
    text_limit: int = 120
    title_limit: int = 30
    min_count: int = 2
    model: Literal["recurrent", "transformer"] = "recurrent"
    attention: Literal["none", "multiplicative"] = "multiplicative"
    prior: bool = True
    width: int = 64
    epochs: int = 6
    batch_size: int = 64
    learning_rate: float = 5e-3
    test_rows: int = 200
    beam_widths: tuple[int, ...] = (1, 2, 3, 5, 8)
    keep_weights: bool = False
    halved: bool = False
    schedule: Literal["one-cycle", "constant"] = "one-cycle"


_CSL = TitlesConfig("csl-titles")
_LCTT = TitlesConfig("lctt-titles", epochs=2)
_MSDOCS = TitlesConfig("msdocs-titles", test_rows=1_000, beam_widths=(3,))
_LCSTS = TitlesConfig(
    "lcsts",
    rows=800_000,
    text_limit=150,
    min_count=32,
    width=128,
    epochs=4,
    learning_rate=1e-3,
    test_rows=725,
)
_CSL_LONG = replace(
    _CSL,
    text_limit=256,
    width=128,
    epochs=465,  # 43 batches an epoch: 19,995 steps
    learning_rate=1e-3,
    schedule="constant",
    test_rows=1_350,
    beam_widths=(3,),
)
_GRAMMAR = TitlesConfig("title-grammar", epochs=9, keep_weights=True)
_COPIES = TitlesConfig(
    "copies", rows=6_400, width=32, epochs=6, prior=False, beam_widths=(3,), min_count=1
)


def _plain(base: TitlesConfig) -> TitlesConfig:
    """Return the model that knows the text by one vector only."""
    return replace(base, attention="none", prior=False, keep_weights=False)


def _transformer(base: TitlesConfig) -> TitlesConfig:
    """Return a Transformer of the same width."""
    return replace(
        base, model="transformer", prior=False, learning_rate=2e-3, keep_weights=False
    )


_FORECASTS = replace(
    _GRAMMAR, containing="最低气温", batch_size=32, epochs=16, test_rows=100
)
QUICK = {
    "prior": _FORECASTS,
    "attention": replace(_FORECASTS, prior=False),
    "transformer": replace(
        _transformer(_FORECASTS), learning_rate=3e-3, keep_weights=True
    ),
}
FULL = {
    "csl-plain": _plain(_CSL),
    "csl-attention": replace(_CSL, prior=False),
    "csl-prior": replace(_CSL, keep_weights=True),
    "csl-transformer": _transformer(_CSL),
    "grammar": _GRAMMAR,
    "grammar-attention": replace(_GRAMMAR, prior=False, keep_weights=False),
    "forecasts-prior": QUICK["prior"],
    "forecasts-transformer": QUICK["transformer"],
    "copies-plain": _plain(_COPIES),
    "copies-attention": _COPIES,
    "csl-47-prior": replace(_CSL_LONG, epochs=47),  # a tenth: an afternoon of a core
    "csl-13-prior": replace(  # where its validation loss is least; of one field only
        _CSL_LONG, epochs=13, test_rows=350
    ),
    "csl-long-prior": _CSL_LONG,
    "csl-long-attention": replace(_CSL_LONG, prior=False),
    "csl-long-halved": replace(_CSL_LONG, prior=False, halved=True),
    "lctt-attention": replace(_LCTT, prior=False),
    "lctt-prior": replace(_LCTT, keep_weights=True),
    "lctt-transformer": _transformer(_LCTT),
    "msdocs-attention": replace(_MSDOCS, prior=False),
    "msdocs-prior": _MSDOCS,
    "msdocs-halved": replace(_MSDOCS, prior=False, halved=True),
    "lcsts-plain": _plain(_LCSTS),
    "lcsts-attention": replace(_LCSTS, prior=False),
    "lcsts-prior": replace(_LCSTS, keep_weights=True),
    "lcsts-transformer": _transformer(_LCSTS),
}
