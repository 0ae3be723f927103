"""Change functions of a module that is loaded, without loading it again.

A process that has loaded the library and collected the tests is forked for a mutant;
the child exchanges the code of the functions that differ, which takes milliseconds.
What runs when a module is loaded (constants, defaults, decorators) is not changed so.
"""

from __future__ import annotations

import gc
import inspect
import warnings
from collections.abc import Iterator
from types import CodeType, FunctionType

_INLINE = {"<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>"}

Key = tuple[str, int]
"""Name of a function and its first line."""


Loaded = dict[str, list[FunctionType]]
"""File -> the functions of this process that come from it."""


def loaded(folder: str) -> Loaded:
    """Return the functions that come from the files of a folder."""
    found: Loaded = {}
    for one in gc.get_objects():
        if type(one) is FunctionType and one.__code__.co_filename.startswith(folder):
            found.setdefault(one.__code__.co_filename, []).append(one)
    return found


def exchange(file: str, old: str, new: str, functions: Loaded) -> bool:
    """Give the functions of a file the code that they have in another text.

    Args:
        file: its path.
        old: its text as it stands.
        new: its changed text, line by line in the same places.
        functions: those of this process.

    Returns:
        Whether that was possible; if not, nothing is changed.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # ``x is 1``: what it does is of interest
        before, after = (compile(text, file, "exec") for text in (old, new))
    if _skeleton(before) != _skeleton(after):
        return False
    codes, others = dict(_functions(before)), list(_functions(after))
    if len(codes) != len(others):  # two lambdas on one line
        return False
    fresh = {key: code for key, code in others if code != codes[key]}
    mine = functions.get(file, [])
    changes = [
        (one, fresh[key]) for one in mine if (key := _key(one.__code__)) in fresh
    ]
    if any(
        len(code.co_freevars) != len(one.__closure__ or ()) for one, code in changes
    ):
        return False
    for one, code in changes:
        one.__code__ = code
    return bool(changes)


def _key(code: CodeType) -> Key:
    return code.co_name, code.co_firstlineno


def _functions(code: CodeType) -> Iterator[tuple[Key, CodeType]]:
    """Return every function in a module's code, those inside others too."""
    for part in code.co_consts:
        if isinstance(part, CodeType):
            if part.co_flags & inspect.CO_OPTIMIZED and part.co_name not in _INLINE:
                yield _key(part), part
            yield from _functions(part)


def _skeleton(code: CodeType) -> tuple[object, ...]:
    """Return what runs when a module is loaded: all but the functions' bodies."""
    parts: list[object] = []
    for part in code.co_consts:
        if not isinstance(part, CodeType):
            parts.append((type(part), part))
        elif not part.co_flags & inspect.CO_OPTIMIZED:
            parts.append(_skeleton(part))
        else:
            parts.append(part if part.co_name in _INLINE else _key(part))
    return code.co_code, code.co_names, tuple(parts)
