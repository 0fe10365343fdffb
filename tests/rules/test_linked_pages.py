"""What a campaign says beside a link, against the page."""

from datetime import date
from decimal import Decimal

from mailflatrate.mail.content.facts import Anchor
from mailflatrate.mail.fetched.linked_page import EventDays, PriceRange
from mailflatrate.rules.campaigns.linked_pages import MOST_COMPARED, disagreements, said_beside


def price(amount: str) -> PriceRange:
    return PriceRange(Decimal(amount), Decimal(amount), "EUR")


def test_words_belong_to_the_nearest_link() -> None:
    outline = "Tulips 19,90 € buy Crocus 5,00 € buy"
    at = [index for index in range(len(outline)) if outline.startswith("buy", index)]
    anchors = [Anchor("a", at[0], at[0] + 3), Anchor("b", at[1], at[1] + 3)]
    beside = said_beside(outline, anchors)
    assert "19,90" in beside["a"]
    assert "19,90" not in beside["b"]
    assert "5,00 €" in beside["b"]
    same = said_beside(outline, [Anchor("a", at[0], at[0] + 3), Anchor("a", at[1], at[1] + 3)])
    assert "19,90" in same["a"].splitlines()[1], "a picture and a button of one product belong together"


def test_both_values_are_said_and_one_that_agrees_is_enough() -> None:
    assert disagreements("nur 19,90 €", [price("24.90")], []) == ("19.90 EUR / 24.90 EUR",)
    assert disagreements("19,90 € statt 24,90 €", [price("24.90")], []) == ()
    assert disagreements("19,90 €", [PriceRange(Decimal(15), Decimal(30), "EUR")], []) == ()
    assert disagreements("$ 19.90", [price("24.90")], []) == (), "another currency says nothing"
    assert disagreements("19,90 €", [price(f"{n}.00") for n in range(30, 31 + MOST_COMPARED)], []) == (), "a list"
    assert disagreements("no price", [price("24.90")], []) == ()
    concert = EventDays(date(2026, 12, 12), date(2026, 12, 13))
    assert disagreements("am 14. Dezember 2026", [], [concert]) == ("2026-12-14 / 2026-12-12–2026-12-13",)
    assert disagreements("am 13. Dezember", [], [concert]) == ()
