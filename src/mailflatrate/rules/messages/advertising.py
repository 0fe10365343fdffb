"""Passages of a transactional template that may be advertising: facts for the reviewer, who decides (R-112). Courts
count whatever promotes sales, also beside an invoice (BGH VI ZR 225/17). A word alone proves nothing: an order may be
of a coupon.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from urllib.parse import urlsplit

MOST_HINTS: Final = 40
_AROUND: Final = 60
_LONGEST: Final = 200_000


class HintKind(StrEnum):
    OFFER = "offer"
    NEWSLETTER = "newsletter"
    RECOMMENDATION = "recommendation"
    RATING = "rating"
    SHOP_LINK = "shop_link"
    CAMPAIGN_LINK = "campaign_link"
    SOCIAL_LINK = "social_link"


@dataclass(frozen=True, slots=True)
class AdvertisingHint:
    kind: HintKind
    passage: str


_WORDS: Final[dict[HintKind, re.Pattern[str]]] = {
    HintKind.OFFER: re.compile(
        r"\b(?:discount|coupon|voucher|promo(?:tion| ?code)|special offer|limited[- ]time|sale\b|save \d|free shipping"
        r"|black friday|cyber monday|(?:buy|shop|order) now|jetzt (?:kaufen|zugreifen)|schnäppchen"
        r"|rabatt|gutschein|angebot|aktion(?:scode|spreis)|sonderpreis|reduziert|sparen sie|jetzt sparen|gratis"
        r"|versandkostenfrei|ausverkauf|réduction|soldes|promotion|bon d.achat|descuento|oferta|cupón|rebajas"
        r"|sconto|offerta|saldi|buono|korting|aanbieding|kortingscode)|\d ?% (?:off|rabatt|de réduction|auf\b)",
        re.IGNORECASE,
    ),
    HintKind.NEWSLETTER: re.compile(
        r"newsletter|infobrief|rundbrief|infolettre|boletín|nieuwsbrief|\bsubscribe\b|stay (?:up to date|in touch)"
        r"|auf dem laufenden|jetzt anmelden|keine neuigkeit|inscrivez-vous|suscríbe|iscriviti|schrijf je in",
        re.IGNORECASE,
    ),
    HintKind.RECOMMENDATION: re.compile(
        r"you (?:may|might) (?:also )?like|customers also|recommended for you|new (?:arrivals|collection|products)"
        r"|discover (?:our|more|new)|das könnte (?:dir|ihnen|euch)|kunden kauften|passend dazu|empfehl(?:en|ung)"
        r"|neu (?:im|in unserem) (?:shop|sortiment)|entdecken sie|neuheiten|bestseller|vous aimerez|nouveautés"
        r"|découvrez"
        r"|te puede gustar|novedades|descubre|ti potrebbe|novità|scopri|misschien vind|ontdek",
        re.IGNORECASE,
    ),
    HintKind.RATING: re.compile(
        r"rate (?:us|your|our)|leave (?:a|us a) review|your (?:opinion|feedback)|recommend us|refer a friend"
        r"|bewerten sie|bewertung|ihre meinung|weiterempfehl|freunde werben|votre avis|tu opinión|la tua opinione"
        r"|beoordeel",
        re.IGNORECASE,
    ),
}
_SHOP: Final = re.compile(
    r"/(?:shop|store|boutique|tienda|negozio|winkel|sale|deals?|offers?|angebote?|aktionen?|kategorien?|categor(?:y|ies)"
    r"|collections?|products?|produkte?|catalog(?:ue)?|katalog)(?:[/?#.]|$)",
    re.IGNORECASE,
)
_CAMPAIGN: Final = re.compile(
    r"[?&](?:utm_\w+|mc_[ce]id|gclid|fbclid|ref|affiliate|aff(?:_id)?|coupon|promo)=", re.IGNORECASE
)
_SOCIAL: Final = (
    "facebook.com",
    "instagram.com",
    "tiktok.com",
    "x.com",
    "twitter.com",
    "linkedin.com",
    "youtube.com",
    "pinterest.com",
    "whatsapp.com",
    "t.me",
    "trustpilot.com",
    "provenexpert.com",
)


def advertising_hints(texts: Iterable[str], links: Iterable[str]) -> tuple[AdvertisingHint, ...]:
    hints: dict[AdvertisingHint, None] = {}
    for hint in (*(hint for text in texts for hint in _in_text(text[:_LONGEST])), *_in_links(links)):
        hints.setdefault(hint)
        if len(hints) == MOST_HINTS:
            break
    return tuple(hints)


def advertising_words(text: str) -> Iterator[str]:
    flat = " ".join(text[:_LONGEST].split())
    for words in _WORDS.values():
        yield from (match.group().lower() for match in words.finditer(flat))


def _in_text(text: str) -> Iterator[AdvertisingHint]:
    flat = " ".join(text.split())
    for kind, words in _WORDS.items():
        for match in words.finditer(flat):
            start, end = max(0, match.start() - _AROUND), min(len(flat), match.end() + _AROUND)
            start = flat.find(" ", start, match.start()) + 1 if start else 0
            passage = flat[start:end]
            cut = passage.rfind(" ", match.end() - start)
            yield AdvertisingHint(kind, passage[:cut] if end < len(flat) and cut > 0 else passage)


def _in_links(links: Iterable[str]) -> Iterator[AdvertisingHint]:
    for link in links:
        try:
            parts = urlsplit(link)
            host = (parts.hostname or "").lower()
        except ValueError:
            continue
        if any(host == site or host.endswith(f".{site}") for site in _SOCIAL):
            yield AdvertisingHint(HintKind.SOCIAL_LINK, link[:300])
        elif _CAMPAIGN.search(link):
            yield AdvertisingHint(HintKind.CAMPAIGN_LINK, link[:300])
        elif _SHOP.search(parts.path) or (parts.scheme in ("http", "https") and parts.path in ("", "/")):
            yield AdvertisingHint(HintKind.SHOP_LINK, link[:300])
