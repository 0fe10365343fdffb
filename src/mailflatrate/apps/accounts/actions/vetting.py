"""Applications (R-01 to R-03): request one, fill it in, submit it, and record a person's decision on it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.core.serializers.json import DjangoJSONEncoder
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from mailflatrate.apps.accounts.actions.account_status import Reasons, change_account_status
from mailflatrate.apps.accounts.actions.agreements import Circumstances, accept_agreements
from mailflatrate.apps.accounts.actions.notices import send_mail
from mailflatrate.apps.accounts.actions.people import house_account
from mailflatrate.apps.accounts.errors import AccountError
from mailflatrate.apps.accounts.facts import agreements_open, record_of
from mailflatrate.apps.accounts.models import (
    Account,
    AccountStatus,
    Applicant,
    Application,
    DecisionKind,
    Membership,
    NoticeKind,
    Role,
    Signal,
    User,
    VettingDecision,
)
from mailflatrate.apps.accounts.queries import current_documents
from mailflatrate.base import audit, clock, jobs, tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.locale.texts import known_language
from mailflatrate.rules.addresses import AddressVerdict, decide_address, reason_sentence
from mailflatrate.rules.vetting.record import FIELDS, field_name, missing_fields
from mailflatrate.settings import load_settings

if TYPE_CHECKING:
    from mailflatrate.rules.vetting.signals import SignalResult

EDITABLE = (AccountStatus.REGISTERED, AccountStatus.MORE_INFO)
WRITABLE = frozenset(field.key for field in FIELDS)
MESSAGES_PER_ADDRESS_DAY = 3
MESSAGES_PER_IP_HOUR = 20
UNPROVED_KEPT = timedelta(days=14)


class AddressRefused(AccountError):
    """Raised when an address cannot be used to sign in; the message says why."""


def check_applicant_address(email: str) -> str:
    """Raises AddressRefused for a role, disposable or invalid one (R-21, R-22); reserved names pass in the demo."""
    allowed = frozenset({load_settings().service_domain.rpartition(".")[2]})
    decision = decide_address(email.strip(), allow_reserved=allowed)
    if decision.verdict is not AddressVerdict.ACCEPT:
        assert decision.reason is not None
        raise AddressRefused(reason_sentence(decision.reason, known_language(get_language())))
    return decision.address.lower()


def ask_to_apply(email: str, *, language: str, ip: str | None, link: str, sign_in: str) -> None:
    """Mail a `link` that starts an application, or `sign_in` to those with an account; the page responds alike.
    Nothing is sent beyond a few a day to one address, or an hour from one client. Raises AddressRefused.
    """
    email, now = check_applicant_address(email), clock.now()
    recent = Applicant.objects.filter(asked_at__gt=now - timedelta(days=1))
    if recent.filter(email=email).count() >= MESSAGES_PER_ADDRESS_DAY:
        return
    if ip and recent.filter(ip=ip, asked_at__gt=now - timedelta(hours=1)).count() >= MESSAGES_PER_IP_HOUR:
        return
    Applicant.objects.create(email=email, language=language, ip=ip, asked_at=now)
    has_user = User.objects.filter(email=email).exists() and open_application(email) is None
    send_mail(
        house_account().id,
        NoticeKind.ACCESS,
        email,
        "accounts/mail/application_known" if has_user else "accounts/mail/application",
        {"url": link, "sign_in": sign_in},
        language=language,
    )


def open_application(email: str) -> Application | None:
    with tenancy.platform(PlatformReason.APPLICATION):
        mine = Membership.objects.filter(user__email=email, role=Role.OWNER, account__status__in=EDITABLE)
        account_id = mine.order_by("-id").values_list("account_id", flat=True).first()
        return Application.objects.filter(account_id=account_id).first() if account_id else None


def begin_application(email: str, *, name: str, company: str, country: str, language: str) -> Application:
    """The link that led here proves the address. Safe to repeat. Raises AccountError if they already work here."""
    email = check_applicant_address(email)
    application = open_application(email)
    if application is not None:
        return application
    with tenancy.platform(PlatformReason.APPLICATION):
        if User.objects.filter(email=email).exists():
            raise AccountError(_("This address already has a login here. Sign in, or use another address."))
        now = clock.now()
        user = User.objects.create_user(email, None, name=name.strip(), language=language)
        account = Account.objects.create(name=company.strip(), country=country, language=language)
        with tenancy.access():
            Membership.objects.create(account_id=account.id, user=user, role=Role.OWNER)
        Applicant.objects.filter(email=email).update(proved_at=now)
        audit.record(
            "account.registered", by=audit.person(user), account_id=account.id, details={"email_proved_at": f"{now}"}
        )
        return Application.objects.create(
            account_id=account.id,
            legal_name=company.strip(),
            country=country,
            responsible_person=name.strip(),
            created_at=now,
        )


def ensure_application(account_id: int) -> Application:
    with tenancy.account(account_id):
        account = Account.objects.get(id=account_id)
        return Application.objects.get_or_create(
            account_id=account_id,
            defaults={"legal_name": account.name, "country": account.country, "created_at": clock.now()},
        )[0]


def save_application(account_id: int, values: Mapping[str, Any], *, step: str) -> Application:
    """Save one step of the application. Raises AccountError once it has been submitted."""
    unknown = set(values) - WRITABLE
    if unknown:
        raise ValueError(f"fields that applicants can't write: {sorted(unknown)}")
    with tenancy.account(account_id):
        application = _editable(account_id)
        for key, value in values.items():
            setattr(application, key, value)
        if step not in application.done_steps:
            application.done_steps = [*application.done_steps, step]
        application.save(update_fields=[*values, "done_steps"])
        return application


def _editable(account_id: int) -> Application:
    account = Account.objects.select_for_update().get(id=account_id)
    if account.status not in EDITABLE:
        raise AccountError(_("Your application has been submitted and can no longer be changed."))
    application = Application.objects.select_for_update().get(account_id=account_id)
    application.account = account
    return application


def submit_application(
    account_id: int, user: User, where: Circumstances, *, password: str = "", document_ids: Sequence[int] | None = None
) -> None:
    """Submit it and accept the agreements for the account (R-04, R-92); without `password` they sign in by emailed
    links. Raises AccountError while a field is empty, or a document in force isn't among `document_ids`.
    """
    with tenancy.account(account_id):
        application = _editable(account_id)
        if document_ids is not None and {row.id for row in current_documents(user.language)} != set(document_ids):
            raise AccountError(_("One of the texts has changed in the meantime. Read it again."))
        empty = missing_fields(record_of(application))
        if empty:
            raise AccountError(_("Still missing: %(fields)s.") % {"fields": field_names(empty)})
        application.submitted_at = clock.now()
        application.save(update_fields=["submitted_at"])
        if password:
            user.set_password(password)
            user.save(update_fields=["password"])
        accept_agreements(account_id, user, ip=where.ip, user_agent=where.user_agent)
        change_account_status(account_id, AccountStatus.SUBMITTED, Reasons("applied"), by=user, application=application)
        jobs.defer("accounts.gather_signals", jobs.JobQueue.HOUSE, account_id=account_id, once=f"signals:{account_id}")


def field_names(keys: Iterable[str]) -> str:
    return ", ".join(field_name(key, known_language(get_language())) for key in keys)


def keep_signals(account_id: int, results: Iterable[SignalResult]) -> None:
    now = clock.now()
    with tenancy.platform(PlatformReason.HOUSEKEEPING):
        application = Application.objects.select_for_update().get(account_id=account_id)
        Signal.objects.filter(application=application).delete()
        Signal.objects.bulk_create(
            Signal(
                account_id=account_id, application=application, key=signal.key, outcome=signal.outcome.value,
                word=signal.word, value=signal.value, evidence=signal.evidence, at=now,
            )
            for signal in results
        )  # fmt: skip
        application.signals_at = now
        application.save(update_fields=["signals_at"])


def decide_application(account_id: int, kind: DecisionKind, *, by: User, text: str = "", note: str = "") -> None:
    """Approving fails while a field of R-02 is empty, and activates at once if the agreements in force are accepted;
    otherwise `activate_account` follows. Raises AccountError.
    """
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        application = Application.objects.select_for_update().filter(account_id=account_id).first()
        if application is None:
            raise AccountError(_("This account has no application to decide on."))
        record = record_of(application)
        empty = missing_fields(record)
        if kind is DecisionKind.APPROVE and empty:
            words = _("An application with an empty field can't be approved. Ask for: %(fields)s.")
            raise AccountError(words % {"fields": field_names(empty)})
        seen = Signal.objects.filter(application=application).order_by("id")
        packed = json.dumps(record, cls=DjangoJSONEncoder, sort_keys=True, ensure_ascii=False)
        decision = VettingDecision.objects.create(
            account_id=account_id, application=application, kind=kind, text=text.strip(), note=note.strip(),
            record=json.loads(packed), record_sha256=hashlib.sha256(packed.encode()).hexdigest(),
            signals=list(seen.values("key", "outcome", "word", "value", "evidence")),
            decided_by=by, decided_at=clock.now(),
        )  # fmt: skip
        after = {
            DecisionKind.APPROVE: AccountStatus.APPROVED,
            DecisionKind.ASK: AccountStatus.MORE_INFO,
            DecisionKind.REJECT: AccountStatus.REJECTED,
        }[kind]
        evidence = {"decision": decision.id, "record_sha256": decision.record_sha256}
        reasons = Reasons(f"vetting_{kind.value}", text, rule="R-02", evidence=evidence)
        change_account_status(account_id, after, reasons, by=by, application=application)
        if kind is DecisionKind.APPROVE and not _agreements_open(account_id):
            activate_account(account_id, by=by)


def _agreements_open(account_id: int) -> bool:
    with tenancy.account(account_id):
        return agreements_open(Account.objects.get(id=account_id))


def activate_account(account_id: int, *, by: User) -> None:
    """One person decides (R-01). Raises AccountError unless it is approved and the agreements in force are accepted."""
    if _agreements_open(account_id):
        raise AccountError(
            _("The customer hasn't accepted the current agreements. The account can't be activated until they do.")
        )
    change_account_status(account_id, AccountStatus.ACTIVE, Reasons("activated", rule="R-01"), by=by)


def forget_unproved() -> int:
    gone, _by_table = Applicant.objects.filter(asked_at__lt=clock.now() - UNPROVED_KEPT).delete()
    return gone
