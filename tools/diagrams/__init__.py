"""Diagrams of the chapters' models, as SVG pictures for light and dark pages.

Each is written down in coordinates (:mod:`tools.diagrams.models`) with a few shapes
(:mod:`tools.diagrams.sketch`); ``tools.pages`` writes the files.
"""

from tools.diagrams.models import diagrams

__all__ = ["diagrams"]
