"""Mutants: small changes in the right place, drawn by a seed, and killed or not."""

import ast
import os
import signal
import sys
from itertools import islice

import pytest

pytest.importorskip("cosmic_ray", reason="the group `mutants` is not installed")

from tools import mutant_jobs, mutants
from tools.changes import changed, changes
from tools.in_place import exchange, loaded
from tools.mutant_groups import GROUPS, group
from tools.mutant_jobs import Job, Mutant, again, drawn
from tools.mutant_runs import control_of, supervised
from tools.reach import Reach
from tools.rooms import LIBRARY

SOURCE = '''\
def f(x: int | None = 3, λ: "float" = 0.5) -> "bool | None":
    """Text with 1 < 2."""
    if x < 2 and not λ:
        raise ValueError(f"{x + 1}" + str(7))
    λ = x + λ if x is not None else -x
    print(x)
    return True
'''


def texts():
    return [changed(SOURCE, one) for found in changes(SOURCE).values() for one in found]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("x < 2 and not λ", "x < 2 or not λ"),
        ("x < 2", "x <= 2"),
        ("x < 2", "x == 2"),
        ("if x < 2", "if not x < 2"),
        ("not λ:", "λ:"),
        ("< 2 and", "< 3 and"),
        ("< 2 and", "< 1 and"),
        ("= 3", "= 4"),
        ("0.5", "1.5"),
        ("x + λ", "x * λ"),
        ("is not None", "is None"),
        ("print(x)", "pass"),
        ("True", "False"),
    ],
)
def test_every_kind_of_change_is_made(old, new):
    found = {ast.dump(ast.parse(text)) for text in texts()}
    assert ast.dump(ast.parse(SOURCE.replace(old, new, 1))) in found


def test_exceptions_are_exchanged_where_they_are_names():
    source = "try:\n    f()\nexcept (a.Wrong, *some, ValueError):\n    pass\n"
    texts = [changed(source, one) for some in changes(source).values() for one in some]
    found = [text for text in texts if "CosmicRay" in text]
    assert len(found) == 1
    assert "(a.Wrong, *some, CosmicRay" in found[0]


def test_texts_annotations_and_messages_stay():
    for text in texts():
        assert '"""Text with 1 < 2."""' in text
        assert 'raise ValueError(f"{x + 1}" + str(7))' in text
        assert text.startswith("def f(x: int | None =")


def test_arithmetic_is_not_replaced_by_operators_that_floats_refuse():
    assert not [text for text in texts() if "x << λ" in text or "x | λ" in text]
    assert len(texts()) == len(set(texts()))


class Data:
    """Coverage's data of one file in which one test runs every line."""

    def contexts_by_lineno(self, path):
        return {line: ["", "tests/a.py::one", "fixture f of b"] for line in range(999)}


REACH = Reach(
    {"tests/a.py::one": 1.0, "tests/b.py::two": 0.5, "page 03": 9.0},
    {"fixture f of b": ["tests/b.py::two", "tests/b.py::skipped"]},
    Data(),
)


def test_a_line_is_run_by_tests_and_by_those_that_share_a_fixture():
    assert REACH.of(LIBRARY / "cli.py")[7] == {"tests/a.py::one", "tests/b.py::two"}


@pytest.fixture
def places():
    path = LIBRARY / "probability" / "tables.py"
    found = changes(path.read_text(encoding="utf-8"))
    return {"claims": [(path, place, some) for place, some in found.items()]}


def test_a_draw_is_its_seed_and_every_mutant_can_be_parsed(places):
    first, again, other = (
        list(islice(drawn(places, seed, REACH), 20)) for seed in (0, 0, 1)
    )
    assert first == again != other
    for job in first:
        ast.parse(job.text)
        assert job.mutant.old != job.mutant.new
        assert job.mutant.room == "probability"
        assert job.tests == ("tests/b.py::two", "tests/a.py::one")  # the quick first


def test_what_is_no_python_is_not_drawn():
    path = LIBRARY / "training" / "identity.py"
    source = path.read_text(encoding="utf-8")
    stars = [  # a minus in place of the stars of {**a}
        (path, place, some)
        for place, some in changes(source).items()
        if source.splitlines()[place[0] - 1][place[1] :].startswith("**{")
    ]
    assert stars
    assert not list(drawn({"training": stars}, 0, REACH))


def test_every_place_is_drawn_once(places):
    assert len(list(drawn(places, 0, REACH))) == len(places["claims"])


def test_groups_take_turns_by_their_weight(places):
    both = places | {"training": places["claims"]}
    first = list(islice(drawn(both, 0, REACH), 10))
    assert (GROUPS["claims"], GROUPS["training"]) == (2, 3)
    alone = [list(drawn({name: both[name]}, 0, REACH)) for name in both]
    claims, training = (iter(jobs) for jobs in alone)
    assert first == [next(claims if n % 5 < 2 else training) for n in range(10)]


def test_a_mutant_is_found_again_by_its_name(places):
    third = list(islice(drawn(places, 0, REACH), 3))[2]
    gone = Mutant("probability/tables.py", 1, "f", third.mutant.operator, "x", "y")
    moved = Mutant("gone.py", 1, "f", "any", "x", "y")
    found = list(again([gone, moved, third.mutant], REACH, {}))
    assert found == [third]
    (first,) = again([third.mutant], REACH, {third.mutant.name: "tests/c.py::new"})
    assert first.tests == ("tests/c.py::new", *third.tests)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("flows/density.py", "models and losses"),
        ("chapters/nice/model.py", "models and losses"),
        ("chapters/nice/study/run.py", "studies"),
        ("chapters/nice/study_blank_pixels.py", "studies"),
        ("chapters/variational/studies/gan.py", "studies"),
        ("chapters/nice/figures.py", "figures and command line"),
        ("claims/checks.py", "claims"),
        ("cli.py", "figures and command line"),
    ],
)
def test_a_file_has_its_group(path, expected):
    assert group(path) == expected


BODY = """\
@decorated
def f(x=1):
    if (x
            > 2):
        return g(
            3)
    try:
        pass
    except E:
        return 0
"""


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        *[(1, (2, 11)), (2, (2, 11)), (3, (3, 5)), (4, (3, 5))],
        *[(6, (5, 7)), (8, (8, 9)), (9, (7, 10)), (10, (10, 11))],
    ],
)
def test_lines_that_run_with_a_place(line, expected):
    assert mutant_jobs._around(BODY, (line, 4)) == ("f", range(*expected))


MODULE = """\
from functools import cache
LIMIT = 3
class A:
    @property
    def two(self):
        return [1 + 1 for _ in range(1)][0]
    @cache
    def far(self, x=4):
        def inner():
            return x > LIMIT
        return inner()
"""


@pytest.fixture
def module(tmp_path, monkeypatch):
    path = tmp_path / "of_mutants.py"
    path.write_text(MODULE, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    import of_mutants

    yield of_mutants
    del sys.modules["of_mutants"]


@pytest.mark.parametrize(
    ("old", "new"), [("1 + 1", "1 - 1"), ("x > LIMIT", "x < LIMIT")]
)
def test_the_code_of_a_function_is_exchanged_in_place(module, old, new):
    file = module.__file__
    functions = loaded(file)
    assert (module.A().two, module.A().far()) == (2, True)
    changed_text = MODULE.replace(old, new)
    assert exchange(file, MODULE, changed_text, functions)
    assert (module.A().two, module.A().far()) == (
        (0, True) if "1" in old else (2, False)
    )


@pytest.mark.parametrize(
    ("old", "new"), [("LIMIT = 3", "LIMIT = 4"), ("x=4", "x=5"), ("    @cache\n", "")]
)
def test_what_runs_at_import_is_not_exchanged(module, old, new):
    file = module.__file__
    assert not exchange(file, MODULE, MODULE.replace(old, new), loaded(file))
    assert (module.A().two, module.A().far()) == (2, True)


@pytest.fixture
def one_test(tmp_path):
    (tmp_path / "conftest.py").write_text(
        "from hypothesis import settings\nsettings.register_profile('mutants')\n",
        encoding="utf-8",
    )
    path = tmp_path / "test_bits.py"
    path.write_text(
        "from rederived.flows import bits_per_dim\n"
        "def test_one_bit():\n"
        "    assert abs(float(bits_per_dim(0.0, 1, 0.5)) - 1.0) < 1e-6\n",
        encoding="utf-8",
    )
    return str(path)


def test_a_mutant_is_killed_and_the_unchanged_library_is_not(one_test):
    path = LIBRARY / "flows" / "density.py"
    text = path.read_text(encoding="utf-8")
    wrong = text.replace("nats / math.log(2.0)", "nats * math.log(2.0)")
    assert wrong != text
    mutant = Mutant("flows/density.py", 1, "bits_per_dim", "any", "/", "*")
    work = [Job(None, "", (one_test,), ()), Job(mutant, wrong, (one_test,), ())]
    unchanged, found = (name for _, name, _ in supervised(iter(work), 1, not_here))
    assert unchanged == ""
    assert found.endswith("test_bits.py::test_one_bit")


def not_here(job):
    """Leave a job to a process of its own."""


def odd(job):
    """End, hang or answer as the job's text says."""
    if job.text == "end":
        os.kill(os.getpid(), signal.SIGKILL)
    while job.text == "hang":
        pass
    return job.text


def test_what_kills_is_asked_again_without_the_mutant():
    mutant = Mutant("cli.py", 3, "main", "AddNot", "if x:", "if not x:")
    job = Job(mutant, "text", ("a", "b", "c"), ("page 01", "page 02"), loading=False)
    plain = Job(None, "", ("a", "b"), (), loading=False)
    assert control_of(job, "b") == plain
    both = Job(None, "", job.tests, ("page 01",), loading=False)
    assert control_of(job, "page 01") == both
    assert control_of(job, "import") == Job(None, "", job.tests, job.pages)


def test_what_ends_or_hangs_is_no_hang_of_ours():
    texts = ("end", "hang", "tests/a.py::one", "")
    work = [Job(None, text, (), (), limit=1.0) for text in texts]
    found = {job.text: name for job, name, _ in supervised(iter(work), 2, odd)}
    assert found == {"end": "end", "hang": "time", "tests/a.py::one": texts[2], "": ""}


def test_a_record_is_read_as_it_was_written(tmp_path, places):
    changed = ("if x:", "if not x:", "time", 2, 0.5, "tests/a.py::one")
    mutant = Mutant("cli.py", 3, "main", "AddNot", *changed)
    path = tmp_path / "mutants.json"
    mutants.write_record({mutant.name: mutant}, places, REACH.pages, 0, path)
    assert mutants.read_record(path) == {mutant.name: mutant}
    assert mutants.read_record(tmp_path / "none.json") == {}
