"""What the adversarial studies share: settings, one step of each side, a distance."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass

import torch
from torch import Generator, Tensor, nn

from rederived.chapters.variational.losses import discriminator_loss
from rederived.records import Trial
from rederived.training import fit_players

_CHECKPOINT = 100  # steps between checkpoints
_DIRECTIONS = 64  # of the sliced distance


@dataclass(frozen=True, kw_only=True)
class AdversarialConfig:
    """Sizes and lengths of an adversarial study.

    Attributes:
        members: networks for each loss or weight, with the same starts, data and noise.
        updates: steps of the networks that learn from the discriminator.
        batch_size: data points in a batch.
        width: units of each of two hidden layers.
        learning_rate: of Adam, all networks.
        samples: how many are measured each time.

    >>> AdversarialConfig(members=5).batch_size
    64
    """

    members: int = 8
    updates: int = 2000
    batch_size: int = 64
    width: int = 32
    learning_rate: float = 1e-3
    samples: int = 1000


class AdversarialModel(nn.Module):
    """Discriminators and what learns from them, with one optimizer, step by step.

    A subclass makes its networks, ``discriminators`` among them, then the optimizer.

    >>> _ = torch.manual_seed(0)  # of the weights of the discriminator
    >>> class Mean(AdversarialModel):  # of a standard normal distribution
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.discriminators = nn.Linear(1, 1)
    ...         self.mean = nn.Parameter(torch.full((1,), 3.0))
    ...         self.optimizer = self.adam(0.1)
    ...         self.generator = torch.Generator().manual_seed(0)
    ...     def pair(self):
    ...         real, fake = torch.randn(2, 64, 1, generator=self.generator)
    ...         return real, fake + self.mean
    ...     def next_losses(self):
    ...         return nn.functional.softplus(-self.logits(self.pair()[1]))
    >>> model = Mean()
    >>> for _ in range(100):
    ...     model.train_step()
    >>> bool(model.mean.abs() < 0.5)
    True
    """

    discriminators: nn.Module
    optimizer: torch.optim.Optimizer

    def adam(self, learning_rate: float, beta1: float = 0.5) -> torch.optim.Adam:
        """Return one optimizer of all networks.

        Adam leaves alone what has no gradient: the networks that wait.
        """
        return torch.optim.Adam(
            self.parameters(), lr=learning_rate, betas=(beta1, 0.999), fused=True
        )

    def pair(self) -> tuple[Tensor, Tensor]:
        """Draw a batch of real and of fake inputs of the discriminators."""
        raise NotImplementedError

    def next_losses(self) -> Tensor:
        """Return the other networks' own losses on a new batch, (networks,)."""
        raise NotImplementedError

    def logits(self, x: Tensor) -> Tensor:
        """Return the discriminators' logits, (networks, B)."""
        return self.discriminators(x).squeeze(-1)

    def train_step(self) -> None:
        """Give the discriminators one step, then the other networks one."""
        with torch.no_grad():
            real, fake = self.pair()
        self.step(discriminator_loss(self.logits(real), self.logits(fake)))
        self.discriminators.requires_grad_(False)
        self.step(self.next_losses())
        self.discriminators.requires_grad_(True)

    def step(self, losses: Tensor) -> None:
        """Take one step on the sum of the networks' own losses (networks,)."""
        self.optimizer.zero_grad()
        torch.autograd.backward(losses.sum())
        self.optimizer.step()


def train(
    model: AdversarialModel,
    config: AdversarialConfig,
    trial: Trial,
    after_step: Callable[[int], None] = lambda done: None,
) -> None:
    """Train to the end; if killed it goes on where it was.

    Args:
        model: at its start; all that changes is in its state.
        config: how long.
        trial: where checkpoints go.
        after_step: told after each step how many are done.
    """

    def train_step(number: int) -> None:
        model.train_step()
        after_step(number + 1)

    fit_players(
        model,
        model.optimizer,
        train_step,
        config.updates,
        identity=asdict(config) | {"seed": trial.seed},
        checkpoint_every=_CHECKPOINT,
        directory=trial.directory,
        label=trial.label,
    )


def sliced_wasserstein(first: Tensor, second: Tensor, generator: Generator) -> Tensor:
    """Return the sliced Wasserstein-1 distance of two samples (..., n, 2), (...)."""
    angle = math.pi * torch.rand(_DIRECTIONS, generator=generator)
    directions = torch.stack([angle.cos(), angle.sin()])
    ends = [(each @ directions).sort(-2).values for each in (first, second)]
    return (ends[0] - ends[1]).abs().mean((-2, -1))
