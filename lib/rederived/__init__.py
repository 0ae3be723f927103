"""Rederived: the models, checks and studies that the chapters of the book call.

A chapter is its page and its wing.  The wings stand on a shared ground and never import
each other; nothing imports upwards.

Roof:

- ``cli``: the command line, ``rederived`` or ``python -m rederived``.
- ``study``: finds the studies of all wings, and runs one or finds its run.

The wings, ``chapters``, each with its model, its study, its own figures and what its
sources report:

- ``mixup``: chapter 1, mixing examples, and what that does to a classifier.
- ``variational``: chapter 2, EM, VAE, GAN and ALI as one divergence.
- ``nice``: chapter 3, the study of NICE; the model itself is in ``flows``.
- ``titles``: chapter 4, titles from sequence to sequence, and beam search.
- ``fvae``: chapter 5, a flow inside a VAE.
- ``infomax``: chapter 6, Deep InfoMax.
- ``adaptive``: chapter 7, adaptive learning rates as a differential equation.
- ``information``: chapter 8, the mutual information of a VAE's code.

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

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("rederived")
except PackageNotFoundError:  # a checkout on the path that is not installed
    __version__ = "0+unknown"
