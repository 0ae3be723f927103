"""Probes: the paper's network and training, and what each kind can read."""

from __future__ import annotations

import pytest
import torch
from rederived.evaluation import nearest, probes
from rederived.training import TrainConfig, generator
from torch import nn


def test_the_hidden_probe_is_the_papers() -> None:
    probe = probes.HiddenProbe(4, 3)  # 200 units, arXiv:1808.06670, section 4.2
    count = sum(weight.numel() for weight in probe.parameters())
    assert count == (4 + 1) * 200 + 2 * 200 + (200 + 1) * 3
    assert [one.p for one in probe.modules() if isinstance(one, nn.Dropout)] == [0.1]


@pytest.mark.parametrize(("rows", "batch"), [(300, 256), (20, 20)])
def test_how_the_hidden_probe_is_trained(
    monkeypatch: pytest.MonkeyPatch, rows: int, batch: int
) -> None:
    asked = []
    monkeypatch.setattr(probes, "fit", lambda *found, **_: asked.append(found))
    x = torch.randn(rows, 2, generator=generator(1))
    predicted = probes.hidden_probe(x, (x[:, 0] > 0).long(), x[:7], 5, generator(2))
    ((probe, (seen, labels), optimizer, config),) = asked
    assert config == TrainConfig(10, batch, 5, precision="float32")
    assert isinstance(optimizer, torch.optim.Adam)
    assert [group["lr"] for group in optimizer.param_groups] == [1e-3]
    assert torch.equal(seen, x)
    assert labels.unique().tolist() == [0, 1]
    assert not probe.training
    assert predicted.shape == (7,)


def test_a_hidden_layer_reads_what_no_line_can() -> None:
    x = torch.rand(3_000, 2, generator=generator(3)) * 2 - 1
    kinds = (x[:, 0] * x[:, 1] > 0).long()
    train, test = slice(None, 2_500), slice(2_500, None)
    line = probes.linear_probe(x[train], kinds[train], x[test])
    layers = probes.hidden_probe(x[train], kinds[train], x[test], 0, generator(4))
    assert probes.accuracy(line, kinds[test]) < 0.7
    assert probes.accuracy(layers, kinds[test]) > 0.9


def test_standardizing_uses_the_moments_of_the_training_part() -> None:
    train, test = torch.randn(2, 50, 3, generator=generator(5)) * 4 + 7
    ours, other = probes.standardized(train, test)
    centre, spread = (
        train.double().numpy().mean(0),
        train.double().numpy().std(0, ddof=1),
    )
    for found, raw in ((ours, train), (other, test)):
        expected = torch.from_numpy((raw.double().numpy() - centre) / spread).float()
        torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)
    still = torch.ones(4, 1)  # a feature that never changes is no division by zero
    assert probes.standardized(still, still)[1].tolist() == [[0.0]] * 4


@pytest.mark.parametrize("count", [0, 4])
def test_as_many_neighbours_as_there_are_keys(count: int) -> None:
    with pytest.raises(ValueError, match="between 1 and 3"):
        nearest(torch.zeros(1, 2), torch.zeros(3, 2), count, "euclid")
