"""The GAN study at the article's size: faces in groups, deeper networks, one device."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from parquet_files import png, write_images
from rederived.chapters.variational import study_images as study
from rederived.chapters.variational.convolutions import Discriminators, Generators
from rederived.chapters.variational.studies.gan import Gan
from rederived.chapters.variational.studies.images import groups, load_images
from rederived.chapters.variational.study_images import STUDY

PRESET = STUDY.full["celeba-norm-1"]


def shades(each: int, seed: int) -> np.ndarray:
    """Return pictures of ten shades, 218 x 178, with one line to tell them apart."""
    rng = np.random.default_rng(seed)
    pictures = np.empty((10 * each, 218, 178, 3), dtype=np.uint8)
    for number, picture in enumerate(pictures):
        picture[:] = 25 * (number % 10)
        picture[rng.integers(60, 160)] = 255
    return pictures


@pytest.fixture
def faces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put drawn pictures in CelebA's place."""
    for split, each in (("train", 21), ("test", 1)):
        encoded = [png(picture) for picture in shades(each, each)]
        file = tmp_path / "celeba" / f"{split}.parquet"
        labels = list(range(1000, 1000 + len(encoded)))  # persons
        write_images(file, encoded, labels, ("image", "celeb_id"))
    monkeypatch.setenv("REDERIVED_DATA", str(tmp_path))


def test_the_preset_is_the_articles_game() -> None:
    assert (PRESET.batch_norm, PRESET.steps_per_batch) == (True, 2)
    assert (PRESET.discriminator_batches, PRESET.generator_batches) == (1, 1)
    assert (PRESET.weights, PRESET.learning_rate, PRESET.beta1) == ((0, 5), 2e-4, 0.5)
    assert PRESET.updates == PRESET.measurements * (162_770 // PRESET.batch_size)
    generators, discriminators = study.make_networks(PRESET, 64, 0, colours=3)
    one = [sum(p.numel() for p in net.parameters()) / 2 for net in (
        generators, discriminators)]  # fmt: skip
    # the article's 5 x 5 kernels have 25/16 as many weights
    kernels = 16 * (512 * 256 + 256 * 128 + 128 * 64 + 64 * 3)
    rest = 101 * 8192 + 2 * (512 + 256 + 128 + 64) + 256 + 128 + 64 + 3
    assert one[0] == kernels + rest
    assert one[1] == kernels + 8193 + 3 * (512 + 256 + 128) + 64


def test_pictures_of_one_shade_are_a_group() -> None:
    shade = torch.arange(10).repeat(6).reshape(-1, 1, 1, 1) / 10
    rng = torch.Generator().manual_seed(0)
    noise = 0.02 * torch.randn(60, 3, 16, 16, generator=rng)
    first, second = groups((shade + noise)[:40], (shade + noise)[40:])
    assert first.dtype == torch.int64
    assert sorted(first[:10].tolist()) == list(range(10))
    assert torch.equal(first, first[:10].repeat(4))
    assert torch.equal(second, first[:10].repeat(2))
    again, alone = groups((shade + noise)[:40], (shade + noise)[40:41])
    assert torch.equal(again, first)  # the others only join
    assert torch.equal(alone, second[:1])


@pytest.mark.usefixtures("faces")
def test_a_small_run_of_the_preset_is_measured() -> None:
    pictures = load_images("celeba")
    assert pictures.train.shape == (210, 3 * 64 * 64)
    assert torch.equal(pictures.labels, pictures.test_labels.repeat(21))
    config = replace(
        PRESET, updates=4, measurements=2, batch_size=4, noise=3, width=2, samples=20,
        classifier_epochs=2,
    )  # fmt: skip
    result = STUDY.run_config(config, "tiny", seed=3)
    assert result.arrays["covered"].shape == (2, 1, 2)
    assert result.arrays["frames"].shape == (2, 1, 8, 9, 3 * 64 * 64)
    assert np.isfinite(result.arrays["variance_ratio"]).all()
    assert not np.array_equal(*result.arrays["frames"])  # the weight makes a difference
    assert "celeba/train" in result.data[0]


def test_a_side_that_cannot_be_halved_so_often_is_refused(rng: torch.Generator) -> None:
    sizes = {"channels": 1, "side": 8, "normalized": False}
    generators = Generators(1, 1, rng, noise=2, depth=3, **sizes)
    assert generators(torch.zeros(1, 4, 2)).shape == (1, 4, 64)
    with pytest.raises(ValueError, match="8 cannot be halved 4 times: pad to"):
        Discriminators(1, 1, rng, depth=4, **sizes)


def test_a_game_is_played_where_its_networks_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """On the device "meta", which has no numbers, a draw left on the CPU is refused."""
    monkeypatch.setattr(
        Gan, "adam", lambda self, *_: torch.optim.SGD(self.parameters(), lr=0.1)
    )
    config = replace(PRESET, width=2, batch_size=4, noise=3)
    nets = [net.to("meta") for net in study.make_networks(config, 64, 0, colours=3)]

    def data(count: int, generator: torch.Generator) -> torch.Tensor:
        return torch.rand(count, 3 * 64 * 64, generator=generator)

    gan = Gan(config, (nets[0], nets[1]), data, torch.Generator().manual_seed(0))
    gan.discriminator_steps()
    before = [parameter.grad for parameter in gan.generators.parameters()]
    with pytest.raises(NotImplementedError, match="meta"):  # numbers back to the CPU
        gan.generator_steps()
    assert before == [None] * len(before)
    assert all(p.grad.device.type == "meta" for p in gan.generators.parameters())  # type: ignore[union-attr]
