"""GANs with the proximity term: many pairs of networks trained side by side."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Generator, Tensor, nn

from rederived.chapters.variational.losses import (
    discriminator_loss,
    generator_loss,
    proximity,
)
from rederived.chapters.variational.studies.adversarial import (
    AdversarialConfig,
    AdversarialModel,
)
from rederived.training import GeneratorState

DataSource = Callable[[int, Generator], Tensor]
"""From n and a source of randomness to n data points (n, D)."""


@dataclass(frozen=True, kw_only=True)
class GanConfig(AdversarialConfig):
    """What both GAN studies set: a game at several weights of the proximity term.

    Attributes:
        weights: of the proximity term.
        members: networks for each weight.
        batch_norm: in both hidden layers of the generator and the second of the
            discriminator.
        discriminator_batches: batches before the generator's turn, one step each.
        generator_batches: batches of the generator's turn; they share one old
            generator.
        steps_per_batch: generator steps on each batch, as in the article's program.
        updates: generator batches in all.
        noise: dimension of z, standard normal.
        beta1: of Adam, both networks.
        measurements: how often samples are measured, evenly spread.

    Raises:
        ValueError: if the rounds of the game do not fill the measurements.

    >>> GanConfig(weights=(0.0, 5.0), updates=100, measurements=25).updates
    100
    """

    weights: tuple[float, ...]
    members: int = 10
    batch_norm: bool = True
    discriminator_batches: int = 1
    generator_batches: int = 1
    steps_per_batch: int = 2
    noise: int = 4
    learning_rate: float = 2e-3
    beta1: float = 0.5
    measurements: int = 25

    def __post_init__(self) -> None:
        """Refuse lengths that do not divide."""
        if self.updates % (self.generator_batches * self.measurements):
            raise ValueError(
                f"{self.updates} updates are not {self.measurements} equal parts of "
                f"rounds of {self.generator_batches}: choose a multiple"
            )


class Gan(AdversarialModel):
    """Generators and discriminators of one config, with their optimizer.

    Network k has weight ``weights[k // members]`` and the start, data and noise of
    member ``k % members``: members differ by chance, weights by nothing else.

    Args:
        config: lengths and rates.
        networks: N generators (N, B, noise) -> (N, B, D), and N discriminators
            (N, B, D) -> (N, B, 1), on the device where the game is played; what is
            drawn comes from the CPU.
        data: draws data points.
        generator: source of data and noise.
        unit: lambda is this times the weight.

    >>> from rederived.chapters.variational.ensembles import mlp
    >>> config = GanConfig(weights=(0.0, 1.0), members=3, noise=2)
    >>> rng = torch.Generator().manual_seed(0)
    >>> networks = mlp(6, 3, (2, 8, 2), rng), mlp(6, 3, (2, 8, 1), rng)
    >>> data = lambda count, generator: torch.randn(count, 2, generator=generator)
    >>> gan = Gan(config, networks, data, rng)
    >>> gan.discriminator_steps()
    >>> gan.generator_steps().shape
    torch.Size([6])
    """

    def __init__(
        self,
        config: GanConfig,
        networks: tuple[nn.Module, nn.Module],
        data: DataSource,
        generator: Generator,
        unit: float = 1.0,
    ) -> None:
        super().__init__()
        self.config, self.data_source = config, data
        self.generators, self.discriminators = networks
        self.random = GeneratorState(generator)
        each = torch.tensor(config.weights).repeat_interleave(config.members)
        device = next(self.generators.parameters()).device
        self.weight = (unit * each).to(device)
        self.optimizer = self.adam(config.learning_rate, config.beta1)

    def noise(self, count: int, generator: Generator) -> Tensor:
        """Draw noise for every member, the same at each weight, (N, count, noise)."""
        shape = self.config.members, count, self.config.noise
        drawn = torch.randn(shape, generator=generator).to(self.weight.device)
        return drawn.repeat(len(self.config.weights), 1, 1)

    def batch(self) -> Tensor:
        """Draw a batch for every member, the same at each weight, (N, B, D)."""
        members, size = self.config.members, self.config.batch_size
        flat = self.data_source(members * size, self.random.source)  # (members B, D)
        batches = flat.to(self.weight.device).reshape(members, size, -1)
        return batches.repeat(len(self.config.weights), 1, 1)

    def discriminator_steps(self) -> None:
        """Give the discriminators one step on each of their batches."""
        for _ in range(self.config.discriminator_batches):
            noise = self.noise(self.config.batch_size, self.random.source)
            with torch.no_grad():
                fake = self.generators(noise)
            loss = discriminator_loss(self.logits(self.batch()), self.logits(fake))
            self.step(loss)

    def generator_steps(self) -> Tensor:
        """Give the generators their steps; the old generator is that of before.

        Returns:
            The mean over batches of E |G(z) - G_old(z)|^2 before a batch's last
            step, (N,), on the CPU.
        """
        config, step_size = self.config, torch.zeros_like(self.weight)
        batches = [
            self.noise(config.batch_size, self.random.source)
            for _ in range(config.generator_batches)
        ]
        with torch.no_grad():
            old = [self.generators(noise) for noise in batches]
        self.discriminators.requires_grad_(False)
        for noise, before in zip(batches, old, strict=True):
            for _ in range(config.steps_per_batch):
                new = self.generators(noise)
                distance = proximity(new, before)
                loss = generator_loss(self.logits(new)) + self.weight * distance
                self.step(loss)
            step_size += distance.detach() / config.generator_batches
        self.discriminators.requires_grad_(True)
        return step_size.cpu()

    def samples(self, noise: Tensor) -> Tensor:
        """Return samples in evaluation mode, (weights, members, n, D), on the CPU."""
        self.generators.eval()
        with torch.no_grad():
            drawn = self.generators(noise)
        self.generators.train()
        return self.by_weight(drawn.cpu())

    def by_weight(self, values: Tensor) -> Tensor:
        """Reshape (N, ...) to (weights, members, ...)."""
        shape = len(self.config.weights), self.config.members, *values.shape[1:]
        return values.reshape(shape)
