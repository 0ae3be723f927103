"""Figures of what happens over time to several networks, with intervals."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy import stats

from rederived.figures.styling import (
    COLOURS,
    DASHES,
    MARKERS,
    WIDTH,
    Array,
    Values,
    as_array,
    panels,
    style,
)

Groups = Mapping[str, Mapping[str, Values]]
"""Title of a panel -> name of a line -> values (networks, times)."""


def means(
    groups: Groups, *, x: Values, xlabel: str, ylabel: str, confidence: float = 0.95
) -> Figure:
    """Means over networks with a band of Student's intervals, one panel a group.

    Args:
        groups: title -> name -> (n, T) independent values at each time.
        x: the times, (T,).
        xlabel: what they are, with the unit.
        ylabel: what was measured, with its unit.
        confidence: of the two-sided intervals.
    """
    with style():
        figure, places = panels(len(groups), 0.8)
        for axes, (title, group) in zip(places, groups.items(), strict=True):
            for index, (name, values) in enumerate(group.items()):
                runs = as_array(values)
                middle, reach = student(runs, confidence)
                bounds = middle - reach, middle, middle + reach
                _band(axes, index, name, as_array(x), bounds)
            axes.set(title=title, xlabel=xlabel)
        places[0].set(ylabel=ylabel)
        places[0].legend()
    return figure


def rates(
    groups: Groups, *, x: Values, xlabel: str, ylabel: str, confidence: float = 0.95
) -> Figure:
    """Shares of networks with a band of Wilson's intervals, one panel a group.

    Args:
        groups: title -> name -> (n, T), whether something is so of each network.
        x: the times, (T,).
        xlabel: what they are, with the unit.
        ylabel: what is so.
        confidence: of the two-sided intervals.
    """
    with style():
        figure, places = panels(len(groups), 0.8)
        for axes, (title, group) in zip(places, groups.items(), strict=True):
            for index, (name, values) in enumerate(group.items()):
                bounds = wilson(as_array(values), confidence)
                _band(axes, index, name, as_array(x), bounds)
            axes.set(title=title, xlabel=xlabel, ylim=(-0.05, 1.05))
        places[0].set(ylabel=ylabel)
        places[0].legend()
    return figure


def intervals(
    groups: Mapping[str, Mapping[str, Values]], *, xlabel: str, confidence: float = 0.95
) -> Figure:
    """Means with t intervals, one line a group and one colour a name.

    Args:
        groups: line -> name -> (n,) independent values.
        xlabel: what was measured, with its unit.
        confidence: of the two-sided intervals.
    """
    names = list(next(iter(groups.values())))
    with style():
        figure = Figure(figsize=(WIDTH, 0.42 * len(groups) + 0.9))
        axes = figure.subplots()
        axes.axvline(0, color="#555555", lw=1)
        for line, found in enumerate(groups.values()):
            for index, name in enumerate(names):
                values = as_array(found[name])
                factor = stats.t.ppf((1 + confidence) / 2, len(values) - 1)
                reach = factor * values.std(ddof=1) / np.sqrt(len(values))
                axes.errorbar(
                    values.mean(),
                    line + 0.2 * (index - (len(names) - 1) / 2),
                    xerr=reach,
                    fmt=MARKERS[index],
                    color=COLOURS[index],
                    label=name if line == 0 else None,
                )
        axes.set_yticks(range(len(groups)), list(groups))
        axes.set(xlabel=xlabel, ylim=(len(groups) - 0.5, -0.5))
        figure.legend(loc="outside lower center", ncols=4)
    return figure


def student(values: Values, confidence: float = 0.95) -> tuple[Array, Array]:
    """Return the mean and the half-width of Student's interval, (...).

    Args:
        values: independent ones along the first axis, (n, ...).
        confidence: of the two-sided interval.
    """
    found = as_array(values)
    factor = stats.t.ppf((1 + confidence) / 2, len(found) - 1)
    return found.mean(0), factor * found.std(0, ddof=1) / np.sqrt(len(found))


def wilson(so: Array, confidence: float = 0.95) -> tuple[Array, Array, Array]:
    """Return the lower end of Wilson's interval, the share, and the upper end.

    Args:
        so: zeros and ones, (n, ...).
        confidence: of the two-sided interval.
    """
    count, share = len(so), so.mean(0)
    z2 = stats.norm.ppf((1 + confidence) / 2) ** 2
    centre = (share + z2 / (2 * count)) / (1 + z2 / count)
    inner = share * (1 - share) / count + z2 / (4 * count**2)
    reach = np.sqrt(z2 * inner) / (1 + z2 / count)
    return centre - reach, share, centre + reach


def _band(
    axes: Axes, index: int, name: str, x: Array, bounds: tuple[Array, Array, Array]
) -> None:
    """One line with its band."""
    low, middle, high = bounds
    colour = COLOURS[index % len(COLOURS)]
    axes.fill_between(x, low, high, color=colour, alpha=0.15, lw=0)
    axes.plot(
        x,
        middle,
        color=colour,
        linestyle=DASHES[index % len(DASHES)],
        marker=MARKERS[index % len(MARKERS)],
        markevery=max(1, len(x) // 8),
        label=name,
    )
