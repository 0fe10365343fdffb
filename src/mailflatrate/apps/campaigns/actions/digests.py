"""Recurring campaigns: check the feed, prepare an issue as a draft, which a person ticks and releases (R-04)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from mailflatrate.apps.accounts.actions.notices import tell_people
from mailflatrate.apps.accounts.models import NoticeKind, User
from mailflatrate.apps.accounts.queries import members_who_may
from mailflatrate.apps.accounts.rights import require
from mailflatrate.apps.campaigns.actions.drafts import create_campaign
from mailflatrate.apps.campaigns.content.digest_content import next_issue, template_issue, write_issue
from mailflatrate.apps.campaigns.content.page_fetches import fetch_counted, turn_of
from mailflatrate.apps.campaigns.errors import CampaignError, NameTaken
from mailflatrate.apps.campaigns.models import CampaignState, FeedDigest, FeedItem
from mailflatrate.apps.campaigns.models.digest import FAILURES, DigestOutcome
from mailflatrate.apps.domains.actions.domains import configured_resolver
from mailflatrate.base import audit, child, clock, jobs, tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.mail.fetched.values import Feed, NoFeed
from mailflatrate.rules.roles import Permission
from mailflatrate.settings import load_settings
from mailflatrate.wire.dns import Resolver
from mailflatrate.wire.web import Document, Want, WebStatus

JOB = "campaigns.check_digest"
MOST_DIGESTS = 20
MOST_IN_ISSUE = 20
MOST_FAILURES = 6
FRESH = timedelta(days=7)
REMEMBERED = timedelta(days=90)
PAUSE_AFTER_FAILURE = timedelta(hours=1)
WANT = Want(
    accept="application/rss+xml, application/atom+xml, application/xml;q=0.9, text/xml;q=0.8",
    agent="mailflatrate-digest/1 (+a newsletter of this feed is prepared)",
    most_octets=2 * 1024 * 1024,
)
SETTINGS = frozenset(
    {"name", "url", "mailing_list", "sender", "template", "weekday", "at", "time_zone", "minimum", "is_active"}
)
_STATUS = {
    WebStatus.MISSING: DigestOutcome.MISSING,
    WebStatus.FAILED: DigestOutcome.FAILED,
    WebStatus.UNKNOWN: DigestOutcome.UNKNOWN,
}


def save_digest(values: Mapping[str, Any], *, by: User, digest_id: int | None = None) -> FeedDigest:
    """Without an address, each issue is the template as it is then. Raises CampaignError, NameTaken, DoesNotExist."""
    require(by, Permission.RELEASE)
    if digest_id is None and FeedDigest.objects.count() >= MOST_DIGESTS:
        raise CampaignError(_("An account can have up to %(most)d RSS campaigns.") % {"most": MOST_DIGESTS})
    digest = FeedDigest.objects.select_for_update().get(id=digest_id) if digest_id else FeedDigest(created_by=by)
    moved = digest.url != values["url"]
    for name, value in values.items():
        if name not in SETTINGS:
            raise ValueError(f"a field that customers can't write: {name}")
        setattr(digest, name, value)
    if not digest.url and digest.template is None:
        raise CampaignError(_("Without a feed, each issue is a copy of a template. Choose one."))
    digest.account_id = tenancy.current_account_id()
    digest.next_at = next_issue(digest.weekday, digest.at, digest.time_zone, clock.now())
    if moved:
        digest.checked_at, digest.outcome, digest.detail, digest.failures = None, DigestOutcome.NONE, "", 0
    try:
        with transaction.atomic():
            digest.save()
    except IntegrityError as error:
        raise NameTaken(digest.name) from error
    audit.record(
        "digest.saved",
        by=audit.person(by),
        account_id=digest.account_id,
        subject=f"digest:{digest.id}",
        details={"url": digest.url, "list": digest.mailing_list_id, "active": digest.is_active},
    )
    if moved:
        digest.items.all().delete()
        if digest.url:
            request_feed_check(digest.id, issue=False)
    return digest


def delete_digest(digest_id: int, *, by: User) -> None:
    """Drafts already prepared are kept. Raises FeedDigest.DoesNotExist."""
    digest = FeedDigest.objects.select_for_update().get(id=digest_id)
    audit.record(
        "digest.deleted",
        by=audit.person(by),
        account_id=digest.account_id,
        subject=f"digest:{digest.id}",
        details={"url": digest.url},
    )
    digest.delete()


def request_feed_check(digest_id: int, *, issue: bool) -> None:
    """Request a feed check now; with `issue`, also prepare an issue from new entries, whatever the weekday."""
    digests = FeedDigest.objects.filter(id=digest_id)
    digests.update(asked_at=clock.now())
    for account_id, url in digests.values_list("account_id", "url"):
        _enqueue(account_id, digest_id, bool(url), issue=issue, priority=5)


def enqueue_due_digests() -> None:
    with tenancy.platform(PlatformReason.HOUSEKEEPING):
        due = FeedDigest.objects.filter(is_active=True, next_at__lte=clock.now()).order_by("next_at")
        digests = list(due.values_list("account_id", "id", "url"))
    for account_id, digest_id, url in digests:
        _enqueue(account_id, digest_id, bool(url), issue=False)


def _enqueue(account_id: int, digest_id: int, has_feed: bool, *, issue: bool, priority: int = 0) -> None:
    """Enqueue a job beside all others, in the account's turn; at once if no stranger's server has to answer."""
    jobs.defer(
        JOB,
        jobs.JobQueue.FETCH if has_feed else jobs.JobQueue.HOUSE,
        lock=turn_of(account_id) if has_feed else None,
        priority=priority,
        once=f"digest-{digest_id}-{issue}",
        account_id=account_id,
        digest_id=digest_id,
        issue=issue,
    )


def check_digest(
    account_id: int, digest_id: int, *, issue: bool, resolver: Resolver | None = None, private: bool = False
) -> None:
    """Fetch the feed outside any transaction and store the result. `private` is for tests only."""
    with tenancy.account(account_id):
        digest = FeedDigest.objects.filter(id=digest_id).first()
    if digest is None:
        return
    if not digest.url:
        with tenancy.account(account_id):
            _prepare_from_template(digest_id, issue=issue)
        return
    seen = fetch_counted(account_id, digest.url, resolver or configured_resolver(), WANT, private=private)
    feed = _read(seen) if seen is not None else _Unread(DigestOutcome.USED_UP, "")
    with tenancy.account(account_id):
        current = FeedDigest.objects.select_for_update().filter(id=digest_id, url=digest.url).first()
        if current is not None:
            _keep(current, feed, issue=issue)


def _prepare_from_template(digest_id: int, *, issue: bool) -> None:
    digest = FeedDigest.objects.select_for_update().filter(id=digest_id, url="").first()
    if digest is None:
        return
    digest.asked_at, now = None, clock.now()
    if issue or (digest.is_active and digest.next_at <= now):
        digest.outcome = _issue(digest, least=0)
        digest.next_at = next_issue(digest.weekday, digest.at, digest.time_zone, now)
    digest.save()


@dataclass(frozen=True, slots=True)
class _Unread:
    outcome: DigestOutcome
    detail: str


def _read(seen: Document) -> Feed | _Unread:
    if seen.status is not WebStatus.OK:
        return _Unread(_STATUS[seen.status], seen.problem)
    try:
        feed: Feed = child.call("feed", seen.body, seen.content_type)
    except NoFeed as problem:
        return _Unread(DigestOutcome.NO_FEED, problem.reason)
    except child.ChildError:
        return _Unread(DigestOutcome.NO_FEED, "it takes too long or too much memory to read")
    return feed


def _keep(digest: FeedDigest, feed: Feed | _Unread, *, issue: bool) -> None:
    due = digest.is_active and digest.next_at <= clock.now()
    digest.asked_at = None
    if isinstance(feed, _Unread):
        _fail(digest, feed.outcome, feed.detail, due=due)
        return
    _remember(digest, feed)
    digest.outcome, digest.detail, digest.failures, digest.checked_at = DigestOutcome.READ, "", 0, clock.now()
    if due or issue:
        digest.outcome = _issue(digest, least=1 if issue else digest.minimum)
        digest.next_at = next_issue(digest.weekday, digest.at, digest.time_zone, clock.now())
    digest.save()


def _fail(digest: FeedDigest, outcome: DigestOutcome, detail: str, *, due: bool) -> None:
    """Retry in an hour, drop the issue after six failures; the account's daily limit only postpones it by a day."""
    digest.outcome, digest.detail = outcome, detail[:200]
    if outcome in FAILURES:
        digest.checked_at = clock.now()
        digest.failures = min(digest.failures + 1, MOST_FAILURES)
    if due:
        digest.next_at = clock.now() + PAUSE_AFTER_FAILURE
        if digest.failures == MOST_FAILURES:
            digest.failures = 0
            digest.next_at = next_issue(digest.weekday, digest.at, digest.time_zone, clock.now())
            url = f"{load_settings().public_url}/studio/campaigns/digests/{digest.id}/"
            facts = {"digest": digest.name, "url": url}
            tell_people(NoticeKind.TEAM, _concerned(digest), "campaigns/mail/digest_failed", facts)
    digest.save()


def _remember(digest: FeedDigest, feed: Feed) -> None:
    """Store new entries. Entries from before the first check count as known and never appear in an issue."""
    was_unread = digest.outcome in {*FAILURES, DigestOutcome.USED_UP}
    now, first = clock.now(), digest.checked_at is None or (was_unread and not digest.items.exists())
    known_keys = set(digest.items.filter(key__in=[item.key for item in feed.items]).values_list("key", flat=True))
    new = {item.key: item for item in feed.items if item.key not in known_keys}
    FeedItem.objects.bulk_create([
        FeedItem(
            account_id=digest.account_id, digest=digest, key=item.key, title=item.title, summary=item.summary,
            link=item.link, published_at=item.published_at, seen_at=now,
            used_at=now if first and (item.published_at is None or item.published_at < now - FRESH) else None,
        )
        for item in new.values()
    ])  # fmt: skip
    gone = digest.items.filter(used_at__lt=now - REMEMBERED).exclude(key__in=[item.key for item in feed.items])
    gone.delete()


def _issue(digest: FeedDigest, *, least: int) -> DigestOutcome:
    waiting = digest.items.filter(used_at=None)
    if digest.url and waiting.count() < max(least, 1):
        return DigestOutcome.TOO_FEW
    if digest.last_issue is not None and digest.last_issue.state == CampaignState.DRAFT:
        return DigestOutcome.WAITS
    items = sorted(waiting, key=lambda item: (item.published_at or item.seen_at, -item.id), reverse=True)
    items = items[:MOST_IN_ISSUE]
    issue = write_issue(digest.name, items, digest.template) if items else template_issue(digest.name, digest.template)
    values = {
        "subject": issue.subject,
        "preheader": issue.preheader,
        "content_kind": issue.content_kind,
        "theme": digest.template.theme if digest.template else "",
        "content": issue.content,
        "text_override": digest.template.text_override if digest.template and not digest.url else "",
        "list_ids": [digest.mailing_list_id],
        "sender_id": digest.sender_id,
        "translations": digest.template.translations if digest.template and not digest.url else [],
        "language": digest.template.language if digest.template else digest.mailing_list.language,
        "time_zone": digest.time_zone,
    }
    is_locked = digest.template is not None and digest.template.is_locked
    day = clock.now().date().isoformat()
    digest.last_issue = create_campaign(f"{digest.name} {day}", by=None, values=values, is_locked=is_locked)
    waiting.update(used_at=clock.now())
    audit.record(
        "digest.prepared",
        by=audit.machine(JOB),
        account_id=digest.account_id,
        subject=f"campaign:{digest.last_issue.id}",
        details={"digest": digest.id, "entries": len(items)},
    )
    url = f"{load_settings().public_url}/studio/campaigns/{digest.last_issue.id}/edit/"
    facts = {"digest": digest.name, "number": len(items), "url": url}
    tell_people(NoticeKind.TEAM, _concerned(digest), "campaigns/mail/digest_ready", facts)
    return DigestOutcome.DRAFTED


def _concerned(digest: FeedDigest) -> list[User]:
    people = members_who_may(Permission.RELEASE, list_ids=())  # RSS campaigns need the whole account
    return [user for user in people if user.id == digest.created_by_id] or people
