"""When a run stops: numbers that have left the range of usable ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import torch
from torch import Tensor, nn
from torch.optim import Optimizer


class TrainingDivergedError(ArithmeticError):
    """The loss, its gradient or the weights stopped being usable numbers."""


def largest_gradient(model: nn.Module) -> float:
    """Return the largest absolute value in the gradient; NaN if there is one.

    Unlike a norm it does not overflow, so it is finite if every entry is.

    >>> model = nn.Linear(1, 1)
    >>> model.weight.grad = torch.tensor([[-2e30]])
    >>> f"{largest_gradient(model):.0e}"
    '2e+30'
    """
    gradients = [p.grad for p in model.parameters() if p.grad is not None]
    return _largest(gradients)


def require_usable_state(model: nn.Module, optimizer: Optimizer, step: int) -> None:
    """Refuse weights, or an optimizer's averages, that are not finite.

    Args:
        model: whose parameters are looked at; buffers may hold what they like.
        optimizer: whose state is looked at.
        step: how many were taken, for the message.

    Raises:
        TrainingDivergedError: naming the first tensor that holds such a number.
    """
    for name, value in _state(model, optimizer):
        if not bool(torch.isfinite(value).all()):
            raise TrainingDivergedError(
                f"{name} holds NaN or infinite numbers after step {step}. Lower the "
                "learning rate, set clip_norm, or look for a logarithm or a division "
                "at zero in the loss"
            )


def require_usable_buffers(model: nn.Module, step: int) -> None:
    """Refuse buffers that hold NaN, and running statistics that are infinite.

    Other buffers may hold infinity, as masks do.

    Raises:
        TrainingDivergedError: naming the first one.
    """
    for name, value in model.named_buffers():
        statistic = name.rpartition(".")[2].startswith("running_")  # torch's names
        odd = ~value.isfinite() if statistic else value.isnan()
        if bool(odd.any()):
            raise TrainingDivergedError(
                f"the buffer {name} holds NaN or infinite numbers after step {step}. "
                "Look at what the batches hold"
            )


def _state(model: nn.Module, optimizer: Optimizer) -> Iterator[tuple[str, Tensor]]:
    """Yield the numbers that the next step depends on."""
    for name, parameter in model.named_parameters():
        yield f"the parameter {name}", parameter.detach()
    for state in optimizer.state.values():
        for name, value in state.items():
            if isinstance(value, Tensor | float):
                yield f"the optimizer's {name}", torch.as_tensor(value)


def _largest(tensors: Iterable[Tensor]) -> float:
    dense = (t.coalesce().values() if t.is_sparse else t for t in tensors)
    sizes = [t.abs().amax().float() for t in dense if t.numel() > 0]
    if not sizes:
        return 0.0
    # one number is read from the device, not one for each tensor
    return float(torch.stack([s.to(sizes[0].device) for s in sizes]).max())
