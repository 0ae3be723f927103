"""Named tensors in a file that is whole, or is not there.

The format is safetensors, with a checksum of everything in the file's header.  There is
no pickle in it.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from rederived.training.identity import fingerprint

_SUM = "sum"  # of everything else in the file, in its header


class CheckpointError(RuntimeError):
    """A checkpoint that cannot be read, or that belongs to another run."""


def write_tensors(path: Path, tensors: dict[str, Tensor], header: str = "") -> None:
    """Write named tensors to a temporary file, flush it to disk, move it in place.

    Args:
        path: the destination; its folder is made if need be.
        tensors: names and values, on any device.
        header: a text to keep in the file's header.

    Raises:
        OSError: if there is no room, or no permission; the file stays as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # always the same name: what a kill in mid-write leaves, the next write replaces
    temporary = path.with_name(f".{path.name}.tmp")
    stored = _unshared(tensors)
    notes = {"rederived": header, _SUM: _sum_of(stored, header)}
    try:
        temporary.write_bytes(save(stored, metadata=notes))
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def read_tensors(path: Path) -> tuple[dict[str, Tensor], str]:
    """Read what ``write_tensors`` wrote: the tensors on the CPU, and the header.

    Raises:
        CheckpointError: if the file is not a complete safetensors file, or not what was
            written.
    """
    remedy = "delete it to start afresh, or restore its folder from a copy"
    try:
        with safe_open(path, framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            notes = file.metadata() or {}
    except (SafetensorError, OSError, ValueError) as error:
        raise CheckpointError(f"cannot read {path} ({error}): {remedy}") from error
    header = notes.get("rederived", "")
    if notes.get(_SUM, "") not in {"", _sum_of(tensors, header)}:  # at first had none
        raise CheckpointError(
            f"{path} is damaged: its tensors are not those of its checksum; {remedy}"
        )
    return tensors, header


def _sum_of(tensors: Mapping[str, Tensor], header: str) -> str:
    """Return a hash of everything in a file."""
    digest = hashlib.blake2b(header.encode(), digest_size=16)
    for name in sorted(tensors):
        digest.update(f"{name} {fingerprint(tensors[name])}\n".encode())
    return digest.hexdigest()


def _unshared(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return tensors of which no two share memory, as the format demands."""
    found: dict[str, Tensor] = {}
    seen: set[int] = set()
    for name, value in tensors.items():
        if not isinstance(value, Tensor):
            raise TypeError(
                f"{name} is {type(value).__name__}; a checkpoint holds tensors only: "
                "let get_extra_state return one"
            )
        place = value.untyped_storage().data_ptr()
        own = value.detach().resolve_conj().resolve_neg().contiguous()
        found[name] = own.clone() if place in seen else own
        seen.add(place)
    return found
