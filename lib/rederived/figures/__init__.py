"""The book's figures: each function takes arrays and returns one finished figure.

``show(figure, alt=...)`` puts it on the page.  Nothing here reads or changes
matplotlib's global state; :func:`style` serves figures that a chapter draws itself.
"""

from rederived.figures.bars import stacked_bars
from rederived.figures.curves import line_panels, lines, spectrum
from rederived.figures.images import image_grid, matrices, sample_grids
from rederived.figures.intervals import dot_plot, forest_plot, student
from rederived.figures.planes import density, scatter
from rederived.figures.styling import COLOURS, DRAWING, KIND, save, show, style

__all__ = [
    "COLOURS",
    "DRAWING",
    "KIND",
    "density",
    "dot_plot",
    "forest_plot",
    "image_grid",
    "line_panels",
    "lines",
    "matrices",
    "sample_grids",
    "save",
    "scatter",
    "show",
    "spectrum",
    "stacked_bars",
    "student",
    "style",
]
