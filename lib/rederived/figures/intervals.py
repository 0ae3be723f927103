"""Lines of means with intervals of confidence, and lines of single numbers."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure
from scipy import stats

from rederived.figures.styling import (
    COLOURS,
    MARKERS,
    WIDTH,
    Array,
    Values,
    as_array,
    style,
)

_QUANTILE = (1 + 0.95) / 2  # the upper end of a two-sided interval of 95 %


def forest_plot(groups: Mapping[str, Mapping[str, Values]], *, xlabel: str) -> Figure:
    """Student's 95 % intervals of means, one line a group, and a line at zero.

    Args:
        groups: line -> name -> (n,) independent values.
        xlabel: what was measured, with its unit.

    Raises:
        ValueError: if the groups differ in their names.
    """
    names = list(next(iter(groups.values())))
    if any(set(found) != set(names) for found in groups.values()):
        raise ValueError(f"every group needs values of {names}")
    with style():
        figure = Figure(figsize=(WIDTH, 0.42 * len(groups) + 0.9))
        axes = figure.subplots()
        axes.axvline(0, color="#555555", lw=1)
        for line, found in enumerate(groups.values()):
            for index, name in enumerate(names):
                mean, reach = student(found[name])
                axes.errorbar(
                    mean,
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


def dot_plot(
    lines: Mapping[str, Mapping[str, float]],
    *,
    xlabel: str,
    limits: tuple[float, float],
    rule_after: int,
) -> Figure:
    """Numbers without intervals, each written beside its mark, one line a thing.

    The least number of a line is written to the left of its mark.

    Args:
        lines: line -> name -> number; a line may lack some of the names.
        xlabel: what was measured, with its unit.
        limits: of the horizontal axis, which holds all numbers.
        rule_after: how many lines stand above a rule between two groups of them.
    """
    for name, found in lines.items():
        if not all(limits[0] <= value <= limits[1] for value in found.values()):
            raise ValueError(f"{name} lies outside {limits}: {dict(found)}")
    names = dict.fromkeys(name for found in lines.values() for name in found)
    with style():
        figure = Figure(figsize=(WIDTH, 0.32 * len(lines) + 0.9))
        axes = figure.subplots()
        for index, name in enumerate(names):
            points = [(v[name], k) for k, v in enumerate(lines.values()) if name in v]
            across, down = zip(*points, strict=True)
            axes.plot(across, down, MARKERS[index], color=COLOURS[index], label=name)
        for line, found in enumerate(lines.values()):
            for value in found.values():
                left = len(found) > 1 and value == min(found.values())
                axes.annotate(
                    f"{value:.0f}",
                    (value, line),
                    xytext=(-6 if left else 6, -3.5),
                    textcoords="offset points",
                    ha="right" if left else "left",
                )
        axes.axhline(rule_after - 0.5, color="#555555", lw=1)
        axes.set_yticks(range(len(lines)), list(lines))
        axes.set(xlabel=xlabel, xlim=limits, ylim=(len(lines) - 0.5, -0.5))
        figure.legend(loc="outside lower center", ncols=4)
    return figure


def student(values: Values) -> tuple[Array, Array]:
    """Return the mean and the half-width of Student's 95 % interval, (...).

    Args:
        values: independent finite ones along the first axis, (n, ...), at least two.
    """
    found = as_array(values)
    if len(found) < 2 or not np.isfinite(found).all():
        raise ValueError(f"an interval needs 2 finite values or more, got {found}")
    factor = stats.t.ppf(_QUANTILE, len(found) - 1)
    return found.mean(0), factor * found.std(0, ddof=1) / np.sqrt(len(found))


def wilson(so: Array) -> tuple[Array, Array, Array]:
    """Return the lower end of Wilson's 95 % interval, the share, and the upper end.

    Args:
        so: zeros and ones, (n, ...), at least one.
    """
    if not len(so) or not np.isin(so, (0, 1)).all():
        raise ValueError("an interval of a share needs zeros and ones, one or more")
    count, share = len(so), so.mean(0)
    z2 = stats.norm.ppf(_QUANTILE) ** 2
    centre = (share + z2 / (2 * count)) / (1 + z2 / count)
    inner = share * (1 - share) / count + z2 / (4 * count**2)
    reach = np.sqrt(z2 * inner) / (1 + z2 / count)
    return centre - reach, share, centre + reach
