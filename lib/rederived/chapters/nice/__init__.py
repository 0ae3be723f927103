"""NICE: exact densities by additive couplings."""

from rederived.chapters.nice.model import article_loss, nice, nice_as_article

__all__ = ["article_loss", "nice", "nice_as_article"]
