"""Reads of forms: the published form for a code, and data for the studio."""

import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from django.db import connection
from django.db.models import QuerySet

from mailflatrate.apps.accounts.models import Account, Imprint
from mailflatrate.apps.domains.facts import is_trusted_name
from mailflatrate.apps.domains.models import DomainState, SenderAddress
from mailflatrate.apps.domains.queries import proved_domain_names, senders
from mailflatrate.apps.forms.models import (
    ConfirmationRequestState,
    Form,
    FormState,
    FormVersion,
    SignupDenial,
    SignupRequest,
)
from mailflatrate.apps.lists.addresses import Surroundings, surroundings
from mailflatrate.apps.lists.fields import definitions, month_first
from mailflatrate.apps.lists.models import MailingList, Move, MoveState
from mailflatrate.base import tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.mail.address import domain_of
from mailflatrate.rules.fields.field_type import FieldDefinition
from mailflatrate.rules.forms import (
    FieldKind,
    FormContent,
    FormField,
    FormRedirects,
    FrozenForm,
    content_from_json,
    frozen_from_json,
)
from mailflatrate.rules.forms.placement import Placement, placement_from_json
from mailflatrate.rules.forms.redirects import redirect_target

FRESH_SECONDS = 3.0
KEPT_FORMS = 2_000
PAGE_ROWS = 50


@dataclass(frozen=True, slots=True)
class PublishedForm:
    """A form as the public sees it: its account, its current version, and whether it accepts sign-ups."""

    account_id: int
    account_name: str
    form_id: int
    list_id: int
    code: str
    open: bool
    version_id: int
    number: int
    sha256: str
    frozen: FrozenForm
    around: Surroundings
    """The context in which addresses are judged (R-23)."""
    typed: Mapping[str, FieldDefinition]
    """The account's fields that the form asks for, by key: how each is drawn, and what suits it."""
    month_first: bool
    placement: Placement
    open_further: frozenset[int]
    """The further lists that still take sign-ups."""
    redirects: FormRedirects
    """The customer's own pages, on domains that are theirs at present."""


_kept: dict[str, tuple[float, PublishedForm | None]] = {}


def published_form(code: str) -> PublishedForm | None:
    """Return the form with this code if it was ever published. The result is at most three seconds old.

    Works in any scope or none.
    """
    now = time.monotonic()
    kept = _kept.get(code)
    if kept is None or now - kept[0] > FRESH_SECONDS:
        if len(_kept) >= KEPT_FORMS:
            _kept.clear()
        kept = _kept[code] = (now, _read(code))
    return kept[1]


def move_in(form: PublishedForm, code: str) -> int | None:
    """Return the move with this code, if it fills the list of the form; None for any other."""
    with tenancy.account(form.account_id):
        found = Move.objects.filter(code=code, mailing_list_id=form.list_id).exclude(state=MoveState.DISCARDED)
        return found.values_list("id", flat=True).first()


def forget_published(code: str) -> None:
    """Drop the form from this process's cache so that the next request reads it again."""
    _kept.pop(code, None)


def _read(code: str) -> PublishedForm | None:
    with tenancy.platform(PlatformReason.PUBLIC_PAGE):
        form = (
            Form.objects.select_related("current", "account", "mailing_list")
            .filter(code=code, current__isnull=False)
            .first()
        )
        if form is None or form.current is None:
            return None
    with tenancy.account(form.account_id):
        return _published(form, form.account, form.current, surroundings())


def _published(form: Form, account: Account, version: FormVersion, around: Surroundings) -> PublishedForm:
    frozen = frozen_from_json(version.content)
    return PublishedForm(
        account_id=account.id,
        account_name=account.name,
        form_id=form.id,
        list_id=form.mailing_list_id,
        code=form.code,
        open=form.state == FormState.PUBLISHED and form.mailing_list.archived_at is None,
        version_id=version.id,
        number=version.number,
        sha256=version.sha256,
        frozen=frozen,
        around=around,
        typed=typed_fields(frozen.content),
        month_first=month_first(),
        placement=placement_from_json(form.placement),
        redirects=allowed_redirects(frozen.content),
        open_further=frozenset(open_list_names([each.list_id for each in frozen.content.further])),
    )


def allowed_redirects(content: FormContent) -> FormRedirects:
    """Return the pages that a form leads to, without those on a domain that isn't the account's any longer."""
    asked = content.redirects
    if asked == FormRedirects():
        return asked
    domains = proved_domain_names()
    return FormRedirects(redirect_target(asked.sent, domains), redirect_target(asked.welcome, domains))


def typed_fields(content: FormContent) -> dict[str, FieldDefinition]:
    """Return the declared fields that a form asks for, by key."""
    return definitions([field.key for field in content.fields if field.is_attribute])


@dataclass(frozen=True, slots=True)
class ShownVersion:
    """The version shown to a visitor; a page that embeds a form may be older than its newest version."""

    version_id: int
    number: int
    sha256: str
    frozen: FrozenForm


def shown_version(form: PublishedForm, number: int | None) -> ShownVersion:
    """Return version `number` of a form if it exists, otherwise the current one."""
    present = ShownVersion(form.version_id, form.number, form.sha256, form.frozen)
    if number is None or number == form.number:
        return present
    return _older(form.account_id, form.form_id, number) or present


@lru_cache(maxsize=500)
def _older(account_id: int, form_id: int, number: int) -> ShownVersion | None:
    with tenancy.account(account_id):
        row = FormVersion.objects.filter(form_id=form_id, number=number).first()
    return ShownVersion(row.id, row.number, row.sha256, frozen_from_json(row.content)) if row else None


def confirmation_senders(form_ids: Collection[int | None]) -> dict[int | None, SenderAddress | None]:
    """Return who sends the confirmation emails of these forms, and under None those of a change of address: the
    account's first sender.

    Without a sender the service sends, in the account's name. So it is for a sender that isn't proved now, and for a
    name that a person would have to review first, because no one reviews these emails (R-45).
    """
    forms = Form.objects.select_related("sender__domain").in_bulk([each for each in form_ids if each is not None])
    found: dict[int | None, SenderAddress | None] = {form_id: form.sender for form_id, form in forms.items()}
    if None in form_ids:
        found[None] = senders().first()
    return {form_id: sender if _may_confirm(sender) else None for form_id, sender in found.items()}


def _may_confirm(sender: SenderAddress | None) -> bool:
    if sender is None or sender.verified_at is None or sender.domain.state != DomainState.VERIFIED:
        return False
    return is_trusted_name(sender.display_name, sender.email)


def newest_imprint() -> Imprint | None:
    """Return the imprint that a version published now would show."""
    return Imprint.objects.order_by("-version").first()


@dataclass(frozen=True, slots=True)
class FormRow:
    """A form in the studio's table, with its requests of the last two weeks by state."""

    form: Form
    asked: int
    confirmed: int
    withheld: int
    denied: int


_COUNTS = """
SELECT form_id, count(*) FILTER (WHERE state IN ('queued', 'asked')), count(*) FILTER (WHERE state = 'confirmed'),
    count(*) FILTER (WHERE state = 'withheld'), count(*) FILTER (WHERE state = 'denied')
FROM signup_request WHERE account_id = %s AND form_id IS NOT NULL GROUP BY form_id
"""


def form_table() -> list[FormRow]:
    """Return all forms by name, closed ones last."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, [tenancy.current_account_id()])
        counts = {form_id: numbers for form_id, *numbers in cursor.fetchall()}
    forms = Form.objects.select_related("mailing_list", "current").order_by("name", "id")
    rows = [FormRow(form, *counts.get(form.id, (0, 0, 0, 0))) for form in forms]
    return sorted(rows, key=lambda row: row.form.state == FormState.CLOSED)


def forms_named(text: str) -> QuerySet[Form]:
    """Return forms whose name contains `text`."""
    return Form.objects.filter(name__icontains=text).order_by("name", "id")


def form_row(form_id: int) -> FormRow | None:
    """Return one form of the table."""
    return next((row for row in form_table() if row.form.id == form_id), None)


def find_form(form_id: int) -> Form | None:
    """Return a form of the account."""
    return Form.objects.select_related("mailing_list", "current", "sender").filter(id=form_id).first()


def versions(form_id: int) -> QuerySet[FormVersion]:
    """Return the published versions of a form, newest first."""
    return FormVersion.objects.select_related("published_by").filter(form_id=form_id).order_by("-number")


def recent_requests(form_id: int, *, before_id: int | None = None) -> list[SignupRequest]:
    """Return recent sign-ups, newest first; unconfirmed ones are deleted after two weeks."""
    rows = SignupRequest.objects.select_related("version").filter(form_id=form_id)
    if before_id is not None:
        rows = rows.filter(id__lt=before_id)
    return list(rows.order_by("-id")[:PAGE_ROWS])


def correctable_fields(list_ids: Collection[int]) -> list[FormField]:
    """Return the fields that the forms of these lists ask for and that subscribers may correct themselves, without
    duplicates.
    """
    forms = Form.objects.filter(correctable=True, current__isnull=False, mailing_list_id__in=list(list_ids))
    found: dict[str, FormField] = {}
    for form in forms.select_related("current").order_by("id"):
        assert form.current is not None
        for field in content_from_json(form.current.content["content"]).fields:
            if field.kind is not FieldKind.SOURCE:
                found.setdefault(field.key, field)
    return list(found.values())


def asking_forms(list_id: int | None = None) -> list[Form]:
    """Return the published forms (of one list, if given) through which a person can be asked."""
    rows = Form.objects.select_related("mailing_list").filter(
        state=FormState.PUBLISHED, mailing_list__archived_at__isnull=True
    )
    if list_id is not None:
        rows = rows.filter(mailing_list_id=list_id)
    return list(rows.order_by("mailing_list__public_name", "id"))


@dataclass(frozen=True, slots=True)
class ConsentWording:
    """What people agree to at present when they sign up to a list: the form, the language and the wording."""

    form: str
    language: str
    text: str


def consent_wordings(list_id: int) -> list[ConsentWording]:
    """Return the wordings with which published forms ask for consent to a list, also where it is their further list."""
    found = []
    for form in Form.objects.filter(state=FormState.PUBLISHED).select_related("current").order_by("id"):
        assert form.current is not None
        for language, texts in frozen_from_json(form.current.content).frozen.items():
            if form.mailing_list_id == list_id:
                found.append(ConsentWording(form.name, language, texts.wording))
            found += [
                ConsentWording(form.name, language, each.wording) for each in texts.further if each.list_id == list_id
            ]
    return found


def open_lists() -> list[MailingList]:
    """Return the lists that a form can add people to."""
    return list(MailingList.objects.filter(archived_at=None).exclude(origin_state="rejected").order_by("name", "id"))


def open_list_names(list_ids: Sequence[int]) -> dict[int, str]:
    """Return the public names of those of the lists that a form can add people to, by id."""
    if not list_ids:
        return {}
    rows = MailingList.objects.filter(id__in=list_ids, archived_at=None).exclude(origin_state="rejected")
    return dict(rows.values_list("id", "public_name"))


def queued_domains(most: int) -> set[str]:
    """Return the domains of the oldest requests that wait for their email."""
    queued = SignupRequest.objects.filter(state=ConfirmationRequestState.QUEUED).order_by("id")
    return {domain_of(email) for email in queued.values_list("email", flat=True)[:most]}


@tenancy.needs_platform
def queued_since(moment: datetime) -> list[int]:
    """Return accounts with requests that were queued before `moment`, because no job was enqueued for them."""
    rows = SignupRequest.objects.filter(state=ConfirmationRequestState.QUEUED, requested_at__lt=moment)
    return list(rows.values_list("account_id", flat=True).distinct())


@tenancy.needs_platform
def unhandled_denials() -> list[SignupDenial]:
    """Return "this was not me" answers for the abuse desk, oldest first."""
    return list(SignupDenial.objects.filter(handled_at=None).order_by("denied_at")[:PAGE_ROWS])


def asked_as(keys: Iterable[str], language: str) -> dict[str, str]:
    """Return, by attribute key, the label under which a form of the account asks for it; the newest form decides.

    Attributes that no form asks for are missing.
    """
    wanted, found = set(keys), {}
    for form in Form.objects.filter(current__isnull=False).select_related("current").order_by("id"):
        assert form.current is not None
        content = content_from_json(form.current.content["content"])
        for field in content.fields:
            label = field.labels.get(language) or next((field.labels.get(one) for one in content.languages), None)
            if field.key in wanted and label:
                found[field.key] = label
    return found
