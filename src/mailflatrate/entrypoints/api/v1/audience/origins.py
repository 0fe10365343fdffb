"""Declarations of where the addresses of a list come from (R-10, R-11). Our team reviews each one."""

from datetime import date, datetime
from typing import Annotated

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from ninja import Body, Query, Router, Schema
from pydantic import Field

from mailflatrate.apps.accounts.models import KeyScope
from mailflatrate.apps.intake.actions.origins import Declaration, declare_origin
from mailflatrate.apps.lists.errors import DeclarationProblem
from mailflatrate.apps.lists.models import DeclarationState, EvidenceColumn, ListOrigin, OriginKind
from mailflatrate.entrypoints.api.v1.access_control import ApiRequest, endpoint
from mailflatrate.entrypoints.api.v1.problems import wrong, wrong_fields
from mailflatrate.entrypoints.api.v1.schemas import Id, Page, PageQuery, filled, newest_first
from mailflatrate.entrypoints.presenters.lookups import find_list
from mailflatrate.entrypoints.presenters.sentences import error_sentence

ROUTER = Router(tags=["Lists"])


class OriginInfo(Schema):
    """A declaration as it was signed, with our team's decision."""

    id: int
    list_id: int
    version: int
    kind: OriginKind
    form_urls: list[str]
    wording: str
    has_screenshot: bool
    collected_from: date
    collected_to: Annotated[date | None, Field(description="null: people still sign up")]
    previous_system: str
    last_mailed_on: Annotated[date | None, Field(description="null: never")]
    declared_count: int
    controller: str
    signatory: str
    evidence: list[EvidenceColumn]
    remarks: str
    state: DeclarationState
    decision_reason: Annotated[str, Field(description="our reviewer's reason or question")]
    declared_at: datetime
    decided_at: datetime | None


def _shown(row: ListOrigin) -> OriginInfo:
    return filled(OriginInfo, row, list_id=row.mailing_list_id, has_screenshot=bool(row.screenshot_type))


@endpoint(ROUTER, "get", "/lists/{list_id}/origins", scope=KeyScope.READ)
def list_origins(request: ApiRequest, list_id: Id, which: Query[PageQuery]) -> Page[OriginInfo]:
    """List the declarations of a list's origin, newest first."""
    rows = ListOrigin.objects.filter(mailing_list_id=find_list(list_id).id).defer("screenshot")
    return newest_first(rows, which, _shown)


@endpoint(ROUTER, "post", "/lists/{list_id}/origins", scope=KeyScope.IMPORT, status=201, repeatable=True)
def declare_list_origin(request: ApiRequest, list_id: Id, given: Body[Declaration]) -> OriginInfo:
    """Declare where a list's addresses come from.

    Our team reviews it. You can import right away; people are mailed after the approval. A new declaration replaces one
    that is still waiting, and also serves as the answer to a question of our reviewer.
    """
    find_list(list_id)
    if not given.assured:
        raise wrong("assured", _("send true to confirm"))
    where = request.caller.where
    try:
        made = declare_origin(list_id, given, by=request.caller.user, ip=where.ip, user_agent=where.user_agent)
    except DeclarationProblem as problem:
        raise wrong_fields({name: [error_sentence(text)] for name, text in problem.problems.items()}) from problem
    return _shown(made)


@endpoint(ROUTER, "get", "/lists/{list_id}/origins/{origin_id}", scope=KeyScope.READ)
def show_origin(request: ApiRequest, list_id: Id, origin_id: Id) -> OriginInfo:
    """Show a declaration with our team's decision."""
    rows = ListOrigin.objects.filter(mailing_list_id=find_list(list_id).id).defer("screenshot")
    return _shown(get_object_or_404(rows, id=origin_id))
