"""Rederived: the models, checks and studies that the chapters of the book call.

A chapter is its page and its wing.  The wings stand on a shared ground and never import
each other; nothing imports upwards.

Roof:

- ``cli``: the command line, ``rederived`` or ``python -m rederived``.
- ``plan``: the long runs that open verdicts wait for, and their runner.
- ``study``: finds the studies of all wings; runs one, or finds its run.

Third floor:

- ``chapters``: the wings, one folder a chapter: its model, its study, its own figures,
  and what its sources report (``sources.yml``).

Second floor:

- ``evaluation``: how good samples and features are.
- ``figures``: one plotting style, and the plots that chapters share.
- ``records``: studies, their runs and records, with provenance and sources.
- ``vae``: the variational autoencoder, its decoders, and exact small cases.

Ground:

- ``claims``: a statement of the book, its check and its verdict.
- ``datasets``: data in, by name, with fingerprints.
- ``flows``: invertible maps that return value and log-determinant, and densities.
- ``networks``: perceptrons and their starting weights.
- ``probability``: exact tables, normal distributions, information.
- ``training``: the one training loop, schedules, checkpoints, random streams.
"""

import warnings
from importlib.metadata import PackageNotFoundError, version

# In a notebook without ipywidgets the bars are plain text; accelerate and
# huggingface_hub would put a warning about it on every page.
warnings.filterwarnings("ignore", message="IProgress not found")

try:
    __version__ = version("rederived")
except PackageNotFoundError:  # a checkout on the path that is not installed
    __version__ = "0+unknown"
