"""A classifier of real pictures, and its features, by which samples are measured."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from rederived.evaluation.probes import accuracy
from rederived.networks import initialize
from rederived.probability.normals import check_events
from rederived.training import OneCycle, TrainConfig, fit

_CONFIDENT = 0.9  # probability of a class from which a sample counts as good
_RATE = 3e-3


class FeatureClassifier(nn.Module):
    """A network whose last hidden layer serves as features of pictures.

    Args:
        features: from pictures ``(B, ...)`` to features ``(B, F)``.
        classes: from features to logits ``(B, K)``.
        factors: from features to numbers ``(B, R)`` that are known of the pictures
            beside their class, or None.
        generator: draws the starting weights, He's.
        chunk: how many pictures are looked at together.

    >>> network = nn.Sequential(nn.Linear(4, 3), nn.ReLU())
    >>> rng = torch.Generator().manual_seed(0)
    >>> model = FeatureClassifier(network, nn.Linear(3, 2), generator=rng)
    >>> features = model.extract(torch.rand(5, 4, generator=rng))
    >>> features.shape, model.probabilities(features).shape
    (torch.Size([5, 3]), torch.Size([5, 2]))
    """

    def __init__(
        self,
        features: nn.Module,
        classes: nn.Module,
        factors: nn.Module | None = None,
        *,
        generator: torch.Generator,
        chunk: int = 10_000,
    ) -> None:
        super().__init__()
        self.features, self.classes, self.factors = features, classes, factors
        self.chunk = chunk
        initialize(self, "he", generator)

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits of the classes of pictures ``(B, ...)``, ``(B, K)``."""
        return self.classes(self.features(x))

    def loss(self, x: Tensor, labels: Tensor, factors: Tensor | None = None) -> Tensor:
        """Return the cross-entropy, nats, plus the factors' squared error if any.

        Raises:
            ValueError: if the factors have another shape than their predictions.
        """
        features = self.features(x)
        loss = functional.cross_entropy(self.classes(features), labels)
        if self.factors is None:
            return loss
        assert factors is not None
        predicted = self.factors(features)
        check_events(factors, predicted)
        return loss + (predicted - factors).square().sum(1).mean()

    def learn(
        self,
        data: tuple[Tensor, ...],
        epochs: int,
        batch_size: int,
        directory: Path | None = None,
    ) -> None:
        """Train on real pictures; the seed is fixed: one classifier for all runs.

        Args:
            data: pictures and labels, and factors if there are any.
            epochs: passes over them.
            batch_size: pictures a step.
            directory: where a checkpoint goes.
        """
        fit(
            self,
            data,
            torch.optim.Adam(self.parameters(), _RATE, fused=True),
            TrainConfig(epochs, batch_size, seed=0, precision="float32"),
            loss=FeatureClassifier.loss,
            schedule=OneCycle(len(data[0]) // batch_size * epochs),
            directory=None if directory is None else directory / "evaluator",
            label="evaluator",
        )
        self.eval()

    @torch.no_grad()
    def extract(self, x: Tensor) -> Tensor:
        """Return the features of pictures, ``(n, F)``."""
        parts = [self.features(part) for part in torch.split(x, self.chunk)]
        return torch.cat(parts)

    @torch.no_grad()
    def probabilities(self, features: Tensor) -> Tensor:
        """Return the probabilities of the classes given features, ``(n, K)``."""
        return self.classes(features).softmax(-1)

    def accuracy(self, x: Tensor, labels: Tensor) -> float:
        """Return the share of pictures whose likeliest class is the right one."""
        return accuracy(self.probabilities(self.extract(x)).argmax(-1), labels)


def confident(probabilities: Tensor) -> Tensor:
    """Say which samples ``(..., K)`` have a class of probability 0.9 or more, bool.

    >>> confident(torch.tensor([[0.95, 0.05], [0.5, 0.5]])).tolist()
    [True, False]
    """
    return probabilities.max(-1).values >= _CONFIDENT
