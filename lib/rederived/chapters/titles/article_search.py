"""The article's beam search, on one text, with its stopping rules through the years."""

from __future__ import annotations

import math
from typing import Literal, get_args

import torch

from rederived.chapters.titles.scorers import Scorer
from rederived.chapters.titles.search import (
    Hypothesis,
    bare,
    mask_special,
    refuse_length,
)
from rederived.chapters.titles.vocabulary import END, START

Stop = Literal["worst ended", "best ended", "best of all", "safe"]
"""What is returned, and when.

``worst ended``: as soon as one of the k hypotheses has ended, the *least* likely one
that has (September 2018: the first in ascending order).  ``best ended``: at the same
moment the likeliest one that has (June 2019).  ``best of all``: as soon as the
likeliest of the k has ended (November 2019); others that have ended are extended like
open ones, past their ``END``.  ``safe``, which is ours: the same, but what has ended
stays as it is.
"""


def article_search(
    scorer: Scorer, max_length: int, stop: Stop, floor: float = 1e-6
) -> Hypothesis:
    """Keep the k likeliest hypotheses, ended or not, of one text.

    Args:
        scorer: of one text, fresh.
        max_length: the most tokens of a title, ``END`` included.
        stop: the stopping rule.
        floor: added to every probability before its logarithm is taken, so that no
            token costs more than -log(floor) nats, 13.8.

    Returns:
        The title without its marks; its log-probability is what the search added up,
        also past an ``END`` if it went on there.

    Raises:
        ValueError: if the scorer has more than one text, ``max_length`` is less than 1,
            the rule is none of these, or the floor is no small number.
    """
    if stop not in get_args(Stop):
        raise ValueError(f"stop must be one of {get_args(Stop)}, got {stop!r}")
    if not 0.0 <= floor < 1.0:
        raise ValueError(f"floor must be in [0, 1), got {floor}")
    refuse_length(max_length)
    if scorer.texts != 1:
        raise ValueError(f"this search takes one text at a time, got {scorer.texts}")
    k = scorer.beams
    prefixes = torch.full((k, 1), START)
    scores = torch.tensor([0.0] + [-math.inf] * (k - 1), dtype=torch.float64)
    ended = torch.zeros(k, dtype=torch.bool)
    parents = None
    for _ in range(max_length):
        log_probs = scorer.next(prefixes, parents).cpu().double()
        log_probs = mask_special((log_probs.exp() + floor).log())
        if stop == "safe":  # what has ended stays as it is
            log_probs[ended] = -math.inf
            log_probs[ended, END] = 0.0
        totals = scores[:, None] + log_probs
        scores, places = totals.flatten().topk(k)
        parents, tokens = places // totals.shape[1], places % totals.shape[1]
        prefixes = torch.cat([prefixes[parents], tokens[:, None]], 1)
        ended = (tokens == END) & scores.isfinite()
        chosen = _chosen(ended.tolist(), stop)
        if chosen is not None:
            break
    else:
        chosen = 0
    value = float(scores[chosen])
    return Hypothesis(bare(prefixes[chosen]), value, value, bool(ended[chosen]))


def _chosen(ended: list[bool], stop: Stop) -> int | None:
    """Return which of the hypotheses, best first, is returned now, if one is."""
    places = [place for place, has_ended in enumerate(ended) if has_ended]
    if not places:
        return None
    if stop in ("best of all", "safe"):
        return 0 if ended[0] else None
    return places[-1] if stop == "worst ended" else places[0]
