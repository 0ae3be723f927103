"""The three models behind one interface: bounds, codes, samples."""

from __future__ import annotations

import math
import time
from itertools import pairwise

import torch
from torch import Tensor, nn

from rederived.chapters.fvae.glow import glow
from rederived.chapters.fvae.glow_layers import initialize_actnorms
from rederived.chapters.fvae.model import FVAE, LatentModel, NormalVAE, PixelFVAE
from rederived.chapters.fvae.networks import fvae
from rederived.chapters.fvae.study.config import FVaeConfig
from rederived.chapters.fvae.study.data import CELLS
from rederived.flows import Flow
from rederived.training import generator

_WEIGHTS = 51  # random stream
_LEAST = 4  # pixels a side where the VAE's convolutions end
_SMALL = 0.1  # of He's size, for the layer that gives the VAE's mean and deviation


class ImageModel(nn.Module):
    """A model of pictures in [-1, 1], with what the measures ask of it.

    Args:
        model: a flow, or a model with codes.
        shape: colours, height and width.
    """

    def __init__(self, model: Flow | LatentModel, shape: tuple[int, int, int]) -> None:
        super().__init__()
        self.model = model
        self.shape = shape
        self.dimensions = math.prod(shape)

    def forward(self, x: Tensor) -> Tensor:
        """Return what is minimised: bits per dimension, mean over a batch."""
        return self.bits(self.nats(x)).mean()

    def nats(self, x: Tensor) -> Tensor:
        """Return ``-log q(x)``, or its bound with one code, of each picture."""
        if isinstance(self.model, Flow):
            return -self.model.log_prob(x)
        return self.model(x).loss()

    def bits(self, nats: Tensor) -> Tensor:
        """Convert nats a picture to bits per dimension."""
        cells = self.dimensions * math.log(CELLS.cell_width)
        return (nats - cells) / (self.dimensions * math.log(2))

    def encode(self, x: Tensor) -> Tensor:
        """Return codes ``(B, *code)``, without noise."""
        if isinstance(self.model, Flow):
            z, _ = self.model.bijection(x)
            return z
        return self.model.encode(x)

    def decode(self, z: Tensor) -> Tensor:
        """Return the picture of each code, the mean if there is a distribution."""
        if isinstance(self.model, Flow):
            x, _ = self.model.bijection.inverse(z)
            return x
        return self.model.decode(z)

    def reconstruct(self, x: Tensor) -> Tensor:
        """Return each picture after encoding and decoding."""
        if isinstance(self.model, LatentModel):
            return self.model.reconstruct(x)
        return self.decode(self.encode(x))

    @property
    def device(self) -> torch.device:
        """Where the model is."""
        return next(self.parameters()).device

    @property
    def code_shape(self) -> tuple[int, ...]:
        """The shape of one code."""
        return self.shape if isinstance(self.model, Flow) else self.model.code_shape


def build(config: FVaeConfig, shape: tuple[int, int, int], seed: int) -> ImageModel:
    """Build a config's model with its starting weights.

    Args:
        config: which model, and its sizes.
        shape: colours, height and width of a picture.
        seed: decides the weights.
    """
    draws = generator(seed, _WEIGHTS)
    model: Flow | FVAE | NormalVAE
    if config.model == "glow":
        model = glow(
            shape, levels=config.levels, steps=config.flow_steps,
            width=config.flow_width, generator=draws,
        )  # fmt: skip
        return ImageModel(model, shape)
    if config.model == "f-vae":
        model = fvae(
            shape, scales=config.scales, steps=config.steps, levels=config.levels,
            flow_steps=config.flow_steps, flow_width=config.flow_width,
            generator=draws,
        )  # fmt: skip
        model.log_sigma_1.data.fill_(config.log_sigma_1)
    else:
        model = convolutional_vae(shape, config.width, config.latent_size, draws)
    model.log_sigma_2.data.fill_(config.log_sigma_2)
    if isinstance(model, FVAE) and config.pixel_sigma_2:
        model = PixelFVAE(model, shape)
    return ImageModel(model, shape)


def start_from_data(model: ImageModel, x: Tensor) -> None:
    """Let every ActNorm start with outputs of mean 0 and variance 1 on a batch."""
    with torch.no_grad():
        if isinstance(model.model, Flow):
            initialize_actnorms(model.model.bijection, x)
        elif isinstance(model.model, FVAE):
            noise = torch.randn(x.shape, generator=generator(0, _WEIGHTS, 1))
            h = model.model.encoder(x)
            scale = model.model.log_sigma_1.exp()
            initialize_actnorms(model.model.flow, h + scale * noise.view_as(h))


def convolutional_vae(
    shape: tuple[int, int, int],
    width: int,
    latent_size: int,
    generator: torch.Generator,
) -> NormalVAE:
    """Build the usual VAE of pictures: convolutions, and a flat code between them.

    Each convolution halves the side and doubles the channels, down to 4 pixels; batch
    normalisation and ReLU follow.  The decoder is the mirror, a tanh at its end.

    Args:
        shape: colours, height and width.
        width: channels of the outermost convolution.
        latent_size: numbers in the code.
        generator: draws the weights.
    """
    scales = round(math.log2(shape[1] / _LEAST))
    sizes = [shape[0], *(width * 2**k for k in range(scales))]
    inside = sizes[-1] * _LEAST * _LEAST
    down: list[nn.Module] = []
    for before, after in pairwise(sizes):
        down += [nn.Conv2d(before, after, 4, 2, 1), nn.BatchNorm2d(after), nn.ReLU()]
    up: list[nn.Module] = [
        nn.Linear(latent_size, inside),
        nn.Unflatten(1, (sizes[-1], _LEAST, _LEAST)),
    ]
    for before, after in zip(sizes[:0:-1], sizes[-2::-1], strict=True):
        up += [nn.BatchNorm2d(before), nn.ReLU()]
        up += [nn.ConvTranspose2d(before, after, 4, 2, 1)]
    encoder = _MeanAndScale(
        nn.Sequential(*down, nn.Flatten()), nn.Linear(inside, 2 * latent_size)
    )
    decoder = nn.Sequential(*up, nn.Tanh())
    for network in (encoder, decoder):
        _initialize(network, generator)
    encoder.last.weight.data.mul_(_SMALL)
    return NormalVAE(encoder, decoder, (latent_size,))


class _MeanAndScale(nn.Module):
    """A network and a linear map to mean and log-deviation; gives log-variance."""

    def __init__(self, network: nn.Module, last: nn.Linear) -> None:
        super().__init__()
        self.network, self.last = network, last

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        mean, log_sigma = self.last(self.network(x)).chunk(2, dim=1)
        return mean, 2 * log_sigma


def _initialize(network: nn.Module, generator: torch.Generator) -> None:
    """Draw matrices and kernels by He's rule, biases are zero."""
    for layer in network.modules():
        if isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)):
            inputs = layer.weight[0].numel()
            if isinstance(layer, nn.ConvTranspose2d):  # 2 x 2 of its kernel meet
                inputs = 4 * layer.in_channels
            nn.init.normal_(layer.weight, std=(2 / inputs) ** 0.5, generator=generator)
            assert layer.bias is not None
            nn.init.zeros_(layer.bias)


def step_seconds(model: ImageModel, x: Tensor, repeats: int = 5) -> float:
    """Return the processor time of a loss and its gradient, the least of a few.

    Other work on the machine stretches the time on the clock, and hardly this one.  On
    a GPU, whose work no processor time counts, it is the time on the clock.  The
    gradients are dropped.
    """
    clock = time.perf_counter if x.is_cuda else time.process_time
    times = []
    for _ in range(repeats):
        started = clock()
        loss = model(x)
        loss.backward()
        loss.item()  # waits for what is still computed
        times.append(clock() - started)
    model.zero_grad(set_to_none=True)
    return min(times)
