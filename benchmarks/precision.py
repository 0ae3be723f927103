"""What arithmetic the library chooses for matrix products on this machine."""

from __future__ import annotations

import torch
from rederived.training import TrainConfig, fit
from torch import Tensor, nn
from torch.optim import Adam


class _Square(nn.Module):
    """The smallest objective there is."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(()))

    def forward(self, x: Tensor) -> Tensor:
        return (self.scale * x).square().mean()


def default_precision() -> str:
    """Ask ``fit`` which arithmetic it chooses by itself: ``float32`` or ``bf16``."""
    objective = _Square()
    optimizer = Adam(objective.parameters(), fused=True)
    config = TrainConfig(epochs=1, batch_size=2)
    return fit(objective, (torch.zeros(2, 2),), optimizer, config).precision
