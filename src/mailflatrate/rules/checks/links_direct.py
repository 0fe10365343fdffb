"""R-49: links lead to the page itself: at most one redirect, and none to another domain."""

from urllib.parse import urlsplit

from mailflatrate.rules.campaigns.linked_pages import LinkVisitFacts
from mailflatrate.rules.facts import CampaignFacts
from mailflatrate.rules.names.domains import registrable
from mailflatrate.rules.verdict import Check, CheckedChain, Params, RuleText, Severity

MOST_REDIRECTS = 1


def _hits(facts: CampaignFacts) -> Params | None:
    detours = [visit for visit in facts.content.visits if _leads_elsewhere(visit)]
    return {"links": tuple(f"{detour.url} → {detour.final_url}" for detour in detours)[:5]} if detours else None


def _leads_elsewhere(visit: LinkVisitFacts) -> bool:
    return visit.redirects > MOST_REDIRECTS or (
        bool(visit.final_url) and _domain(visit.url) != _domain(visit.final_url)
    )


def _domain(url: str) -> str:
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return ""
    return registrable(host) or host


CHECK: Check[CampaignFacts] = Check(
    rule="R-49",
    key="links-direct",
    places={CheckedChain.CAMPAIGN: 5200},
    severity=Severity.WARN,
    anchor="campaign.content",
    source="Derived",
    hits=_hits,
    text=RuleText(
        title="Links lead straight to their page",
        sentence="These links are redirected to another domain, or more than once: {links}.",
        why="Filters follow redirects and judge the last domain. Readers see one address and land on another.",
        fix="Link to the final address.",
    ),
)
