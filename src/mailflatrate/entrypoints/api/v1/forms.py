"""Sign-up forms: their wording, embed codes and sign-ups."""

from datetime import datetime
from typing import Annotated

from django.http import Http404
from ninja import Query, Router, Schema
from pydantic import Field

from mailflatrate.apps.accounts.models import Scope
from mailflatrate.apps.forms import queries
from mailflatrate.apps.forms.models import Form, FormState, RequestKind, RequestState, SignupRequest
from mailflatrate.entrypoints.api.v1.door import ApiRequest, Caller, endpoint
from mailflatrate.entrypoints.api.v1.lists import Language
from mailflatrate.entrypoints.api.v1.problems import Code, Problem
from mailflatrate.entrypoints.api.v1.shapes import Given, Id, Page, Paged, before_id, page_from, page_of
from mailflatrate.entrypoints.web.embeds import form_url, frame_snippet, html_snippet, script_snippet
from mailflatrate.rules.forms import frozen_from_json

ROUTER = Router(tags=["Forms"])


class FormShown(Schema):
    """A form. `asked`, `confirmed`, `withheld` and `denied` count the requests of the last two weeks. They are null
    for a key without `read`, because they would reveal whether an address is suppressed.
    """

    id: int
    name: str
    code: str
    list_id: int
    state: FormState
    version: int | None
    version_sha256: str
    languages: list[str]
    hosted_url: str
    asked: int | None
    confirmed: int | None
    withheld: int | None
    denied: int | None


class Embeds(Schema):
    """Three embed codes in one language. All lead to double opt-in; there is no other way (R-25)."""

    language: str
    wording: Annotated[str, Field(description="what people consent to, as published")]
    script: str
    frame: str
    html: str


class WhichLanguage(Given):
    """The language. Default: the form's first."""

    language: Language | None = None


class RequestShown(Schema):
    """A request for confirmation. `rule`: why no email was sent."""

    id: int
    email: str
    kind: RequestKind
    state: RequestState
    rule: str
    language: str
    requested_at: datetime
    settled_at: datetime | None


def _may_see(caller: Caller, form_id: int) -> bool:
    """Restrict a key with only `ask` to the forms it is bound to."""
    return caller.may(Scope.READ) or caller.use.key.may_read_form(form_id)


def _form(request: ApiRequest, form_id: int) -> Form:
    found = queries.find_form(form_id)
    if found is None or not _may_see(request.caller, form_id):
        raise Http404
    return found


def _shown(row: queries.FormRow, *, counted: bool) -> FormShown:
    form = row.form
    current = form.current
    languages = frozen_from_json(current.content).content.languages if current else ()
    return FormShown(
        id=form.id, name=form.name, code=form.code, list_id=form.mailing_list_id, state=FormState(form.state),
        version=current.number if current else None, version_sha256=current.sha256 if current else "",
        languages=list(languages), hosted_url=form_url(form.code),
        asked=row.asked if counted else None, confirmed=row.confirmed if counted else None,
        withheld=row.withheld if counted else None, denied=row.denied if counted else None,
    )  # fmt: skip


@endpoint(ROUTER, "get", "/forms", scope=Scope.READ, or_scope=Scope.ASK, answers=Page[FormShown])
def list_forms(request: ApiRequest, which: Query[Paged]) -> Page[FormShown]:
    """List forms by name, closed ones last, page by page. A key with only `ask` sees the forms it is bound to."""
    caller = request.caller
    _may_read_some(caller)
    rows = [row for row in queries.form_table() if _may_see(caller, row.form.id)]
    counted = caller.may(Scope.READ)
    return page_from(rows, which, lambda row: row.form.id, lambda row: _shown(row, counted=counted))


@endpoint(ROUTER, "get", "/forms/{form_id}", scope=Scope.READ, or_scope=Scope.ASK, answers=FormShown)
def show_form(request: ApiRequest, form_id: Id) -> FormShown:
    """Show a form."""
    _may_read_some(request.caller)
    row = queries.form_row(form_id)
    if row is None or not _may_see(request.caller, form_id):
        raise Http404
    return _shown(row, counted=request.caller.may(Scope.READ))


def _may_read_some(caller: Caller) -> None:
    """Raise Problem for a key that isn't bound to any form: it may ask for all forms but read none."""
    if not caller.may(Scope.READ) and caller.use.key.form_ids is None:
        raise Problem(Code.SCOPE_MISSING, more={"scope": Scope.READ.value})


@endpoint(ROUTER, "get", "/forms/{form_id}/embeds", scope=Scope.READ, or_scope=Scope.ASK, answers=Embeds)
def show_embeds(request: ApiRequest, form_id: Id, which: Query[WhichLanguage]) -> Embeds:
    """The codes for a page of yours. Of the published version; a draft that was never published has none."""
    _may_read_some(request.caller)
    form = _form(request, form_id)
    if form.current is None:
        raise Http404
    frozen = frozen_from_json(form.current.content)
    language = frozen.language(which.language.value if which.language else "")
    return Embeds(
        language=language, wording=frozen.frozen[language].wording,
        script=script_snippet(form.code, frozen, language), frame=frame_snippet(form.code, frozen, language),
        html=html_snippet(form.code, form.current.number, frozen, language),
    )  # fmt: skip


@endpoint(ROUTER, "get", "/forms/{form_id}/requests", scope=Scope.READ, answers=Page[RequestShown])
def list_requests(request: ApiRequest, form_id: Id, which: Query[Paged]) -> Page[RequestShown]:
    """Who was asked lately, the newest first. Whoever did not confirm is forgotten after two weeks (R-34)."""
    rows = SignupRequest.objects.filter(form_id=_form(request, form_id).id).order_by("-id")
    last = before_id(which.cursor)
    found = list((rows.filter(id__lt=last) if last is not None else rows)[: which.limit + 1])
    return page_of(found, which.limit, [_request(row) for row in found[: which.limit]])


def _request(row: SignupRequest) -> RequestShown:
    return RequestShown(
        id=row.id, email=row.email, kind=RequestKind(row.kind), state=RequestState(row.state), rule=row.reason,
        language=row.language, requested_at=row.requested_at, settled_at=row.settled_at,
    )  # fmt: skip
