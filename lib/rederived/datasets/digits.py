"""The embedded handwritten digits: 1,797 real scans of 8x8 pixels in scikit-learn.

The split is fixed by a rule, not by a random draw.  Row ``i`` of a class, counted from
0 within its class in scikit-learn's order, belongs to the test split if and only if
``floor((i + 1) t / n) > floor(i t / n)``, where ``n`` is the number of pictures of the
class and ``t`` its share of the 360 test pictures (largest remainders, ties to the
smaller digit).  So each class gives evenly spaced rows.
"""

import numpy as np
import torch
from numpy.typing import NDArray

from rederived.datasets.containers import Images, Source
from rederived.datasets.fingerprints import of_tensors


def digits(split: str) -> Images:
    """Return the digits, pixels uint8 0 to 16 of shape (N, 1, 8, 8), labels 0 to 9.

    Args:
        split: ``"train"`` (1,437 pictures) or ``"test"`` (360 pictures).

    Raises:
        ValueError: if ``split`` is neither.
    """
    if split not in ("train", "test"):
        raise ValueError(f"split is {split!r}; give 'train' or 'test'")
    from sklearn.datasets import load_digits  # noqa: PLC0415 - it takes half a second

    bunch = load_digits()
    pixels = bunch.images.astype(np.uint8)[:, None]
    labels = bunch.target.astype(np.int64)
    in_test = held_out(labels, 360)
    rows = in_test if split == "test" else ~in_test
    pixels, labels = pixels[rows], labels[rows]
    tensors = torch.from_numpy(pixels), torch.from_numpy(labels)
    source = Source("digits", split, "embedded", of_tensors(*tensors))
    return Images(*tensors, levels=17, source=source)


def held_out(labels: NDArray[np.int64], total: int) -> NDArray[np.bool_]:
    """Return which rows belong to a test split of ``total`` rows, by the rule above."""
    counts = np.bincount(labels)
    shares = counts * total / len(labels)
    quota = np.floor(shares).astype(np.int64)
    order = np.argsort(-(shares - quota), kind="stable")
    quota[order[: total - quota.sum()]] += 1
    chosen = np.zeros(len(labels), dtype=np.bool_)
    for label, (count, wanted) in enumerate(zip(counts, quota, strict=True)):
        steps = np.arange(count + 1) * wanted // count
        chosen[labels == label] = np.diff(steps) > 0
    return chosen
