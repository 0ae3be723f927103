"""Put one output on the page: a rich display in a notebook, plain text elsewhere."""

import sys
from collections.abc import Callable, Mapping


def publish(
    data: Mapping[str, object], metadata: Mapping[str, object] | None = None
) -> None:
    """Show one output once, without leaving anything behind.

    Args:
        data: MIME type -> content; must contain ``text/plain``.  This part is stored
            in the notebook and compared by nbval, so it must be the same everywhere.
        metadata: what may differ between machines; nbval does not compare it.

    Raises:
        ValueError: if there is no ``text/plain`` for readers without a notebook.
    """
    if "text/plain" not in data:
        raise ValueError("an output needs a text/plain form; add it to `data`")
    if not _in_notebook():
        print(data["text/plain"])
        return
    from IPython.display import display  # noqa: PLC0415 - only where IPython runs

    show: Callable[..., object] = display
    show(dict(data), raw=True, metadata=dict(metadata or {}))


def _in_notebook() -> bool:
    """Whether this code runs inside IPython, without importing it."""
    ipython = sys.modules.get("IPython")
    return ipython is not None and ipython.get_ipython() is not None
