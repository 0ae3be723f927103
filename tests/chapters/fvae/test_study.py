"""The study of chapter 5: its evaluator, its measures, its models, and tiny runs."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
import torch
from rederived import datasets
from rederived.chapters.fvae import FVAE, gradient_bytes
from rederived.chapters.fvae.study import STUDY, FVaeConfig, measures
from rederived.chapters.fvae.study import run as running
from rederived.chapters.fvae.study.data import (
    CELLS,
    Pictures,
    centred,
    load_pictures,
    to_pixels,
)
from rederived.chapters.fvae.study.evaluator import (
    Evaluator,
    classifier,
    unit_factors,
)
from rederived.chapters.fvae.study.models import (
    ImageModel,
    _initialize,
    build,
    start_from_data,
)
from rederived.chapters.fvae.study.sample_grids import _small, sample_grids
from rederived.chapters.fvae.study.spectra import HIGH, high_power, radial_spectrum
from rederived.datasets.faces import draw_faces, sample_factors
from rederived.evaluation import FeatureClassifier
from rederived.flows import Flow
from rederived.training import CheckpointError, generator
from scipy.special import logsumexp
from sklearn.metrics import r2_score
from torch import nn

TINY = {
    name: replace(
        config,
        rows=160,
        held_out=40,
        test_rows=40,
        epochs=1,
        evaluator_epochs=2,
        samples=20,
        batch_size=40,
    )
    for name, config in STUDY.quick.items()
}


@pytest.fixture(scope="module", autouse=True)
def drawn_once() -> Iterator[None]:
    """Draw the data set once for all runs of this module."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(datasets, "load", functools.cache(datasets.load))
        yield


def faces(count: int, side: int = 32) -> Pictures:
    """Draw three parts of faces."""
    draws = generator(5, 5)
    factors = [sample_factors(count, draws) for _ in range(3)]
    pixels = [draw_faces(part, side) for part in factors]
    labels = [part[:, 3].long() for part in factors]
    return Pictures(
        *pixels,
        labels=(labels[0], labels[1], labels[2]),
        factors=(factors[0], factors[1], factors[2]),
        sources=["drawn"],
    )


def test_grey_levels_survive_noise() -> None:
    pixels = torch.arange(256, dtype=torch.uint8)
    assert torch.equal(to_pixels(CELLS(pixels, generator(0))), pixels)
    assert torch.equal(to_pixels(centred(pixels)), pixels)
    assert float(centred(pixels).mean()) == pytest.approx(0, abs=1e-6)
    beyond = to_pixels(torch.tensor([-3.0, 3.0]))
    assert beyond.tolist() == [0, 255]


def test_a_wave_has_its_power_at_its_frequency() -> None:
    x = torch.arange(32.0)
    wave = torch.sin(2 * math.pi * x / 4).expand(1, 3, 32, 32)
    frequencies, power = radial_spectrum(wave)
    assert float(frequencies[power.argmax()]) == pytest.approx(0.25)
    assert float(frequencies[-1]) == 0.5
    assert high_power(wave) > 0
    slow = torch.sin(2 * math.pi * x / 16).expand(1, 3, 32, 32)
    assert high_power(slow) < 1e-4 * high_power(wave)
    both = radial_spectrum(2 * wave)[1]
    np.testing.assert_allclose(both, 4 * power)  # power is a square
    assert HIGH == 0.25


def test_blur_takes_the_high_frequencies(rng: torch.Generator) -> None:
    pictures = torch.rand(5, 3, 32, 32, generator=rng)
    blurred = torch.nn.functional.avg_pool2d(pictures, 3, 1, 1)
    assert high_power(blurred) < 0.2 * high_power(pictures)


def test_colours_are_averaged_before_the_spectrum(rng: torch.Generator) -> None:
    one = torch.rand(4, 1, 16, 16, generator=rng)
    opposite = torch.cat([one, -one, torch.zeros_like(one)], 1)
    assert high_power(opposite) == pytest.approx(0, abs=1e-12)


def test_a_temperature_shrinks_the_codes_and_draws_none_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pictures, drawn = faces(20), list[torch.Tensor]()

    def draw(_: object, codes: torch.Tensor) -> torch.Tensor:
        drawn.append(codes)
        return pictures.test

    monkeypatch.setattr(measures, "draw", draw)
    monkeypatch.setattr(measures, "plausibility", lambda *_: {"distance": 1.0})
    model: Any = SimpleNamespace(code_shape=(3, 2))
    measures.sample_measures(model, cast(Any, None), pictures, 20, 0)
    assert drawn[-1].std() > 0.5
    for temperature, codes in zip(measures.TEMPERATURES, drawn, strict=True):
        assert torch.equal(codes, temperature * drawn[-1])


def test_the_evaluator_reads_factors(rng: torch.Generator) -> None:
    pictures = faces(400)
    evaluator = Evaluator(pictures, 8)
    features = evaluator.features(pictures.train)
    found = evaluator.factors(features)
    draw_faces(found, 32)  # within all ranges
    assert pictures.factors is not None
    error = (unit_factors(found) - unit_factors(pictures.factors[0])).square().mean()
    assert float(error) < 0.25  # less than the variance of a factor, 1/3
    known = evaluator.distance(evaluator.features(pictures.held_out))
    noise = torch.randint(0, 256, (50, 3, 32, 32), generator=rng, dtype=torch.uint8)
    assert evaluator.distance(evaluator.features(noise)) > 5 * known
    assert measures.residual(evaluator, noise, evaluator.features(noise)) > 0.2


@pytest.mark.parametrize(("count", "batch"), [(65, 64), (3, 3)])
def test_the_evaluator_learns_from_batches_of_64(
    count: int, batch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    monkeypatch.setattr(
        FeatureClassifier, "learn", lambda _, *found: asked.append(found)
    )
    pictures = faces(count, 8)
    Evaluator(pictures, 5)
    (((train, _, _), *rest),) = asked
    assert train is pictures.train
    assert rest == [5, batch, None]


def test_factors_are_read_back_in_their_ranges() -> None:
    pictures = faces(9, 8)
    assert pictures.factors is not None
    true = pictures.factors[0]
    evaluator = Evaluator.__new__(Evaluator)
    evaluator.classifier = SimpleNamespace(  # type: ignore[assignment]
        factors=lambda _: unit_factors(true),
        classes=lambda _: torch.eye(4)[pictures.labels[0]],
    )
    torch.testing.assert_close(evaluator.factors(true), true)


def test_true_factors_leave_no_residual(monkeypatch: pytest.MonkeyPatch) -> None:
    pictures = faces(64)
    assert pictures.factors is not None
    evaluator = Evaluator(pictures, 2)
    monkeypatch.setattr(Evaluator, "factors", lambda *_: pictures.factors[2])
    again = Evaluator(pictures, 2)
    assert torch.equal(again.features(pictures.test), evaluator.features(pictures.test))
    features = evaluator.features(pictures.test)
    assert measures.residual(evaluator, pictures.test, features) == 0
    moved = (pictures.test.int() + 51).clamp(max=255)
    by_hand = (moved - pictures.test.int()).double().square().mean().sqrt() / 255
    found = measures.residual(evaluator, moved.to(torch.uint8), features)
    assert found == pytest.approx(float(by_hand))


def test_a_reader_of_photographs_reads_classes_only() -> None:
    reader = classifier((3, 32, 32), 10, 0)
    assert reader.factors is None
    labels = torch.arange(10)
    grey = torch.full((10, 3, 32, 32), 128, dtype=torch.uint8)
    loss = reader.loss(grey, labels, torch.zeros(10, 0))
    assert float(loss.detach()) == pytest.approx(math.log(10), rel=1e-5)


def test_a_linear_code_is_read(rng: torch.Generator) -> None:
    pictures = faces(120)
    assert pictures.factors is not None
    columns = [
        torch.cat([unit_factors(f), torch.nn.functional.one_hot(y, 4).float()], 1)
        for f, y in zip(pictures.factors, pictures.labels, strict=True)
    ]
    mixing = torch.randn(13, 30, generator=rng)
    codes = [part @ mixing + 3 for part in columns]
    found = measures.linear_probe((codes[0], codes[1], codes[2]), pictures)
    assert found["factors_read"] > 0.99
    assert found["style_read"] == 1
    noise = [torch.randn(120, 30, generator=rng) for _ in range(3)]
    blind = measures.linear_probe((noise[0], noise[1], noise[2]), pictures)
    assert blind["factors_read"] < 0.2
    assert blind["style_read"] < 0.5


def test_a_linear_map_of_nothing_explains_nothing() -> None:
    """All it has is the mean of the training pictures' factors."""
    pictures = faces(50)
    assert pictures.factors is not None
    nothing = torch.zeros(50, 3)
    found = measures.linear_probe((nothing, nothing, nothing), pictures)
    true = unit_factors(pictures.factors[2]).double().numpy()
    mean = unit_factors(pictures.factors[0]).double().numpy().mean(0)
    expected = r2_score(true, np.broadcast_to(mean, true.shape))
    assert found["factors_read"] == pytest.approx(expected, rel=1e-6)


class Negative:
    """A model whose code is the picture with black for white."""

    device, code_shape = "cpu", (3, 8, 8)

    def encode(self, x: torch.Tensor) -> torch.Tensor:
        return -x

    decode = encode

    def reconstruct(self, x: torch.Tensor) -> torch.Tensor:
        return self.decode(self.encode(x))


def test_both_probes_see_the_three_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = faces(3, 8).train
    parts = pixels, pixels[1:], pixels[2:]
    pictures = Pictures(*parts, labels=(pixels,) * 3, factors=None, sources=[])
    seen = []
    monkeypatch.setattr(
        measures, "linear_probe", lambda inputs, _: seen.append(inputs) or {"read": 1.0}
    )
    found = measures.probe_codes(Negative(), pictures)  # type: ignore[arg-type]
    assert found == {"read": 1.0, "read_pixels": 1.0}
    for sign, inputs in zip((-1, 1), seen, strict=True):
        for part, given in zip(parts, inputs, strict=True):
            shades = (2 * part.double() + 1) / 256 - 1
            torch.testing.assert_close(given.double(), sign * shades.flatten(1))


def test_halfway_pictures_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a linear model the middle of codes is that of pictures."""
    test, seen = faces(4, 8).test, []
    evaluator = SimpleNamespace(features=lambda pixels: pixels)
    monkeypatch.setattr(measures, "residual", lambda _, pixels, __: seen.append(pixels))
    found = measures.midpoints(Negative(), evaluator, test, 2)  # type: ignore[arg-type]
    first, second = test[:2].double(), test[2:].double()
    line, _, pixels = (one.double() for one in seen)
    for middle in (line, pixels):
        assert float((middle - (first + second) / 2).abs().max()) <= 0.5
    ends = [((2 * one + 1) / 256 - 1).flatten(1).numpy() for one in (first, second)]
    lengths = [np.linalg.norm(one, axis=1) for one in (*ends, (ends[0] + ends[1]) / 2)]
    expected = (lengths[2] / np.mean(lengths[:2], 0)).mean()
    assert found["midpoint_length"] == pytest.approx(expected)
    assert list(found)[1:] == [
        "midpoint_residual",
        "midpoint_residual_circle",
        "midpoint_residual_pixels",
    ]


def test_kept_pictures_have_six_bits_a_colour() -> None:
    test = faces(4, 8).test
    found = sample_grids(Negative(), test, 0, drawn=True)  # type: ignore[arg-type]
    assert all(not (grid % 4).any() for grid in found.values())
    assert torch.equal(found["reconstructions"], (test // 4 * 4).expand(2, *test.shape))


def test_the_evaluator_is_measured_by_faces_only_where_they_are_drawn() -> None:
    pictures = faces(6, 32)
    assert pictures.factors is not None
    true = pictures.factors[2]
    reader = SimpleNamespace(
        features=lambda pixels: pixels,
        classes=lambda _: torch.eye(4)[pictures.labels[2]],
        factors=lambda _: true,
    )
    found = running._evaluator_measures(reader, pictures)  # type: ignore[arg-type]
    assert found == {"evaluator_accuracy": 1.0, "evaluator_residual": 0.0}
    photographs = replace(pictures, factors=None)
    found = running._evaluator_measures(reader, photographs)  # type: ignore[arg-type]
    assert found == {"evaluator_accuracy": 1.0}


def test_deviations_are_trained_at_their_own_rate() -> None:
    config = replace(TINY["f-vae"], learning_rate=0.01, scale_rate=3.0)
    model = build(config, (3, 32, 32), 0)
    groups = running._optimizer(model, config).param_groups
    rates = {id(p): group["lr"] for group in groups for p in group["params"]}
    assert len(rates) == len(list(model.parameters()))
    law = model.model
    for parameter in model.parameters():
        scale = parameter is law.log_sigma_1 or parameter is law.log_sigma_2
        assert rates[id(parameter)] == pytest.approx(0.03 if scale else 0.01)


@pytest.mark.parametrize("name", ["vae", "glow", "f-vae"])
def test_bits_are_those_of_the_model(name: str) -> None:
    model = build(TINY[name], (3, 32, 32), 0).eval()
    pixels = faces(6).test
    found = measures.bits(model, pixels, 3, seed=1)
    x = CELLS(pixels, generator(1, 52))
    torch.manual_seed(1 + 53)
    with torch.no_grad():
        nats = torch.stack([model.nats(x) for _ in range(3)]).double()
    dimensions = 3 * 32 * 32
    loose = nats.mean() / (dimensions * math.log(2)) + 7  # cells of width 2/256
    assert found["bits_per_dim_bound"] == pytest.approx(float(loose), rel=1e-6)
    weights = logsumexp(-nats.numpy(), axis=0) - math.log(len(nats))
    tight = -weights.mean() / (dimensions * math.log(2)) + 7
    assert found["bits_per_dim"] == pytest.approx(float(tight), rel=1e-6)
    if isinstance(model.model, Flow):
        assert found["bits_per_dim"] == found["bits_per_dim_bound"]
    else:
        assert found["bits_per_dim"] < found["bits_per_dim_bound"]
    with torch.no_grad():
        assert float(model(x)) == pytest.approx(found["bits_per_dim_bound"], rel=0.05)


@pytest.mark.parametrize("name", ["glow", "f-vae"])
def test_codes_can_be_decoded(name: str) -> None:
    model = build(TINY[name], (3, 32, 32), 0).eval()
    pixels = faces(6).test
    start_from_data(model, centred(pixels))
    codes = measures.encode(model, pixels)
    assert codes.shape[1:] == model.code_shape
    assert math.prod(model.code_shape) == 3 * 32 * 32
    again = measures.draw(model, codes)
    assert measures.rms(again, measures.reconstruct(model, pixels)) < 0.01
    if name == "glow":
        assert measures.rms(again, pixels) < 0.01
    assert float(codes.mean()) == pytest.approx(0, abs=0.2)


def test_activations_of_a_deeper_flow_are_more() -> None:
    x = torch.rand(2, 3, 32, 32)
    deep = replace(TINY["glow"], flow_steps=4)
    sizes = [
        gradient_bytes(model, lambda model=model: model(x))
        for model in (build(config, (3, 32, 32), 0) for config in (TINY["glow"], deep))
    ]
    assert 1.5 * sizes[0] < sizes[1] < 2.5 * sizes[0]


def _parameters(model: torch.nn.Module) -> int:
    return sum(p.numel() for p in model.parameters())


@pytest.mark.parametrize("prefix", ["quick", "", "64-", "celeba-", "cifar10-"])
def test_models_are_of_equal_size(prefix: str) -> None:
    found = STUDY.quick
    if prefix != "quick":
        found = {
            name.removeprefix(prefix): config
            for name, config in STUDY.full.items()
            if name.startswith(prefix)
        }
    side = 64 if prefix in {"64-", "celeba-"} else 32
    configs = [found[name] for name in ("vae", "glow", "f-vae")]
    sizes = [_parameters(build(config, (3, side, side), 0)) for config in configs]
    assert max(sizes) < 1.06 * min(sizes)
    assert len({(c.epochs, c.batch_size, c.rows, c.dataset) for c in configs}) == 1


@pytest.mark.parametrize("name", ["vae", "glow", "f-vae", "f-vae-pixel"])
def test_presets_for_photographs_take_a_step(name: str) -> None:
    config = STUDY.full[f"celeba-{name}"]
    assert (config.dataset, config.epochs, config.rows) == ("celeba", 100, 10_000)
    model = build(config, (3, 64, 64), 0)
    pixels = torch.randint(
        256, (2, 3, 64, 64), generator=generator(8), dtype=torch.uint8
    )
    start_from_data(model, centred(pixels))
    optimizer = torch.optim.Adam(model.parameters(), config.learning_rate)
    before = [p.detach().clone() for p in model.parameters()]
    model(centred(pixels)).backward()
    optimizer.step()
    assert all(p.isfinite().all() for p in model.parameters())
    assert any(
        not torch.equal(p, q) for p, q in zip(model.parameters(), before, strict=True)
    )
    if name == "f-vae-pixel":
        assert model.model.log_sigma_2.shape == (3, 64, 64)
        assert len(model.model.log_sigma_2.unique()) > 1  # each pixel its own step


def test_the_great_circle_keeps_the_length() -> None:
    first, second = torch.randn(2, 7, 3, 4, 4, generator=generator(9))
    second *= 2
    middle = measures.great_circle(first, second).flatten(1)
    ends = first.flatten(1), second.flatten(1)
    lengths = [codes.norm(dim=1) for codes in ends]
    torch.testing.assert_close(middle.norm(dim=1), (lengths[0] + lengths[1]) / 2)
    angles = [torch.cosine_similarity(middle, codes) for codes in ends]
    torch.testing.assert_close(angles[0], angles[1])  # half-way between both
    whole = torch.cosine_similarity(*ends).acos()
    torch.testing.assert_close(angles[0].acos(), whole / 2)


def test_the_articles_network_has_the_articles_size() -> None:
    law = build(STUDY.full["article-128"], (3, 128, 128), 0).model
    sizes = {name: _parameters(part) for name, part in law.named_children()}
    assert sizes == {"encoder": 4_729_536, "decoder": 4_729_536, "flow": 86_371_008}
    assert _parameters(law) == sum(sizes.values()) + 2 == 95_830_082
    assert isinstance(law, FVAE)
    assert float(law.log_sigma_1.detach()) == float(law.log_sigma_2.detach()) == 0


def test_pictures_are_divided() -> None:
    pictures = load_pictures(TINY["vae"])
    assert [len(part) for part in (pictures.train, pictures.held_out)] == [120, 40]
    assert pictures.factors is not None
    for pixels, factors in zip(
        (pictures.train, pictures.held_out, pictures.test),
        pictures.factors,
        strict=True,
    ):
        assert torch.equal(draw_faces(factors[:2], 32), pixels[:2])
    with pytest.raises(ValueError, match="do not fill a batch of 40"):
        load_pictures(replace(TINY["vae"], rows=60))


@pytest.mark.parametrize("name", ["vae", "f-vae"])
def test_a_run_goes_on_along_the_same_trajectory(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config: FVaeConfig = replace(TINY[name], epochs=2)
    whole = STUDY.run_config(config, "tiny", seed=3)
    genuine, calls = ImageModel.forward, []

    def killed(self: ImageModel, x: torch.Tensor) -> torch.Tensor:
        calls.append(1)
        if len(calls) == 6:  # three steps, one look at the held-out ones, two steps
            raise KeyboardInterrupt
        return genuine(self, x)

    monkeypatch.setattr(ImageModel, "forward", killed)
    with pytest.raises(KeyboardInterrupt):
        STUDY.run_config(config, "tiny", seed=3, directory=tmp_path)
    monkeypatch.setattr(ImageModel, "forward", genuine)
    resumed = STUDY.run_config(config, "tiny", seed=3, directory=tmp_path)
    timed = {
        "step_milliseconds",
        "seconds_per_epoch",
        "training_seconds",
        "sampling_milliseconds",
    }
    for key in set(whole.metrics) - {*timed, "step_milliseconds"}:
        assert whole.metrics[key] == resumed.metrics[key], key
    for key, values in whole.arrays.items():
        np.testing.assert_array_equal(values, resumed.arrays[key], err_msg=key)
    assert {"factors_read", "midpoint_residual"} <= whole.metrics.keys()  # of faces
    assert whole.arrays["samples_by_temperature"].shape == (7, 4, 3, 32, 32)
    assert whole.arrays["samples_by_temperature"].dtype == np.uint8
    assert whole.arrays["square_interpolations"].shape == (5, 5, 3, 32, 32)
    for row in whole.arrays["samples_by_temperature"][0]:  # T = 0: one picture
        np.testing.assert_array_equal(row, whole.arrays["samples_by_temperature"][0, 0])
    with pytest.raises(CheckpointError):
        STUDY.run_config(config, "tiny", seed=4, directory=tmp_path)


def test_weights_of_the_image_models_begin_by_hes_rule() -> None:
    layers = [nn.Linear(200, 300), nn.Conv2d(8, 64, 5), nn.ConvTranspose2d(16, 64, 4)]
    _initialize(nn.Sequential(*layers), torch.Generator().manual_seed(0))
    inputs = [200, 8 * 25, 16 * 4]  # of the kernel of 4 x 4, 2 x 2 meet a pixel
    for layer, n in zip(layers, inputs, strict=True):
        assert float(layer.weight.detach().std()) == pytest.approx(
            (2 / n) ** 0.5, rel=0.03
        )
        assert not layer.bias.any()  # type: ignore[union-attr]


@pytest.mark.parametrize("colours", [1, 3])
def test_large_pictures_are_kept_at_half_size(colours: int) -> None:
    pixels = torch.zeros(2, 5, colours, 64, 64, dtype=torch.uint8)
    pixels[..., ::2, ::2] = 200
    found = _small(pixels)
    assert found.shape == (2, 5, colours, 32, 32)
    assert bool((found == 50).all())


def test_a_picture_of_nan_is_not_black() -> None:
    with pytest.raises(ValueError, match="holds NaN"):
        to_pixels(torch.tensor([0.0, math.nan]))
