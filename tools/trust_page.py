"""The page that says how far the book can be trusted, and what says so."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from rederived.records import load_record, record_names

from tools.claims_page import Checks
from tools.contents import Chapter
from tools.files import BOOK, RESULTS
from tools.ledger import Ledger
from tools.markdown import table
from tools.mutants_page import killed_share
from tools.results_pages import specification
from tools.tightness import WIDE
from tools.tightness_page import rows

INTRODUCTION = """\
# How far to trust it

A derivation is a test, and a test is worth what it catches. `make trust` asks the
questions of this table, one after the other, and renews these pages; it takes hours.
What stands here is what is on record.
"""

OTHERS = """\
## Other programs as judges

What another program computes as well is held to it, on random input. The tests marked
*peers* need `pip install ".[peers]"`, and `make test` leaves them out where these
libraries are not installed.
"""

DIFFERENCES = """\
Some things differ by design. RMSprop keeps ε under the root by default, as TensorFlow 1
and Keras 3 do and PyTorch does not; the optimizers have neither `maximize` nor fused
forms, and refuse complex parameters. A search prefers a title that has ended to one
that has not, and its exact rule goes on until no open title can win, where other
programs stop when as many have ended as there are beams. ROUGE is counted by
characters, with one reference and without stemming.
"""


class Judge(NamedTuple):
    """Another program that computes the same, and the test that compares the two."""

    subject: str
    program: str
    test: str  # the file below ``tests`` and the name in it


JUDGES = (
    Judge(
        "NICE: densities, codes, samples, a step of training",
        "zuko, normflows, nflows, FrEIA (*peers*)",
        "flows/test_parity.py::test_log_densities_are_equal",
    ),
    Judge(
        "affine couplings, both ways",
        "zuko, normflows, nflows, FrEIA (*peers*)",
        "flows/test_parity.py::test_affine_couplings_are_equal",
    ),
    Judge(
        "every bijection's log-determinant, both ways",
        "the Jacobian by autograd",
        "flows/test_flows.py::test_log_determinant_is_that_of_the_jacobian",
    ),
    Judge(
        "RMSprop, Adam and AdaGrad over rates, decays and ε",
        "torch.optim",
        "chapters/adaptive/test_optimizers.py::test_adam_is_torchs",
    ),
    Judge(
        "the same under six schedulers, with a late group and missing gradients",
        "torch.optim",
        "chapters/adaptive/test_optimizers.py::"
        "test_torchs_schedulers_and_groups_drive_them_as_torchs_own",
    ),
    Judge(
        "beam search",
        "a list of all titles",
        "chapters/titles/test_search.py::test_a_wide_beam_is_exhaustive_search",
    ),
    Judge(
        "ROUGE-2 and ROUGE-L",
        "the examples of its paper",
        "chapters/titles/test_search.py::test_rouge_of_the_examples_of_its_paper",
    ),
    Judge(
        "soft cross-entropy, label smoothing",
        "torch",
        "chapters/mixup/test_transforms.py::test_soft_cross_entropy_is_torchs",
    ),
    Judge(
        "divergences of tables",
        "scipy",
        "probability/test_distributions.py::test_divergences_are_those_of_scipy",
    ),
    Judge(
        "normal laws",
        "torch.distributions",
        "vae/test_vae.py::test_normal_laws_are_torchs",
    ),
)


def trust_page(ledger: Ledger, checks: Checks, chapters: list[Chapter]) -> str:
    """Return the page as MyST."""
    mutants = json.loads((BOOK / "mutants.json").read_text(encoding="utf-8"))
    rechecks = json.loads((BOOK / "recheck.json").read_text(encoding="utf-8"))
    answers = [
        _claims(ledger, checks),
        _breaks(ledger),
        _mutants(mutants),
        _tightness(ledger, checks),
        _recheck(rechecks),
        _records(),
    ]
    judges = [(one.subject, one.program, f"`{one.test}`") for one in JUDGES]
    return "\n".join(
        [
            *(INTRODUCTION, *table(("asked", "by", "found"), answers)),
            *("", OTHERS, *table(("what", "agrees with", "by the test"), judges)),
            *("", DIFFERENCES),
        ]
    )


Answer = tuple[str, str, str]
"""What is asked, the command, and what was found."""


def _claims(ledger: Ledger, checks: Checks) -> Answer:
    total = sum(map(len, checks.values()))
    return (
        "Does what the pages say still hold?",
        "`make test`",
        f"[{len(ledger.claims)} claims by {total} checks](claims.md), compared at "
        "every change",
    )


def _breaks(ledger: Ledger) -> Answer:
    count = sum(len(claim.breaks) for claim in ledger.claims)
    return (
        "Does a claim fail when the code that it is about is broken?",
        "`make breaks`",
        f"all {count} breaks must fail their claim, a third of them at every change",
    )


def _mutants(record: Mapping[str, Any]) -> Answer:
    return (
        "Do tests and pages notice a small error that nobody chose?",
        "`make mutants`",
        f"{killed_share(record)} [were noticed](mutants.md) when they were drawn",
    )


def _tightness(ledger: Ledger, checks: Checks) -> Answer:
    wide = [row for row in rows(ledger, checks) if row.tight.wide]
    bare = sum(not row.reason for row in wide)
    return (
        f"Is a criterion wider than {WIDE:g} times what it measures?",
        "`make run`",
        f"[{len(wide)} are](tightness.md), {bare} of them without a reason",
    )


def _recheck(found: Mapping[str, Mapping[str, Any]]) -> Answer:
    fallen = sum(len(one["failed"]) for one in found.values())
    judged = [sum(map(bool, one["moved"].values())) for one in found.values()]
    reached = f"{sum(judged)} claims of {sum(map(bool, judged))} chapters"
    return (
        "Do verdicts stand on seeds that nobody chose?",
        "`make recheck`",
        f"[{reached}](recheck.md) were judged by new draws; "
        f"{fallen or 'no'} verdicts fell",
    )


def _records() -> Answer:
    lost = specification().lost
    records = [load_record(name, RESULTS) for name in record_names(RESULTS)]
    untraced = sum(
        any(one.provenance["commit"] in lost for one in record.seeds)
        for record in records
    )
    dirty = sum(
        any(one.provenance["dirty"] is True for one in record.seeds)
        for record in records
    )
    return (
        "Can a recorded number be followed to its code?",
        "`make test`",
        f"of [{len(records)} records](results.md), {untraced} name a commit that no "
        f"history holds, and {dirty} were made with uncommitted changes",
    )
