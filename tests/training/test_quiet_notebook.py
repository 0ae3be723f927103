"""A notebook without ipywidgets gets no warning about it."""

import subprocess
import sys

import pytest

KERNEL = """
import sys, types
sys.modules["ipywidgets"] = None
sys.modules["ipykernel.zmqshell"] = types.ModuleType("zmqshell")
sys.modules["IPython"] = types.ModuleType("IPython")
sys.modules["IPython"].get_ipython = object
"""


@pytest.mark.parametrize(("first", "warned"), [("rederived", False), ("tqdm", True)])
def test_a_missing_progress_widget_is_nobody_s_business(first, warned):
    script = f"{KERNEL}\nimport {first}\nimport tqdm.auto"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert ("IProgress not found" in done.stderr) == warned
