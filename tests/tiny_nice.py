"""Configurations of NICE that train in a moment."""

from __future__ import annotations

from dataclasses import replace

from rederived.chapters.nice.study import NiceConfig

PAPER = NiceConfig(
    dataset="digits",
    width=12,
    depth=1,
    couplings=3,
    dropout=0.1,
    optimizer="adamw",
    weight_decay=0.05,
    scale_rate=10.0,
    schedule="one-cycle",
    clip_norm=50.0,
    average_decay=0.9,
    batch_size=200,
    epochs=2,
    analyse=False,
)
ARTICLE = replace(
    PAPER,
    form="article",
    held_out="test",
    noise="negative",
    initialization="glorot",
    optimizer="adam",
    weight_decay=0.0,
    schedule="constant",
    average_decay=None,
    clip_norm=None,
)
