"""Batches on the device of the model; the meta device stands for a GPU."""

import pytest
import torch
from rederived.chapters.fvae.study.data import CELLS
from rederived.chapters.mixup import random_crop, random_flip
from rederived.chapters.mixup.study.config import MixupConfig
from rederived.chapters.mixup.study.methods import change
from rederived.chapters.nice.study.data import Noise, with_noise
from rederived.training import Batch, TrainConfig, generator
from rederived.training.batches import Batches

META = torch.device("meta")


def test_rows_are_prepared_on_the_device() -> None:
    seen: list[str] = []

    def transform(batch: Batch, draw: torch.Generator) -> Batch:
        seen.append(f"{batch[0].device}, {draw.device}")
        return batch

    data = (torch.arange(10), torch.arange(10))
    batches = Batches(data, TrainConfig(1, 5), lambda epoch: transform, device=META)
    assert {tensor.device for tensor in (*batches.data, *batches.at(1))} == {META}
    assert seen == ["meta, cpu"]


def test_the_order_is_drawn_once_an_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    draws = []
    permute = torch.randperm

    def counted(*arguments, **options):
        draws.append(arguments)
        return permute(*arguments, **options)

    monkeypatch.setattr(torch, "randperm", counted)
    batches = Batches((torch.arange(12),), TrainConfig(3, 4), lambda epoch: None)
    steps = [batches.at(step)[0] for step in range(9)]
    assert len(draws) == 3
    assert torch.equal(batches.at(1)[0], steps[1])
    epochs = [torch.cat(steps[first : first + 3]) for first in (0, 3, 6)]
    assert all(sorted(epoch.tolist()) == list(range(12)) for epoch in epochs)
    assert not torch.equal(epochs[0], epochs[1])


@pytest.mark.parametrize(
    "noise", ["dequantized", "none", "negative", "positive", "centred", "gaussian"]
)
def test_noise_follows_the_pixels(noise: Noise) -> None:
    pixels = torch.zeros(2, 3, dtype=torch.uint8, device=META)
    assert with_noise(pixels, noise, 256, generator(0)).device == META
    assert CELLS(pixels, generator(0)).device == META


@pytest.mark.parametrize("method", ["plain", "pairing", "mixup", "smoothing"])
def test_pictures_are_changed_where_they_are(method) -> None:
    x = torch.zeros(4, 3, 8, 8, device=META)
    targets = torch.zeros(4, 10, device=META)
    draw = generator(0)
    moved = random_crop(random_flip(x, draw), 2, draw)
    changed = change(MixupConfig(method=method), (moved, targets), True, draw)
    assert {tensor.device for tensor in changed} == {META}
