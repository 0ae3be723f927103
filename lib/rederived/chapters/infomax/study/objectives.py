"""Three ways of training one encoder, and one of leaving it alone."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

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

    def __init__(self, encoder: ConvEncoder, code_size: int, classes: int) -> None:
        super().__init__()
        self.encoder, self.top = encoder, nn.Linear(code_size, classes)

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        """Return the mean cross-entropy, nats."""
        return functional.cross_entropy(self.top(self.encoder(x).mean), labels)


class _EncoderDistribution(nn.Module):
    """The encoder as a VAE wants it: flat pictures to the code's distribution."""

    def __init__(self, encoder: ConvEncoder, shape: tuple[int, int, int]) -> None:
        super().__init__()
        self.encoder, self.shape = encoder, shape

    def forward(self, flat: Tensor) -> tuple[Tensor, Tensor]:
        seen = self.encoder(flat.reshape(-1, *self.shape))
        return seen.mean, seen.log_variance


def build(
    config: InfoMaxConfig, shape: tuple[int, int, int], classes: int, seed: int
) -> tuple[nn.Module, ConvEncoder]:
    """Build the model that a config describes, with its starting weights.

    Args:
        config: what to build.
        shape: colours, height and width of a picture.
        classes: number of labels, for the supervised objective.
        seed: decides the weights; the encoder's are the same for every objective.

    Returns:
        The model and the encoder inside it.

    Raises:
        ValueError: if the pictures cannot be halved as often as there are blocks.
    """
    colours, height, width = shape
    scale = 2 ** len(config.channels)
    if height % scale or width % scale:
        raise ValueError(
            f"{len(config.channels)} blocks halve {height}x{width} pixels to no whole "
            "number: give fewer channels"
        )
    encoder = ConvEncoder(config.channels, config.code_size, colours)
    objective = _around(encoder, config, shape, classes)
    initialize(objective, "glorot", generator(seed, _REST))
    initialize(encoder, "glorot", generator(seed, _ENCODER))
    return objective, encoder


def _around(
    encoder: ConvEncoder,
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
    places = shape[1] * shape[2] // 4 ** len(config.channels)
    return DeepInfoMax(
        encoder,
        config.code_size,
        (places, config.channels[-1]),
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
