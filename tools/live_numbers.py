"""The recorded numbers of live figures: ``python -m tools.live_numbers``.

Over them a reader's guess is drawn; a test compares the file with the records.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from rederived.figures.intervals import student
from rederived.records import load_record

from tools.files import BOOK, write

PAGE = BOOK / "_static" / "live" / "recorded.js"


@dataclass(frozen=True)
class Recorded:
    """One number to guess, and one that the reader is told.

    Attributes:
        record: name of the record that has the answer.
        metric: of that record.
        given: name of the record that has the number told.
        given_metric: of that one.
    """

    record: str
    metric: str
    given: str
    given_metric: str


GUESSES = {
    "mixing": Recorded("mixup-pairing", "train_error", "mixup-erm", "train_error"),
    "flow": Recorded(
        "nice-ablation-equal-rates",
        "test_log_likelihood",
        "nice-ablation-modern",
        "test_log_likelihood",
    ),
    "beam": Recorded(
        "titles-lctt-attention", "rouge_l@8", "titles-lctt-attention", "rouge_l@1"
    ),
    "banana": Recorded("fvae-f-vae", "sharpness", "fvae-vae", "sharpness"),
    "table": Recorded(
        "deep-infomax-global-text", "knn_cosine", "deep-infomax-untrained", "knn_cosine"
    ),
    "valley": Recorded(
        "adaptive-learning-rates-digits-rotated",
        "test vector@0.01",
        "adaptive-learning-rates-digits-scaled",
        "test vector@0.0056",
    ),
    "rate": Recorded(
        "vae-information-reach-all",
        "information_lower",
        "vae-information-reach-0",
        "information_lower",
    ),
}


def numbers(guess: Recorded) -> dict[str, object]:
    """Return seeds, mean and Student's 95 % interval, and the mean that is told."""
    values = load_record(guess.record).values(guess.metric)
    mean, reach = student(values)
    told, _ = student(load_record(guess.given).values(guess.given_metric))
    return {
        "seeds": [round(value, 4) for value in values],
        "mean": round(float(mean), 4),
        "low": round(float(mean - reach), 4),
        "high": round(float(mean + reach), 4),
        "given": round(float(told), 4),
    }


def script() -> str:
    """Return the file that the pages load."""
    short = json.JSONEncoder(separators=(",", ":")).encode
    lines = [f"  {name}: {short(numbers(guess))}," for name, guess in GUESSES.items()]
    return "\n".join(
        [
            "/* Made by tools/live_numbers.py from the records; not to be edited. */",
            "window.rederived.recorded = {",
            *lines,
            "};\n",
        ]
    )


if __name__ == "__main__":
    write(PAGE, script())
