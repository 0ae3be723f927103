"""From encoded pictures (PNG or JPEG bytes) to one uint8 tensor."""

import io
from collections.abc import Sequence

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from rederive.datasets.containers import DatasetError


def decode_pictures(
    encoded: Sequence[bytes], mode: str, shape: tuple[int, int]
) -> Tensor:
    """Decode PNG or JPEG pictures of one size.

    Args:
        encoded: N files as bytes.
        mode: ``"L"`` for one channel or ``"RGB"`` for three; others are converted.
        shape: Height and width that every picture must have.

    Returns:
        uint8 of shape (N, C, H, W).

    Raises:
        DatasetError: if a picture cannot be decoded or has another size; the message
            begins with the row.
    """
    channels = len(mode)
    pixels = np.empty((len(encoded), *shape, channels), dtype=np.uint8)
    for row, data in enumerate(encoded):
        picture = _decode(data, mode, row)
        if picture.shape[:2] != shape:
            raise DatasetError(
                f"row {row}: a picture of {picture.shape[0]}x{picture.shape[1]} pixels "
                f"where {shape[0]}x{shape[1]} are expected"
            )
        pixels[row] = picture.reshape(*shape, channels)
    return torch.from_numpy(pixels).permute(0, 3, 1, 2).contiguous()


def _decode(data: bytes, mode: str, row: int) -> np.ndarray:
    try:
        with Image.open(io.BytesIO(data), formats=("PNG", "JPEG")) as picture:
            return np.asarray(
                picture if picture.mode == mode else picture.convert(mode)
            )
    except (OSError, SyntaxError, TypeError, ValueError) as error:
        raise DatasetError(f"row {row}: not a readable picture ({error})") from error
