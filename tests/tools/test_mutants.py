"""Mutants: small changes in the right place, drawn by a seed, and killed or not."""

import ast
import multiprocessing

import pytest

from tools import mutants
from tools.mutants import Mutant, fails, mutations, sample, spliced

SOURCE = '''\
def f(x: int = 3, λ: float = 0.5) -> bool:
    """Text with 1 < 2."""
    if x < 2 and not λ:
        raise ValueError(f"{x + 1}")
    print(x)
    return True
'''


def changed():
    return {spliced(SOURCE, node, new) for node, new in mutations(SOURCE)}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("x < 2 and not λ", "(x < 2 or (not λ))"),
        ("x < 2", "(x <= 2)"),
        ("not λ", "(λ)"),
        ("< 2 and", "< (3) and"),
        ("= 3", "= (4)"),
        ("0.5", "(1.0)"),
        ("print(x)", "pass"),
        ("True", "(False)"),
    ],
)
def test_every_kind_of_change_is_made(old, new):
    found = {ast.dump(ast.parse(text)) for text in changed()}
    assert ast.dump(ast.parse(SOURCE.replace(old, new, 1))) in found


def test_texts_annotations_and_messages_stay():
    assert len(changed()) == 8
    assert all("Text with 1 < 2." in text and "{x + 1}" in text for text in changed())


def test_a_draw_is_its_seed_and_every_mutant_can_be_parsed():
    first, again, other = sample(1, 0), sample(1, 0), sample(1, 1)
    assert first == again != other
    for mutant in first:
        ast.parse(mutant.text)
        assert mutant.text != (mutants.LIBRARY / mutant.path).read_text("utf-8")


def test_rooms_and_wings_have_the_tests_that_mirror_them():
    assert mutants.tests_of("flows") == "tests/flows"
    assert mutants.tests_of("cli") == "tests/test_cli.py"
    assert mutants.tests_of("nowhere") is None


@pytest.fixture
def one_test(tmp_path):
    path = tmp_path / "test_bits.py"
    path.write_text(
        "from rederived.flows import bits_per_dim\n"
        "def test_one_bit():\n"
        "    assert abs(float(bits_per_dim(0.0, 1, 0.5)) - 1.0) < 1e-6\n",
        encoding="utf-8",
    )
    return str(path)


def test_a_mutant_is_killed_and_the_unchanged_library_is_not(one_test):
    path = mutants.LIBRARY / "flows" / "density.py"
    text = path.read_text(encoding="utf-8")
    wrong = text.replace("nats / math.log(2.0)", "nats * math.log(2.0)")
    assert wrong != text
    work = [Mutant(one_test), Mutant(one_test, "flows/density.py", text=wrong)]
    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        assert [failed for _, failed in pool.map(fails, work, 1)] == [False, True]
