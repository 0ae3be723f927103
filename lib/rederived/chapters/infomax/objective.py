"""The objective of Deep InfoMax, and that of a discriminator alone.

Hjelm and others 2019, arXiv:1808.06670, in the form of the article: the prior term is
the divergence of each code's distribution to a standard normal one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import torch
from torch import Tensor, nn

from rederived.chapters.infomax.estimates import (
    deranged,
    discrimination,
    donsker_varadhan,
    js_estimate,
    shuffled,
)
from rederived.chapters.infomax.networks import ConvEncoder, Features, PairDiscriminator
from rederived.probability import draw_normal, kl_to_standard

GlobalForm = Literal["text", "code"]
"""What the global discriminator sees beside a code: the picture, or a code again."""

_PARTNERS = {"deranged": deranged, "shuffled": shuffled}


@dataclass(frozen=True)
class InfoMaxWeights:
    """Weights of the terms; a term of weight zero is left out and has no network.

    The defaults are the article's.

    Attributes:
        global_weight: of the global term, alpha.
        local_weight: of the mean over the places of the local term, beta.
        inter_location_weight: of the information between places of one picture.
        prior_weight: of the divergence to the prior, a mean over the code's
            coordinates, gamma.

    >>> InfoMaxWeights(global_weight=0.0).local_weight
    1.5
    """

    global_weight: float = 0.5
    local_weight: float = 1.5
    inter_location_weight: float = 0.0
    prior_weight: float = 0.01


@dataclass(frozen=True)
class InfoMaxTerms:
    """The parts of the loss, scalars; None where the weight is zero.

    Attributes:
        global_score: the global ``E log s(T) + E log(1 - s(T))``, at most 0.
        local_score: the same for the local features, a mean over the places.
        inter_location_score: the same for pairs of places of one picture.
        rate: mean over batch and coordinates of the divergence to the prior, nats.
    """

    global_score: Tensor | None
    local_score: Tensor | None
    inter_location_score: Tensor | None
    rate: Tensor


class DeepInfoMax(nn.Module):
    """Encoder and discriminators, which lower one and the same loss.

    Args:
        encoder: of the pictures.
        code_size: of the code.
        grid: places and channels of the encoder's map.
        weights: of the terms.
        width: units of the discriminators' hidden layers.
        form: whether the global discriminator sees the picture, through its whole
            map, as in the article's text, or a code twice, as in the author's program.
        negatives: ``deranged`` never pairs a picture with its own code in the second
            mean, ``shuffled`` does so once a batch on average.

    Raises:
        ValueError: if pairs of places are wanted of a map with one, or the form or the
            kind of negatives is unknown.

    >>> encoder = ConvEncoder((4,), code_size=5, colours=1)
    >>> model = DeepInfoMax(encoder, 5, (16, 4), InfoMaxWeights(), width=6)
    >>> model.terms(torch.zeros(3, 1, 8, 8)).inter_location_score is None
    True
    """

    def __init__(
        self,
        encoder: ConvEncoder,
        code_size: int,
        grid: tuple[int, int],
        weights: InfoMaxWeights,
        *,
        width: int,
        form: GlobalForm = "text",
        negatives: Literal["deranged", "shuffled"] = "deranged",
    ) -> None:
        super().__init__()
        places, channels = grid
        if weights.inter_location_weight and places < 2:
            raise ValueError(f"a map of {places} place has no pair of places: use more")
        if form not in get_args(GlobalForm) or negatives not in _PARTNERS:
            raise ValueError(
                f"form must be one of {get_args(GlobalForm)} and negatives one of "
                f"{tuple(_PARTNERS)}, got {form!r} and {negatives!r}"
            )
        seen = code_size if form == "code" else places * channels
        self.encoder, self.weights, self.form = encoder, weights, form
        self.draw_partner = _PARTNERS[negatives]
        sizes = {
            "global": (weights.global_weight, seen, code_size),
            "local": (weights.local_weight, channels, code_size),
            "inter_location": (weights.inter_location_weight, channels, channels),
        }
        self.discriminators = nn.ModuleDict(
            {
                name: PairDiscriminator(first, second, width)
                for name, (weight, first, second) in sizes.items()
                if weight
            }
        )

    def terms(
        self, x: Tensor, generator: torch.Generator | None = None
    ) -> InfoMaxTerms:
        """Return the parts of the loss of a batch of pictures.

        Args:
            x: ``(B, colours, H, W)``, at least two.
            generator: the source of codes and partners; None takes torch's own stream.
        """
        seen: Features = self.encoder(x)
        z = draw_normal(seen.mean, seen.log_variance, generator)
        partner = self.draw_partner(len(x), generator).to(x.device)
        rate = kl_to_standard(seen.mean, seen.log_variance).mean() / z.shape[1]
        picture = z if self.form == "code" else seen.map.flatten(1)
        return InfoMaxTerms(
            global_score=self._score("global", picture, z, partner),
            local_score=self._score("local", seen.map, z.unsqueeze(1), partner),
            inter_location_score=self._score(
                "inter_location", seen.map, _other_places(seen.map, generator), partner
            ),
            rate=rate,
        )

    def loss(self, terms: InfoMaxTerms) -> Tensor:
        """Return the weighted sum, to be minimised by all networks alike."""
        total = self.weights.prior_weight * terms.rate
        if self.weights.prior_weight == 0:  # also where the rate is infinite
            total = torch.zeros_like(terms.rate)
        for weight, score in (
            (self.weights.global_weight, terms.global_score),
            (self.weights.local_weight, terms.local_score),
            (self.weights.inter_location_weight, terms.inter_location_score),
        ):
            if score is not None:
                total = total - weight * score
        return total

    def forward(self, x: Tensor) -> Tensor:
        """Return the loss of a batch of pictures ``(B, colours, H, W)``."""
        return self.loss(self.terms(x))

    def discriminator(self, name: str) -> PairDiscriminator:
        """Return a discriminator: ``global``, ``local`` or ``inter_location``."""
        found = self.discriminators[name]
        assert isinstance(found, PairDiscriminator)
        return found

    def _score(
        self, name: str, first: Tensor, second: Tensor, partner: Tensor
    ) -> Tensor | None:
        """Return one discrimination, or None if the term is not there."""
        if name not in self.discriminators:
            return None
        return discrimination(*self.discriminator(name).pairs(first, second, partner))


def _other_places(features: Tensor, generator: torch.Generator | None) -> Tensor:
    """Return for each place another place of the same picture, the same for all."""
    places = features.shape[1]
    step = int(torch.randint(1, max(places, 2), (), generator=generator))
    return features.roll(step, 1)


class PairEstimator(nn.Module):
    """The objective of a discriminator alone: minus its estimate on a batch of pairs.

    Args:
        discriminator: scores a pair.
        kind: ``js``, or ``dv`` (Donsker and Varadhan).

    >>> estimator = PairEstimator(PairDiscriminator(1, 1, width=4), "js")
    >>> estimator(torch.zeros(8, 1), torch.zeros(8, 1)).shape
    torch.Size([])
    """

    def __init__(
        self, discriminator: PairDiscriminator, kind: Literal["js", "dv"]
    ) -> None:
        super().__init__()
        self.discriminator, self.kind = discriminator, kind

    def estimate(
        self, x: Tensor, z: Tensor, generator: torch.Generator | None = None
    ) -> Tensor:
        """Return the estimate on pairs ``(B, D)``, ``(B, d)``, a scalar, nats.

        Args:
            x: first vectors.
            z: second vectors.
            generator: the source of the mismatches; None takes torch's own stream.
        """
        own, other = self.discriminator.pairs(x, z, deranged(len(x), generator))
        return {"js": js_estimate, "dv": donsker_varadhan}[self.kind](own, other)

    def forward(self, x: Tensor, z: Tensor) -> Tensor:
        """Return minus the estimate, to be minimised."""
        return -self.estimate(x, z)
