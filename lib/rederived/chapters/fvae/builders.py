"""Whole models for images: the article's f-VAE at any size and at its own."""

from __future__ import annotations

import torch

from rederived.chapters.fvae.model import FVAE
from rederived.chapters.fvae.networks import Norm, residual_decoder, residual_encoder
from rederived.flows import glow_bijection


def fvae(
    event_shape: tuple[int, int, int],
    *,
    scales: int,
    steps: int,
    levels: int,
    flow_steps: int,
    flow_width: int,
    generator: torch.Generator,
    code_channels: int | None = None,
    width: int | None = None,
    norm: Norm = "batch",
    recompute: bool = False,
) -> FVAE:
    """Build the article's model: residual ``E`` and ``G``, additive Glow as ``F``.

    Args:
        event_shape: ``(C, H, W)`` of an image.
        scales: squeezes of encoder and decoder.
        steps: residual steps at each of their scales.
        levels: levels of the flow.
        flow_steps: steps of each level.
        flow_width: hidden channels of each coupling network.
        generator: draws the weights.
        code_channels: channels of the code; None gives it the image's size.
        width: hidden channels of a residual step; None takes those of its scale.
        norm: ``"batch"`` (the article) or ``"none"`` in encoder and decoder.
        recompute: whether the flow's activations are recomputed, not kept.
    """
    channels, height, width_of_image = event_shape
    code = code_channels or channels * 4**scales
    flow = glow_bijection(
        code,
        levels=levels,
        steps=flow_steps,
        width=flow_width,
        generator=generator,
        recompute=recompute,
    )
    return FVAE(
        residual_encoder(
            channels, scales=scales, steps=steps, generator=generator,
            outputs=code_channels, width=width, norm=norm,
        ),
        residual_decoder(
            channels, scales=scales, steps=steps, generator=generator,
            inputs=code_channels, width=width, norm=norm,
        ),
        flow,
        (code, height // 2**scales, width_of_image // 2**scales),
    )  # fmt: skip


def article_fvae(generator: torch.Generator) -> FVAE:
    """Build the network of the article's program, for faces of 128 x 128 pixels."""
    return fvae(
        (3, 128, 128), scales=3, steps=12, levels=4, flow_steps=12, flow_width=256,
        generator=generator,
    )  # fmt: skip
