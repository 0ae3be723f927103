"""What is drawn for ``tools.mutants``: changes of the library, and who must notice."""

from __future__ import annotations

import ast
import random
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice, zip_longest
from pathlib import Path

from tools.changes import Change, Position, changed, changes
from tools.mutant_groups import GROUPS, group
from tools.reach import PAGE, Reach
from tools.rooms import LIBRARY, files, part

ENOUGH = 8.0  # seconds that the chosen tests of one mutant took when they were timed
PAGES = 8.0  # the same of its pages; a page that takes longer is not asked


@dataclass(frozen=True)
class Mutant:
    """One change of the library and what became of it.

    Attributes:
        path: the file, below the library.
        line: where the change is.
        function: the function or class around it, or nothing.
        operator: who made it.
        old: the line as it stands.
        new: the line as it became.
        killer: the test or page that failed, ``time`` if the limit ran out, ``end`` if
            the process ended, ``import`` if nothing could be collected; nothing if all
            passed.
        tried: how many tests and pages were there to fail.
        seconds: of computing until it was killed or had survived.
        later: of one that survived what killed it when it was tried again.
    """

    path: str
    line: int
    function: str
    operator: str
    old: str
    new: str
    killer: str = ""
    tried: int = 0
    seconds: float = 0.0
    later: str = ""

    @property
    def room(self) -> str:
        """The room or wing."""
        return part(Path(self.path).with_suffix("").parts)

    @property
    def group(self) -> str:
        """The group that it was drawn from."""
        return group(self.path)

    @property
    def name(self) -> str:
        """What the classification of survivors calls it."""
        where = f"{self.path} {self.function}".strip()
        return f"{where}: {self.old} -> {self.new}"


@dataclass(frozen=True)
class Job:
    """A mutant, or none, and what shall notice it.

    Attributes:
        mutant: the mutant; None leaves the library as it is.
        text: the file's whole text, changed.
        tests: names of tests, those that should be tried first in front.
        pages: names of pages.
        limit: seconds of computing after which it hangs.
        loading: whether the changed lines run when the file is imported.
    """

    mutant: Mutant | None
    text: str
    tests: tuple[str, ...]
    pages: tuple[str, ...]
    limit: float = 600.0
    loading: bool = True


Places = list[tuple[Path, Position, list[Change]]]


def all_places() -> dict[str, Places]:
    """Return group -> every place of its files that has a change."""
    found: dict[str, Places] = {name: [] for name in GROUPS}
    for path in (one for paths in files().values() for one in paths):
        mine = changes(path.read_text(encoding="utf-8"))
        found[group(_below(path))] += [(path, *some) for some in mine.items()]
    return found


def drawn(places: dict[str, Places], seed: int, reach: Reach) -> Iterator[Job]:
    """Return a job for every place, in the seed's order.

    In a group every place is as likely as any other; the groups take turns, each with
    as many places as it has weight.
    """
    groups = [
        (GROUPS[name], _of_group(name, mine, seed, reach))
        for name, mine in places.items()
    ]
    while turn := [job for weight, jobs in groups for job in islice(jobs, weight)]:
        yield from turn


def again(
    mutants: Iterable[Mutant], reach: Reach, tests: Mapping[str, str]
) -> Iterator[Job]:
    """Return a job for every mutant that can still be made.

    Args:
        mutants: to be made once more.
        reach: what runs their lines.
        tests: name of a mutant -> the test that shall be tried first, or nothing.
    """
    for mutant in mutants:
        path = LIBRARY / mutant.path
        if path.exists():
            source = path.read_text(encoding="utf-8")
            found = (
                _mutated(path, source, place, change, reach)
                for place, some in changes(source).items()
                for change in some
                if change.operator == mutant.operator
            )
            same = (job for job in found if _named(job) == mutant.name)
            for job in islice(same, 1):
                test = tests.get(mutant.name, "")
                yield replace(job, tests=(test, *job.tests)) if test else job


def _named(job: Job) -> str:
    return job.mutant.name if job.mutant else ""


def _below(path: Path) -> str:
    """Return a file's path below the library."""
    return path.relative_to(LIBRARY).as_posix()


def _of_group(name: str, places: Places, seed: int, reach: Reach) -> Iterator[Job]:
    """Return one change for every place of a group."""
    chance = random.Random(f"{seed} {name}")
    for path, place, found in chance.sample(places, len(places)):
        source = path.read_text(encoding="utf-8")
        job = _mutated(path, source, place, chance.choice(found), reach)
        if _is_python(job.text):
            yield job


def _is_python(text: str) -> bool:
    """Whether a changed text can be read; with ``{-a}`` for ``{**a}`` it cannot."""
    try:
        ast.parse(text)
    except SyntaxError:
        return False
    return True


def _mutated(
    path: Path, source: str, place: Position, change: Change, reach: Reach
) -> Job:
    """Make a change and choose what must notice it."""
    text = changed(source, change)
    line, old, new = _difference(source, text)
    function, lines = _around(source, place)
    mutant = Mutant(_below(path), line, function, change.operator, old, new)
    return _job(mutant, text, path, lines, reach)


def _difference(source: str, text: str) -> tuple[int, str, str]:
    """Return the first line that differs, and how it reads before and after."""
    pairs = zip_longest(source.splitlines(), text.splitlines(), fillvalue="")
    number, (old, new) = next(
        (number, pair) for number, pair in enumerate(pairs, 1) if pair[0] != pair[1]
    )
    return number, " ".join(old.split()), " ".join(new.split())


def _around(source: str, place: Position) -> tuple[str, range]:
    """Return the function around a place, and the lines that run with the place.

    These are the lines of the innermost statement, without the statements in it; of a
    function's own head, which runs when the file is imported, the lines of its body.
    """
    names: list[str] = []
    line, lines = place[0], range(place[0], place[0] + 1)
    nodes: list[ast.AST] = [ast.parse(source)]
    while nodes:
        node = nodes.pop()
        for child in ast.iter_child_nodes(node):
            begin, end = getattr(child, "lineno", 0), getattr(child, "end_lineno", 0)
            for decorator in getattr(child, "decorator_list", ()):
                begin = min(begin, decorator.lineno)
            if not begin <= line <= end:
                if begin == 0:  # arguments, cases: they have statements in them
                    nodes.append(child)
                continue
            nodes = [child]
            if isinstance(child, ast.FunctionDef | ast.ClassDef):
                names.append(child.name)
            if isinstance(child, ast.stmt):
                lines = _own(child, line)
            break
    return ".".join(names), lines


def _own(node: ast.stmt, line: int) -> range:
    """Return the lines of a statement that run when the given line does."""
    assert node.end_lineno is not None
    body = getattr(node, "body", None)
    if not body or isinstance(node, ast.FunctionDef | ast.ClassDef):
        return range(node.lineno, node.end_lineno + 1)
    return range(node.lineno, max(body[0].lineno, line + 1, node.lineno + 1))


def _job(
    mutant: Mutant, text: str, path: Path, lines: Iterable[int], reach: Reach
) -> Job:
    """Choose what must notice a mutant: the room's own tests first, then the quick.

    Where only an import runs the lines, everything that runs the file is asked; where
    the file is nothing but constants, the room's own tests and those of all studies.
    """
    runs, loading = reach.of(path), reach.loading(path)
    own = (f"tests/{mutant.room}/", f"tests/test_{mutant.room}.py")
    found: set[str] = set().union(*(runs.get(line, set()) for line in lines))
    found = found or set().union(*runs.values())
    if not found:
        asked = (*own, "tests/test_studies.py")
        found = {name for name in reach.seconds if name.startswith(asked)}
    order = {
        name: (not name.startswith(own), reach.seconds[name], name) for name in found
    }
    pages = {name for name in found if name.startswith(PAGE)}
    short = pages & {PAGE + number for number in short_pages(reach)}
    tests, some = _quick(found - pages, order, ENOUGH), _quick(short, order, PAGES)
    limit = 10 + 4 * sum(reach.seconds[name] for name in (*tests, *some))
    return Job(mutant, text, tests, some, limit, not loading.isdisjoint(lines))


def short_pages(reach: Reach) -> list[str]:
    """Return the numbers of the pages that are quick enough to be asked."""
    return [one for one in reach.pages if reach.seconds[PAGE + one] <= PAGES]


def _quick(
    names: Iterable[str], order: dict[str, tuple[bool, float, str]], enough: float
) -> tuple[str, ...]:
    """Return names in their order, no more than take a time; one at least."""
    chosen: list[str] = []
    spent = 0.0
    for name in sorted(names, key=order.__getitem__):
        spent += order[name][1]
        if chosen and spent > enough:
            break
        chosen.append(name)
    return tuple(chosen)
