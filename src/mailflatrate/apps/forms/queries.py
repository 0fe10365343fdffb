"""Reads of forms."""

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
from mailflatrate.apps.intake.models import Move, MoveState
from mailflatrate.apps.lists.addresses import Surroundings, surroundings
from mailflatrate.apps.lists.fields import definitions, month_first
from mailflatrate.apps.lists.models import MailingList
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
    typed: Mapping[str, FieldDefinition]
    month_first: bool
    placement: Placement
    open_further: frozenset[int]
    redirects: FormRedirects
    """The customer's own pages, on domains that are theirs at present."""


_kept: dict[str, tuple[float, PublishedForm | None]] = {}


def published_form(code: str) -> PublishedForm | None:
    """None if never published; at most three seconds old. Works in any scope or none."""
    now = time.monotonic()
    kept = _kept.get(code)
    if kept is None or now - kept[0] > FRESH_SECONDS:
        if len(_kept) >= KEPT_FORMS:
            _kept.clear()
        kept = _kept[code] = (now, _read(code))
    return kept[1]


def move_in(form: PublishedForm, code: str) -> int | None:
    """None unless the move fills the form's list."""
    with tenancy.account(form.account_id):
        moves = Move.objects.filter(code=code, mailing_list_id=form.list_id).exclude(state=MoveState.DISCARDED)
        return moves.values_list("id", flat=True).first()


def forget_published(code: str) -> None:
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
        open_further=frozenset(open_list_names([further_list.list_id for further_list in frozen.content.further])),
    )


def allowed_redirects(content: FormContent) -> FormRedirects:
    """Without those on a domain that isn't the account's any longer."""
    asked = content.redirects
    if asked == FormRedirects():
        return asked
    domains = proved_domain_names()
    return FormRedirects(redirect_target(asked.sent, domains), redirect_target(asked.welcome, domains))


def typed_fields(content: FormContent) -> dict[str, FieldDefinition]:
    return definitions([field.key for field in content.fields if field.is_attribute])


@dataclass(frozen=True, slots=True)
class ShownVersion:
    """A page that embeds a form may show an older version than the newest."""

    version_id: int
    number: int
    sha256: str
    frozen: FrozenForm


def shown_version(form: PublishedForm, number: int | None) -> ShownVersion:
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
    """None for the service, in the account's name: also for a sender that isn't proved now, or whose name would need a
    review, as no one reviews these emails (R-45). Under None, those of address changes: the first sender.
    """
    forms = Form.objects.select_related("sender__domain").in_bulk(
        [known_id for known_id in form_ids if known_id is not None]
    )
    by_form: dict[int | None, SenderAddress | None] = {form_id: form.sender for form_id, form in forms.items()}
    if None in form_ids:
        by_form[None] = senders().first()
    return {form_id: sender if _may_confirm(sender) else None for form_id, sender in by_form.items()}


def _may_confirm(sender: SenderAddress | None) -> bool:
    if sender is None or sender.verified_at is None or sender.domain.state != DomainState.VERIFIED:
        return False
    return is_trusted_name(sender.display_name, sender.email)


def newest_imprint() -> Imprint | None:
    return Imprint.objects.order_by("-version").first()


@dataclass(frozen=True, slots=True)
class FormRow:
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
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, [tenancy.current_account_id()])
        counts = {form_id: numbers for form_id, *numbers in cursor.fetchall()}
    forms = Form.objects.select_related("mailing_list", "current").order_by("name", "id")
    rows = [FormRow(form, *counts.get(form.id, (0, 0, 0, 0))) for form in forms]
    return sorted(rows, key=lambda row: row.form.state == FormState.CLOSED)


def forms_named(text: str) -> QuerySet[Form]:
    return Form.objects.filter(name__icontains=text).order_by("name", "id")


def form_row(form_id: int) -> FormRow | None:
    return next((row for row in form_table() if row.form.id == form_id), None)


def find_form(form_id: int) -> Form | None:
    return Form.objects.select_related("mailing_list", "current", "sender").filter(id=form_id).first()


def versions(form_id: int) -> QuerySet[FormVersion]:
    return FormVersion.objects.select_related("published_by").filter(form_id=form_id).order_by("-number")


def recent_requests(form_id: int, *, before_id: int | None = None) -> list[SignupRequest]:
    """Newest first; unconfirmed ones are deleted after two weeks."""
    rows = SignupRequest.objects.select_related("version").filter(form_id=form_id)
    if before_id is not None:
        rows = rows.filter(id__lt=before_id)
    return list(rows.order_by("-id")[:PAGE_ROWS])


def correctable_fields(list_ids: Collection[int]) -> list[FormField]:
    """Those that subscribers may correct themselves, without duplicates."""
    forms = Form.objects.filter(correctable=True, current__isnull=False, mailing_list_id__in=list(list_ids))
    by_key: dict[str, FormField] = {}
    for form in forms.select_related("current").order_by("id"):
        assert form.current is not None
        for field in content_from_json(form.current.content["content"]).fields:
            if field.kind is not FieldKind.SOURCE:
                by_key.setdefault(field.key, field)
    return list(by_key.values())


def asking_forms(list_id: int | None = None) -> list[Form]:
    """Published ones through which a person can be asked."""
    rows = Form.objects.select_related("mailing_list").filter(
        state=FormState.PUBLISHED, mailing_list__archived_at__isnull=True
    )
    if list_id is not None:
        rows = rows.filter(mailing_list_id=list_id)
    return list(rows.order_by("mailing_list__public_name", "id"))


@dataclass(frozen=True, slots=True)
class ConsentWording:
    form: str
    language: str
    text: str


def consent_wordings(list_id: int) -> list[ConsentWording]:
    """Of published forms, also where it is their further list."""
    wordings = []
    for form in Form.objects.filter(state=FormState.PUBLISHED).select_related("current").order_by("id"):
        assert form.current is not None
        for language, texts in frozen_from_json(form.current.content).frozen.items():
            if form.mailing_list_id == list_id:
                wordings.append(ConsentWording(form.name, language, texts.wording))
            wordings += [
                ConsentWording(form.name, language, text.wording) for text in texts.further if text.list_id == list_id
            ]
    return wordings


def open_lists() -> list[MailingList]:
    return list(MailingList.objects.filter(archived_at=None).exclude(origin_state="rejected").order_by("name", "id"))


def open_list_names(list_ids: Sequence[int]) -> dict[int, str]:
    if not list_ids:
        return {}
    rows = MailingList.objects.filter(id__in=list_ids, archived_at=None).exclude(origin_state="rejected")
    return dict(rows.values_list("id", "public_name"))


def queued_domains(most: int) -> set[str]:
    queued = SignupRequest.objects.filter(state=ConfirmationRequestState.QUEUED).order_by("id")
    return {domain_of(email) for email in queued.values_list("email", flat=True)[:most]}


@tenancy.needs_platform
def queued_since(moment: datetime) -> list[int]:
    """Accounts with requests queued before that, for which no job was enqueued."""
    rows = SignupRequest.objects.filter(state=ConfirmationRequestState.QUEUED, requested_at__lt=moment)
    return list(rows.values_list("account_id", flat=True).distinct())


@tenancy.needs_platform
def unhandled_denials() -> list[SignupDenial]:
    return list(SignupDenial.objects.filter(handled_at=None).order_by("denied_at")[:PAGE_ROWS])


def asked_as(keys: Iterable[str], language: str) -> dict[str, str]:
    """Labels by attribute key, the newest form's; attributes that no form asks for are missing."""
    asked_keys, label_by_key = set(keys), {}
    for form in Form.objects.filter(current__isnull=False).select_related("current").order_by("id"):
        assert form.current is not None
        content = content_from_json(form.current.content["content"])
        for field in content.fields:
            label = field.labels.get(language) or next((field.labels.get(code) for code in content.languages), None)
            if field.key in asked_keys and label:
                label_by_key[field.key] = label
    return label_by_key
