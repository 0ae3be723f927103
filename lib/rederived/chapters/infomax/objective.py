"""The objective of Deep InfoMax for pictures: global, local, and prior term.

Hjelm and others 2019, arXiv:1808.06670, in the form of the article: the prior term is
the divergence of each code's law to a standard normal law.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal

import torch
from torch import Tensor, nn

from rederived.chapters.infomax.estimates import deranged, discrimination, shuffled
from rederived.chapters.infomax.networks import ConvEncoder, Features, PairDiscriminator
from rederived.probability import draw_normal, kl_to_standard

GlobalForm = Literal["text", "code"]
"""What the global discriminator sees beside a code: the picture, or a code again."""


@dataclass(frozen=True)
class Weights:
    """Weights of the terms; a term of weight zero is left out and has no network.

    The defaults are the article's.

    Attributes:
        whole: of the global term.
        local: of the mean over the places of the local term.
        among: of the information between places of one picture.
        rate: of the divergence to the prior, as a mean over the code's coordinates.
    """

    whole: float = 0.5
    local: float = 1.5
    among: float = 0.0
    rate: float = 0.01


@dataclass(frozen=True)
class Terms:
    """The parts of the loss, scalars; None where the weight is zero.

    Attributes:
        whole: the global ``E log s(T) + E log(1 - s(T))``, at most 0.
        local: the same for the local features, a mean over the places.
        among: the same for pairs of places of one picture.
        rate: mean over batch and coordinates of the divergence to the prior, nats.
    """

    whole: Tensor | None
    local: Tensor | None
    among: Tensor | None
    rate: Tensor


class DeepInfoMax(nn.Module):
    """Encoder and discriminators, which lower one and the same loss.

    Args:
        encoder: of the pictures.
        codes: size of the code.
        grid: places and channels of the encoder's map.
        weights: of the terms.
        width: units of the discriminators' hidden layers.
        form: whether the global discriminator sees the picture, through its whole
            map, as in the article's text, or a code twice, as in the author's program.
        negatives: ``deranged`` never pairs a picture with its own code in the second
            mean, ``shuffled`` does so once a batch on average.
    """

    def __init__(
        self,
        encoder: ConvEncoder,
        codes: int,
        grid: tuple[int, int],
        weights: Weights,
        *,
        width: int,
        form: GlobalForm = "text",
        negatives: Literal["deranged", "shuffled"] = "deranged",
    ) -> None:
        super().__init__()
        places, channels = grid
        seen = codes if form == "code" else places * channels
        self.encoder, self.weights, self.form = encoder, weights, form
        self.draw_partner = deranged if negatives == "deranged" else shuffled
        judges = {
            "whole": (seen, codes),
            "local": (channels, codes),
            "among": (channels, channels),
        }
        self.judges = nn.ModuleDict(
            {
                name: PairDiscriminator(*sizes, width)
                for name, sizes in judges.items()
                if getattr(weights, name)
            }
        )

    def terms(self, x: Tensor, generator: torch.Generator | None = None) -> Terms:
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
        return Terms(
            whole=self._score("whole", picture, z, partner),
            local=self._score("local", seen.map, z.unsqueeze(1), partner),
            among=self._score("among", seen.map, _moved(seen.map, generator), partner),
            rate=rate,
        )

    def loss(self, terms: Terms) -> Tensor:
        """Return the weighted sum, to be minimised by all networks alike."""
        total = self.weights.rate * terms.rate
        for part in fields(Terms):
            score = getattr(terms, part.name)
            if part.name != "rate" and score is not None:
                total = total - getattr(self.weights, part.name) * score
        return total

    def forward(self, x: Tensor) -> Tensor:
        """Return the loss of a batch of pictures ``(B, colours, H, W)``."""
        return self.loss(self.terms(x))

    def judge(self, name: str) -> PairDiscriminator:
        """Return the discriminator of a term: ``whole``, ``local`` or ``among``."""
        found = self.judges[name]
        assert isinstance(found, PairDiscriminator)
        return found

    def _score(
        self, name: str, first: Tensor, second: Tensor, partner: Tensor
    ) -> Tensor | None:
        """Return one discrimination, or None if the term is not there."""
        if name not in self.judges:
            return None
        return discrimination(*self.judge(name).pairs(first, second, partner))


def _moved(features: Tensor, generator: torch.Generator | None) -> Tensor:
    """Return for each place another place of the same picture, the same for all."""
    places = features.shape[1]
    step = int(torch.randint(1, places, (), generator=generator))
    return features.roll(step, 1)
