"""Chapter 3's own figure, beside those of :mod:`rederived.figures`."""

from collections.abc import Mapping

from matplotlib.figure import Figure

from rederived.figures.styling import COLOURS, Values, as_array, panels, style


def clouds(panels_of_points: Mapping[str, Values], second_group: Values) -> Figure:
    """Point clouds in two colours side by side, axes of equal scale.

    Args:
        panels_of_points: title -> (N, 2), the same points in each panel.
        second_group: (N,), true for the points in the second colour.
    """
    second = as_array(second_group).astype(bool)
    with style():
        figure, places = panels(len(panels_of_points), 1.0)
        for axes, (title, points) in zip(places, panels_of_points.items(), strict=True):
            for colour, group in zip(COLOURS, (~second, second), strict=False):
                across, up = as_array(points)[group].T
                axes.scatter(across, up, s=2, alpha=0.5, color=colour)
            axes.set(title=title, aspect="equal")
    return figure
