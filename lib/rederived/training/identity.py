"""What must not change between a checkpoint and the run that goes on from it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import is_dataclass
from functools import partial

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from rederived.training.config import Batch, TrainConfig
from rederived.training.schedules import Schedule

Identity = dict[str, str]
"""Names and values, both as text."""
MODEL = "model, or the order of its parameters in the optimizer,"
LOSS, FACTORS, MONITOR = "loss", "factors of the schedule", "monitor"
LATER = (MODEL, LOSS, FACTORS, MONITOR)
"""Entries that the first checkpoints lack."""
_PARTS = 10  # of a run, at whose beginnings the schedule is asked


def identity_of_fit(
    config: TrainConfig,
    model: nn.Module,
    optimizer: Optimizer,
    *,
    loss: Callable[..., Tensor] | None,
    schedule: Schedule,
    data: Batch,
    steps: int,
    precision: str,
    monitor: str | None,
) -> Identity:
    """Return what a run of ``fit`` with ``steps`` an epoch is.

    How often checkpoints are written is left out.  The loss counts by its name and what
    is bound to it, so what it does may change unnoticed; so may what the model does
    beside its modules.
    """
    total = steps * config.epochs
    fields = ("epochs", "batch_size", "seed", "clip_norm", "average_decay")
    return {
        **{name: str(getattr(config, name)) for name in fields},
        **{f"data {k}": fingerprint(tensor) for k, tensor in enumerate(data)},
        "steps": str(steps),
        "precision": precision,
        MODEL: _structure(model, optimizer),
        LOSS: "the model's own" if loss is None else name_of(loss),
        "schedule": name_of(schedule),
        FACTORS: ", ".join(
            f"{schedule(total * part // _PARTS):.4g}" for part in range(_PARTS)
        ),
        MONITOR: str(monitor),
        **identity_of_optimizer(optimizer),
    }


def identity_of_optimizer(optimizer: Optimizer) -> Identity:
    """Return an optimizer's class and, of each group, its hyperparameters."""
    found = {"optimizer": f"{type(optimizer).__module__}.{type(optimizer).__name__}"}
    for index, group in enumerate(optimizer.param_groups):
        found[f"parameters of group {index}"] = str(len(group["params"]))
        for name, value in group.items():
            if name != "params":
                found[f"{name} of group {index}"] = str(_exact(value))
    return found


def fingerprint(tensor: Tensor) -> str:
    """Return type, shape and a hash of a tensor's bytes.

    >>> fingerprint(torch.zeros(2, 3))
    'float32 (2, 3) 20583de38f4a'
    """
    flat = tensor.detach().cpu().resolve_conj().resolve_neg().contiguous().flatten()
    digest = hashlib.blake2b(flat.view(torch.uint8).numpy().data, digest_size=6)
    kind = str(tensor.dtype).removeprefix("torch.")
    return f"{kind} {tuple(tensor.shape)} {digest.hexdigest()}"


def _structure(model: nn.Module, optimizer: Optimizer) -> str:
    """Return a hash of a model's modules as text, and of what is in which group."""
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    order = [
        [names[id(parameter)] for parameter in group["params"]]
        for group in optimizer.param_groups
    ]
    text = _placeless(f"{[*model.named_children()]} {order}")
    return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()


def _placeless(text: str) -> str:
    """Return a text without places in memory."""
    return re.sub(r" at 0x[0-9a-f]+", "", text)


def _exact(value: object) -> object:
    """Return a value whose text says all of it; that of a tensor is rounded."""
    return fingerprint(value) if isinstance(value, Tensor) else value


def name_of(function: Callable[..., object]) -> str:
    """Return a function's name; also its parameters if it is partial or a dataclass.

    >>> from rederived.training import Exponential, constant
    >>> name_of(Exponential(decay=2.0, floor=0.1))
    'Exponential(decay=2.0, floor=0.1)'
    >>> name_of(constant)
    'constant'
    >>> name_of(partial(constant, step=3))
    "constant () {'step': 3}"
    """
    if is_dataclass(function):
        return repr(function)
    if isinstance(function, partial):
        named = {name: _exact(value) for name, value in function.keywords.items()}
        bound = _placeless(f"{tuple(map(_exact, function.args))} {named}")
        return f"{name_of(function.func)} {bound}"
    return getattr(function, "__qualname__", type(function).__qualname__)


def differences(there: Identity, here: Identity) -> str:
    """Say which entries differ, and how.

    >>> differences({"seed": "0", "lr": "0.1"}, {"seed": "0", "lr": "0.2"})
    'lr is 0.1 there and 0.2 here'
    """
    names = [name for name in {**there, **here} if there.get(name) != here.get(name)]
    return "; ".join(
        f"{name} is {there.get(name, 'absent')} there and "
        f"{here.get(name, 'absent')} here"
        for name in names
    )
