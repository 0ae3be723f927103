"""The front page and the tops of chapters: their numbers have sources."""

import re
from dataclasses import replace

import pytest
from PIL import Image
from rederived.claims import Verdict

from tools import front, heroes
from tools.cards import cards, disagreements, numerals
from tools.contents import contents
from tools.files import BOOK, chapters
from tools.ledger import Ledger, LedgerClaim, by_claim, read_ledger, stored_checks
from tools.verdicts import bar, in_words

CARDS = cards()
CHECKS = by_claim([one for path in chapters() for one in stored_checks(path)])

each_card = pytest.mark.parametrize("card", CARDS, ids=lambda card: card.name)


def claim(kind, verdict):
    return LedgerClaim("3.1", "One.", "(1)", kind, verdict)


def test_every_chapter_has_a_card():
    assert [card.chapter for card in CARDS] == contents()


@each_card
def test_the_numbers_of_answer_and_finding_agree_with_their_sources(card):
    assert disagreements(card, CHECKS) == []


def test_a_wrong_number_is_noticed():
    nice = next(card for card in CARDS if card.name == "NICE")
    more = replace(nice, finding="It reaches 2014 nats.")
    assert disagreements(more, CHECKS) == ["2014: no source"]
    other = replace(nice, answer=nice.answer.replace("1980.5", "1981.5"))
    assert "1981.5: no source" in disagreements(other, CHECKS)
    numbers = {**nice.numbers, "1980.5": nice.numbers["2013.5 ± 1.1"]}
    assert "1980.5: the source has ['2013.5']" in disagreements(
        replace(nice, numbers=numbers), CHECKS
    )


def test_an_answer_is_two_sentences_at_most_but_for_a_semicolon():
    for card in CARDS:
        plain = re.sub(r"\d\.\d", "", card.answer)
        assert len(re.findall(r"[.?!](?: |$)", plain)) == 2, card.answer


def test_names_with_digits_and_formulas_are_no_numbers():
    assert numerals("CIFAR-10, $k=2$, 1,000 of 3.5 %") == ["1,000", "3.5"]


@each_card
def test_the_picture_is_made_of_the_stored_figure_and_is_small(card):
    assert heroes.is_current(card), "run `python -m tools.pages`"
    assert card.picture.stat().st_size < 100_000


@each_card
def test_the_page_shows_the_picture_with_the_figure_s_alt_text(card):
    text = (BOOK / f"{card.chapter.stem}.md").read_text(encoding="utf-8")
    picture = f"```{{image}} _static/heroes/{card.chapter.number}.png\n"
    if picture in text:  # else a live figure has its place
        assert text.split(picture)[1].startswith(f":alt: {heroes.alt(card)}\n")


def test_a_picture_of_another_crop_is_not_current():
    assert not heroes.is_current(replace(CARDS[0], crop=(0.0, 0.0, 0.5, 1.0)))


def test_the_palette_keeps_the_size():
    with Image.open(CARDS[0].picture) as picture:
        assert picture.mode == "P"
        assert picture.width <= heroes.WIDTH


def test_the_score_counts():
    ledger = Ledger(
        (
            claim("identity", Verdict.HOLDS),
            claim("identity", Verdict.CORRECTED),
            claim("empirical", Verdict.UNREPRODUCED),
        ),
        (),
    )
    text = "\n".join(front.score(ledger, 7))
    assert "- **3** claims" in text
    assert "- **7** checks that can fail" in text
    assert "- **1** holds as printed" in text
    assert "The one that was not reproduced is an experiment; 1 of 2 identities" in text


def test_what_is_not_so_is_not_said():
    lost = Ledger((claim("identity", Verdict.UNREPRODUCED),), ())
    assert "experiments" not in "\n".join(front.score(lost, 1))


def test_the_three_errata_of_the_front_page_are_wrong_ones():
    kinds = {one.id: one.kind for one in read_ledger().errata}
    assert {kinds[id_] for id_ in front.WRONG} == {"wrong"}


def test_the_front_page_has_no_formula():
    text = (BOOK / "index.md").read_text(encoding="utf-8")
    assert "$" not in text


def test_verdicts_in_words_and_as_a_bar():
    verdicts = [Verdict.HOLDS, Verdict.HOLDS, Verdict.CORRECTED]
    assert in_words(verdicts) == "2 hold, 1 holds with a correction"
    assert 'class="rd-corrected" style="flex-grow:1"' in "\n".join(bar(verdicts))
