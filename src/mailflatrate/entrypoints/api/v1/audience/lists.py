"""Lists that people subscribe to, each with the status of its list origin."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from django.utils.translation import gettext as _
from ninja import Query, Router, Schema
from pydantic import Field

from mailflatrate.apps.accounts.models import KeyScope
from mailflatrate.apps.forms.queries import asking_forms
from mailflatrate.apps.lists import queries
from mailflatrate.apps.lists.actions import lists as lists_actions
from mailflatrate.apps.lists.models import MailingList, OriginState
from mailflatrate.apps.lists.queries import ListRow
from mailflatrate.entrypoints.api.v1.access_control import ApiRequest, endpoint
from mailflatrate.entrypoints.api.v1.problems import Code, Problem, wrong
from mailflatrate.entrypoints.api.v1.schemas import (
    Id,
    Name,
    Page,
    PageQuery,
    RequestBodySchema,
    filled,
    page_from,
    with_changes,
)
from mailflatrate.entrypoints.presenters.lookups import find_list
from mailflatrate.entrypoints.presenters.sentences import origin_sentence
from mailflatrate.locale.texts import ENGLISH, languages

ROUTER = Router(tags=["Lists"])
Description = Annotated[str, Field(max_length=1000)]


class ListLanguage(StrEnum):
    """The languages of lists, forms and campaigns."""

    _ignore_ = ["members", "code"]
    members = vars()
    for code in languages():
        members[code.upper()] = code


class ListCounts(Schema):
    """Number of contacts by subscription state. Only confirmed contacts receive campaigns."""

    confirmed: int
    pending: int
    quarantined: int
    unsubscribed: int


class ListInfo(Schema):
    """A list. Imports need a declared list origin, and imported contacts are emailed only after its approval."""

    id: int
    name: str
    public_name: str
    description: str
    language: str
    code: str
    origin: OriginState
    origin_meaning: str
    people: ListCounts
    created_at: datetime
    archived_at: datetime | None


class NewList(RequestBodySchema):
    """A new list."""

    name: Name
    public_name: Annotated[
        str, Field(max_length=120, description="the name shown to subscribers; empty: same as `name`")
    ] = ""
    description: Description = ""
    language: ListLanguage = ListLanguage(ENGLISH)
    policy_confirmed: Annotated[
        bool,
        Field(
            description="true: I confirm that this list complies with the anti-spam policy, and I take "
            "responsibility for that (R-04)"
        ),
    ] = False


class ListChange(RequestBodySchema):
    """Changes to a list. Fields you leave out stay the same."""

    name: Name | None = None
    public_name: Name | None = None
    description: Description | None = None
    language: ListLanguage | None = None


class ArchiveRequest(RequestBodySchema):
    """Confirms that the list is really to be archived."""

    sure: bool = False


class ListQuery(PageQuery):
    """Filters for lists."""

    archived: bool = False


def _shown(row: ListRow, mailing_list: MailingList) -> ListInfo:
    origin = OriginState(mailing_list.origin_state)
    return filled(
        ListInfo,
        row,
        description=mailing_list.description,
        origin=origin,
        origin_meaning=origin_sentence(origin),
        people=ListCounts.model_validate(row),
    )


def _one(list_id: int) -> ListInfo:
    mailing_list = find_list(list_id)
    rows = queries.list_table(archived=mailing_list.archived_at is not None)
    return _shown(next(row for row in rows if row.id == list_id), mailing_list)


@endpoint(ROUTER, "get", "/lists", scope=KeyScope.READ)
def list_lists(request: ApiRequest, which: Query[ListQuery]) -> Page[ListInfo]:
    """List lists by name, page by page. Archived lists are included only on request."""
    rows = queries.list_table(archived=which.archived)
    lists = MailingList.objects.in_bulk([row.id for row in rows])
    return page_from(rows, which, lambda row: _shown(row, lists[row.id]))


@endpoint(ROUTER, "get", "/lists/{list_id}", scope=KeyScope.READ)
def show_list(request: ApiRequest, list_id: Id) -> ListInfo:
    """Show a list with its contact counts."""
    return _one(list_id)


@endpoint(ROUTER, "post", "/lists", scope=KeyScope.CONTACTS_WRITE, status=201, repeatable=True)
def create_list(request: ApiRequest, given: NewList) -> ListInfo:
    """Create a list. It starts empty: contacts join through a form, a confirmation request, or an import with proof."""
    if not given.policy_confirmed:
        raise Problem(Code.NOT_CONFIRMED)
    made = lists_actions.create_list(
        given.name, given.public_name, given.language.value, given.description, tick=request.caller.tick
    )
    return _one(made.id)


@endpoint(ROUTER, "patch", "/lists/{list_id}", scope=KeyScope.CONTACTS_WRITE)
def change_list(request: ApiRequest, list_id: Id, given: ListChange) -> ListInfo:
    """Change a list's names, description or language. Its code, used in List-Id, never changes."""
    mailing_list = find_list(list_id)
    lists_actions.rename_list(list_id, **with_changes(mailing_list, given))
    return _one(list_id)


@endpoint(ROUTER, "post", "/lists/{list_id}/archive", scope=KeyScope.CONTACTS_WRITE)
def archive_list(request: ApiRequest, list_id: Id, given: ArchiveRequest) -> ListInfo:
    """Archive a list. Nothing is sent to or imported into it, and its forms stop working. Its proof of consent is
    kept. You can undo this.
    """
    info = _one(list_id)
    if not given.sure:
        numbers = {"people": info.people.confirmed, "forms": len(asking_forms(list_id))}
        words = _(
            "Confirmed contacts who'd no longer receive anything through this list: %(people)d. Forms that would "
            "stop: %(forms)d. Send true if that's what you want."
        )
        raise wrong("sure", words % numbers)
    lists_actions.archive_list(list_id, by=request.caller.user)
    return _one(list_id)


@endpoint(ROUTER, "post", "/lists/{list_id}/unarchive", scope=KeyScope.CONTACTS_WRITE)
def unarchive_list(request: ApiRequest, list_id: Id) -> ListInfo:
    """Restore an archived list.

    Its contacts are unchanged, apart from changes they made themselves.
    """
    find_list(list_id)
    lists_actions.unarchive_list(list_id, by=request.caller.user)
    return _one(list_id)
