"""Carry records over to new names: ``python -m tools.migrate_records``.

Names of studies, presets, fields and metrics change; what was measured does not.  A
name is entered below when it changes, and stays: an old record found later, or in
somebody's own runs, is carried over in the same way.  A second call changes nothing.
"""

import json
from pathlib import Path
from typing import Any

from rederived.records import from_dict
from rederived.records.runs import load_arrays, save_arrays
from rederived.study import study

from tools.files import RESULTS, write

STUDIES = {"mixing": "mixup", "f-vae": "fvae"}
FIELDS: dict[str, dict[str, str]] = {
    "fvae": {
        "codes": "latent_size",
        "judge_epochs": "evaluator_epochs",
        "importance": "importance_samples",
        "data_start": "data_dependent_init",
    },
}
"""Study -> old field of its configuration -> new field."""
METRICS: dict[str, dict[str, str]] = {
    "nice": {"judge_accuracy": "evaluator_accuracy"},
    "fvae": {
        "good": "high_quality_share",
        "good_floor": "high_quality_share_floor",
        "judge_accuracy": "evaluator_accuracy",
        "judge_residual": "evaluator_residual",
    },
}
"""Study -> old metric, what follows an ``@`` left out -> new metric."""
ARRAYS: dict[str, dict[str, str]] = {
    "fvae": {
        "good_at": "high_quality_share_at",
        "sheet": "samples_by_temperature",
        "pairs": "line_interpolations",
        "fours": "square_interpolations",
    },
}
"""Study -> old array -> new array."""


def migrated(old: dict[str, Any]) -> dict[str, Any]:
    """Return a record's fields under today's names, with today's identity."""
    before = old.pop("experiment", None) or old["study"]
    name = STUDIES.get(before, before)
    fields = FIELDS.get(name, {})
    config = {fields.get(key, key): value for key, value in old["config"].items()}
    seeds = [_seed(one, METRICS.get(name, {})) for one in old["seeds"]]
    published = [
        {**one, "metric": _renamed(one["metric"], METRICS.get(name, {}))}
        for one in old["published"]
    ]
    chosen = study(name)
    kind = type(chosen.config(old["preset"], "full"))
    first = {
        "study": name,
        "preset": old["preset"],
        "identity": chosen.identity(from_dict(kind, config)),
        "config": config,
    }
    return {**first, **old, **first, "published": published, "seeds": seeds}


def _seed(seed: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    """Return one seed's results under today's names."""
    rows = [_renamed_keys(row, names) for row in seed["history"]]
    metrics = _renamed_keys(seed["metrics"], names)
    return {**seed, "metrics": metrics, "history": rows}


def _renamed_keys(values: dict[str, float], names: dict[str, str]) -> dict[str, float]:
    return {_renamed(key, names): value for key, value in values.items()}


def _renamed(metric: str, names: dict[str, str]) -> str:
    """Return a metric's name today; what follows an ``@`` stays."""
    head, at, tail = metric.partition("@")
    return names.get(head, head) + at + tail


def _arrays(path: Path, names: dict[str, str]) -> bool:
    """Rename the arrays of a file; return whether one had an old name."""
    if not names or not path.exists():
        return False
    old = load_arrays(path)
    if not old.keys() & names.keys():
        return False
    save_arrays(path, {names.get(key, key): value for key, value in old.items()})
    return True


def migrate(root: Path) -> list[str]:
    """Migrate every record below a folder; return the names of those that changed."""
    changed = []
    for path in sorted(root.glob("*/record.json")):
        text = path.read_text(encoding="utf-8")
        new = migrated(json.loads(text))
        again = json.dumps(new, indent=1) + "\n"
        folder = root / f"{new['study']}-{new['preset']}"
        names = ARRAYS.get(new["study"], {})
        renamed = _arrays(path.with_name("arrays.npz"), names)
        if again != text:
            write(path, again)
        if again != text or renamed:
            changed.append(folder.name)
        if folder != path.parent:
            path.parent.rename(folder)
    return changed


if __name__ == "__main__":
    print("\n".join(migrate(RESULTS)) or "every record has today's names")
