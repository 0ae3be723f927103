"""What a mutation is: what is broken, how, and what must notice."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Mutation:
    """One deliberate error.

    Attributes:
        name: what goes wrong, in a few words.
        file: the file below ``lib/rederive``.
        old: a text that occurs in it exactly once.
        new: what takes its place.
        tests: node ids below ``tests/``; at least one of them must fail.
        claims: claims of one chapter; each must fail a check on its page.
    """

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...] = ()
    claims: tuple[str, ...] = ()

    @property
    def chapter(self) -> str:
        """The number of the chapter whose claims must fail, two digits."""
        return f"{int(self.claims[0].split('.')[0]):02d}"


def tested(name: str, file: str, old: str, new: str, *tests: str) -> Mutation:
    """Return a mutation of ``file`` (without its ``.py``) that tests must catch."""
    return Mutation(name, f"{file}.py", old, new, tests)


def on_page(name: str, file: str, old: str, new: str, *claims: str) -> Mutation:
    """Return a mutation of ``file`` that the checks of these claims must catch."""
    return Mutation(f"page: {name}", f"{file}.py", old, new, claims=claims)
