"""What a reviewer of a transactional template is shown: passages that may advertise, and links that lead to a shop."""

import pytest

from mailflatrate.rules.messages.advertising import MOST_HINTS, AdvertisingHint, HintKind, advertising_hints


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Your order was shipped. Save 10 with the coupon BULBS.", HintKind.OFFER),
        ("Danke! Auf alles 20 % Rabatt bis Sonntag.", HintKind.OFFER),
        ("Subscribe to our newsletter for more.", HintKind.NEWSLETTER),
        ("Das könnte Ihnen auch gefallen: Krokusse", HintKind.RECOMMENDATION),
        ("How was it? Rate us in one minute.", HintKind.RATING),
        ("Bewerten Sie Ihren Einkauf", HintKind.RATING),
    ],
)
def test_a_passage_is_shown_with_the_words_around_it(text: str, kind: HintKind) -> None:
    found = advertising_hints([text], [])
    assert kind in {hint.kind for hint in found}
    assert all(hint.passage in " ".join(text.split()) for hint in found)


@pytest.mark.parametrize(
    "text",
    [
        "Your order A-4711 left our warehouse on 28 November 2026.",
        "Ihre Rechnung vom 28. November 2026 liegt bei. Der Betrag ist in 14 Tagen fällig.",
        "Reset your password within 30 minutes. If it wasn't you, ignore this message.",
        "Votre commande a été expédiée.",
    ],
)
def test_plain_business_has_none(text: str) -> None:
    assert advertising_hints([text], []) == ()


@pytest.mark.parametrize(
    ("link", "kind"),
    [
        ("https://lindenhof.example/shop/bulbs", HintKind.SHOP_LINK),
        ("https://lindenhof.example/", HintKind.SHOP_LINK),
        ("https://lindenhof.example/orders/1?utm_source=mail", HintKind.CAMPAIGN_LINK),
        ("https://www.instagram.com/lindenhof", HintKind.SOCIAL_LINK),
        ("https://lindenhof.example/orders/4711", None),
        ("mailto:post@lindenhof.example", None),
        ("https://[broken", None),
    ],
)
def test_links_are_told_apart(link: str, kind: HintKind | None) -> None:
    assert advertising_hints([], [link]) == (() if kind is None else (AdvertisingHint(kind, link),))


def test_there_are_never_too_many() -> None:
    assert len(advertising_hints([f"coupon {n} sale" for n in range(200)], [])) == MOST_HINTS
