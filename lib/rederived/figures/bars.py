"""Figures of bars whose parts have signs."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from rederived.figures.styling import COLOURS, WIDTH, style

_HATCHES = ("", "//", "..", "xx")


def stacked_bars(
    bars: Mapping[str, Mapping[str, float]],
    *,
    ylabel: str,
    total: str | None = None,
) -> Figure:
    """One bar a row: positive parts pile up from zero, negative ones hang down.

    Args:
        bars: label of the bar -> part -> signed length; all bars have the same parts.
        ylabel: what the lengths are, with the unit.
        total: what the sum of the parts is; None draws no sum.

    Raises:
        ValueError: if the bars differ in their parts, or a length is not finite.
    """
    names = list(next(iter(bars.values())))
    if any(list(parts) != names for parts in bars.values()):
        raise ValueError(f"every bar needs the parts {names} in this order")
    lengths = np.array([[parts[name] for name in names] for parts in bars.values()])
    if not np.isfinite(lengths).all():  # NaN would be drawn as nothing
        raise ValueError(f"a length is NaN or infinite: {dict(bars)}")
    places = np.arange(len(bars))
    ends = {1: np.zeros(len(bars)), -1: np.zeros(len(bars))}
    with style():
        figure = Figure(figsize=(WIDTH, 3.9), layout="constrained")
        axes = figure.subplots()
        axes.use_sticky_edges = False  # else the longest bar touches the frame
        for index, name in enumerate(names):
            for sign in (1, -1):
                end = ends[sign]
                part = np.where(sign * lengths[:, index] > 0, lengths[:, index], 0.0)
                axes.bar(
                    places,
                    part,
                    0.6,
                    end,
                    color=COLOURS[index % len(COLOURS)],
                    hatch=_HATCHES[index % len(_HATCHES)],
                    edgecolor="white",
                    label=name if sign > 0 else None,
                )
                ends[sign] = end + part
        if total is not None:
            sums = lengths.sum(1)
            axes.plot(places, sums, "D", color="black", markersize=7, label=total)
        axes.axhline(0.0, color="#444444", lw=1)
        axes.set_xticks(places, list(bars))
        axes.set_ylabel(ylabel)
        axes.set_axisbelow(True)
        axes.grid(visible=False, axis="x")
        figure.legend(loc="outside lower center", ncols=4)
    return figure
