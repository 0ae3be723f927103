"""A GPU that is none: arithmetic on the CPU, and a refusal wherever devices meet.

A tensor "is on the GPU" if its storage carries a mark.  ``.to("cuda")`` makes a marked
copy, ``.device`` tells the mark, and every operator refuses to mix marked and unmarked
tensors, with the exceptions that CUDA makes: tensors without dimensions, ``copy_``,
indices on the CPU, and the lengths of packed sequences.  ``.numpy()`` of a marked
tensor raises.  The backward pass is trusted: autograd makes zeros on the real device.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from unittest import mock

import accelerate
import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

CPU, GPU = torch.device("cpu"), torch.device("cuda", 0)
_COPIES = {"aten.copy_.default", "aten._copy_from.default", "aten.lift_fresh.default"}
_INDEXING = ("aten.index.", "aten.index_put", "aten._index_put", "aten._unsafe_index")
_PACKING = "aten._pack_padded_sequence"


class DevicesMixed(RuntimeError):  # noqa: N818 - torch's own is a RuntimeError too
    """Tensors of two devices met in one operator."""


class _Mark:
    """What a storage carries: whether it is on the pretended GPU."""

    trusted = False  # inside the backward pass nothing is judged

    @staticmethod
    def of(tensor: Tensor) -> bool:
        with torch._C.DisableTorchFunction():
            return getattr(tensor.untyped_storage(), "pretended", False)

    @staticmethod
    def put(tensor: Tensor, on_gpu: bool) -> Tensor:
        with torch._C.DisableTorchFunction():
            tensor.untyped_storage().pretended = on_gpu
        return tensor


def _tensors(values: object) -> list[Tensor]:
    return [leaf for leaf in tree_leaves(values) if isinstance(leaf, Tensor)]


class _Operators(TorchDispatchMode):
    """Judge every operator by its tensors, and mark what it makes."""

    def __torch_dispatch__(
        self,
        func: Any,
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        name, inputs = str(func), _tensors((args, kwargs or {}))
        marks = {_Mark.of(t) for t in inputs if t.dim() > 0}
        if len(marks) == 2 and not self._allowed(name, args):
            shapes = ", ".join(
                f"{'gpu' if _Mark.of(t) else 'cpu'} {tuple(t.shape)}" for t in inputs
            )
            raise DevicesMixed(f"{name} of {shapes}: all must be on the same device")
        made = func(*args, **(kwargs or {}))
        if name in _COPIES:
            return made
        on_gpu = True in marks or (not marks and any(map(_Mark.of, inputs)))
        for tensor in _tensors(made):
            if not any(tensor is one for one in inputs):
                _Mark.put(tensor, on_gpu or _Mark.of(tensor))
        if name.startswith(_PACKING + ".default"):
            _Mark.put(made[1], False)  # the lengths stay on the CPU
        return made

    @staticmethod
    def _allowed(name: str, args: tuple[Any, ...]) -> bool:
        if _Mark.trusted or name in _COPIES or name.startswith(_PACKING):
            return True
        return name.startswith(_INDEXING) and _Mark.of(args[0])


class _Functions(TorchFunctionMode):
    """Answer what tensors say of their device, and carry out moves."""

    def __torch_function__(  # noqa: PLR0911 - a table of answers
        self,
        func: Any,
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        options = dict(kwargs or {})
        owner = getattr(func, "__self__", None)
        if owner is torch.Tensor.device:
            return GPU if _Mark.of(args[0]) else CPU
        if owner is torch.Tensor.is_cuda:
            return _Mark.of(args[0])
        if owner is torch.Tensor.is_cpu:
            return not _Mark.of(args[0])
        if func in (torch.Tensor.numpy, torch.Tensor.__array__) and _Mark.of(args[0]):
            raise TypeError("a tensor on the GPU is no array: use .cpu() first")
        if func is torch.Tensor.cpu:
            return self._moved(args[0], CPU)
        if func is torch.Tensor.cuda:
            return self._moved(args[0], GPU)
        if func is torch.Tensor.to:
            return self._to(args, options)
        wanted = options.get("device")
        if wanted is None:
            return func(*args, **options)
        options["device"] = CPU
        made = func(*args, **options)
        for tensor in _tensors(made):
            _Mark.put(tensor, torch.device(wanted).type == "cuda")
        return made

    def _to(self, args: tuple[Any, ...], options: dict[str, Any]) -> Tensor:
        """Carry out ``tensor.to``: the type by torch, the device by the mark."""
        tensor, rest, device = args[0], [], None
        for value in (*args[1:], *options.values()):
            if isinstance(value, (torch.device, str)):
                device = torch.device(value)
            elif isinstance(value, Tensor):
                device = GPU if _Mark.of(value) else CPU
                rest.append(value.dtype)
            elif isinstance(value, torch.dtype):
                rest.append(value)
        kept = {k: v for k, v in options.items() if k in {"copy", "memory_format"}}
        made = torch.Tensor.to(tensor, *rest, **kept) if rest or kept else tensor
        return made if device is None else self._moved(made, device)

    @staticmethod
    def _moved(tensor: Tensor, device: torch.device) -> Tensor:
        on_gpu = device.type == "cuda"
        if _Mark.of(tensor) == on_gpu:
            return tensor
        return _Mark.put(tensor.clone(), on_gpu)


def _trusted(run: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function during which operators are not judged."""

    def wrapped(*args: object, **kwargs: object) -> Any:
        before, _Mark.trusted = _Mark.trusted, True
        try:
            return run(*args, **kwargs)
        finally:
            _Mark.trusted = before

    return wrapped


@contextmanager
def pretended_gpu() -> Iterator[None]:
    """Let accelerate choose the pretended GPU, and judge every operator."""
    pad = torch._VF._pad_packed_sequence

    def padded(data: Tensor, *rest: object) -> Any:  # made on the data's real device
        made = pad(data, *rest)
        _Mark.put(made[0], _Mark.of(data))
        return made

    engine = torch.autograd._engine_run_backward
    from rederived.training import loop

    with (
        mock.patch.object(accelerate.Accelerator, "device", GPU),
        mock.patch.object(loop, "uses_bf16", lambda precision, device: False),
        mock.patch.object(torch._VF, "_pad_packed_sequence", padded),
        mock.patch.object(torch.autograd, "_engine_run_backward", _trusted(engine)),
        mock.patch.object(torch.backends.cudnn, "is_acceptable", lambda tensor: False),
        _Functions(),
        _Operators(),
    ):
        yield
