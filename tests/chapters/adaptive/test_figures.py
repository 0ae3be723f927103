"""Chapter 7's figures: what they show."""

from typing import Any

import torch
from matplotlib.quiver import Quiver
from rederived.chapters.adaptive.figures import trajectories


def test_trajectories_have_a_panel_a_loss_and_one_look_a_name() -> None:
    loss = {name: lambda x: x.square().sum(-1) for name in ("left", "right")}
    walk = torch.tensor([[0.0, 0.5], [0.5, 0.0]])
    figure = trajectories(
        loss,
        {"left": {"a": walk, "b": walk}, "right": {"b": walk}},
        low=(-1.0, -2.0),
        high=(1.0, 3.0),
        fields={"left": lambda x: -x},
    )
    left, right = figure.axes
    assert [line.get_label() for line in left.get_lines()] == ["a", "b"]
    assert left.get_lines()[1].get_color() == right.get_lines()[0].get_color()
    assert len(figure.legends[0].get_texts()) == 2
    for axes in figure.axes:
        assert (axes.get_xlim(), axes.get_ylim()) == ((-1.0, 1.0), (-2.0, 3.0))
    figure.draw_without_rendering()


def test_arrows_stand_only_where_a_field_is_given() -> None:
    def panels(**fields: Any) -> list[int]:
        figure = trajectories(
            {name: lambda x: x.square().sum(-1) for name in ("left", "right")},
            {"left": {}, "right": {}},
            low=(-1.0, -1.0),
            high=(1.0, 1.0),
            **fields,
        )
        return [
            sum(isinstance(one, Quiver) for one in axes.collections)
            for axes in figure.axes
        ]

    assert panels(fields={"left": lambda x: -x}) == [1, 0]
    assert panels() == [0, 0]
