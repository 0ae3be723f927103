"""Figures: what they draw, how they get onto a page."""

from __future__ import annotations

import base64
import io
import itertools
import math

import matplotlib as mpl
import numpy as np
import pytest
import torch
from matplotlib import pyplot as plt
from PIL import Image
from rederived import figures
from rederived.figures import styling
from torch import Tensor


@pytest.fixture
def shown(monkeypatch):
    outputs = []
    monkeypatch.setattr("rederived.figures.styling.publish", outputs.append)
    return outputs


def generator():
    return torch.Generator().manual_seed(0)


def noise(*shape):
    return torch.rand(*shape, generator=generator())


def drawn(figure):
    """The picture as an array (H, W, 4)."""
    buffer = io.BytesIO()
    with figures.style():
        figure.savefig(buffer, format="png", dpi=60)
    with Image.open(buffer) as picture:
        return np.asarray(picture.convert("RGBA"))


def test_show_puts_a_small_opaque_png_with_alt_text_on_the_page(shown):
    figure = figures.lines({"a": noise(3, 9)}, xlabel="epoch", ylabel="nats")
    assert figures.show(figure, alt="A falling curve.") is None
    (data,) = shown
    assert set(data) == {"image/png", "text/plain"}
    assert data["text/plain"] == "A falling curve."
    content = base64.b64decode(data["image/png"])
    assert len(content) <= 100_000
    with Image.open(io.BytesIO(content)) as picture:
        assert picture.convert("RGBA").getpixel((2, 2)) == (255, 255, 255, 255)


def test_save_writes_a_small_png_and_nothing_else(tmp_path):
    figure = figures.line_panels(
        {
            "loss": {"run 1": [3.0, 2.0, 1.0], "run 2": [4.0, 2.0]},
            "accuracy": {"run 1": [0.1], "run 2": []},
        },
        xlabel="epoch",
    )
    titles = [axes.get_title() for axes in figure.axes]
    lines = [line.get_ydata().tolist() for line in figure.axes[0].get_lines()]
    figures.save(figure, tmp_path / "curves.png")
    assert titles == ["loss", "accuracy"]
    assert lines == [[3.0, 2.0, 1.0], [4.0, 2.0]]
    assert [path.name for path in tmp_path.iterdir()] == ["curves.png"]
    with Image.open(tmp_path / "curves.png") as picture:
        assert picture.format == "PNG"


def test_show_closes_figures_that_pyplot_made(shown):
    figure, _ = plt.subplots()
    figures.show(figure, alt="Nothing.")
    assert not plt.fignum_exists(figure.number)
    assert len(shown) == 1


def test_a_heavy_figure_is_made_smaller(shown):
    colours = noise(20, 3, 64, 64)
    figures.show(figures.image_grid(colours, columns=10), alt="Noise.")
    assert len(base64.b64decode(shown[0]["image/png"])) <= 100_000


@pytest.mark.parametrize("alt", ["", "  "])
def test_a_figure_without_alt_text_is_refused(alt):
    figure = figures.spectrum({"σ": [1.0, 2.0]}, ylabel="σ")
    with pytest.raises(ValueError, match="alt text"):
        figures.show(figure, alt=alt)


def test_a_figure_that_cannot_be_small_is_refused(monkeypatch):
    monkeypatch.setattr(styling, "_MAX_BYTES", 100)
    figure = figures.spectrum({"σ": [1.0, 2.0]}, ylabel="σ")
    with pytest.raises(ValueError, match="too large for the book"):
        figures.show(figure, alt="A line.")


def test_figures_leave_the_global_state_alone():
    before = dict(mpl.rcParams)
    figures.scatter({"a": noise(5, 2)}, xlabel="x", ylabel="y", equal=True)
    with figures.style():
        pass
    assert dict(mpl.rcParams) == before
    assert plt.get_fignums() == []


def test_the_style_does_not_depend_on_settings_around_it():
    def make():
        return drawn(figures.lines({"a": noise(2, 5)}, xlabel="x", ylabel="y"))

    plain = make()
    with mpl.rc_context({"font.size": 30, "lines.linewidth": 9}):
        assert np.array_equal(make(), plain)


def test_lines_differ_by_more_than_colour():
    series = {name: [1.0, 2.0] for name in "abcdefg"}
    figure = figures.lines(series, xlabel="x", ylabel="y")
    lines = figure.axes[0].get_lines()
    assert len({line.get_color() for line in lines}) == 7
    assert len({line.get_marker() for line in lines}) == 7


def test_a_band_is_the_standard_deviation_over_seeds():
    runs = np.array([[1.0, 2.0], [3.0, 2.0]])
    figure = figures.lines(
        {"loss": runs}, xlabel="x", ylabel="y", references={"paper": 1.5}
    )
    axes = figure.axes[0]
    assert axes.get_lines()[0].get_ydata().tolist() == [2.0, 2.0]
    heights = axes.collections[0].get_paths()[0].vertices[:, 1]
    assert heights.min() == pytest.approx(2 - np.sqrt(2))
    assert heights.max() == pytest.approx(2 + np.sqrt(2))
    assert axes.get_lines()[0].get_xdata().tolist() == [1.0, 2.0]


@pytest.mark.parametrize(("end", "place"), [("left", 0.01), ("right", 1)])
def test_references_are_named_at_one_end(end, place):
    figure = figures.lines(
        {"a": [1.0, 2.0]},
        xlabel="x",
        ylabel="y",
        references={"paper": 1.5},
        label_references=end,
    )
    (name,) = figure.axes[0].texts
    assert (name.get_text(), name.xy, name.get_ha()) == ("paper", (place, 1.5), end)


def test_one_run_has_no_band():
    figure = figures.lines({"a": [1.0, 2.0]}, xlabel="x", ylabel="y", x=[5.0, 9.0])
    assert len(figure.axes[0].collections) == 0
    assert figure.axes[0].get_lines()[0].get_xdata().tolist() == [5.0, 9.0]


@pytest.mark.parametrize("shape", [(5, 4, 3), (5, 1, 4, 3), (5, 3, 4, 3)])
def test_a_grid_holds_every_image_at_its_place(shape):
    images = noise(*shape).double()
    canvas = figures.image_grid(images, columns=2).axes[0].images[0].get_array()
    assert canvas.shape[:2] == (3 * 5 - 1, 2 * 4 - 1)
    last = canvas[10:14, 0:3]
    expected = images[4].reshape(-1, 4, 3).permute(1, 2, 0).numpy()
    assert np.allclose(np.asarray(last).reshape(expected.shape), expected)


def test_a_grid_clips_and_labels():
    figure = figures.image_grid(
        torch.tensor([[[-3.0]], [[9.0]]]), columns=2, titles=["a", "b"], rows=["first"]
    )
    axes = figure.axes[0]
    assert axes.images[0].get_array().ravel().tolist() == [0.0, 1.0, 1.0]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["a", "b"]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["first"]


@pytest.mark.parametrize("shape", [(4, 4), (2, 2, 4, 4)])
def test_arrays_that_are_no_images_are_refused(shape):
    with pytest.raises(ValueError, match="images of shape"):
        figures.image_grid(torch.zeros(shape), columns=2)


def test_grids_and_matrices_have_a_panel_each():
    grids = figures.sample_grids({"a": noise(4, 5, 5), "b": noise(4, 5, 5)}, columns=2)
    assert [axes.get_title() for axes in grids.axes] == ["a", "b"]
    values = {"one": np.eye(3), "two": -np.eye(3)}
    made = figures.matrices(values, xlabel="x", ylabel="z", limit=1.0)
    assert [axes.get_title() for axes in made.axes[:2]] == ["one", "two"]
    assert made.axes[0].images[0].get_clim() == (-1.0, 1.0)
    made = figures.matrices(values, xlabel="x", ylabel="z", limit=1.0, signed=False)
    assert made.axes[0].images[0].get_clim() == (0.0, 1.0)


def test_points_have_no_line_and_a_marker_each():
    made = figures.line_panels(
        {"one": {"curve": noise(20), "points": ([1.0, 5.0], [0.2, 0.4])}},
        xlabel="x",
        points=["points"],
    )
    curve, points = made.axes[0].get_lines()
    assert (curve.get_linestyle(), points.get_linestyle()) == ("-", "None")
    assert points.get_markevery() == 1


def test_matrices_without_signs_have_a_scale_from_zero():
    values = {"left": torch.rand(3, 3)}
    scales = [
        figures.matrices(values, xlabel="x", ylabel="y", limit=2.0, signed=signed)
        .axes[0]
        .images[0]
        .get_clim()
        for signed in (True, False)
    ]
    assert scales == [(-2.0, 2.0), (0.0, 2.0)]


def test_a_density_is_evaluated_where_it_is_drawn():
    def log_density(points):  # larger to the right, then upwards
        return points[:, 0] + 0.1 * points[:, 1]

    figure = figures.density(
        {"q": log_density},
        low=(0.0, -1.0),
        high=(2.0, 3.0),
        points={"q": noise(6, 2)},
        resolution=5,
    )
    image = figure.axes[0].images[0]
    values = np.log(image.get_array())
    assert values[0, 0] == pytest.approx(-0.1)  # lower left
    assert values[0, -1] == pytest.approx(1.9)  # lower right
    assert values[-1, 0] == pytest.approx(0.3)  # upper left
    assert image.get_extent() == [0.0, 2.0, -1.0, 3.0]


def test_points_lie_in_the_panel_of_their_title_only():
    laws = dict.fromkeys(("p", "q"), lambda z: -z.square().sum(1))
    box = {"low": (-1.0, -1.0), "high": (1.0, 1.0), "resolution": 2}
    points = noise(6, 2)
    figure = figures.density(laws, points={"q": points}, **box)
    without, beside = (axes.collections for axes in figure.axes)
    assert len(without) == 0
    assert beside[0].get_offsets().tolist() == points.tolist()
    bare = figures.density(laws, **box)
    assert [len(axes.collections) for axes in bare.axes] == [0, 0]


def test_a_spectrum_falls():
    figure = figures.spectrum({"σ": noise(20)}, ylabel="σ", threshold=0.5)
    falling, threshold = figure.axes[0].get_lines()
    heights = falling.get_ydata()
    assert (np.diff(heights) <= 0).all()
    assert list(threshold.get_ydata()) == [0.5, 0.5]
    assert figure.axes[0].get_yscale() == "log"


def test_scatter_has_a_group_a_name():
    groups = {"z": noise(5, 2), "x": noise(7, 2)}
    axes = figures.scatter(groups, xlabel="x", ylabel="y").axes[0]
    assert [len(points.get_offsets()) for points in axes.collections] == [5, 7]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["z", "x"]


def test_lines_have_their_own_abscissae_and_logarithmic_axes():
    figure = figures.lines(
        {"a": ([1, 10], [2.0, 3.0]), "b": ([2, 3, 4], noise(3))},
        xlabel="step",
        ylabel="error",
        log="xy",
        references={"limit": 1.0},
    )
    (axes,) = figure.axes
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    first, second, level = axes.get_lines()
    assert first.get_xdata().tolist() == [1, 10]
    assert second.get_xdata().tolist() == [2, 3, 4]
    assert set(level.get_ydata()) == {1.0}


def shown_picture(shown):
    return Image.open(io.BytesIO(base64.b64decode(shown[0]["image/png"])))


def grid_of_pictures():
    return figures.image_grid(noise(4, 8, 8), columns=2)


def curves():
    return figures.lines({"a": [1.0, 2.0]}, xlabel="x", ylabel="y")


def map_of_numbers():
    return figures.matrices({"W": noise(3, 3)}, xlabel="in", ylabel="out", limit=1.0)


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (curves, figures.DRAWING),
        (map_of_numbers, figures.DRAWING),
        (grid_of_pictures, "pictures"),
        (lambda: figures.image_grid(noise(2, 3, 8, 8), columns=2), "pictures"),
    ],
)
@pytest.mark.parametrize("most", [100_000, 8_000])  # the second forces a palette
def test_a_figure_says_whether_a_dark_page_may_turn_it_round(
    shown, monkeypatch, make, kind, most
):
    monkeypatch.setattr(styling, "_MAX_BYTES", most)
    figures.show(make(), alt="A figure.")
    with shown_picture(shown) as picture:
        assert picture.info[figures.KIND] == kind
        inches = picture.width / picture.info["dpi"][0]
        assert inches == pytest.approx(styling.WIDTH, abs=0.05)


def test_text_too_small_for_a_phone_is_refused():
    figure = curves()
    figure.axes[0].set_title("tiny", fontsize=8.9)
    with pytest.raises(ValueError, match=r"'tiny' has 8\.9 points.*give it 9"):
        figures.show(figure, alt="A line.")


def luminance(colour):
    """WCAG's relative luminance of red, green, blue in [0, 1]."""
    linear = np.where(
        colour <= 0.04045, colour / 12.92, ((colour + 0.055) / 1.055) ** 2.4
    )
    return float(linear @ [0.2126, 0.7152, 0.0722])


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("name", figures.COLOURS)
def test_every_colour_is_seen_on_white_and_turned_round_on_a_dark_page(name):
    colour = np.array(mpl.colors.to_rgb(name))
    page = np.array([0x12] * 3) / 255
    weights = np.array([0.213, 0.715, 0.072])
    turned = 2 * (weights @ (1 - colour)) - (1 - colour)  # hue-rotate(180deg)
    on_page = 1 - (1 - turned.clip(0, 1)) * (1 - page)  # mix-blend-mode: screen
    assert contrast(colour, np.ones(3)) >= 3
    assert contrast(on_page, page) >= 4.5


def test_a_drawing_has_a_palette_and_looks_the_same(shown):
    full = io.BytesIO()
    with figures.style():
        curves().savefig(full, format="png", dpi=180)
    figures.show(curves(), alt="A line.")
    with Image.open(full) as drawn, shown_picture(shown) as picture:
        assert (picture.mode, picture.size) == ("P", drawn.size)
        pixels = [np.asarray(one.convert("RGB"), float) for one in (drawn, picture)]
        assert np.abs(pixels[0] - pixels[1]).mean() < 0.1  # of 255


def test_pictures_that_are_small_keep_all_their_colours(shown):
    figures.show(grid_of_pictures(), alt="Noise.")
    with shown_picture(shown) as picture:
        assert picture.mode != "P"


def test_the_eighth_line_and_group_do_not_look_like_the_first() -> None:
    names = [f"run {k}" for k in range(1, 15)]
    drawn = figures.lines({n: [1.0, 2.0] for n in names}, xlabel="x", ylabel="y")
    looks = {
        (one.get_color(), one.get_linestyle(), one.get_marker())
        for one in drawn.axes[0].get_lines()
    }
    assert len(looks) == len(names)
    groups = figures.scatter({n: [[1.0, 2.0]] for n in names}, xlabel="x", ylabel="y")
    shapes = {
        (str(one.get_facecolor()), str(one.get_paths()[0].vertices))
        for one in groups.axes[0].collections
    }
    assert len(shapes) == len(names)


def test_a_panel_whose_lines_the_legend_names_otherwise_is_refused() -> None:
    first = {"a": [1.0, 2.0], "b": [2.0, 3.0]}
    with pytest.raises(ValueError, match="one legend"):
        figures.line_panels({"one": first, "two": {"b": [1.0]}}, xlabel="x")


def test_a_dot_outside_its_axis_is_refused() -> None:
    with pytest.raises(ValueError, match="a lies outside"):
        figures.dot_plot(
            {"a": {"b": 12.0}}, xlabel="x", limits=(20.0, 100.0), rule_after=1
        )


@pytest.mark.parametrize("picture", [torch.arange(256.0), torch.full((256,), math.nan)])
def test_grey_levels_as_floats_are_no_white_picture(picture: Tensor) -> None:
    with pytest.raises(ValueError, match="NaN or grey levels"):
        figures.image_grid(picture.reshape(1, 16, 16), columns=1)


def test_many_panels_stand_in_rows_and_their_titles_do_not_overlap() -> None:
    names = [f"information_upper_{k}" for k in range(8)]
    drawn = figures.line_panels({n: {"a": [1.0, 2.0]} for n in names}, xlabel="x")
    drawn.draw_without_rendering()
    assert [axes.get_title() for axes in drawn.axes] == names
    boxes = [axes.title.get_window_extent() for axes in drawn.axes]
    assert not any(a.overlaps(b) for a, b in itertools.combinations(boxes, 2))
    three = figures.line_panels({n: {"a": [1.0]} for n in names[:3]}, xlabel="x")
    assert len({axes.get_position().y0 for axes in three.axes}) == 1


def test_two_numbers_are_not_drawn_as_a_position_and_a_value():
    with pytest.raises(ValueError, match="a: give values as a list"):
        figures.lines({"a": (0.3, 0.5)}, xlabel="x", ylabel="y")


def test_a_value_without_rank_is_not_drawn_as_the_largest():
    with pytest.raises(ValueError, match="no rank"):
        figures.spectrum({"a": [1.0, float("nan"), 2.0]}, ylabel="y")
