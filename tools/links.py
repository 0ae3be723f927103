"""Try every link that leaves the book: ``python -m tools.links``.  Needs a network."""

import sys

from tools.build import SITE, build, configuration

PATIENCE = {"linkcheck_timeout": 30, "linkcheck_retries": 3, "linkcheck_workers": 4}


def main() -> None:
    """Try the links, and name those that are broken."""
    config = configuration(None)
    config["execute"]["execute_notebooks"] = "off"
    config["sphinx"]["config"] |= PATIENCE
    status = build(config, "--builder", "linkcheck")
    report = SITE / "linkcheck" / "output.txt"
    found = report.read_text(encoding="utf-8").splitlines() if report.exists() else []
    print("\n".join(line for line in found if "[broken]" in line))
    sys.exit(status)


if __name__ == "__main__":
    main()
