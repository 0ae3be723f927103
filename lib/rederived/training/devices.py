"""Where a model is trained, and what of that device is used."""

from __future__ import annotations

import os
from importlib.util import find_spec
from shutil import which

import torch
from torch import nn

_MANY = 10_000  # steps that are worth the minute in which they are compiled


def device_of(model: object) -> torch.device:
    """Return the device of a module's parameters; the CPU for what has none.

    >>> device_of(nn.Linear(1, 1))
    device(type='cpu')
    """
    if isinstance(model, nn.Module):
        for parameter in model.parameters():
            return parameter.device
    return torch.device("cpu")


def uses_bf16(precision: str, device: torch.device) -> bool:
    """Decide whether matrix products run in bfloat16."""
    if precision != "auto":
        return precision == "bf16"
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return device.type == "cpu" and bool(torch.cpu._is_avx512_bf16_supported())


def uses_compiler(choice: str, device: torch.device, steps: int) -> bool:
    """Decide whether the operations of a step are fused."""
    if choice != "gpu":
        return choice == "yes"
    compiler = os.environ.get("CC") or which("gcc") or which("clang")
    fuses = device.type == "cuda" and find_spec("triton") is not None and compiler
    return bool(fuses) and steps >= _MANY
