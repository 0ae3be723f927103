"""Titles for Chinese texts: vocabulary, encoder-decoders, searches, measures.

:mod:`vocabulary` turns characters into numbers; :mod:`recurrent` has the article's LSTM
model and :mod:`transformer` its modern counterpart; :mod:`search` decodes, on
:mod:`scorers` that differ in what they compute again; :mod:`tables` are models so small
that every title can be listed.
"""

from rederived.chapters.titles.article_search import article_search
from rederived.chapters.titles.attention import (
    Additive,
    CausalConvolution,
    Keys,
    MultiHead,
    Multiplicative,
    causal_mask,
    masked_softmax,
)
from rederived.chapters.titles.losses import (
    Writer,
    continued,
    log_likelihood,
    symbol_hits,
    symbol_losses,
    title_loss,
)
from rederived.chapters.titles.overlap import (
    Rouge,
    common_subsequence,
    common_substring,
    coverage,
    mean_rouge,
    rouge,
)
from rederived.chapters.titles.prior import PriorKnowledge, present
from rederived.chapters.titles.recurrent import (
    Encoder,
    RecurrentConfig,
    RecurrentModel,
    article,
    later,
)
from rederived.chapters.titles.sampling import nucleus, sample
from rederived.chapters.titles.scorers import AllAgain, DecoderAgain, Scorer, Stateful
from rederived.chapters.titles.search import Hypothesis, beam_search, greedy, titles
from rederived.chapters.titles.tables import MarkovModel, TableModel, two_steps
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
    "Additive",
    "AllAgain",
    "CausalConvolution",
    "DecoderAgain",
    "Encoder",
    "Hypothesis",
    "Keys",
    "MarkovModel",
    "MultiHead",
    "Multiplicative",
    "PriorKnowledge",
    "RecurrentConfig",
    "RecurrentModel",
    "Rouge",
    "Scorer",
    "Stateful",
    "TableModel",
    "Transformer",
    "TransformerConfig",
    "Vocabulary",
    "Writer",
    "article",
    "article_search",
    "beam_search",
    "causal_mask",
    "common_subsequence",
    "common_substring",
    "continued",
    "coverage",
    "greedy",
    "later",
    "log_likelihood",
    "masked_softmax",
    "mean_rouge",
    "nucleus",
    "present",
    "rouge",
    "sample",
    "symbol_hits",
    "symbol_losses",
    "title_loss",
    "titles",
    "two_steps",
]
