"""Data in: public data sets by name, embedded data, generators with known truth.

``load``, ``split``, ``describe`` and ``verify`` know the data sets that have a name.
The modules ``points``, ``faces`` and ``titles`` hold the generators.
"""

from rederived.datasets.containers import DatasetError, Images, Pairs, Source
from rederived.datasets.entry import Entry
from rederived.datasets.loading import describe, load, verify
from rederived.datasets.splitting import Split, split

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
