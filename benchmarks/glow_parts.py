"""What Glow needs and FrEIA lacks, written the way its documentation asks for."""

from __future__ import annotations

from collections.abc import Sequence

import FrEIA.modules
import torch
from torch import Tensor, nn


class FreiaShift(FrEIA.modules.InvertibleModule):  # type: ignore[misc]
    """An additive coupling of one half: FrEIA's changes both halves in turn."""

    def __init__(self, dims_in: Sequence[tuple[int, ...]], network: nn.Module) -> None:
        super().__init__(dims_in)
        self.network = network

    def forward(
        self, x_or_z: Sequence[Tensor], rev: bool = False, jac: bool = True
    ) -> tuple[tuple[Tensor], float]:
        """Return ``(x1, x2 + m(x1))``, or for ``rev`` the inverse, and zero."""
        kept, changed = x_or_z[0].chunk(2, dim=1)
        shift = self.network(kept)
        moved = changed - shift if rev else changed + shift
        return (torch.cat((kept, moved), dim=1),), 0.0

    def output_dims(
        self, input_dims: Sequence[tuple[int, ...]]
    ) -> Sequence[tuple[int, ...]]:
        """Return the shapes unchanged."""
        return input_dims
