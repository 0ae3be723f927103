"""The three models behind one interface: bounds, codes, samples."""

from __future__ import annotations

import math
import time
from itertools import pairwise

import torch
from torch import Tensor, nn

from rederived.chapters.fvae.builders import fvae
from rederived.chapters.fvae.model import FVAE, LatentModel, NormalVAE
from rederived.chapters.fvae.objective import FlowElboTerms
from rederived.chapters.fvae.study.config import FVaeConfig
from rederived.chapters.fvae.study.data import CELLS
from rederived.flows import Flow, glow, gradient_bytes, initialize_actnorms
from rederived.training import generator

_WEIGHTS = 51  # random stream
_LEAST = 4  # pixels a side where the VAE's convolutions end
_SMALL = 0.1  # of He's size, for the layer that gives the VAE's mean and deviation


class ImageModel(nn.Module):
    """A model of pictures in [-1, 1], with what the measures ask of it.

    Args:
        law: a flow, or a model with codes.
        shape: colours, height and width.
    """

    def __init__(self, law: Flow | LatentModel, shape: tuple[int, int, int]) -> None:
        super().__init__()
        self.law = law
        self.shape = shape
        self.dimensions = math.prod(shape)

    def forward(self, x: Tensor) -> Tensor:
        """Return what is minimised: bits per dimension, mean over a batch."""
        return self.bits(self.nats(x)).mean()

    def nats(self, x: Tensor) -> Tensor:
        """Return ``-log q(x)``, or its bound with one code, of each picture."""
        if isinstance(self.law, Flow):
            return -self.law.log_prob(x)
        terms: FlowElboTerms = self.law(x)
        return terms.loss()

    def bits(self, nats: Tensor) -> Tensor:
        """Convert nats a picture to bits per dimension."""
        cells = self.dimensions * math.log(CELLS.cell_width)
        return (nats - cells) / (self.dimensions * math.log(2))

    def encode(self, x: Tensor) -> Tensor:
        """Return codes ``(B, *code)``, without noise."""
        if isinstance(self.law, Flow):
            z, _ = self.law.bijection(x)
            return z
        return self.law.encode(x)

    def decode(self, z: Tensor) -> Tensor:
        """Return the picture of each code, the mean if there is a law of them."""
        if isinstance(self.law, Flow):
            x, _ = self.law.bijection.inverse(z)
            return x
        return self.law.decode(z)

    def reconstruct(self, x: Tensor) -> Tensor:
        """Return each picture after encoding and decoding."""
        if isinstance(self.law, LatentModel):
            return self.law.reconstruct(x)
        return self.decode(self.encode(x))

    @property
    def device(self) -> torch.device:
        """Where the model is."""
        return next(self.parameters()).device

    @property
    def code_shape(self) -> tuple[int, ...]:
        """The shape of one code."""
        return self.shape if isinstance(self.law, Flow) else self.law.code_shape


def build(config: FVaeConfig, shape: tuple[int, int, int], seed: int) -> ImageModel:
    """Build a config's model with its starting weights.

    Args:
        config: which model, and its sizes.
        shape: colours, height and width of a picture.
        seed: decides the weights.
    """
    starts = generator(seed, _WEIGHTS)
    law: Flow | FVAE | NormalVAE
    if config.model == "glow":
        law = glow(
            shape, levels=config.levels, steps=config.flow_steps,
            width=config.flow_width, generator=starts,
        )  # fmt: skip
        return ImageModel(law, shape)
    if config.model == "f-vae":
        law = fvae(
            shape, scales=config.scales, steps=config.steps, levels=config.levels,
            flow_steps=config.flow_steps, flow_width=config.flow_width,
            generator=starts,
        )  # fmt: skip
        law.log_sigma_1.data.fill_(config.log_sigma_1)
    else:
        law = convolutional_vae(shape, config.width, config.codes, starts)
    law.log_sigma_2.data.fill_(config.log_sigma_2)
    return ImageModel(law, shape)


def start_from_data(model: ImageModel, x: Tensor) -> None:
    """Let every ActNorm start with outputs of mean 0 and variance 1 on a batch."""
    with torch.no_grad():
        if isinstance(model.law, Flow):
            initialize_actnorms(model.law.bijection, x)
        elif isinstance(model.law, FVAE):
            noise = torch.randn(x.shape, generator=generator(0, _WEIGHTS, 1))
            h = model.law.encoder(x)
            scale = model.law.log_sigma_1.exp()
            initialize_actnorms(model.law.flow, h + scale * noise.view_as(h))


def convolutional_vae(
    shape: tuple[int, int, int], width: int, codes: int, starts: torch.Generator
) -> NormalVAE:
    """Build the usual VAE of pictures: convolutions, and a flat code between them.

    Each convolution halves the side and doubles the channels, down to 4 pixels; batch
    normalisation and ReLU follow.  The decoder is the mirror, a tanh at its end.

    Args:
        shape: colours, height and width.
        width: channels of the outermost convolution.
        codes: size of the code.
        starts: draws the weights.
    """
    scales = round(math.log2(shape[1] / _LEAST))
    sizes = [shape[0], *(width * 2**k for k in range(scales))]
    inside = sizes[-1] * _LEAST * _LEAST
    down: list[nn.Module] = []
    for before, after in pairwise(sizes):
        down += [nn.Conv2d(before, after, 4, 2, 1), nn.BatchNorm2d(after), nn.ReLU()]
    up: list[nn.Module] = [
        nn.Linear(codes, inside),
        nn.Unflatten(1, (sizes[-1], _LEAST, _LEAST)),
    ]
    for before, after in zip(sizes[:0:-1], sizes[-2::-1], strict=True):
        up += [nn.BatchNorm2d(before), nn.ReLU()]
        up += [nn.ConvTranspose2d(before, after, 4, 2, 1)]
    encoder = _MeanAndScale(
        nn.Sequential(*down, nn.Flatten()), nn.Linear(inside, 2 * codes)
    )
    decoder = nn.Sequential(*up, nn.Tanh())
    for network in (encoder, decoder):
        _draw(network, starts)
    encoder.last.weight.data.mul_(_SMALL)
    return NormalVAE(encoder, decoder, (codes,))


class _MeanAndScale(nn.Module):
    """A network and a linear map to mean and log-deviation of a flat code.

    The log-variance that it returns is twice that.
    """

    def __init__(self, network: nn.Module, last: nn.Linear) -> None:
        super().__init__()
        self.network, self.last = network, last

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        mean, log_sigma = self.last(self.network(x)).chunk(2, dim=1)
        return mean, 2 * log_sigma


def _draw(network: nn.Module, starts: torch.Generator) -> None:
    """Draw matrices and kernels by He's rule, biases are zero."""
    for layer in network.modules():
        if isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)):
            inputs = layer.weight[0].numel()
            if isinstance(layer, nn.ConvTranspose2d):  # 2 x 2 of its kernel meet
                inputs = 4 * layer.in_channels
            nn.init.normal_(layer.weight, std=(2 / inputs) ** 0.5, generator=starts)
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
        loss: Tensor = model(x)
        loss.backward()  # type: ignore[no-untyped-call]
        loss.item()  # waits for what is still computed
        times.append(clock() - started)
    model.zero_grad(set_to_none=True)
    return min(times)


def activation_bytes(model: ImageModel, x: Tensor) -> int:
    """Return the bytes that autograd keeps for one step of training on a batch."""
    return gradient_bytes(model, lambda: model(x))
