"""``transformers``' beam search on an encoder-decoder as wide as the article's.

Its model is a BART of two layers a side with random weights: another network than the
article's, so its titles are others and are not compared.  What is made sure of is that
it does as much: as many texts, as many beams, and titles of full length.
"""

from __future__ import annotations

import torch
from rederived.chapters.titles import END, PAD, START
from torch import Tensor
from transformers import BartConfig, BartForConditionalGeneration

LAYERS, HEADS = 2, 4
"""Layers of each side, and heads of each attention."""


class Generate:
    """``generate`` with key-value caches, made to write titles of full length.

    Args:
        vocabulary: symbols.
        width: of the model; its dense layers are four times as wide.
        characters: of the longest text.
        beams: hypotheses kept.
        steps: symbols of each title.
    """

    def __init__(
        self, vocabulary: int, width: int, characters: int, beams: int, steps: int
    ) -> None:
        config = BartConfig(
            vocab_size=vocabulary,
            d_model=width,
            encoder_layers=LAYERS,
            decoder_layers=LAYERS,
            encoder_attention_heads=HEADS,
            decoder_attention_heads=HEADS,
            encoder_ffn_dim=4 * width,
            decoder_ffn_dim=4 * width,
            max_position_embeddings=max(characters, steps + 1),
            pad_token_id=PAD,
            bos_token_id=START,
            decoder_start_token_id=START,
            eos_token_id=END,
            forced_eos_token_id=None,
        )
        with torch.random.fork_rng():
            torch.manual_seed(0)
            self.model = BartForConditionalGeneration(config).eval()
        self.beams, self.steps = beams, steps

    @torch.no_grad()
    def __call__(self, texts: Tensor) -> Tensor:
        """Return symbols ``(texts, 1 + steps)``, the first one ``START``."""
        found: Tensor = self.model.generate(
            texts,
            attention_mask=(texts != PAD).long(),
            num_beams=self.beams,
            do_sample=False,
            min_new_tokens=self.steps,
            max_new_tokens=self.steps,
            length_penalty=0.0,
        )
        return found
