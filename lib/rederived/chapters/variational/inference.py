r"""Adversarial inference (ALI, BiGAN) on tables, with the exact discriminator.

Two joint distributions of x and z are compared: that of the encoder, p(x, z) = p~(x)
p(z|x), and that of the decoder, q(x, z) = q(z) q(x|z).  Tables are (..., X, Z), leading
axes count independent problems.  The optimal discriminator is D = p/(p + q), that is D
= sigmoid(-s) with the log-ratio s = log q(x, z) - log p(x, z).

Four losses are known by name; equation numbers are the article's:

* ``complete``: -E_p log D - E_q log D + KL(q || q_old) + E_q log(p_old/p), eq. 40;
* ``reduced``: its first two terms, eq. 41;
* ``minimax``: E_p log D + E_q log(1 - D), eq. 42;
* ``flipped``: -E_p log(1 - D) - E_q log D, eq. 43.
"""

from __future__ import annotations

from typing import Literal, get_args

import torch
from torch import Tensor, xlogy

from rederived.chapters.variational.losses import softplus

Loss = Literal["complete", "reduced", "minimax", "flipped"]
Rule = Literal["gradient", "natural", "adam"]
LOSSES: tuple[Loss, ...] = get_args(Loss)


def labelled_kl(p: Tensor, q: Tensor, discriminator: Tensor) -> Tensor:
    """Return E_p log 1/D + E_q log(q/((1 - D) p)), equation 37, shape (...)."""
    real = -xlogy(p, discriminator)
    fake = xlogy(q, q) - xlogy(q, 1 - discriminator) - xlogy(q, p)
    return (real + fake).sum((-2, -1))


def ali_loss(
    name: Loss,
    joints: tuple[Tensor, Tensor],
    discriminator: Tensor,
    old: tuple[Tensor, Tensor],
) -> Tensor:
    """Return one of the four losses of encoder and decoder, shape (...), nats.

    Args:
        name: which one.
        joints: the joint distributions of encoder and decoder, p and q.
        discriminator: D, held fixed.
        old: the joint distributions that D was fitted to.

    Raises:
        ValueError: if there is no loss of that name.
    """
    (p, q), (old_p, old_q) = joints, old
    real, fake = discriminator, 1 - discriminator
    if name == "minimax":
        terms = xlogy(p, real) + xlogy(q, fake)
    elif name == "flipped":
        terms = -xlogy(p, fake) - xlogy(q, real)
    elif name == "reduced":
        terms = -xlogy(p + q, real)
    elif name == "complete":
        dropped = xlogy(q, q) - xlogy(q, old_q) + xlogy(q, old_p) - xlogy(q, p)
        terms = dropped - xlogy(p + q, real)
    else:
        raise _no("loss", name, LOSSES)
    return terms.sum((-2, -1))


def _no(what: str, name: str, known: tuple[str, ...]) -> ValueError:
    return ValueError(f"no {what} {name!r}; there are {', '.join(known)}")


def loss_derivatives(
    name: Loss, ratio: Tensor, fourth: float = 1.0
) -> tuple[Tensor, Tensor]:
    """Return the derivatives of a loss by p(x, z) and q(x, z), at the old ones.

    Constants are left out: a distribution's entries sum to one, so they do nothing.

    Args:
        name: which loss.
        ratio: s = log q - log p, with which D is exact, (..., X, Z).
        fourth: weight of the complete loss's last term, E_q log(p_old/p).

    Returns:
        By p, for the encoder, and by q, for the decoder; each (..., X, Z).

    Raises:
        ValueError: if there is no loss of that name.
    """
    if name not in LOSSES:
        raise _no("loss", name, LOSSES)
    if name == "minimax":
        return -softplus(ratio), -softplus(-ratio)
    if name == "flipped":
        return softplus(-ratio), softplus(ratio)
    if name == "reduced":
        return softplus(ratio), softplus(ratio)
    return softplus(ratio) - fourth * ratio.exp(), softplus(ratio)


class TabularAli:
    """Encoders and decoders of many problems, given by logits.

    Args:
        data: p~(x), shape (..., X).
        prior: q(z), shape (..., Z).
        encoder: logits of p(z|x), shape (..., X, Z).
        decoder: logits of q(x|z), shape (..., X, Z), normalised over x.

    Raises:
        ValueError: if an x or a z has probability 0, where the ratio has no logarithm.

    >>> half, zero = torch.full((2,), 0.5), torch.zeros(2, 2)
    >>> p, q = TabularAli(half, half, zero, zero).joints()
    >>> torch.equal(p, q), float(p[0, 0])
    (True, 0.25)
    """

    def __init__(
        self, data: Tensor, prior: Tensor, encoder: Tensor, decoder: Tensor
    ) -> None:
        if not bool((data > 0).all() and (prior > 0).all()):
            raise ValueError("an x or a z has probability 0: leave it out")
        self.log_data = data.log().unsqueeze(-1)
        self.log_prior = prior.log().unsqueeze(-2)
        self.encoder, self.decoder = encoder.clone(), decoder.clone()

    def log_joints(self) -> tuple[Tensor, Tensor]:
        """Return log p(x, z) of the encoder and log q(x, z) of the decoder."""
        p = self.log_data + self.encoder.log_softmax(-1)
        q = self.log_prior + self.decoder.log_softmax(-2)
        return p, q

    def joints(self) -> tuple[Tensor, Tensor]:
        """Return p(x, z) and q(x, z)."""
        p, q = self.log_joints()
        return p.exp(), q.exp()

    def directions(self, name: Loss, *, natural: bool) -> tuple[Tensor, Tensor]:
        """Return the negative gradient by the logits of encoder and decoder.

        With f the slope by a joint distribution, the gradient by the logits of p(z|x)
        is p(x, z) (f - E[f|x]); the natural one leaves out the factor p(x, z), and is
        how log p(z|x) itself moves.  It is shortened where it is extreme.
        """
        log_p, log_q = self.log_joints()
        by_p, by_q = loss_derivatives(name, log_q - log_p)
        encoder = _centred(by_p, self.encoder.softmax(-1), -1)
        decoder = _centred(by_q, self.decoder.softmax(-2), -2)
        if natural:
            return -_shortened(encoder), -_shortened(decoder)
        return -encoder * log_p.exp(), -decoder * log_q.exp()


def _centred(f: Tensor, given: Tensor, axis: int) -> Tensor:
    """Return f - E[f], the mean taken over one axis under a conditional."""
    return f - (given * f).sum(axis, keepdim=True)


def _shortened(step: Tensor, longest: float = 5.0) -> Tensor:
    """Scale each problem's table so that no entry exceeds ``longest``."""
    largest = step.abs().amax((-2, -1), keepdim=True)
    return step * (longest / largest).clamp(max=1.0)


def train_ali(
    model: TabularAli,
    name: Loss,
    rule: Rule,
    steps: int,
    *,
    rate: float = 0.1,
    encoder_factor: float = 1.0,
    train_encoder: bool = True,
) -> None:
    """Let encoder and decoder descend one loss, D exact at every step.

    Args:
        model: the problems; changed in place.
        name: which loss.
        rule: steps along the gradient by the logits, the natural one, or Adam.
        steps: how many.
        rate: learning rate of the decoder.
        encoder_factor: learning rate of the encoder over that of the decoder.
        train_encoder: whether the encoder moves at all.

    Raises:
        ValueError: if there is no loss or rule of that name.
    """
    if rule not in get_args(Rule):
        raise _no("rule", rule, get_args(Rule))
    moved = [model.decoder, model.encoder] if train_encoder else [model.decoder]
    groups = [
        {"params": [logits], "lr": rate * factor}
        for logits, factor in zip(moved, (1.0, encoder_factor), strict=False)
    ]
    kind = torch.optim.Adam if rule == "adam" else torch.optim.SGD
    optimizer = kind(groups)
    for _ in range(steps):
        encoder, decoder = model.directions(name, natural=rule == "natural")
        model.decoder.grad = -decoder
        if train_encoder:
            model.encoder.grad = -encoder
        optimizer.step()


def linearised(
    joint: Tensor, sign: float, decoder_rate: float = 1.0, encoder_rate: float = 1.0
) -> Tensor:
    """Return the matrix of ds/dt near s = 0 under small natural-gradient steps.

    With a joint distribution that both agree on,
    ds/dt = -(a/2)(s - E[s|z]) + sign (b/2)(s - E[s|x]).

    Args:
        joint: that distribution, (X, Z).
        sign: +1 for the reduced loss, -1 for the others.
        decoder_rate: a.
        encoder_rate: b.

    Returns:
        The matrix in the basis of the unit vectors of L2(joint), symmetric,
        (X Z, X Z).
    """
    root = joint.sqrt()
    size = joint.numel()
    unit = torch.eye(size, dtype=joint.dtype).reshape(size, *joint.shape)
    s = unit / root
    given_z = (joint * s).sum(-2, keepdim=True) / joint.sum(-2, keepdim=True)
    given_x = (joint * s).sum(-1, keepdim=True) / joint.sum(-1, keepdim=True)
    motion = -decoder_rate / 2 * (s - given_z) + sign * encoder_rate / 2 * (s - given_x)
    return (motion * root).reshape(size, size).T
