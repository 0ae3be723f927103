"""What is done to the built pages: nothing is loaded that a page does not use.

Theme and extensions load on every page what some page may need.  Here each page keeps
what it uses (:mod:`tools.lean.pages`), with its icons (:mod:`tools.lean.icons`) and
sized pictures (:mod:`tools.lean.pictures`); files that no page reaches are removed
(:mod:`tools.lean.files`), and rules that no page meets (:mod:`tools.lean.styles`).
"""

from tools.lean.files import prune
from tools.lean.pages import lean
from tools.lean.styles import trim

__all__ = ["lean", "prune", "trim"]
