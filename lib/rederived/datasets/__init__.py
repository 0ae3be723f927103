"""Data in: public data sets by name, embedded data, generators with known truth.

``load``, ``split``, ``describe`` and ``verify`` know the data sets that have a name.
The modules ``points``, ``faces`` and ``titles`` hold the generators.
"""

from rederived.datasets.catalogue import Entry
from rederived.datasets.containers import DatasetError, Images, Pairs, Source
from rederived.datasets.loading import Split, describe, load, split, verify

__all__ = [
    "DatasetError",
    "Entry",
    "Images",
    "Pairs",
    "Source",
    "Split",
    "describe",
    "load",
    "split",
    "verify",
]
