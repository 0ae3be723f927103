"""A notebook whose data are out of reach shows one message that says what to do."""

import os
import subprocess
import sys

SCRIPT = """
import sys
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance(colors="NoColor")
for name, preset in ("mixup", "erm"), ("nice", "modern"), (
    "deep-infomax", "local"), ("vae-information", "reach-all"):
    print("----", name)
    cell = "from rederived.study import run_study; "
    shell.run_cell(f"{cell} run_study({name!r}, {preset!r}, 'full')")
"""


def test_a_notebook_shows_the_remedy_without_a_traceback(tmp_path):
    environment = os.environ | {
        "HF_HUB_OFFLINE": "1",
        "HF_HOME": str(tmp_path / "hub"),
        "IPYTHONDIR": str(tmp_path / "ipython"),
        "REDERIVED_DATA": "",
        "REDERIVED_RUNS": str(tmp_path / "runs"),
    }
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    shown = done.stdout.split("---- ")[1:]
    assert len(shown) == 4
    for text in shown:
        name, _, message = text.partition("\n")
        assert message.startswith("DatasetError: "), name
        assert "REDERIVED_DATA is not set" in message, name
        assert "HF_HUB_OFFLINE must be unset" in message, name
        assert "Set REDERIVED_DATA to a folder" in message, name
        assert len(message.strip().splitlines()) == 1, name
