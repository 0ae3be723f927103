"""The book's figures: each function takes arrays and returns one finished figure."""

from rederived.figures.bars import stacked_bars
from rederived.figures.curves import (
    clouds,
    curves,
    density,
    histories,
    scatter,
    spectrum,
)
from rederived.figures.images import image_grid, image_sheets, matrices
from rederived.figures.intervals import student, wilson
from rederived.figures.planes import heat_maps, lines, trajectories
from rederived.figures.styling import COLOURS, save, show, style

__all__ = [
    "COLOURS",
    "clouds",
    "curves",
    "density",
    "heat_maps",
    "histories",
    "image_grid",
    "image_sheets",
    "lines",
    "matrices",
    "save",
    "scatter",
    "show",
    "spectrum",
    "stacked_bars",
    "student",
    "style",
    "trajectories",
    "wilson",
]
