"""Drawn faces: small colour pictures whose every factor of variation is known.

Each face is painted from back to front out of shapes given by signed distances.  A
pixel is covered by a shape of distance d (negative inside) to the extent

    coverage = clamp(1/2 - d / h, 0, 1),      h = width of a pixel,

which makes the edges smooth.  Coordinates run from -1 to 1, x to the right, y down.
"""

import torch
from torch import Generator, Tensor

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

_CHUNK_PIXELS = 1 << 16  # pictures drawn together fit the cache of one core
_WHITE = torch.tensor([1.0, 1.0, 1.0], dtype=torch.float32)
_INK = torch.tensor([0.13, 0.09, 0.11], dtype=torch.float32)
_LIP = torch.tensor([0.76, 0.27, 0.30], dtype=torch.float32)
_THROAT = torch.tensor([0.36, 0.08, 0.12], dtype=torch.float32)
_BLUSH = torch.tensor([0.95, 0.42, 0.40], dtype=torch.float32)

# Of each hair style: fringe height at x = 0, its slopes in x and in |x|, the lower end
# of the hair behind the head, its half width, and the radius of the knot on top.
_STYLE_SHAPES = torch.tensor(
    [
        [-0.33, 0.22, 0.00, -0.20, 0.50, -1.00],  # crop, swept to one side
        [-0.20, 0.00, 0.05, 0.42, 0.60, -1.00],  # bob with a straight fringe
        [-0.52, 0.00, 0.80, 1.05, 0.58, -1.00],  # long, parted in the middle
        [-0.44, 0.00, 0.20, -0.20, 0.50, 0.22],  # bun on top of the head
    ],
    dtype=torch.float32,
)


def sample_factors(n: int, generator: Generator) -> Tensor:
    """Draw factors independently and uniformly over their ranges.

    Args:
        n: Number of faces.
        generator: Source of the draws.

    Returns:
        float32 of shape (n, F), columns as in :data:`FACTORS`; the hair style is one of
        the whole numbers 0 to 3.
    """
    uniform = torch.rand(n, len(FACTORS), generator=generator, dtype=torch.float32)
    low = torch.tensor([factor.low for factor in FACTORS], dtype=torch.float32)
    high = torch.tensor([factor.high for factor in FACTORS], dtype=torch.float32)
    factors = low + (high - low) * uniform
    style = (uniform[:, column("hair_style")] * len(HAIR_STYLES)).floor()
    factors[:, column("hair_style")] = style.clamp(max=len(HAIR_STYLES) - 1)
    return factors


def draw_faces(factors: Tensor, size: int) -> Tensor:
    """Draw one face for each row of ``factors``.

    Args:
        factors: float32 of shape (N, F), columns and ranges as in :data:`FACTORS`.
        size: Height and width of the pictures in pixels, at least 8.

    Returns:
        uint8 of shape (N, 3, size, size), red, green and blue from 0 to 255.

    Raises:
        ValueError: if a factor is out of its range or the size is too small.
    """
    if size < 8:
        raise ValueError(f"size is {size}; give at least 8 pixels")
    check_factors(factors)
    chunk = max(1, _CHUNK_PIXELS // size**2)
    pictures = torch.empty(len(factors), 3, size, size, dtype=torch.uint8)
    for start in range(0, len(factors), chunk):
        rows = factors[start : start + chunk]
        pictures[start : start + chunk] = _Painter(rows, size).paint()
    return pictures


def _ellipse(
    x: Tensor, y: Tensor, width: Tensor | float, height: Tensor | float
) -> Tensor:
    """Signed distance to an ellipse about 0, to first order along its short axis."""
    inner = torch.as_tensor(width).minimum(torch.as_tensor(height))
    return ((x / width).square() + (y / height).square()).sqrt().sub(1).mul(inner)


class _Painter:
    """Paints one chunk of B faces; tensors are (B, S, S), colours (B, 3)."""

    def __init__(self, factors: Tensor, size: int) -> None:
        self.pixel = 2 / size
        axis = (torch.arange(size, dtype=torch.float32) + 0.5) * self.pixel - 1
        self.y, self.x = axis[:, None], axis[None, :]
        self.factor = {
            factor.name: factors[:, i, None, None] for i, factor in enumerate(FACTORS)
        }
        self.skin = palette(SKIN_PALETTE, factors[:, column("skin")])
        self.hair = palette(HAIR_PALETTE, factors[:, column("hair_colour")])
        self.iris = palette(EYE_PALETTE, factors[:, column("eye_colour")])
        style = factors[:, column("hair_style")].round().long()
        self.style = _STYLE_SHAPES[style].T[:, :, None, None]
        self.canvas = torch.empty(0)

    def paint(self) -> Tensor:
        """Return the pictures, uint8 of shape (B, 3, S, S)."""
        self._background()
        self._pose()
        self._hair_behind()
        self._body()
        self._head()
        self._eyes()
        self._mouth()
        self._hair_in_front()
        return self.canvas.mul_(255).round_().to(torch.uint8)

    def _fill(self, distance: Tensor, colour: Tensor, opacity: float = 1.0) -> None:
        cover = (0.5 - distance / self.pixel).clamp_(0, 1)
        if opacity != 1:
            cover.mul_(opacity)
        self.canvas.lerp_(colour.reshape(-1, 3, 1, 1), cover[:, None])

    def _background(self) -> None:
        turn = self.factor["background"][:, 0, 0]
        top, bottom = hue(turn, 0.20, 0.97), hue(turn, 0.40, 0.84)
        fraction = ((self.y + 1) / 2).expand(-1, self.x.shape[1])
        self.canvas = torch.lerp(
            top[:, :, None, None], bottom[:, :, None, None], fraction
        )
        self.shirt = hue((turn + 0.45).remainder(1.0), 0.62, 0.62)

    def _pose(self) -> None:
        """Turn the plane about the neck (tilt) and shift the features (turn)."""
        angle = 0.30 * self.factor["tilt"]
        x, y = self.x, self.y - 0.75
        self.head_x = x * angle.cos() + y * angle.sin()
        self.head_y = y * angle.cos() - x * angle.sin() + 0.68
        self.face_x = self.head_x - 0.15 * self.factor["turn"]
        self.side_x = self.face_x.abs()

    def _hair_behind(self) -> None:
        *_, end, width, knot = self.style
        x = self.head_x + 0.05 * self.factor["turn"]
        box = (x.abs() - width).maximum(self.head_y - end).maximum(-0.1 - self.head_y)
        crown = _ellipse(x, self.head_y + 0.12, width + 0.02, 0.62)
        self._fill(box.minimum(crown), self.hair * 0.78)
        bun = (x.square() + (self.head_y + 0.80).square()).sqrt() - knot
        self._fill(bun, self.hair * 0.88)

    def _body(self) -> None:
        self._fill(
            _ellipse(self.x, self.y - 1.16, 0.86, 0.46).expand(self.head_x.shape),
            self.shirt,
        )
        neck = (self.x.abs() - 0.17).maximum(0.35 - self.y).maximum(self.y - 0.80)
        collar = _ellipse(self.x, self.y - 0.76, 0.22, 0.12)
        self._fill(neck.minimum(collar).expand(self.head_x.shape), self.skin * 0.82)

    def _head(self) -> None:
        x, y = self.head_x, self.head_y
        ears = _ellipse(
            (x + 0.06 * self.factor["turn"]).abs() - 0.53, y - 0.06, 0.10, 0.14
        )
        self._fill(ears, self.skin * 0.90)
        face = _ellipse(x, y, 0.53, 0.62)
        self._fill(face, self.skin)
        cheeks = _ellipse(self.side_x - 0.31, y - 0.22, 0.12, 0.08)
        self._fill(cheeks, _BLUSH, 0.22)
        nose = _ellipse(
            self.face_x - 0.05 * self.factor["turn"], y - 0.15, 0.055, 0.045
        )
        self._fill(nose, self.skin * 0.80)

    def _eyes(self) -> None:
        x, y = self.side_x - 0.225, self.head_y + 0.03
        opening = 0.045 + 0.09 * self.factor["eye_opening"]
        white = _ellipse(x, y, 0.145, opening)
        self._fill(white - 0.016, self.skin * 0.35)
        self._fill(white, _WHITE)
        round_x = self.side_x - 0.225
        iris = (round_x.square() + y.square()).sqrt()
        self._fill((iris - 0.108).maximum(white), self.iris)
        self._fill((iris - 0.055).maximum(white), _INK)
        glint = ((self.face_x.abs() - 0.250).square() + (y + 0.035).square()).sqrt()
        self._fill((glint - 0.026).maximum(white), _WHITE)
        lift = 0.06 * self.factor["eye_opening"] + 0.25 * x.square()
        brow = (x.abs() - 0.14).maximum(
            (y + 0.17 + lift - 0.5 * x.square()).abs() - 0.028
        )
        self._fill(brow, self.hair * 0.72)

    def _mouth(self) -> None:
        width = 0.20 + 0.05 * self.factor["smile"].abs()
        bend = 0.075 * self.factor["smile"]
        bow = 1 - (self.face_x / width).square()
        upper = 0.375 + bend * (2 * bow - 1)
        lower = upper + 0.15 * self.factor["mouth_opening"] * bow
        sides = self.side_x - width
        inside = (upper - self.head_y).maximum(self.head_y - lower).maximum(sides)
        self._fill(inside - 0.028, _LIP)
        self._fill(inside + 0.008, _THROAT)
        teeth = (inside + 0.03).maximum(self.head_y - upper - 0.05)
        self._fill(teeth, _WHITE)

    def _hair_in_front(self) -> None:
        fringe, slope, parting, *_ = self.style
        x, y = self.head_x, self.head_y
        cap = _ellipse(x, y + 0.08, 0.57, 0.64)
        line = fringe + slope * self.face_x + parting * self.side_x
        locks = cap.maximum(y - line)
        self._fill(locks, self.hair)
        shine = _ellipse(x + 0.16, y + 0.50, 0.20, 0.06).maximum(locks + 0.03)
        self._fill(shine, _WHITE, 0.22)
