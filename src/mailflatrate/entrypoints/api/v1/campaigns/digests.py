"""RSS campaigns: drafts prepared on a weekday from a feed's new entries, which people release."""

from datetime import datetime, time
from typing import Annotated, Any

from django.db.models import Count, Q
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema
from pydantic import BeforeValidator, Field, WithJsonSchema

from mailflatrate.apps.accounts.models import KeyScope
from mailflatrate.apps.campaigns.actions import digests
from mailflatrate.apps.campaigns.errors import NameTaken
from mailflatrate.apps.campaigns.models import DigestOutcome, FeedDigest, FeedItem
from mailflatrate.apps.campaigns.models.digest import EVERY_DAY
from mailflatrate.entrypoints.api.v1.access_control import ApiRequest, endpoint
from mailflatrate.entrypoints.api.v1.problems import Code, Problem, wrong, wrong_fields
from mailflatrate.entrypoints.api.v1.schemas import (
    Id,
    Page,
    PageQuery,
    RequestBodySchema,
    SuccessResult,
    filled,
    newest_first,
    page_from,
)
from mailflatrate.entrypoints.presenters.digest_form import DigestForm, settings_of
from mailflatrate.entrypoints.presenters.lookups import find_digest

ROUTER = Router(tags=["RSS campaigns"])
NAMES = {"mailing_list": "list_id", "sender": "sender_id", "template": "template_id"}
"""Field of the page -> field here, where they differ."""
NULLABLE = ("sender_id", "template_id")


def _clock(value: Any) -> Any:
    """Refuse numbers and fractions of a second, which the validator would take for a time."""
    if isinstance(value, time) or (isinstance(value, str) and "." not in value and "," not in value):
        return value
    raise ValueError("write it like 09:00")


_CLOCK_FORM = {"type": "string", "pattern": r"^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$", "title": "At"}
"""Not `format: time`, which has an offset (RFC 3339)."""
Clock = Annotated[
    time,
    BeforeValidator(_clock),
    WithJsonSchema(
        {**_CLOCK_FORM, "description": "local time in `time_zone`, without an offset", "examples": ["09:00"]}
    ),
]
DigestName = Annotated[str, Field(min_length=1, max_length=100, description="appears in the subject of each issue")]
FeedUrl = Annotated[
    str, Field(max_length=500, description="URL of an RSS or Atom feed on a public web server; empty: none")
]
Weekday = Annotated[int, Field(ge=0, le=EVERY_DAY, description="0 is Monday, 6 is Sunday, 7 is every day")]
Zone = Annotated[str, Field(max_length=64, description="IANA time zone; default: the account's")]
Minimum = Annotated[
    int, Field(ge=1, le=20, description="minimum number of new entries for an issue; with fewer, they wait")
]
TemplateId = Annotated[
    Id | None, Field(description="a template with [[entries]] where the entries go; null: entries only")
]


class DigestInfo(Schema):
    """An RSS campaign and the result of its last feed check.

    `last_issue_id` is the campaign it prepared last, which begins as a draft.
    """

    id: int
    name: str
    url: str
    list_id: int
    sender_id: int | None
    template_id: int | None
    weekday: Weekday
    at: Annotated[time, WithJsonSchema(_CLOCK_FORM)]
    time_zone: str
    minimum: int
    is_active: bool
    next_at: datetime
    checked_at: datetime | None
    outcome: Annotated[DigestOutcome, Field(description="empty: not checked yet")]
    detail: Annotated[str, Field(description="technical details of the last error")]
    failures: Annotated[int, Field(description="consecutive failures")]
    waiting: Annotated[int, Field(description="new entries waiting for the next issue")]
    last_issue_id: int | None


class DigestFields(RequestBodySchema):
    """The optional settings of an RSS campaign."""

    sender_id: Annotated[Id | None, Field(description="a verified sender address; null: chosen in the draft")] = None
    template_id: TemplateId = None
    at: Clock = time(9)
    time_zone: Zone | None = None
    minimum: Minimum = 1
    is_active: bool = True


class NewDigest(DigestFields):
    """A new RSS campaign."""

    name: DigestName
    url: FeedUrl
    list_id: Id
    weekday: Weekday


class DigestChange(DigestFields):
    """Changes to an RSS campaign. Fields you leave out stay the same. A new feed address starts over: waiting entries
    are discarded.
    """

    name: DigestName | None = None
    url: FeedUrl | None = None
    list_id: Id | None = None
    weekday: Weekday | None = None
    at: Clock | None = None  # type: ignore[assignment]  # left out, it stays
    minimum: Minimum | None = None  # type: ignore[assignment]
    is_active: bool | None = None  # type: ignore[assignment]


class FeedCheckRequest(RequestBodySchema):
    """What to do when checking the feed."""

    issue: Annotated[bool, Field(description="true: also prepare an issue from new entries, whatever the weekday")] = (
        False
    )


class FeedEntryInfo(Schema):
    """An entry waiting for the next issue, as plain text."""

    id: int
    title: str
    summary: str
    link: str
    published_at: datetime | None
    seen_at: datetime


def _one(digest_id: int) -> DigestInfo:
    digest = get_object_or_404(_rows(), id=digest_id)
    return _shown(digest)


def _rows() -> Any:
    return FeedDigest.objects.annotate(waiting=Count("items", filter=Q(items__used_at=None))).order_by("name")


def _shown(row: Any) -> DigestInfo:
    return filled(DigestInfo, row, list_id=row.mailing_list_id)


def _saved(request: ApiRequest, values: dict[str, Any], digest_id: int | None) -> DigestInfo:
    if values["at"].tzinfo is not None:
        raise wrong("at", _("a time of day without a UTC offset; “time_zone” says which clock it refers to"))
    form = DigestForm(values)
    if not form.is_valid():
        raise wrong_fields({NAMES.get(name, name): list(map(str, faults)) for name, faults in form.errors.items()})
    try:
        saved = digests.save_digest(form.cleaned_data, by=request.caller.user, digest_id=digest_id)
    except NameTaken as taken:
        raise Problem(Code.EXISTS, _("Another RSS campaign already has this name.")) from taken
    return _one(saved.id)


def _as_form(given: DigestFields) -> dict[str, Any]:
    """Return the submitted values under the page's names. Null has a meaning only for a few."""
    back = {ours: theirs for theirs, ours in NAMES.items()}
    sent = {name: getattr(given, name) for name in given.model_fields_set}
    return {back.get(name, name): value for name, value in sent.items() if value is not None or name in NULLABLE}


@endpoint(ROUTER, "get", "/digests", scope=KeyScope.READ)
def list_digests(request: ApiRequest, which: Query[PageQuery]) -> Page[DigestInfo]:
    """List RSS campaigns by name, page by page."""
    return page_from(list(_rows()), which, _shown)


@endpoint(ROUTER, "post", "/digests", scope=KeyScope.CAMPAIGNS_DRAFT, status=201, repeatable=True)
def create_digest(request: ApiRequest, given: NewDigest) -> DigestInfo:
    """Set up an RSS campaign that prepares drafts from a feed.

    The feed is checked at once; nothing it prepares is sent automatically (R-04).
    """
    begun = {"time_zone": request.caller.account.time_zone, "at": given.at, "minimum": 1, "is_active": True}
    return _saved(request, begun | _as_form(given), None)


@endpoint(ROUTER, "get", "/digests/{digest_id}", scope=KeyScope.READ)
def show_digest(request: ApiRequest, digest_id: Id) -> DigestInfo:
    """Show an RSS campaign. Includes the result of the last feed check."""
    return _one(digest_id)


@endpoint(ROUTER, "patch", "/digests/{digest_id}", scope=KeyScope.CAMPAIGNS_DRAFT)
def change_digest(request: ApiRequest, digest_id: Id, given: DigestChange) -> DigestInfo:
    """Change the settings of an RSS campaign. Issues already prepared stay the same."""
    present = settings_of(find_digest(digest_id))
    return _saved(request, present | _as_form(given), digest_id)


@endpoint(ROUTER, "delete", "/digests/{digest_id}", scope=KeyScope.CAMPAIGNS_DRAFT)
def delete_digest(request: ApiRequest, digest_id: Id) -> SuccessResult:
    """Delete an RSS campaign.

    It prepares no further issues; those already prepared stay.
    """
    digests.delete_digest(find_digest(digest_id).id, by=request.caller.user)
    return SuccessResult()


@endpoint(ROUTER, "post", "/digests/{digest_id}/check", scope=KeyScope.CAMPAIGNS_DRAFT, status=202)
def check_digest(request: ApiRequest, digest_id: Id, given: FeedCheckRequest) -> DigestInfo:
    """Check the feed now.

    The result appears in the RSS campaign a moment later.
    """
    digests.request_feed_check(find_digest(digest_id).id, issue=given.issue)
    return _one(digest_id)


@endpoint(ROUTER, "get", "/digests/{digest_id}/entries", scope=KeyScope.READ)
def list_entries(request: ApiRequest, digest_id: Id, which: Query[PageQuery]) -> Page[FeedEntryInfo]:
    """List entries waiting for the next issue. The most recently found come first."""
    waiting = FeedItem.objects.filter(digest_id=find_digest(digest_id).id, used_at=None)
    return newest_first(waiting, which, FeedEntryInfo.model_validate)
