"""Three ways of training one encoder, and one of leaving it alone."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

from rederived.chapters.infomax.contrast import (
    ContrastiveInfoMax,
    Encoder,
    StridedEncoder,
)
from rederived.chapters.infomax.networks import ConvDecoder, ConvEncoder
from rederived.chapters.infomax.objective import DeepInfoMax, InfoMaxWeights
from rederived.chapters.infomax.study.config import InfoMaxConfig
from rederived.networks import initialize
from rederived.training import generator
from rederived.vae import VAE, ElboTerms, NormalDecoder

_ENCODER, _REST = 20, 21  # random streams of the weights
_DEVIATION = 0.25  # of the VAE's pixels, where training starts


def bound_per_pixel(vae: VAE, x: Tensor) -> Tensor:
    """Return the mean negative bound per pixel of pictures (B, colours, H, W), nats."""
    flat = x.flatten(1)  # (B, D)
    bound: ElboTerms = vae(flat)
    return bound.loss().mean() / flat.shape[1]


class Classifier(nn.Module):
    """A linear classifier of the mean code, trained with its encoder."""

    def __init__(self, encoder: Encoder, code_size: int, classes: int) -> None:
        super().__init__()
        self.encoder, self.top = encoder, nn.Linear(code_size, classes)

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        """Return the mean cross-entropy, nats."""
        return functional.cross_entropy(self.top(self.encoder(x).mean), labels)


class _EncoderDistribution(nn.Module):
    """The encoder as a VAE wants it: flat pictures to the code's distribution."""

    def __init__(self, encoder: Encoder, shape: tuple[int, int, int]) -> None:
        super().__init__()
        self.encoder, self.shape = encoder, shape

    def forward(self, flat: Tensor) -> tuple[Tensor, Tensor]:
        seen = self.encoder(flat.reshape(-1, *self.shape))
        return seen.mean, seen.log_variance


def build(
    config: InfoMaxConfig, shape: tuple[int, int, int], classes: int, seed: int
) -> tuple[nn.Module, Encoder]:
    """Build the model that a config describes, with its starting weights.

    Args:
        config: what to build.
        shape: colours, height and width of a picture.
        classes: number of labels, for the supervised objective.
        seed: decides the weights; the encoder's are the same for every objective.

    Returns:
        The model and the encoder inside it.

    Raises:
        ValueError: if the pictures cannot be halved as often as there are blocks, or
            if an objective wants noise that the paper's encoder does not have.
    """
    colours, height, width = shape
    scale = 2 ** len(config.channels)
    if height % scale or width % scale:
        raise ValueError(
            f"{len(config.channels)} blocks halve {height}x{width} pixels to no whole "
            "number: give fewer channels"
        )
    if config.encoder == "paper" and config.objective in ("infomax", "vae"):
        raise ValueError(
            f"the paper's encoder has no noise, which {config.objective!r} wants: give "
            "the objective contrast, supervised or none"
        )
    encoder: Encoder
    if config.encoder == "paper":
        encoder = StridedEncoder(config.channels, config.code_size, shape)
    else:
        encoder = ConvEncoder(
            config.channels, config.code_size, colours, config.local_blocks
        )
    objective = _around(encoder, config, shape, classes)
    initialize(objective, "glorot", generator(seed, _REST))
    initialize(encoder, "glorot", generator(seed, _ENCODER))
    return objective, encoder


def _around(
    encoder: Encoder,
    config: InfoMaxConfig,
    shape: tuple[int, int, int],
    classes: int,
) -> nn.Module:
    """Return the model that trains an encoder."""
    if config.objective == "vae":
        decoder = ConvDecoder(config.channels, config.code_size, shape)
        return VAE(
            _EncoderDistribution(encoder, shape),
            NormalDecoder(decoder, _DEVIATION, trainable=True),
        )
    if config.objective == "supervised":
        return Classifier(encoder, config.code_size, classes)
    blocks = _local_blocks(config)
    channels = config.channels[blocks - 1]
    if config.objective == "contrast" or not isinstance(encoder, ConvEncoder):
        return ContrastiveInfoMax(
            encoder,
            config.code_size,
            channels,
            width=config.critic_width,
            bound=config.bound,
        )
    return DeepInfoMax(
        encoder,
        config.code_size,
        (shape[1] * shape[2] // 4**blocks, channels),
        InfoMaxWeights(
            config.global_weight,
            config.local_weight,
            config.inter_location_weight,
            config.prior_weight,
        ),
        width=config.code_size,
        form=config.form,
        negatives=config.negatives,
    )


def _local_blocks(config: InfoMaxConfig) -> int:
    """Return after how many halvings the local features are taken."""
    if config.encoder == "paper":
        return 2
    return config.local_blocks or len(config.channels)
