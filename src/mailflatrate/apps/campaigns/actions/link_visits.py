"""Visit the links of a draft once before it is released, and keep what was seen (docs/features/link-checks.md)."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from functools import partial
from time import monotonic
from typing import Final

import structlog
from django.db.models import Q

from mailflatrate.apps.campaigns import queries
from mailflatrate.apps.campaigns.content.campaign_content import compile_campaign
from mailflatrate.apps.campaigns.content.link_visits import key_of, may_visit, web_links
from mailflatrate.apps.campaigns.content.page_fetches import fetch_counted, turn_of_account
from mailflatrate.apps.campaigns.models import Campaign, LinkVisit
from mailflatrate.apps.campaigns.models.link_tagging import LONGEST_PROBLEM
from mailflatrate.apps.campaigns.variants import all_variants
from mailflatrate.apps.domains.actions.domains import configured_resolver
from mailflatrate.base import child, clock, jobs, tenancy
from mailflatrate.base.long_task import ends_on_error
from mailflatrate.mail.fetched.linked_page import LinkedPage
from mailflatrate.mail.liquid import SourceRefused
from mailflatrate.rules.campaigns.campaign_states import NOT_BEGUN
from mailflatrate.rules.campaigns.linked_pages import LinkOutcome
from mailflatrate.settings.schema import load_settings
from mailflatrate.wire.dns.resolver import Resolver
from mailflatrate.wire.web import Document, Want, WebStatus

JOB: Final = "campaigns.visit_links"
VISIT_SECONDS, TURN_SECONDS = 10.0, 90.0
LARGEST_PAGE_OCTETS = 512 * 1024
AFTER_WRITING = timedelta(seconds=10)
"""How long a draft rests after a change, because people type addresses letter by letter."""
AGAIN_AFTER = timedelta(seconds=30)
_NO_NAME = "the name has no address"
_FOUND = {
    WebStatus.OK: LinkOutcome.OK,
    WebStatus.MISSING: LinkOutcome.GONE,
    WebStatus.FAILED: LinkOutcome.FAILED,
    WebStatus.UNKNOWN: LinkOutcome.UNKNOWN,
}

log = structlog.get_logger(__name__)


def request_visits(campaign_id: int, *, after: timedelta = AFTER_WRITING) -> None:
    jobs.defer(
        JOB,
        jobs.JobQueue.FETCH,
        at=clock.now() + after,
        lock=turn_of_account(),
        once=f"links-{campaign_id}",
        account_id=tenancy.current_account_id(),
        campaign_id=campaign_id,
    )


def visit_again(campaign_id: int) -> int:
    """Request another visit to every link, except those visited a moment ago; return how many will be visited."""
    visits = LinkVisit.objects.filter(campaign_id=campaign_id, is_current=True).exclude(outcome=LinkOutcome.SKIPPED)
    due = Q(visited_at__lt=clock.now() - AGAIN_AFTER) | Q(visited_at=None)
    waiting = visits.filter(due).update(visited_at=None)
    request_visits(campaign_id, after=timedelta(0))
    return waiting


def visit_links(account_id: int, campaign_id: int, *, resolver: Resolver | None = None, private: bool = False) -> None:
    """Outside any transaction, results stored at once. `private` is for tests. Raises TaskFailed for our own errors."""
    failed: list[str] = []
    _visit_waiting(account_id, campaign_id, resolver or configured_resolver(), failed, private=private)
    if failed:
        raise jobs.TaskFailed(f"{len(failed)} link visits failed")


def _visit_waiting(account_id: int, campaign_id: int, resolver: Resolver, failed: list[str], *, private: bool) -> None:
    with tenancy.account(account_id):
        waiting = list(_links_to_visit(campaign_id))
    ends_at = monotonic() + TURN_SECONDS
    for url in waiting:
        if monotonic() > ends_at:
            with tenancy.account(account_id):
                request_visits(campaign_id, after=timedelta(0))
            return
        seen: Document | None = Document(url, WebStatus.UNKNOWN, problem="the visit failed")
        # One link at which we fail must not keep the others from being visited.
        with suppress(jobs.TaskFailed), ends_on_error("link visit", partial(failed.append, url)):
            seen = fetch_counted(account_id, url, resolver, _want(), private=private)
        if seen is None:
            return  # the page says that the day is used up, and offers to visit the links again
        page = _read(seen)
        with tenancy.account(account_id):
            _keep(campaign_id, url, seen, page)


def _links_to_visit(campaign_id: int) -> Iterator[str]:
    campaign = Campaign.objects.filter(id=campaign_id, state__in=NOT_BEGUN).first()
    imprint = queries.newest_imprint()
    if campaign is None or imprint is None:
        return
    urls: list[str] = []
    for variant in all_variants(campaign):
        try:
            compiled = compile_campaign(variant, imprint, edition_id=None, attributes=queries.attribute_names())
        except SourceRefused:
            return  # the checks say why; a later save asks again
        urls += [link.url for link in compiled.sources.links]
    links = web_links(urls)
    rows = {row.url: row for row in LinkVisit.objects.filter(campaign=campaign)}
    LinkVisit.objects.filter(campaign=campaign).exclude(url__in=links).update(is_current=False)
    LinkVisit.objects.filter(campaign=campaign, url__in=links).update(is_current=True)
    now = clock.now()
    LinkVisit.objects.bulk_create(
        LinkVisit(account_id=campaign.account_id, campaign=campaign, url=url, key=key_of(url))
        if may_visit(url)
        else LinkVisit(
            account_id=campaign.account_id,
            campaign=campaign,
            url=url,
            key=key_of(url),
            outcome=LinkOutcome.SKIPPED,
            visited_at=now,
        )
        for url in links
        if url not in rows
    )
    yield from [url for url in links if may_visit(url) and (url not in rows or rows[url].visited_at is None)]


def _want() -> Want:
    agent = f"mailflatrate-links/1 (+{load_settings().public_url}; checks links of an email before it is sent)"
    return Want("text/html,*/*;q=0.5", agent, LARGEST_PAGE_OCTETS, VISIT_SECONDS)


def _read(seen: Document) -> LinkedPage:
    if seen.status is WebStatus.OK and "html" in seen.content_type.lower():
        try:
            page: LinkedPage = child.call("page", seen.body, seen.charset)
        except child.ChildError:
            return LinkedPage("", "")
        return page
    return LinkedPage("", "")


def _keep(campaign_id: int, url: str, seen: Document, page: LinkedPage) -> None:
    outcome = LinkOutcome.NO_HOST if seen.problem == _NO_NAME else _FOUND[seen.status]
    LinkVisit.objects.filter(campaign_id=campaign_id, key=key_of(url)).update(
        outcome=outcome,
        problem=_plain(seen.problem)[:LONGEST_PROBLEM],
        final_url=_plain(seen.url)[:2000] if seen.redirects else "",
        redirects=seen.redirects,
        title=page.title,
        text=page.text,
        prices=[[str(price.low), str(price.high), price.currency] for price in page.prices],
        events=[[event.first.isoformat(), event.last.isoformat()] for event in page.events],
        visited_at=clock.now(),
    )


def _plain(text: str) -> str:
    return text.replace("\0", "").encode(errors="replace").decode()
