"""Bytes that autograd keeps, against tensors whose sizes are known."""

from __future__ import annotations

import torch
from rederived.chapters.fvae import gradient_bytes
from torch import nn

KILO = 4_000  # bytes of a thousand numbers in single precision


def scale() -> nn.Module:
    """A module with one parameter of a thousand numbers; a product saves the other."""
    module = nn.Module()
    module.weight = nn.Parameter(torch.ones(1000))
    return module


def test_what_is_saved_twice_counts_once() -> None:
    module, x = scale(), torch.ones(1000)

    def loss() -> torch.Tensor:
        return (x * module.weight).sum() + (x * module.weight).sum()

    assert gradient_bytes(module, loss) == KILO


def test_what_was_released_counts_no_more() -> None:
    module, first, second = scale(), torch.ones(1000), torch.ones(1000)

    def together() -> torch.Tensor:
        return (first * module.weight).sum() + (second * module.weight).sum()

    def one_after_the_other() -> torch.Tensor:
        forgotten = first * module.weight
        del forgotten
        return (second * module.weight).sum()

    assert gradient_bytes(module, together) == 2 * KILO
    assert gradient_bytes(module, one_after_the_other) == KILO


def test_a_parameter_may_be_left_out_of_the_loss() -> None:
    module, x = scale(), torch.ones(1000)
    module.idle = nn.Parameter(torch.ones(3))

    def loss() -> torch.Tensor:
        return (x * module.weight).sum()

    assert gradient_bytes(module, loss) == KILO
