"""The classifier by which samples are measured, with weights set by hand."""

import math

import pytest
import torch
from rederived.evaluation import classifier
from rederived.evaluation.classifier import FeatureClassifier, confident
from rederived.training import OneCycle, TrainConfig, generator
from torch import nn

X = torch.tensor([[2.0, 0.0], [0.0, 1.0], [3.0, 1.0], [-1.0, 0.0]])


def by_hand(chunk: int = 10_000, *, factors: bool = False) -> FeatureClassifier:
    """Return one whose features and logits are the picture itself."""
    maps = [nn.Linear(2, 2), nn.Linear(2, 2), *([nn.Linear(2, 1)] if factors else [])]
    model = FeatureClassifier(*maps, generator=generator(1), chunk=chunk)
    with torch.no_grad():
        for one in maps:
            one.weight.copy_(torch.eye(2)[: len(one.weight)])
            one.bias.zero_()
    return model


def test_accuracy_is_the_share_of_rows_whose_likeliest_class_is_right() -> None:
    assert by_hand().accuracy(X, torch.tensor([0, 1, 0, 1])) == 1.0
    assert by_hand().accuracy(X, torch.tensor([0, 0, 1, 1])) == 0.5


def test_pictures_are_looked_at_in_pieces_that_change_nothing() -> None:
    seen: list[int] = []
    model = by_hand(chunk=3)
    model.features.register_forward_hook(lambda _, __, out: seen.append(len(out)))
    features = model.extract(X)
    assert torch.equal(features, X)
    assert seen == [3, 1]
    probabilities = model.probabilities(features)
    assert float(probabilities[0, 0]) == pytest.approx(1 / (1 + math.exp(-2.0)))
    assert not features.requires_grad
    assert not probabilities.requires_grad


def test_the_loss_adds_the_squared_error_of_the_factors() -> None:
    labels, known = torch.tensor([0, 1, 0, 1]), torch.tensor([[0.0], [1], [3], [3]])
    entropy = float(
        torch.tensor([math.log1p(math.exp(-d)) for d in (2.0, 1, 2, 1)]).mean()
    )
    assert by_hand().loss(X, labels).item() == pytest.approx(entropy)
    squares = (4.0 + 1.0 + 0.0 + 16.0) / 4
    found = by_hand(factors=True).loss(X, labels, known)
    assert found.item() == pytest.approx(entropy + squares)


def test_how_the_classifier_is_trained(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr(
        classifier, "fit", lambda *found, **options: asked.append((found, options))
    )
    model = by_hand().train()
    model.learn((X, torch.tensor([0, 1, 0, 1])), epochs=6, batch_size=2)
    (((_, _, optimizer, config), options),) = asked
    assert config == TrainConfig(6, 2, seed=0, precision="float32")
    assert [group["lr"] for group in optimizer.param_groups] == [3e-3]
    assert options["schedule"] == OneCycle(12)
    assert options["directory"] is None
    assert not model.training


def test_a_sample_is_confident_from_nine_tenths() -> None:
    rows = torch.tensor([[0.91, 0.09], [0.05, 0.95], [0.89, 0.11]])
    assert confident(rows).tolist() == [True, True, False]
