"""The account's activity log: who did what and when, for its owners."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.db.models import Model
from django.http import HttpResponse, HttpResponseBase
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from mailflatrate.apps.accounts.models import Membership
from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.forms.models import Form
from mailflatrate.apps.intake.models import Import, Move
from mailflatrate.apps.lists.limits import is_on_other_lists
from mailflatrate.apps.lists.models import Contact, ListOrigin, MailingList
from mailflatrate.apps.segments.models import BulkAction, Export
from mailflatrate.base import tenancy
from mailflatrate.base.audit import ActorKind
from mailflatrate.base.audit.account_log import PAGE_ROWS, AccountLogFilter, account_batches, account_lines
from mailflatrate.base.audit.models import AuditEntry
from mailflatrate.entrypoints.studio.access import StudioRequest, studio
from mailflatrate.entrypoints.studio.common import page, whole_number
from mailflatrate.entrypoints.ui.activity_labels import word
from mailflatrate.entrypoints.ui.activity_subjects import ActivitySubject, named
from mailflatrate.entrypoints.ui.csv_lines import csv_line, csv_response
from mailflatrate.entrypoints.ui.menu import SETTINGS, Tab
from mailflatrate.rules.roles import Permission

MOST_BATCHES: Final = 20
"""A page reads up to this many batches to find enough lines that a limited member sees."""
_OF_LISTS: Final[dict[str, type[Model]]] = {
    "campaign": Campaign,
    "mailing": Campaign,
    "contact": Contact,
    "list": MailingList,
    "origin": ListOrigin,
    "import": Import,
    "move": Move,
    "form": Form,
    "export": Export,
    "bulk": BulkAction,
}


def seen_lines(
    account_id: int, log_filter: AccountLogFilter, *, before_id: int = 0, rows: int = PAGE_ROWS
) -> list[AuditEntry]:
    if tenancy.limited_member() is None:
        return account_lines(account_id, log_filter, before_id=before_id, rows=rows)
    entries: list[AuditEntry] = []
    for lines in islice(account_batches(account_id, log_filter, before_id=before_id), MOST_BATCHES):
        entries += _seen(lines)
        if len(entries) >= rows:
            break
    return entries[:rows]


def all_seen_lines(membership: Membership, log_filter: AccountLogFilter) -> Iterator[AuditEntry]:
    """Yield all lines that a member sees, newest first. It runs outside of any scope, after the page."""
    for lines in account_batches(membership.account_id, log_filter):
        if not membership.is_limited:
            yield from lines
            continue
        with tenancy.member(membership.account_id, membership.user_id, is_limited=True):
            seen = _seen(lines)
        yield from seen


def _seen(lines: Iterable[AuditEntry]) -> list[AuditEntry]:
    lines, member = list(lines), str(tenancy.limited_member())
    numbers: dict[str, set[int]] = defaultdict(set)
    for line in lines:
        kind, _colon, key = line.subject.partition(":")
        if kind in _OF_LISTS and key.isascii() and key.isdecimal() and len(key) < 19:
            numbers[kind].add(int(key))
    seen = {kind: _visible(kind, ids) for kind, ids in numbers.items()}
    return [line for line in lines if _is_by(line, member) or _is_about(line, seen)]


def _visible(kind: str, ids: Collection[int]) -> set[str]:
    rows = _OF_LISTS[kind]._default_manager.filter(id__in=ids).values_list("id", flat=True)
    # What was done to a contact may have been about a list that the member doesn't see.
    return {str(number) for number in rows if kind != "contact" or not is_on_other_lists(number)}


def _is_by(line: AuditEntry, member: str) -> bool:
    return line.actor_kind == ActorKind.CUSTOMER and str(line.actor_id) == member


def _is_about(line: AuditEntry, seen: dict[str, set[str]]) -> bool:
    kind, _colon, key = line.subject.partition(":")
    return key in seen.get(kind, ())


KINDS: Final = {
    "account": (
        gettext_lazy("Account"),
        (
            "account.",
            "agreements.",
            "policy.",
            "measure.",
            "strike.",
            "message.",
            "question.",
            "settings.",
            "monthly_report.",
        ),
    ),
    "team": (
        gettext_lazy("Team and access"),
        ("invitation.", "member.", "user.", "api_key.", "webhook.", "events.", "four_eyes.", "second_factor."),
    ),
    "campaigns": (
        gettext_lazy("Campaigns"),
        (
            "campaign.",
            "release.",
            "digest.",
            "report_link.",
            "comment.",
            "template.",
            "saved_block.",
            "coupon.",
            "test_list.",
            "media.",
            "warm_up.",
            "automation.",
            "transactional.",
            "writing_help.",
        ),
    ),
    "contacts": (
        pgettext_lazy("activity log", "Contacts"),
        (
            "list.",
            "origin.",
            "import.",
            "move.",
            "export.",
            "bulk.",
            "contact.",
            "people.",
            "person.",
            "evidence.",
            "segment.",
            "field.",
            "tag.",
            "form.",
            "landing_page.",
            "stand.",
            "suppression.",
            "event_type.",
            "event_period.",
            "conversion_goal.",
        ),
    ),
    "senders": (gettext_lazy("Senders and brand"), ("mailbox.", "media_host.", "domain.", "imprint.", "brand.")),
}
"""Filter -> its label and the codes it stands for."""


@dataclass(frozen=True, slots=True)
class ActivityRow:
    """One line as text. `person` is empty for the operator's team and for automatic entries."""

    what: str
    person: str
    by_team: bool
    subject: ActivitySubject | None
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ActivityQuery:
    person: str
    kind: str
    since: date | None
    until: date | None

    def filter(self, zone: ZoneInfo) -> AccountLogFilter:
        return AccountLogFilter(
            person=self.person,
            prefixes=KINDS[self.kind][1] if self.kind else (),
            begins_at=_midnight(self.since, zone),
            ends_at=_midnight(self.until + timedelta(days=1), zone) if self.until else None,
        )


def _midnight(day: date | None, zone: ZoneInfo) -> datetime | None:
    return datetime.combine(day, time(), zone) if day else None


def _day(text: str) -> date | None:
    """Return a day in 1990 to 2200, which leaves room for the day after it."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 1990 <= day.year <= 2200 else None


def _asked(request: StudioRequest) -> ActivityQuery:
    kind = request.GET.get("kind", "")
    person = request.GET.get("q", "").strip().replace("\0", "")[:100]
    return ActivityQuery(
        person, kind if kind in KINDS else "", _day(request.GET.get("since", "")), _day(request.GET.get("until", ""))
    )


def _row(line: AuditEntry, subjects: Mapping[str, ActivitySubject]) -> ActivityRow:
    by_team = line.actor_kind == ActorKind.STAFF.value
    return ActivityRow(word(line.action), line.actor, by_team, subjects.get(line.subject), line.reason, line.at)


@studio(
    "GET settings/activity/",
    "activity",
    Permission.MANAGE,
    Permission.MANAGE,
    limited=True,
    tab=Tab(SETTINGS, gettext_lazy("Activity"), gettext_lazy("audit log, history, who did what"), place=50),
)
def activity(request: StudioRequest) -> HttpResponse:
    asked = _asked(request)
    lines = seen_lines(
        request.account.id,
        asked.filter(ZoneInfo(request.account.time_zone)),
        before_id=whole_number(request.GET.get("before")),
        rows=PAGE_ROWS + 1,
    )
    visible, query = lines[:PAGE_ROWS], request.GET.copy()
    subjects = named(line.subject for line in visible)
    query.pop("before", None)
    context: dict[str, Any] = {
        "rows": [_row(line, subjects) for line in visible],
        "asked": asked,
        "kinds": [(key, label) for key, (label, _codes) in KINDS.items()],
        "next_id": visible[-1].id if len(lines) > PAGE_ROWS else 0,
        "later": bool(request.GET.get("before")),
        "query": query.urlencode(),
        "is_filtered": bool(asked.person or asked.kind or asked.since or asked.until),
    }
    return page(request, "studio/trust/activity.html", context)


@studio("GET settings/activity.csv", "activity-csv", Permission.MANAGE, Permission.MANAGE, limited=True, nav="activity")
def activity_csv(request: StudioRequest) -> HttpResponseBase:
    log_filter = _asked(request).filter(ZoneInfo(request.account.time_zone))
    lines = _csv_lines(request.membership, log_filter, translation.get_language() or "en")
    return csv_response("activity.csv", lines)


def _csv_lines(membership: Membership, log_filter: AccountLogFilter, language: str) -> Iterator[str]:
    # The middleware's language is gone by the time the body is streamed.
    with translation.override(language):
        heads = [_("Time (UTC)"), _("What"), _("Code"), _("Who"), _("Concerns"), _("Reason")]
    yield "\ufeff" + csv_line(heads)
    for line in all_seen_lines(membership, log_filter):
        with translation.override(language):
            row = _row(line, {})
            who = row.person or (_("Service team") if row.by_team else _("Automatic"))
        at = row.at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
        yield csv_line((at, row.what, line.action, who, line.subject, row.reason))
