"""Drawn faces: colours, symmetry, smooth edges, and factors that can be told apart."""

from __future__ import annotations

import colorsys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from rederived.datasets.face_factors import (
    EYE_PALETTE,
    FACTORS,
    HAIR_PALETTE,
    HAIR_STYLES,
    SKIN_PALETTE,
    check_factors,
    column,
    hue,
    palette,
)
from rederived.datasets.faces import draw_faces, sample_factors

CONTINUOUS = [factor.name for factor in FACTORS if factor.name != "hair_style"]


def face(**values: float) -> torch.Tensor:
    """Return the factors of one plain face, with some changed."""
    plain = {"skin": 0.3, "hair_style": 1, "hair_colour": 0.3, "eye_colour": 1}
    plain |= {"eye_opening": 0.7, "smile": 0.5, "mouth_opening": 0.4, "background": 0.5}
    row = torch.zeros(1, len(FACTORS))
    for name, value in (plain | values).items():
        row[0, column(name)] = value
    return row


def draw(size: int = 64, **values: float) -> torch.Tensor:
    return draw_faces(face(**values), size)[0].float()


def test_shape_and_type(rng):
    pictures = draw_faces(sample_factors(3, rng), 32)
    assert pictures.shape == (3, 3, 32, 32)
    assert pictures.dtype == torch.uint8


def test_pictures_do_not_depend_on_their_batch(rng):
    factors = sample_factors(150, rng)
    together = draw_faces(factors, 32)
    alone = torch.cat([draw_faces(row[None], 32) for row in factors[60:70]])
    assert (together[60:70].int() - alone.int()).abs().max() <= 1


def test_factors_are_uniform_over_their_ranges(rng):
    n = 20_000
    factors = sample_factors(n, rng)
    check_factors(factors)
    for name in CONTINUOUS:
        values = factors[:, column(name)]
        factor = FACTORS[column(name)]
        width = factor.high - factor.low
        middle = (factor.high + factor.low) / 2
        assert abs(values.mean().item() - middle) < 5 * width / (12 * n) ** 0.5
        assert values.min() < factor.low + 0.01 * width
        assert values.max() > factor.high - 0.01 * width
    styles = factors[:, column("hair_style")]
    counts = styles.long().bincount()
    assert bool((styles == styles.round()).all())
    assert len(counts) == len(HAIR_STYLES)
    assert (counts - n / 4).abs().max() < 5 * (n * 3 / 16) ** 0.5
    correlation = np.corrcoef(factors.numpy().T) - np.eye(len(FACTORS))
    assert np.abs(correlation).max() < 5 / n**0.5


def test_skin_hair_and_background_have_the_colours_asked_for():
    for position, stop in ((0.0, 0), (0.5, 2), (1.0, 4)):
        brow = draw(skin=position, hair_style=3)[:, 26, 32]  # between the eyes
        assert (brow - SKIN_PALETTE[stop]).abs().max() <= 1
        crown = draw(hair_colour=position)[:, 20, 40]
        assert (crown - HAIR_PALETTE[stop]).abs().max() <= 1
    corner = draw(background=0.0)[:, 0, 0]
    red = np.array(colorsys.hsv_to_rgb(0, 0.2, 0.97)) * 255
    assert np.abs(corner.numpy() - red).max() < 3


def test_the_colours_are_those_of_the_faces_on_record():
    assert SKIN_PALETTE.flatten().tolist() == [
        *[255, 226, 202, 240, 192, 150, 198, 136, 92, 128, 80, 52, 82, 50, 36]
    ]
    assert HAIR_PALETTE.flatten().tolist() == [
        *[38, 30, 34, 98, 60, 38, 172, 78, 38, 232, 186, 98, 208, 208, 214]
    ]
    assert EYE_PALETTE.flatten().tolist() == [104, 60, 28, 70, 136, 70, 60, 120, 205]


def test_the_faces_are_those_on_record():
    """Models on record saw these pixels; a rounding may fall to either side."""
    factors = sample_factors(8, torch.Generator().manual_seed(1))
    with Image.open(Path(__file__).parent / "faces_on_record.png") as sheet:
        recorded = torch.from_numpy(np.array(sheet, dtype=np.int64))
    assert recorded.shape == (64, 8 * 64, 3)
    found = draw_faces(factors, 64).long().permute(2, 0, 3, 1).reshape(64, -1, 3)
    assert (found - recorded).abs().max() <= 1


def test_the_default_type_decides_nothing():
    def drawn():
        factors = sample_factors(3, torch.Generator().manual_seed(3))
        return factors, draw_faces(factors, 8)

    before = drawn()
    torch.set_default_dtype(torch.float64)
    try:
        after = drawn()
    finally:
        torch.set_default_dtype(torch.float32)
    torch.testing.assert_close(after, before, rtol=0, atol=0)


def test_hue_against_the_standard_library():
    positions = torch.linspace(0, 1, 41)
    ours = hue(positions, 0.4, 0.9)
    theirs = [colorsys.hsv_to_rgb(0.85 * p, 0.4, 0.9) for p in positions.tolist()]
    np.testing.assert_allclose(ours.numpy(), theirs, atol=1e-5)


def test_palette_meets_its_stops_and_is_straight_between_them():
    stops = torch.tensor([[0.0, 0, 0], [100, 50, 0], [0, 50, 200]])
    colours = palette(stops, torch.tensor([0.0, 0.25, 0.5, 1.0])) * 255
    expected = [[0, 0, 0], [50, 25, 0], [100, 50, 0], [0, 50, 200]]
    torch.testing.assert_close(colours, torch.tensor(expected).float())


def test_a_mirrored_pose_gives_the_mirrored_picture():
    # The light on the hair is not symmetric; it ends above the eyes.
    for turn, tilt in ((0.0, 0.0), (0.7, 0.0), (0.4, 0.3)):
        one = draw(turn=turn, tilt=tilt)
        other = draw(turn=-turn, tilt=-tilt).flip(2)
        assert (one - other)[:, 32:].abs().max() <= 1


def test_directions_of_the_pose():
    across = torch.linspace(-1, 1, 64)

    def centre_of_blue(picture: torch.Tensor) -> float:
        blue = (picture[2] - picture[0]).clamp(min=0)[28:36]
        return float((blue * across).sum() / blue.sum())

    eyes = {"background": 0.0}  # nothing else is blue then
    assert centre_of_blue(draw(turn=0.8, **eyes)) > 0.08
    assert centre_of_blue(draw(turn=-0.8, **eyes)) < -0.08
    knot = draw(hair_style=3, tilt=1.0, hair_colour=0.0).sum(0)
    assert knot[:14, 32:].min() < 120 < knot[:14, :32].min()


def test_edges_are_smooth():
    factors = sample_factors(40, torch.Generator().manual_seed(1))
    large = draw_faces(factors, 128).float()
    small = draw_faces(factors, 32).float()
    pooled = torch.nn.functional.avg_pool2d(large, 4)
    assert (pooled - small).abs().mean() < 4


@pytest.mark.parametrize("size", [32, 64])
def test_every_factor_changes_the_picture_in_its_own_way(size):
    """The pictures' derivatives by the factors are far from linearly dependent."""
    bases = sample_factors(12, torch.Generator().manual_seed(4))
    for name in CONTINUOUS:  # stay inside the ranges
        factor = FACTORS[column(name)]
        middle, i = (factor.low + factor.high) / 2, column(name)
        bases[:, i] = middle + 0.8 * (bases[:, i] - middle)
    for base in bases:
        columns = []
        for name in CONTINUOUS:
            factor = FACTORS[column(name)]
            step = 0.08 * (factor.high - factor.low)
            pair = base.repeat(2, 1)
            pair[:, column(name)] += torch.tensor([step, -step])
            up, down = draw_faces(pair, size).double().flatten(1)
            assert (up - down).abs().max() >= 8, name
            columns.append((up - down) / (up - down).norm())
        assert torch.linalg.svdvals(torch.stack(columns)).min() > 0.2


def test_hair_styles_differ_from_one_another():
    rows = torch.cat([face(hair_style=style) for style in range(4)])
    flat = draw_faces(rows, 32).float().flatten(1)
    distance = torch.cdist(flat, flat) + torch.eye(4) * 1e9
    assert distance.min() > 300


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="size is 4"):
        draw_faces(face(), 4)
    with pytest.raises(ValueError, match=r"'smile' leaves \[-1, 1\]"):
        draw_faces(face(smile=1.5), 32)
    with pytest.raises(ValueError, match="'skin' leaves"):
        draw_faces(face(skin=float("nan")), 32)
    with pytest.raises(ValueError, match=r"float32 of shape \(N, 10\)"):
        draw_faces(face()[0], 32)
    with pytest.raises(ValueError, match="3 factors; give 10"):
        draw_faces(face()[:, :3], 32)
    with pytest.raises(ValueError, match="11 factors; give 10"):
        draw_faces(torch.cat([face(), torch.zeros(1, 1)], 1), 32)
    with pytest.raises(ValueError, match="no factor is called 'nose'"):
        column("nose")
