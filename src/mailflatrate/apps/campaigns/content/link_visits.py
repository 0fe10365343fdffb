"""What was found behind the links of a campaign, as rows, as facts for the rules, and as evidence of an edition."""

import hashlib
import re
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final
from urllib.parse import urlsplit

from mailflatrate.apps.campaigns.models import Campaign, LinkVisit
from mailflatrate.mail.content.facts import CompiledContentFacts
from mailflatrate.mail.fetched.linked_page import EventDays, PriceRange
from mailflatrate.rules.campaigns.linked_pages import LinkOutcome, LinkVisitFacts, disagreements, said_beside
from mailflatrate.rules.checks.links_finished import is_example
from mailflatrate.settings.schema import load_settings

MOST_LINKS: Final = 100
LONGEST_URL: Final = 2_000
_WEB = re.compile(r"https?://(?!\s)", re.IGNORECASE)
_TAG = re.compile(r"\{\{|\{%")


def key_of(url: str) -> str:
    return hashlib.sha256(url.encode(errors="surrogatepass")).hexdigest()


def web_links(urls: Iterable[str]) -> list[str]:
    links = dict.fromkeys(url for url in urls if _WEB.match(url) and len(url) <= LONGEST_URL)
    return list(links)[:MOST_LINKS]


def may_visit(url: str) -> bool:
    """Only links of others, the same for everyone: personal ones would be opened for no one, and ours would act."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").lower().rstrip(".")
    except ValueError:
        return False
    is_ours = host == load_settings().public_host
    return bool(host) and "." in host and not (_TAG.search(url) or "@" in parts.netloc or is_ours or is_example(host))


def has_links_to_visit(texts: Iterable[str]) -> bool:
    """Return whether sources may contain a link that is to be visited; a quick look without compiling them."""
    return any(may_visit(url) for text in texts for url in re.findall(r"https?://[^\s\"'<>)\]]+", text))


def current_visits(campaign_id: int) -> list[LinkVisit]:
    return list(LinkVisit.objects.filter(campaign_id=campaign_id, is_current=True).order_by("id"))


def visit_facts(campaign: Campaign, urls: Iterable[str], seen: CompiledContentFacts) -> tuple[LinkVisitFacts, ...]:
    links = [url for url in web_links(urls) if may_visit(url)]
    if not links:
        return ()
    rows = {row.url: row for row in LinkVisit.objects.filter(campaign_id=campaign.id, url__in=links)}
    beside = said_beside(seen.outline, seen.anchors)
    return tuple(_facts_of(url, rows.get(url), beside.get(url, "")) for url in links)


def _facts_of(url: str, row: LinkVisit | None, words: str) -> LinkVisitFacts:
    if row is None or row.visited_at is None:
        return LinkVisitFacts(url, LinkOutcome.WAITING)
    return LinkVisitFacts(
        url,
        LinkOutcome(row.outcome),
        row.problem,
        row.final_url,
        row.redirects,
        disagreements(words, stored_prices(row), stored_events(row)),
    )


def stored_prices(row: LinkVisit) -> Sequence[PriceRange]:
    return [PriceRange(Decimal(low), Decimal(high), currency) for low, high, currency in row.prices]


def stored_events(row: LinkVisit) -> Sequence[EventDays]:
    return [EventDays(date.fromisoformat(first), date.fromisoformat(last)) for first, last in row.events]


def evidence_of(campaign_id: int) -> list[dict[str, Any]]:
    return [
        {
            "url": row.url,
            "outcome": row.outcome,
            "problem": row.problem,
            "final_url": row.final_url,
            "title": row.title,
            "text": row.text,
            "prices": row.prices,
            "events": row.events,
            "visited_at": row.visited_at.isoformat(),
        }
        for row in current_visits(campaign_id)
        if row.visited_at is not None
    ]
