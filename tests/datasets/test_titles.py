"""The title grammar: every title is found again from its text by another reader."""

from __future__ import annotations

import re
from collections import Counter

import pytest
import torch
from rederived.datasets.title_subjects import SUBJECTS
from rederived.datasets.titles import split_of, title_pairs
from title_parser import READERS, title_of


@pytest.fixture(scope="module")
def train():
    return title_pairs(4_000, torch.Generator().manual_seed(11))


@pytest.fixture(scope="module")
def test():
    return title_pairs(1_000, torch.Generator().manual_seed(12), "test")


def test_every_title_follows_from_its_text(train, test):
    for data in (train, test):
        for title, text in zip(data.titles, data.texts, strict=True):
            assert title_of(text) == title


def test_lengths(train, test):
    for data in (train, test):
        assert all(6 <= len(title) <= 25 for title in data.titles)
        assert all(40 <= len(text) <= 150 for text in data.texts)


def test_splits_share_no_title(train, test):
    assert not set(train.titles) & set(test.titles)
    assert len(set(train.titles)) == 4_000
    assert {split_of(title) for title in test.titles} == {"test"}
    assert {split_of(title) for title in train.titles} == {"train"}


def test_held_out_titles_are_new_combinations_of_known_characters(train, test):
    known = set("".join(train.titles))
    assert set("".join(test.titles)) <= known


def test_all_subjects_come_up_about_equally_often(train):
    counts = Counter(
        reader.__name__ for text in train.texts for reader in READERS if reader(text)
    )
    assert len(counts) == len(SUBJECTS) == 9
    assert min(counts.values()) > 0.7 * 4_000 / 9


def test_the_beginning_of_the_text_is_not_enough(train):
    """Other sentences often come first, and often hold numbers of their own."""
    first = [text.split("。")[0] + "。" for text in train.texts]
    led_astray = sum(not any(reader(s) for reader in READERS) for s in first)
    assert led_astray > 0.4 * len(first)
    numbers = [len(re.findall(r"\d+", text)) for text in train.texts]
    assert sum(numbers) / len(numbers) > 1.5


def test_the_generator_decides_everything():
    first = title_pairs(30, torch.Generator().manual_seed(5))
    torch.rand(3)
    assert first == title_pairs(30, torch.Generator().manual_seed(5))
    assert first != title_pairs(30, torch.Generator().manual_seed(6))


def test_the_articles_are_those_on_record(train):
    """Models on record were trained on articles drawn from seeds."""
    assert train.source.fingerprint == (
        "55fc15590048dc0be4f7c93323f71e0b43fd95fcbb67ae7a22bbc7d84a750c98"
    )


def test_the_default_type_decides_nothing():
    torch.set_default_dtype(torch.float64)
    try:
        again = title_pairs(3, torch.Generator().manual_seed(1))
    finally:
        torch.set_default_dtype(torch.float32)
    assert again.titles == title_pairs(3, torch.Generator().manual_seed(1)).titles


def test_the_split_of_a_title_is_that_of_its_crc():
    # The published check value of CRC-32 is cbf43926, not a multiple of 8.
    assert (split_of("123456789"), split_of("")) == ("train", "test")


def test_no_articles_can_be_asked_for(rng):
    assert title_pairs(0, rng).titles == ()


def test_bad_input_is_named(rng):
    with pytest.raises(ValueError, match="split is 'valid'"):
        title_pairs(1, rng, "valid")
    with pytest.raises(ValueError, match="n is -1"):
        title_pairs(-1, rng)
