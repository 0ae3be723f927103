"""Data in: public data sets by name, embedded data, generators with known truth."""

from rederive.datasets.containers import DatasetError, Images, Pairs, Source
from rederive.datasets.entry import Entry
from rederive.datasets.loading import describe, load, verify

__all__ = [
    "DatasetError",
    "Entry",
    "Images",
    "Pairs",
    "Source",
    "describe",
    "load",
    "verify",
]
