"""Rederived: the models, checks and experiments that the chapters of the book call.

Floors, from the ground up; nothing imports upwards:

1. ``claims``, ``datasets``, ``distributions``: checks with verdicts; data in; exact
   tables and normal laws.
2. ``adversarial``, ``autoencoders``, ``flows``, ``infomax``, ``mixtures``,
   ``optimizers``, ``seq2seq``: the models and update rules, without training loops or
   plotting.
3. ``training``: the training loops.
4. ``experiments``: one module a chapter, a frozen config and ``run(config)``.
5. ``results``, ``figures``, ``cli``: recorded runs, one plotting style, the command
   line.
"""

from importlib.metadata import version

__version__ = version("rederived")
