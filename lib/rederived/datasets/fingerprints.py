"""SHA-256 of data that come from no file."""

import hashlib
from collections.abc import Sequence

from torch import Tensor


def of_tensors(*tensors: Tensor) -> str:
    """Return the SHA-256 of the bytes of ``tensors``, one after the other."""
    digest = hashlib.sha256()
    for tensor in tensors:
        digest.update(tensor.contiguous().numpy().tobytes())
    return digest.hexdigest()


def of_texts(*columns: Sequence[str]) -> str:
    """Return the SHA-256 of the UTF-8 of every text, each ended by a zero byte."""
    digest = hashlib.sha256()
    for column in columns:
        for text in column:
            digest.update(text.encode() + b"\0")
    return digest.hexdigest()
