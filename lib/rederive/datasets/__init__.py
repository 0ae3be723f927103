"""Data in: public data sets by name, embedded data, generators with known truth."""

from rederive.datasets.catalogue import Entry
from rederive.datasets.containers import DatasetError, Images, Pairs, Source
from rederive.datasets.loading import load

__all__ = ["DatasetError", "Entry", "Images", "Pairs", "Source", "load"]
