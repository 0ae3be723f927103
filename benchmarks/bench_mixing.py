"""Mixing one batch of pictures on the CPU, ours against timm's ``Mixup``.

Both get float pictures and class numbers and return mixed pictures and soft targets.
timm's partner of row ``i`` is row ``B - 1 - i``, ours is drawn at random; timm writes
into its argument, ours leaves it alone.  Before any timing both mix the same batch with
the same weights and partners, and must agree.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rederived.chapters.mixup import mix, mixup
from torch import Tensor
from torch.nn import functional

from benchmarks.harness import Contender, Findings, Group, Work
from benchmarks.report import Goal

PACKAGES = ("torch", "numpy", "timm")
SHAPES: tuple[tuple[int, ...], ...] = ((128, 3, 32, 32), (128, 3, 224, 224))
"""A batch of CIFAR, where overheads count, and one of ImageNet, where memory does."""
QUICK_SHAPES: tuple[tuple[int, ...], ...] = ((8, 3, 8, 8),)
CLASSES = 10
ALPHA = 1.0
MODES = {"batch": "batch", "sample": "elem"}
"""How many weights -> timm's word for it."""


def groups(shapes: tuple[tuple[int, ...], ...] = SHAPES) -> list[Group]:
    """Return one weight a batch and one a sample, for each shape of a batch."""
    return [_group(per, mode, shape) for shape in shapes for per, mode in MODES.items()]


def goals() -> list[Goal]:
    """Return what the library is meant to reach at the full size."""
    return [
        Goal(f"one weight a {per}, random partner", _name(per, SHAPES[0]), ("timm",), n)
        for per, n in (("batch", 0.55), ("sample", 5.0))
    ]


def about(shapes: tuple[tuple[int, ...], ...] = SHAPES) -> dict[str, Any]:
    """Describe the benchmark."""
    return {
        "benchmark": "mixing",
        "pictures": [list(shape) for shape in shapes],
        "classes": CLASSES,
        "threads": torch.get_num_threads(),
        "note": "timm reverses the batch and writes into it; ours draws a random "
        "partner and returns new tensors",
    }


def timm_mixup() -> Callable[..., Any]:
    """Return timm's class from its one file: the package itself needs torchvision.

    Raises:
        ModuleNotFoundError: if timm is not installed.
    """
    package = find_spec("timm")
    if package is None or not package.submodule_search_locations:
        raise ModuleNotFoundError("timm is not installed", name="timm")
    path = Path(package.submodule_search_locations[0]) / "data" / "mixup.py"
    spec = spec_from_file_location("timm_mixup", path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    found: Callable[..., Any] = module.Mixup
    return found


def _group(per: str, mode: str, shape: tuple[int, ...]) -> Group:
    """Return the group of one number of weights."""
    make = timm_mixup()

    def theirs() -> Any:  # noqa: ANN401 - an object of timm's
        return make(
            mixup_alpha=ALPHA, mode=mode, label_smoothing=0.0, num_classes=CLASSES
        )

    def our_work() -> Work:
        x, labels = _batch(shape)
        draw = torch.Generator().manual_seed(1)

        def work() -> object:
            targets = functional.one_hot(labels, CLASSES).float()
            return mixup(x, targets, draw, alpha=ALPHA, per=per)  # type: ignore[arg-type]

        return work

    def their_work() -> Work:
        x, labels = _batch(shape)
        change = theirs()
        return lambda: change(x, labels)

    def their_findings() -> Findings:
        x, labels = _batch(shape)
        np.random.seed(3)  # noqa: NPY002 - the generator that timm draws from
        mixed, targets = theirs()(x, labels)
        return {"pictures": mixed, "targets": targets}

    def our_findings() -> Findings:
        x, labels = _batch(shape)
        np.random.seed(3)  # noqa: NPY002
        change = theirs()
        drawn = (
            change._params_per_batch()[0]
            if per == "batch"
            else torch.from_numpy(change._params_per_elem(len(x))[0])
        )
        backwards = torch.arange(len(x)).flip(0)
        targets = functional.one_hot(labels, CLASSES).float()
        return {
            "pictures": mix(x, backwards, drawn),
            "targets": mix(targets, backwards, drawn),
        }

    return Group(
        name=_name(per, shape),
        subject="rederived",
        contenders=(
            Contender("rederived", our_work, our_findings),
            Contender("timm", their_work, their_findings),
        ),
        tolerance=1e-5,
    )


def _batch(shape: tuple[int, ...]) -> tuple[Tensor, Tensor]:
    """Return pictures and class numbers, the same at every call."""
    draw = torch.Generator().manual_seed(0)
    return (
        torch.rand(shape, generator=draw),
        torch.randint(CLASSES, shape[:1], generator=draw),
    )


def _name(per: str, shape: tuple[int, ...]) -> str:
    return f"mixup at {shape[-1]} pixels, one weight a {per}"
