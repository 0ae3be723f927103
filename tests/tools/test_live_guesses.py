"""What a live figure asks is one change away from what it tells."""

from statistics import mean

import pytest
from rederived.records import Record, load_record

from tools.live_numbers import GUESSES

# Fields that differ between the two records of a guess.
CHANGED = {
    "mixing": {"method"},
    "flow": {"scale_rate"},
    "beam": set(),
    "banana": {"model", "width", "steps", "flow_width", "flow_steps", "latent_size"},
    "table": {"objective", "local_weight", "epochs"},
    "valley": {"inputs"},
    "rate": {"context"},
}


def test_every_guess_is_looked_at():
    assert set(GUESSES) == set(CHANGED)


@pytest.mark.parametrize("name", GUESSES)
def test_the_two_records_differ_in_what_the_question_says(name):
    guess = GUESSES[name]
    asked, told = load_record(guess.record).config, load_record(guess.given).config
    assert asked.keys() == told.keys()
    assert {key for key in asked if asked[key] != told[key]} == CHANGED[name]


def test_the_valley_tells_of_scaled_pixels_and_asks_of_rotated_ones():
    guess = GUESSES["valley"]
    assert load_record(guess.given).config["inputs"] == "scaled"
    assert load_record(guess.record).config["inputs"] == "rotated"


def best_on_validation(record: Record) -> str:
    """Return the vector rule's test metric at its rate of least mean loss."""
    start = "validation vector@"
    losses = {
        metric: mean(record.values(metric))
        for metric in record.seeds[0].metrics
        if metric.startswith(start)
    }
    return min(losses, key=losses.__getitem__).replace("validation", "test")


def test_the_valley_s_rates_are_chosen_on_validation_pictures():
    guess = GUESSES["valley"]
    assert best_on_validation(load_record(guess.record)) == guess.metric
    assert best_on_validation(load_record(guess.given)) == guess.given_metric
