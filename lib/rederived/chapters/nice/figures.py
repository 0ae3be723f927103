"""Chapter 3's own figure, beside those of :mod:`rederived.figures`."""

from collections.abc import Mapping

from matplotlib.figure import Figure

from rederived.figures.styling import Values, as_array, panels, style


def clouds(panels_of_points: Mapping[str, Values]) -> Figure:
    """Point clouds side by side, each under its title, axes of equal scale.

    Args:
        panels_of_points: title -> (N, 2).
    """
    with style():
        figure, places = panels(len(panels_of_points), 1.0)
        for axes, (title, points) in zip(places, panels_of_points.items(), strict=True):
            first, second = as_array(points).T
            axes.scatter(first, second, s=2, alpha=0.5)
            axes.set(title=title, aspect="equal")
    return figure
