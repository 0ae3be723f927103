"""Estimating the dependence of two vectors by training a discriminator alone."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn

from rederived.chapters.infomax.estimates import (
    deranged,
    donsker_varadhan,
    info_nce,
    js_estimate,
)
from rederived.chapters.infomax.networks import PairDiscriminator


class PairEstimator(nn.Module):
    """The objective of a discriminator: minus its estimate on a batch of pairs.

    Args:
        judge: scores a pair.
        kind: ``js``, ``dv`` (Donsker and Varadhan) or ``nce``.
    """

    def __init__(
        self, judge: PairDiscriminator, kind: Literal["js", "dv", "nce"] = "js"
    ) -> None:
        super().__init__()
        self.judge, self.kind = judge, kind

    def estimate(
        self, x: Tensor, z: Tensor, generator: torch.Generator | None = None
    ) -> Tensor:
        """Return the estimate on pairs ``(B, D)``, ``(B, d)``, a scalar, nats.

        Args:
            x: first vectors.
            z: second vectors.
            generator: the source of the mismatches; None takes torch's own stream.
        """
        if self.kind == "nce":
            shape = len(x), len(z), -1
            first, second = x.unsqueeze(1).expand(shape), z.unsqueeze(0).expand(shape)
            return info_nce(self.judge(first, second))
        own, other = self.judge.pairs(x, z, deranged(len(x), generator))
        if self.kind == "dv":
            return donsker_varadhan(own, other)
        return js_estimate(own, other)

    def forward(self, x: Tensor, z: Tensor) -> Tensor:
        """Return minus the estimate, to be minimised."""
        return -self.estimate(x, z)
