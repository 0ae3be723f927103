"""The data sets that come with the library, by name and split."""

import torch
from torch import Generator

from rederived.datasets.catalogue import entry
from rederived.datasets.containers import Images, Pairs, Source
from rederived.datasets.digits import digits
from rederived.datasets.face_factors import column
from rederived.datasets.faces import draw_faces, sample_factors
from rederived.datasets.fingerprints import of_tensors
from rederived.datasets.titles import title_pairs

_SEEDS = {"train": 1, "test": 2}


def load_embedded(name: str, split: str) -> Images | Pairs:
    """Return an embedded data set; generated ones are the same at every call.

    Args:
        name: ``"digits"``, ``"drawn-faces-32"``, ``"drawn-faces-64"`` or
            ``"title-grammar"``.
        split: ``"train"`` or ``"test"``.
    """
    if name == "digits":
        return digits(split)
    generator = torch.Generator().manual_seed(_SEEDS[split])
    rows = entry(name).rows[split]
    if name == "title-grammar":
        return title_pairs(rows, generator, split)
    return _faces(name, split, rows, generator)


def _faces(name: str, split: str, rows: int, generator: Generator) -> Images:
    """Draw faces; the fingerprint is of the factors, since they decide the pictures."""
    factors = sample_factors(rows, generator)
    item = entry(name)
    pixels = draw_faces(factors, item.shape[0])
    labels = factors[:, column("hair_style")].long()
    source = Source(name, split, "embedded", of_tensors(factors))
    return Images(pixels, labels, item.levels, source, factors)
