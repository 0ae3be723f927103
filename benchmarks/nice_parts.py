"""What NICE needs and a peer lacks, written the way its documentation asks for."""

from __future__ import annotations

from collections.abc import Sequence

import FrEIA.modules
import nflows.transforms
import torch
from torch import Tensor, nn


class WithoutContext(nn.Module):
    """A network that ignores the context that nflows passes along."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, inputs: Tensor, context: Tensor | None = None) -> Tensor:
        """Return the network's output."""
        output: Tensor = self.network(inputs)
        return output


class NflowsScale(nflows.transforms.Transform):  # type: ignore[misc]
    """A trainable diagonal scale: nflows has constant ones only."""

    def __init__(self, dimensions: int) -> None:
        super().__init__()
        self.log_scale = nn.Parameter(torch.zeros(dimensions))

    def forward(
        self, inputs: Tensor, context: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Return ``s * x`` and ``sum log s``."""
        log_det = self.log_scale.sum().expand(len(inputs))
        return inputs * self.log_scale.exp(), log_det

    def inverse(
        self, inputs: Tensor, context: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Return ``z / s`` and ``-sum log s``."""
        log_det = -self.log_scale.sum().expand(len(inputs))
        return inputs * (-self.log_scale).exp(), log_det


class FreiaScale(FrEIA.modules.InvertibleModule):  # type: ignore[misc]
    """A diagonal scale: FrEIA's trainable one comes with a shift."""

    def __init__(self, dims_in: Sequence[tuple[int, ...]]) -> None:
        super().__init__(dims_in)
        self.log_scale = nn.Parameter(torch.zeros(dims_in[0]))

    def forward(
        self, x_or_z: Sequence[Tensor], rev: bool = False, jac: bool = True
    ) -> tuple[tuple[Tensor], Tensor]:
        """Return ``s * x`` and ``sum log s``, or for ``rev`` the inverse's."""
        log_scale = -self.log_scale if rev else self.log_scale
        log_det = log_scale.sum().expand(len(x_or_z[0]))
        return (x_or_z[0] * log_scale.exp(),), log_det

    def output_dims(
        self, input_dims: Sequence[tuple[int, ...]]
    ) -> Sequence[tuple[int, ...]]:
        """Return the shapes unchanged."""
        return input_dims
