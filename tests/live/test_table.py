"""Chapter 6's live figure against the library's sums over tables."""

import itertools
import math

import pytest
import torch
from live_page import browser, evaluate
from rederived.chapters.infomax import info_nce
from rederived.probability import (
    js_information,
    mutual_information,
    pointwise_information,
    random_distribution,
)
from rederived.training import generator

pytestmark = browser

TABLES = [
    random_distribution((n, n), generator(6, 40, n, k))
    for n in (2, 3, 4)
    for k in range(4)
] + [torch.eye(3, dtype=torch.float64) / 3]


COUNTS = [2, 3, 4, 16, 256, 4096]


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    program = """const [tables, counts] = given;
      return {
        information: tables.map(maths.information),
        js: tables.map(maths.jensenShannon),
        nce: tables.map((table) => counts.map((k) => maths.infoNce(table, k))),
        moved: tables.map((table) => maths.moved(table, 0, 1, 0.4)),
        offered: [2, 3, 4].map((n) => ["rare and certain", "frequent and vague"].map(
          (name) => maths.normalised(maths.START[name](n)))),
      };"""
    given = [[table.tolist() for table in TABLES], COUNTS]
    return evaluate("table", program, given, tmp_path_factory.mktemp("table"))


def mean_info_nce(table, count):
    """Of all batches of pairs, with their probabilities, by the library's estimate."""
    scores = pointwise_information(table)
    cells = [divmod(c, table.shape[1]) for c in range(table.numel())]
    total = 0.0
    for batch in itertools.product(cells, repeat=count):
        chance = math.prod(float(table[cell]) for cell in batch)
        if chance:
            rows, columns = zip(*batch, strict=True)
            total += chance * float(info_nce(scores[list(rows)][:, list(columns)]))
    return total


def test_information_and_its_bounded_relative(found):
    tables = zip(TABLES, found["information"], found["js"], strict=True)
    for table, information, js in tables:
        assert information == pytest.approx(float(mutual_information(table)), abs=1e-12)
        assert js == pytest.approx(float(js_information(table)), abs=1e-12)


@pytest.mark.parametrize("count", [2, 3])
def test_info_nce_is_the_mean_over_all_batches(found, count):
    for table, values in zip(TABLES, found["nce"], strict=True):
        if table.numel() ** count <= 300:
            value = values[COUNTS.index(count)]
            assert value == pytest.approx(mean_info_nce(table, count), abs=1e-8)


def test_info_nce_rises_to_the_information_under_its_ceiling(found):
    for table, values in zip(TABLES, found["nce"], strict=True):
        truth = float(mutual_information(table))
        assert values == sorted(values)
        assert all(v <= math.log(k) for v, k in zip(values, COUNTS, strict=True))
        assert truth - 0.01 < values[-1] <= truth


def test_a_moved_cell_leaves_the_others_in_proportion(found):
    for table, values in zip(TABLES, found["moved"], strict=True):
        moved = torch.tensor(values, dtype=torch.float64)
        others = torch.ones_like(moved, dtype=torch.bool)
        others[0, 1] = False
        assert float(moved.sum()) == pytest.approx(1.0)
        assert float(moved[0, 1]) == pytest.approx(0.4)
        expected = table[others] * 0.6 / table[others].sum()
        torch.testing.assert_close(moved[others], expected)


def test_two_of_the_tables_offered_are_ordered_differently(found):
    for pair in found["offered"]:
        rare, vague = (torch.tensor(one, dtype=torch.float64) for one in pair)
        assert mutual_information(rare) > mutual_information(vague) + 0.004
        assert js_information(rare) < js_information(vague) - 0.002
