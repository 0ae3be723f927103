"""Titles for Chinese texts: vocabulary, encoder-decoders, searches, measures.

:mod:`vocabulary` turns characters into numbers; :mod:`recurrent` has the article's LSTM
model and :mod:`transformer` its modern counterpart; :mod:`search` and :mod:`rollout`
write titles, on :mod:`scorers` that differ in what they compute again; :mod:`tables`
are models so small that every title can be listed.
"""

from rederived.chapters.titles.article_search import article_search
from rederived.chapters.titles.attention import (
    CausalConvolution,
    causal_mask,
    masked_softmax,
)
from rederived.chapters.titles.exact import exact_search
from rederived.chapters.titles.losses import log_likelihood, title_loss, token_losses
from rederived.chapters.titles.overlap import coverage, rouge
from rederived.chapters.titles.prior import PriorKnowledge, source_indicator
from rederived.chapters.titles.recurrent import (
    RecurrentConfig,
    RecurrentModel,
    article_config,
)
from rederived.chapters.titles.risk import least_risk
from rederived.chapters.titles.rollout import greedy, nucleus, sample
from rederived.chapters.titles.scorers import (
    CachedEncoder,
    CachedState,
    NoCache,
    Scorer,
)
from rederived.chapters.titles.search import Hypothesis, beam_search, generate
from rederived.chapters.titles.tables import MarkovModel, TableModel
from rederived.chapters.titles.transformer import Transformer, TransformerConfig
from rederived.chapters.titles.vocabulary import (
    END,
    PAD,
    SPECIAL,
    START,
    UNK,
    Vocabulary,
)

__all__ = [
    "END",
    "PAD",
    "SPECIAL",
    "START",
    "UNK",
    "CachedEncoder",
    "CachedState",
    "CausalConvolution",
    "Hypothesis",
    "MarkovModel",
    "NoCache",
    "PriorKnowledge",
    "RecurrentConfig",
    "RecurrentModel",
    "Scorer",
    "TableModel",
    "Transformer",
    "TransformerConfig",
    "Vocabulary",
    "article_config",
    "article_search",
    "beam_search",
    "causal_mask",
    "coverage",
    "exact_search",
    "generate",
    "greedy",
    "least_risk",
    "log_likelihood",
    "masked_softmax",
    "nucleus",
    "rouge",
    "sample",
    "source_indicator",
    "title_loss",
    "token_losses",
]
