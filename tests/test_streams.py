"""The random streams that the records were drawn from."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

import rederived

LIBRARY = Path(rederived.__file__).parent
LINE = re.compile(r"^(_[A-Z_, ]+) = .*# .*random stream", re.MULTILINE)
ON_RECORD: dict[str, tuple[object, ...]] = {
    "adaptive.study.digits": (20, (7, 21)),
    "adaptive.study.quadratics": (0, 1),
    "fvae.study.evaluator": (50,),
    "fvae.study.measures": (52, 53, 54),
    "fvae.study.models": (51,),
    "fvae.study.run": (55, 56),
    "fvae.study.sample_grids": (57,),
    "infomax.study.data": (25,),
    "infomax.study.measures": (22, 23, 24, 26),
    "infomax.study.objectives": (20, 21),
    "mixup.study.methods": (30,),
    "mixup.study.run": (31, 32),
    "nice.study.run": (10, 11, 12, 13),
    "titles.study.run": (20, 21, 22),
    "titles.study_prior": (60,),
    "titles.study_search": (50,),
    "variational.studies.evaluator": (42,),
    "variational.study_aae": (50, 51, 52),
    "variational.study_ali": (30, 31, 32),
    "variational.study_images": (40, 41, 43),
    "variational.study_plane": (20, 21, 22),
}


def test_a_seed_draws_from_the_streams_of_the_records() -> None:
    """Another number would make every record of the study one of other draws."""
    found: dict[str, tuple[object, ...]] = {}
    for file in sorted((LIBRARY / "chapters").rglob("*.py")):
        names = LINE.findall(file.read_text(encoding="utf-8"))
        if names:
            inside = file.relative_to(LIBRARY / "chapters").with_suffix("")
            name = ".".join(inside.parts)
            module = import_module(f"rederived.chapters.{name}")
            each = ", ".join(names).split(", ")
            found[name] = tuple(getattr(module, one) for one in each)
    assert found == ON_RECORD
