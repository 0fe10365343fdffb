"""All writes to suppression; each call is atomic."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from mailflatrate.apps.accounts.models import User
from mailflatrate.apps.suppression.models import IN_FORCE, LiftRequest, LiftState, Suppression
from mailflatrate.apps.suppression.queries import active_for, needs_operator
from mailflatrate.base import audit, clock, ids, tenancy
from mailflatrate.base.tenancy import PlatformReason, UnlimitedReason
from mailflatrate.mail.address import AddressError
from mailflatrate.rules.contacts.suppression import STRENGTH, SuppressionReason, ends_by_sign_up
from mailflatrate.rules.feedback.bounces import may_return

LONGEST_REASON = 2_000
MOST_OPEN_REQUESTS = 20
"""Requests of one account that may wait for an answer at a time."""


class SuppressionError(Exception):
    pass


@dataclass(frozen=True, slots=True)
class SuppressionEntry:
    """Keyed hash (32 bytes), JSON evidence. `mailbox_key`: last of `ids.mailbox_keys`; None if unknown."""

    address_key: bytes
    reason: SuppressionReason
    source: str
    evidence: dict[str, Any]
    mailbox_key: bytes | None = None


# A stronger reason takes the row over, from now on, and keeps the weaker one inside its evidence; a weaker one changes
# nothing.
_UPSERT = """
INSERT INTO suppression (account_id, address_key, reason, source, evidence, mailbox_key)
SELECT %(account_id)s::bigint, key, reason, source, evidence::jsonb, mailbox
FROM unnest(%(keys)s::bytea[], %(reasons)s::text[], %(sources)s::text[], %(evidence)s::text[], %(mailboxes)s::bytea[])
    AS t(key, reason, source, evidence, mailbox)
ON CONFLICT (account_id, address_key) WHERE lifted_at IS NULL DO UPDATE SET
    reason = excluded.reason,
    created_at = greatest(suppression.created_at, statement_timestamp()),
    source = excluded.source,
    mailbox_key = coalesce(excluded.mailbox_key, suppression.mailbox_key),
    evidence = excluded.evidence || jsonb_build_object('earlier', coalesce(suppression.evidence->'earlier', '[]'::jsonb)
        || jsonb_build_array(jsonb_build_object(
            'reason', suppression.reason, 'source', suppression.source,
            'evidence', suppression.evidence - 'earlier', 'at', suppression.created_at)))
WHERE array_position(%(strength)s::text[], excluded.reason::text)
    < array_position(%(strength)s::text[], suppression.reason::text)
RETURNING address_key, (xmax = 0) AS is_new
"""


def suppress(
    address_key: bytes,
    *,
    reason: SuppressionReason,
    source: str,
    evidence: dict[str, Any],
    platform: bool = False,
    mailbox_key: bytes | None = None,
) -> bool:
    """Here or on the `platform` (R-69, R-79, R-96). Idempotent; the strongest reason stays. True if changed. Raises
    NoAccount.
    """
    entry = SuppressionEntry(address_key, reason, source, evidence, mailbox_key)
    return suppress_many([entry], platform=platform) > 0


def address_keys(email: str) -> ids.MailboxKeys:
    """Raises SuppressionError if it is not an address."""
    try:
        return ids.mailbox_keys(email.strip())
    except AddressError:
        raise SuppressionError(_("“%(email)s” isn't an email address.") % {"email": email}) from None


def address_key(email: str) -> bytes:
    """Raises SuppressionError if it is not an address."""
    return address_keys(email).exact


def suppress_by_hand(
    key: bytes,
    *,
    source: str,
    by: User,
    reason: SuppressionReason = SuppressionReason.MANUAL,
    note: str = "",
    mailbox_key: bytes | None = None,
) -> bool:
    """`source`: how they were asked to. No weaker reason changes it; R-75 lifts it. True if a row changed."""
    evidence = {"by": by.email, "at": clock.now().isoformat(), **({"note": note} if note else {})}
    return suppress(key, reason=reason, source=source, evidence=evidence, mailbox_key=mailbox_key)


def suppress_all_by_hand(keys: Sequence[ids.MailboxKeys], *, source: str, by: User) -> int:
    """In one statement; return how many rows changed."""
    evidence = {"by": by.email, "at": clock.now().isoformat()}
    return suppress_many(
        [SuppressionEntry(key.exact, SuppressionReason.MANUAL, source, evidence, key.mailbox) for key in keys]
    )


def suppress_many(entries: Sequence[SuppressionEntry], *, platform: bool = False) -> int:
    """In one statement; return how many rows changed. Raises NoAccount."""
    kept = _strongest_once(entries)
    with tenancy.unlimited(UnlimitedReason.SUPPRESSION):
        changed = len(_upsert(tenancy.current_account_id(), kept))
    if platform and kept:
        with tenancy.platform(PlatformReason.MAIL_IN):
            changed += len(_upsert(None, kept))
    return changed


def suppress_keys(entries: Sequence[SuppressionEntry]) -> dict[bytes, bool]:
    """Which rows changed, and whether each is new, else it had a weaker reason. Raises NoAccount."""
    with tenancy.unlimited(UnlimitedReason.SUPPRESSION):
        return _upsert(tenancy.current_account_id(), _strongest_once(entries))


def _strongest_once(entries: Sequence[SuppressionEntry]) -> list[SuppressionEntry]:
    strongest: dict[bytes, SuppressionEntry] = {}
    for entry in sorted(entries, key=lambda entry: STRENGTH.index(entry.reason)):
        strongest.setdefault(entry.address_key, entry)
    # Sorted keys: two writers of the same addresses wait for each other instead of deadlocking.
    return [strongest[key] for key in sorted(strongest)]


def suppress_everywhere(
    address_key: bytes, *, reason: SuppressionReason, source: str, evidence: dict[str, Any]
) -> bool:
    """When no account is involved. Idempotent like `suppress`."""
    with tenancy.platform(PlatformReason.ABUSE_DESK):
        return bool(_upsert(None, [SuppressionEntry(address_key, reason, source, evidence)]))


def _upsert(account_id: int | None, entries: Sequence[SuppressionEntry]) -> dict[bytes, bool]:
    """Whose row changed, and whether it is new."""
    if not entries:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            _UPSERT,
            {
                "account_id": account_id,
                "keys": [entry.address_key for entry in entries],
                "reasons": [entry.reason.value for entry in entries],
                "sources": [entry.source[:200] for entry in entries],
                "evidence": [json.dumps(entry.evidence) for entry in entries],
                "mailboxes": [entry.mailbox_key for entry in entries],
                "strength": [reason.value for reason in STRENGTH],
            },
        )
        return {bytes(key): bool(is_new) for key, is_new in cursor.fetchall()}


def lift_by_opt_in(address_key: bytes, *, source: str) -> int:
    """Unsubscribe and bounces end (R-16, R-75), also the platform's dead mailbox; complaint, objection and desk
    entries stay. As the platform role: no other may lift rows. Returns how many. Raises NoAccount.
    """
    account_id = tenancy.current_account_id()
    rows = active_for([address_key])
    ids = [row.id for row in rows if ends_by_sign_up(row.reason, everywhere=row.account_id is None)]
    if not ids:
        return 0
    with tenancy.platform(PlatformReason.MAIL_IN):
        suppressions = Suppression.objects.filter(IN_FORCE, id__in=ids)
        return suppressions.update(lifted_at=clock.now(), lifted_reason=f"{source}, account {account_id}")


def lift(suppression_id: int, *, reviewer: User, reason: str, mistaken: bool = False) -> Suppression:
    """By a reviewer (R-75); the row is kept. `mistaken`: a misread report, so no waiting time. Raises SuppressionError
    unless by an operator, with a reason, not too early after a bounce, on an active row.
    """
    if not (reviewer.is_staff and reviewer.is_active):
        raise SuppressionError(_("Only a reviewer can lift a suppression."))
    if not reason.strip():
        raise SuppressionError(_("Explain why the address may be emailed again."))
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        row = Suppression.objects.select_for_update().filter(IN_FORCE, id=suppression_id).first()
        if row is None:
            raise SuppressionError(_("This suppression is no longer in force."))
        bounced = row.reason in (SuppressionReason.HARD_BOUNCE, SuppressionReason.SOFT_BOUNCE)
        if bounced and not mistaken and not may_return(row.created_at, clock.now()):
            raise SuppressionError(_("A bounce suppression ends after 60 days at the earliest, or with a new sign-up."))
        row.lifted_at, row.lifted_reason = clock.now(), f"{reviewer.email}: {reason.strip()}"
        row.save(update_fields=["lifted_at", "lifted_reason"])
        audit.record(
            "suppression.lifted",
            by=audit.person(reviewer),
            account_id=row.account_id,
            subject=f"suppression:{row.id}",
            reason=reason.strip(),
            details={"was": row.reason, "source": row.source},
        )
        return row


@transaction.atomic
def ask_to_lift(row: Suppression, *, reason: str, by: User) -> LiftRequest:
    """For the operator (R-75). Raises SuppressionError if a new sign-up can end it, without a reason, or if one is
    open.
    """
    if not needs_operator(row):
        raise SuppressionError(_("This ends when they sign up again and confirm."))
    text = reason.strip()
    if not text:
        raise SuppressionError(_("Explain how you know that the person wants your emails again."))
    if len(text) > LONGEST_REASON:
        raise SuppressionError(_("Use at most %(limit)d characters.") % {"limit": LONGEST_REASON})
    open_requests = LiftRequest.objects.filter(state=LiftState.ASKED)
    if open_requests.filter(suppression=row).exists():
        raise SuppressionError(_("You've already asked. Our team will answer here."))
    if open_requests.count() >= MOST_OPEN_REQUESTS:
        raise SuppressionError(_("We've received your requests and will answer them first."))
    asked = LiftRequest.objects.create(suppression=row, reason=text, asked_by=by, asked_at=clock.now())
    _record_lift("suppression.lift_asked", asked, by=by)  # without the reason: it may name a person
    return asked


def decide_lift(request_id: int, *, reviewer: User, is_granted: bool, answer: str) -> LiftRequest:
    """The customer reads the answer. Raises SuppressionError unless by an operator, with an answer, on an open one, as
    `lift`.
    """
    if not (reviewer.is_staff and reviewer.is_active):
        raise SuppressionError(_("Only a reviewer can lift a suppression."))
    text = answer.strip()
    if not text:
        raise SuppressionError(_("Write an answer for the customer."))
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        asked = LiftRequest.objects.select_for_update().filter(id=request_id, state=LiftState.ASKED).first()
        if asked is None:
            raise SuppressionError(_("This request has already been decided."))
        if is_granted:
            lift(asked.suppression_id, reviewer=reviewer, reason=text)
        asked.state = LiftState.GRANTED if is_granted else LiftState.REFUSED
        asked.answer, asked.decided_by, asked.decided_at = text[:LONGEST_REASON], reviewer, clock.now()
        asked.save(update_fields=["state", "answer", "decided_by", "decided_at"])
        _record_lift(f"suppression.lift_{asked.state}", asked, by=reviewer, reason=text)
        return asked


def _record_lift(event: str, asked: LiftRequest, *, by: User, reason: str = "") -> None:
    audit.record(
        event,
        by=audit.person(by),
        account_id=asked.account_id,
        subject=f"suppression:{asked.suppression_id}",
        reason=reason,
        details={"request": asked.id},
    )
