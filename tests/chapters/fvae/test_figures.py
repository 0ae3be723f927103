"""Diagrams of chains: what they show."""

from __future__ import annotations

import pytest
from matplotlib.colors import to_hex
from rederived.chapters.fvae.figures import chains
from rederived.figures import COLOURS


def test_boxes_and_arrows_alternate() -> None:
    axes = chains(
        {"long": ["x", "E", "z", "G", "y"], "short": ["x", "F", "z"]}, marked=["z"]
    ).axes[0]
    assert len(axes.patches) == 5
    marked = [to_hex(box.get_facecolor()) for box in axes.patches]
    assert marked.count(to_hex(COLOURS[0])) == 2
    words = [text.get_text() for text in axes.texts]
    assert sorted(words) == sorted(
        ["long", "x", "E", "z", "G", "y", "short", "x", "F", "z", "", "", ""]
    )
    arrows = [text for text in axes.texts if getattr(text, "arrow_patch", None)]
    lengths = [arrow.xy[0] - arrow.xyann[0] for arrow in arrows]
    assert lengths[0] > 0
    assert lengths == pytest.approx([lengths[0]] * 3)


def test_a_chain_ends_in_a_box() -> None:
    with pytest.raises(ValueError, match="'bad' has 2 parts"):
        chains({"bad": ["x", "E"]})


def test_a_box_alone_is_a_chain() -> None:
    assert len(chains({"alone": ["x"]}).axes[0].patches) == 1
