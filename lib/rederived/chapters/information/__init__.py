"""Chapter 8: information in the codes of variational autoencoders."""

from rederived.chapters.information.infomax import InfoMax, InfoMaxTerms

__all__ = [
    "InfoMax",
    "InfoMaxTerms",
]
