"""Changes of account status (R-01, R-08, R-09, R-90): a row of `standing_change`, a line in the audit log, a message
to the owners. The database checks the change and carries it out.
"""

from dataclasses import dataclass, field
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from mailflatrate.apps.accounts.actions.notices import tell_owners
from mailflatrate.apps.accounts.errors import AccountError
from mailflatrate.apps.accounts.models import (
    ACCOUNT_STATUS_LABELS,
    Account,
    AccountStatus,
    AccountStatusChange,
    Application,
    NoticeKind,
    Strike,
    User,
)
from mailflatrate.apps.accounts.service_mail import Facts, Passage
from mailflatrate.base import audit, clock, tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.rules.vetting.account_status import (
    LIFTS,
    Mover,
    StrikeMeasure,
    lift_from,
    may_move,
    measure,
    needs_words,
    strike_ends,
)
from mailflatrate.settings import load_settings

STRIKES = "strikes"
# Reasons written by automatic actions; translated for each reader.
STRIKES_TEXT = gettext_noop("Three strikes within six months. Nothing is sent until our team has reviewed the account.")
CLOSED_TEXT = gettext_noop("Three strikes within six months, after a suspension for the same reason.")
STRIKES_REMEDY = gettext_noop("Tell us what you've changed so it won't happen again. Our team then decides.")


@dataclass(frozen=True, slots=True)
class Reasons:
    """Reasons for a status change (R-09). `text` and `remedy` go to the customer; `evidence` holds facts, figures."""

    code: str
    text: str = ""
    remedy: str = ""
    rule: str = ""
    evidence: dict[str, Any] = field(default_factory=dict)


def change_account_status(
    account_id: int,
    after: AccountStatus,
    reasons: Reasons,
    *,
    by: User | None,
    machine: str = "",
    application: Application | None = None,
) -> AccountStatusChange:
    """`by` None: `machine` does it. Raises AccountError if R-01 or R-90 forbids it, or without a person or reason."""
    with tenancy.platform(PlatformReason.ACCOUNT_STATUS):
        account = Account.objects.select_for_update().get(id=account_id)
        before = AccountStatus(account.status)
        _check(account_id, before, after, reasons, by)
        actor = audit.person(by) if by else audit.machine(machine)
        try:
            with transaction.atomic():
                change = AccountStatusChange.objects.create(
                    account_id=account_id, before=before, after=after, actor=by, actor_name=actor.name,
                    reason_code=reasons.code, rule=reasons.rule, text=reasons.text.strip(),
                    remedy=reasons.remedy.strip(), evidence=reasons.evidence, application=application, at=clock.now(),
                )  # fmt: skip
        except IntegrityError as problem:
            raise AccountError(str(problem).partition("\n")[0]) from problem
        audit.record(
            f"account.{after.value}",
            by=actor,
            account_id=account_id,
            subject=f"standing_change:{change.id}",
            reason=change.text,
            details={"before": before.value, "code": reasons.code, "evidence": reasons.evidence},
        )
        if after not in (AccountStatus.SUBMITTED, AccountStatus.APPROVED):
            tell_owners(account_id, NoticeKind.ACCOUNT_STATUS, "accounts/mail/account_status", _facts(account, change))
        return change


def _check(account_id: int, before: AccountStatus, after: AccountStatus, reasons: Reasons, by: User | None) -> None:
    mover = Mover.MACHINE if by is None else Mover.STAFF if by.is_staff and by.is_active else Mover.APPLICANT
    if not may_move(before, after, mover):
        words = _("The account status is “%(before)s”, so it can't change to “%(after)s” this way.")
        raise AccountError(words % {"before": ACCOUNT_STATUS_LABELS[before], "after": ACCOUNT_STATUS_LABELS[after]})
    if needs_words(after) and not reasons.text.strip():
        raise AccountError(_("Give the reason. The customer will read it."))
    if (before, after) in LIFTS:
        if not reasons.text.strip():
            raise AccountError(_("Explain why the account may send again."))
        paused = AccountStatusChange.objects.filter(
            account_id=account_id, after__in=[AccountStatus.PAUSED, AccountStatus.SUSPENDED]
        ).latest("id")
        if clock.now() < lift_from(paused.at):
            raise AccountError(_("A pause can be lifted after 24 hours at the earliest."))


def _facts(account: Account, change: AccountStatusChange) -> Facts:
    after = AccountStatus(change.after)
    return {
        "account": account.name,
        "after": after.value,
        "status": ACCOUNT_STATUS_LABELS[after],
        "reason": Passage(change.text),
        "rule": change.rule,
        "remedy": Passage(change.remedy),
        "may_object": needs_words(after),
        "automated": change.automated,
        "url": f"{load_settings().public_url}/studio/settings/status/",
    }


def give_strike(account_id: int, reasons: Reasons, *, by: User | None, machine: str = "") -> Strike:
    """In force for six months (R-08): the third suspends, and the next time closes the account. Raises AccountError."""
    if not reasons.text.strip():
        raise AccountError(_("Give the reason. The customer will read it."))
    now = clock.now()
    with tenancy.platform(PlatformReason.ACCOUNT_STATUS):
        account = Account.objects.select_for_update().get(id=account_id)
        strike = Strike.objects.create(
            account_id=account_id,
            reason_code=reasons.code,
            text=reasons.text.strip(),
            evidence=reasons.evidence,
            given_by=by,
            given_at=now,
            ends_at=strike_ends(now),
        )
        audit.record(
            "strike.given",
            by=audit.person(by) if by else audit.machine(machine),
            account_id=account_id,
            subject=f"strike:{strike.id}",
            reason=strike.text,
            details={"code": reasons.code, **reasons.evidence},
        )
        facts = {"account": account.name, "text": strike.text, "until": strike.ends_at}
        tell_owners(account_id, NoticeKind.ACCOUNT_STATUS, "accounts/mail/strike", facts)
        _answer_strikes(account_id, AccountStatus(account.status))
        return strike


def _answer_strikes(account_id: int, present: AccountStatus) -> None:
    earlier = AccountStatusChange.objects.filter(
        account_id=account_id, after=AccountStatus.SUSPENDED, reason_code=STRIKES
    )
    answered = earlier.order_by("-id").values_list("at", flat=True).first()
    counting = Strike.objects.filter(account_id=account_id, taken_back_at=None)
    if answered is not None:
        counting = counting.filter(given_at__gt=answered)
    given = list(counting.values_list("given_at", flat=True))
    measure_kind = measure(given, earlier.count(), clock.now())
    after, text = {
        StrikeMeasure.NONE: (None, ""),
        StrikeMeasure.SUSPEND: (AccountStatus.SUSPENDED, STRIKES_TEXT),
        StrikeMeasure.CLOSE: (AccountStatus.CLOSED, CLOSED_TEXT),
    }[measure_kind]
    if after is None or not may_move(present, after, Mover.MACHINE):
        return
    reasons = Reasons(STRIKES, text, STRIKES_REMEDY, "R-08", {"strikes": len(given), "suspensions": earlier.count()})
    change_account_status(account_id, after, reasons, by=None, machine="accounts.answer_strikes")


def take_back_strike(strike_id: int, *, by: User, because: str) -> None:
    """Withdraw a strike; the reviewer lifts its consequences separately. Raises AccountError without a reason."""
    if not because.strip():
        raise AccountError(_("Explain why the strike is withdrawn."))
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        strike = Strike.objects.select_for_update().get(id=strike_id)
        if strike.taken_back_at is not None:
            raise AccountError(_("This strike has already been withdrawn."))
        strike.taken_back_by, strike.taken_back_at, strike.taken_back_because = by, clock.now(), because.strip()
        strike.save(update_fields=["taken_back_by", "taken_back_at", "taken_back_because"])
        audit.record(
            "strike.taken_back",
            by=audit.person(by),
            account_id=strike.account_id,
            subject=f"strike:{strike.id}",
            reason=because.strip(),
        )


def set_limits(account_id: int, *, by: User, daily_limit: int | None, supervised: bool, because: str) -> None:
    """Set the daily recipient limit and whether the next campaign waits for a reviewer. Raises AccountError."""
    if not because.strip():
        raise AccountError(_("Give the reason. It's kept in the audit log."))
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        Account.objects.filter(id=account_id).update(daily_limit=daily_limit, supervised=supervised)
        audit.record(
            "account.limits_set",
            by=audit.person(by),
            account_id=account_id,
            reason=because.strip(),
            details={"daily_limit": daily_limit, "supervised": supervised},
        )
