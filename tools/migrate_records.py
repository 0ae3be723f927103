"""Carry records over to new names: ``python -m tools.migrate_records``.

Names of studies, presets, fields, metrics and arrays change; what was measured does
not.  A name is entered below when it changes, and stays: an old record found later, or
in somebody's own runs, is carried over in the same way.  A second call changes nothing.
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
    "gan-images": {"judge_epochs": "classifier_epochs"},
    "vae-information": {"reach": "context", "codes": "latent_size"},
    "deep-infomax": {
        "whole": "global_weight",
        "local": "local_weight",
        "among": "inter_location_weight",
        "rate": "prior_weight",
        "codes": "code_size",
    },
    "titles": {
        "least": "min_count",
        "decoded": "test_rows",
        "widths": "beam_widths",
        "keep": "keep_weights",
    },
    "fvae": {
        "codes": "latent_size",
        "judge_epochs": "evaluator_epochs",
        "importance": "importance_samples",
        "data_start": "data_dependent_init",
    },
}
"""Study -> old field of its configuration -> new field."""
METRICS: dict[str, dict[str, str]] = {
    "aae": {"codes": "code_distance"},
    "ali": {"samples": "sample_distance", "codes": "code_distance"},
    "gan": {"good": "high_quality_share", "collapsed": "mode_collapse"},
    "gan-images": {
        "good": "high_quality_share",
        "good_real": "high_quality_share_real",
        "collapsed": "mode_collapse",
        "distance": "frechet_distance",
        "distance_real": "frechet_distance_real",
        "spread_real": "variance_ratio_real",
    },
    "vae-information": {"collapsed": "collapsed_coordinates"},
    "nice": {"judge_accuracy": "evaluator_accuracy"},
    "fvae": {
        "good": "high_quality_share",
        "good_floor": "high_quality_share_floor",
        "judge_accuracy": "evaluator_accuracy",
        "judge_residual": "evaluator_residual",
    },
    "deep-infomax": {"js_whole": "js_global"},
    "titles": {
        "forced_accuracy": "teacher_forced_accuracy",
        "exact": "exact_match",
    },
}
"""Study -> beginning of an old metric's name -> what takes its place."""
_MODULES = {
    "of_title": "target_embedding",
    "places": "positions",
    "last": "final_norms",
    "readers": "encoder_layers",
    "writers": "decoder_layers",
    "itself": "self_attention",
    "across": "cross_attention",
    "of_query": "query",
    "of_key": "key",
    "of_value": "value",
}
_LAYERS = [("readers", "itself"), ("writers", "itself"), ("writers", "across")]
_WEIGHTS = [
    "of_title.weight",
    "places.weight",
    *(f"last.{n}.{kind}" for n in "01" for kind in ("weight", "bias")),
    *(
        f"{side}.{n}.{attention}.{part}.{kind}"
        for side, attention in _LAYERS
        for n in "01"
        for part in ("of_query", "of_key", "of_value", "out")
        for kind in ("weight", "bias")
    ),
    *(
        f"{side}.{n}.{part}.{kind}"
        for side in ("readers", "writers")
        for n in "01"
        for part in ("dense.0", "dense.2", "norms.0", "norms.1", "norms.2")
        for kind in ("weight", "bias")
    ),
]
ARRAYS: dict[str, dict[str, str]] = {
    "fvae": {
        "good_at": "high_quality_share_at",
        "sheet": "samples_by_temperature",
        "pairs": "line_interpolations",
        "fours": "square_interpolations",
    },
    "aae": {"codes": "code_distance", "errors": "error"},
    "ali": {"samples": "sample_distance", "codes": "code_distance"},
    "gan": {"good": "high_quality_share", "moved": "step_size"},
    "gan-images": {
        "good": "high_quality_share",
        "moved": "step_size",
        "distance": "frechet_distance",
        "spread": "variance_ratio",
    },
    "titles": {
        f"weights/{old}": "weights/"
        + ".".join(_MODULES.get(word, word) for word in old.split("."))
        for old in _WEIGHTS
    }
    | {
        f"weights/encoder.layers.{n}.{kind}_l0{old}": (
            f"weights/encoder.layers.{n}.{new}.{kind}_l0"
        )
        for n in "01"
        for kind in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        for old, new in (("", "forwards"), ("_reverse", "backwards"))
    },
}
"""Study -> old name of a kept array -> new name."""


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


def migrate_arrays(path: Path, study_name: str) -> bool:
    """Give a record's arrays today's names; return whether any changed."""
    names = ARRAYS.get(study_name, {})
    arrays = load_arrays(path) if names and path.exists() else {}
    if not arrays.keys() & names.keys():
        return False
    save_arrays(path, {names.get(key, key): value for key, value in arrays.items()})
    return True


def migrate(root: Path) -> list[str]:
    """Migrate every record below a folder; return the names of those that changed."""
    changed = []
    for path in sorted(root.glob("*/record.json")):
        text = path.read_text(encoding="utf-8")
        new = migrated(json.loads(text))
        again = json.dumps(new, indent=1) + "\n"
        folder = root / f"{new['study']}-{new['preset']}"
        arrays = migrate_arrays(path.with_name("arrays.npz"), new["study"])
        if again != text:
            write(path, again)
        if again != text or arrays:
            changed.append(folder.name)
        if folder != path.parent:
            path.parent.rename(folder)
    return changed


if __name__ == "__main__":
    print("\n".join(migrate(RESULTS)) or "every record has today's names")
