"""Sign-up forms: their wording, embed codes and sign-ups."""

from datetime import datetime
from typing import Annotated

from django.http import Http404
from ninja import Query, Router, Schema
from pydantic import Field

from mailflatrate.apps.accounts.models import KeyScope
from mailflatrate.apps.forms import queries
from mailflatrate.apps.forms.models import (
    ConfirmationRequestKind,
    ConfirmationRequestState,
    Form,
    FormState,
    SignupRequest,
)
from mailflatrate.entrypoints.api.v1.access_control import ApiRequest, Caller, endpoint
from mailflatrate.entrypoints.api.v1.audience.lists import ListLanguage
from mailflatrate.entrypoints.api.v1.problems import missing_scope
from mailflatrate.entrypoints.api.v1.schemas import (
    Id,
    Page,
    PageQuery,
    RequestBodySchema,
    filled,
    newest_first,
    page_from,
)
from mailflatrate.entrypoints.presenters.signup.embeds import form_url, frame_snippet, html_snippet, script_snippet
from mailflatrate.rules.forms import frozen_from_json

ROUTER = Router(tags=["Forms"])


class FormInfo(Schema):
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


class FormEmbeds(Schema):
    """Three embed codes in one language. All lead to double opt-in; there is no other way (R-25)."""

    language: str
    wording: Annotated[str, Field(description="what people consent to, as published")]
    script: str
    frame: str
    html: str


class LanguageQuery(RequestBodySchema):
    """The language; by default the form's first."""

    language: ListLanguage | None = None


class SignupRequestInfo(Schema):
    """A request for confirmation. `rule`: why no email was sent."""

    id: int
    email: str
    kind: ConfirmationRequestKind
    state: ConfirmationRequestState
    rule: str
    language: str
    requested_at: datetime
    settled_at: datetime | None


def _may_see(caller: Caller, form_id: int) -> bool:
    """Restrict a key with only `ask` to the forms it is bound to."""
    return caller.may(KeyScope.READ) or caller.use.key.may_read_form(form_id)


def _form(request: ApiRequest, form_id: int) -> Form:
    form = queries.find_form(form_id)
    if form is None or not _may_see(request.caller, form_id):
        raise Http404
    return form


def _shown(row: queries.FormRow, *, counted: bool) -> FormInfo:
    form = row.form
    current = form.current
    languages = frozen_from_json(current.content).content.languages if current else ()
    return FormInfo(
        id=form.id, name=form.name, code=form.code, list_id=form.mailing_list_id, state=FormState(form.state),
        version=current.number if current else None, version_sha256=current.sha256 if current else "",
        languages=list(languages), hosted_url=form_url(form.code),
        asked=row.asked if counted else None, confirmed=row.confirmed if counted else None,
        withheld=row.withheld if counted else None, denied=row.denied if counted else None,
    )  # fmt: skip


@endpoint(ROUTER, "get", "/forms", scope=KeyScope.READ, or_scopes=(KeyScope.ASK,))
def list_forms(request: ApiRequest, which: Query[PageQuery]) -> Page[FormInfo]:
    """List forms by name, closed ones last, page by page. A key with only `ask` sees the forms it is bound to."""
    caller = request.caller
    _may_read_some(caller)
    rows = [row for row in queries.form_table() if _may_see(caller, row.form.id)]
    counted = caller.may(KeyScope.READ)
    return page_from(rows, which, lambda row: _shown(row, counted=counted), id_of=lambda row: row.form.id)


@endpoint(ROUTER, "get", "/forms/{form_id}", scope=KeyScope.READ, or_scopes=(KeyScope.ASK,))
def show_form(request: ApiRequest, form_id: Id) -> FormInfo:
    """Show a form."""
    _may_read_some(request.caller)
    row = queries.form_row(form_id)
    if row is None or not _may_see(request.caller, form_id):
        raise Http404
    return _shown(row, counted=request.caller.may(KeyScope.READ))


def _may_read_some(caller: Caller) -> None:
    """Raise Problem for a key that isn't bound to any form: it may request confirmations for all but read none."""
    if not caller.may(KeyScope.READ) and caller.use.key.form_ids is None:
        raise missing_scope(KeyScope.READ)


@endpoint(ROUTER, "get", "/forms/{form_id}/embeds", scope=KeyScope.READ, or_scopes=(KeyScope.ASK,))
def show_embeds(request: ApiRequest, form_id: Id, which: Query[LanguageQuery]) -> FormEmbeds:
    """Get the embed codes for a page of your own. They embed the published version; an unpublished draft has none."""
    _may_read_some(request.caller)
    form = _form(request, form_id)
    if form.current is None:
        raise Http404
    frozen = frozen_from_json(form.current.content)
    language = frozen.language(which.language.value if which.language else "")
    typed = queries.typed_fields(frozen.content)
    return FormEmbeds(
        language=language,
        wording=frozen.frozen[language].wording,
        script=script_snippet(form.code, frozen, language, typed),
        frame=frame_snippet(form.code, frozen, language, typed),
        html=html_snippet(form.code, form.current.number, frozen, language, typed),
    )


@endpoint(ROUTER, "get", "/forms/{form_id}/requests", scope=KeyScope.READ)
def list_requests(request: ApiRequest, form_id: Id, which: Query[PageQuery]) -> Page[SignupRequestInfo]:
    """List recent confirmation requests, newest first. Those never confirmed are forgotten after two weeks (R-34)."""
    rows = SignupRequest.objects.filter(form_id=_form(request, form_id).id)
    return newest_first(rows, which, lambda row: filled(SignupRequestInfo, row, rule=row.reason))
