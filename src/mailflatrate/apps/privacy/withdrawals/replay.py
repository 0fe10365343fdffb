"""Replay of the log into a database restored to an earlier moment; safe to repeat. It resubscribes no one: a person
who signed up again after the backup stays withdrawn, because that sign-up is lost with its proof.
"""

from collections import Counter
from collections.abc import Callable, Container, Iterable
from datetime import datetime, timedelta

import structlog
from django.db import OperationalError

from mailflatrate.apps.accounts.actions.account_status import Reasons, change_account_status
from mailflatrate.apps.accounts.errors import AccountError
from mailflatrate.apps.accounts.models import Account, AccountStatus
from mailflatrate.apps.consent import ledger
from mailflatrate.apps.consent.models import ConsentEvent
from mailflatrate.apps.lists.actions import consent, tracking
from mailflatrate.apps.lists.models import ConsentKind, Contact, MailingList
from mailflatrate.apps.privacy.actions.erasure import erase_person
from mailflatrate.apps.privacy.withdrawals.log_lines import LineRefused, WithdrawalLine, read_line
from mailflatrate.apps.suppression import actions as suppression
from mailflatrate.apps.suppression.models import WithdrawalKind
from mailflatrate.apps.transactional.actions.misdirected import restore_misdirected
from mailflatrate.base import audit, clock, tenancy
from mailflatrate.base.ids import mailbox_keys
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.rules.contacts.suppression import SuppressionReason

SOURCE = "withdrawals log"
BY = "restored"
JOB = "privacy.replay_withdrawals"
OVERLAP = timedelta(hours=1)
TEXT = "This measure was taken after the backup that the service was restored from, and holds on."
_OF_ADDRESSES = (WithdrawalKind.SUPPRESSED, WithdrawalKind.MISDIRECTED)
_ENDS = (SuppressionReason.COMPLAINT, SuppressionReason.OBJECTION, SuppressionReason.UNSUBSCRIBE)

log = structlog.get_logger(__name__)


def mark(line: WithdrawalLine) -> tuple[object, ...]:
    """Its identity; the address hash counts only where it names no contact, as erasure removes it."""
    key = line.address_key if line.kind in _OF_ADDRESSES else None
    return line.at, line.kind, line.account_id, line.reason, line.contact_id, line.list_id, key


def replay(texts: Iterable[str], since: datetime, ignored: Container[tuple[object, ...]] = frozenset()) -> Counter[str]:
    """How many of each kind were applied, `refused`, or of an `unknown_account` (created after the backup). Erasures
    come last, so that earlier answers are recorded as theirs. `ignored`: marks of lines the database knows.
    """
    done: Counter[str] = Counter()
    erasures: list[WithdrawalLine] = []
    with tenancy.platform(PlatformReason.WITHDRAWALS):
        account_ids = set(Account.objects.values_list("id", flat=True))
    for text in texts:
        try:
            line = read_line(text)
        except LineRefused as problem:
            done["refused"] += 1
            log.warning("withdrawal_line_refused", problem=str(problem))
            continue
        if line.at < since - OVERLAP or mark(line) in ignored:
            continue
        if line.account_id is not None and line.account_id not in account_ids:
            done["unknown_account"] += 1
        elif line.kind is WithdrawalKind.ERASED:
            erasures.append(line)
        else:
            _count(line, done)
    for line in erasures:
        _count(line, done)
    return done


def _count(line: WithdrawalLine, done: Counter[str]) -> None:
    """Apply one line. If it fails it is counted as `refused`, and later withdrawals still take effect."""
    try:
        changed = _apply(line)
    except OperationalError:  # the database is gone, and the lines after it would fail, too
        raise
    except Exception:
        log.exception("withdrawal_line_failed", kind=line.kind.value, account_id=line.account_id, at=line.at)
        done["refused"] += 1
    else:
        done[line.kind.value] += changed


def _apply(line: WithdrawalLine) -> bool:
    if line.account_id is None:
        return line.kind is WithdrawalKind.SUPPRESSED and _suppress_everywhere(line)
    if line.kind is WithdrawalKind.ACCOUNT_STATUS:
        return _move(line.account_id, AccountStatus(line.reason))
    with tenancy.account(line.account_id):
        return _IN_ACCOUNT[line.kind](line)


def _suppress_everywhere(line: WithdrawalLine) -> bool:
    assert line.address_key is not None
    return suppression.suppress_everywhere(
        line.address_key, reason=SuppressionReason(line.reason), source=SOURCE, evidence=_evidence(line)
    )


def _suppress(line: WithdrawalLine) -> bool:
    assert line.address_key is not None
    reason = SuppressionReason(line.reason)
    contact = Contact.objects.filter(address_key=line.address_key).first()
    mailbox_key = None if contact is None else mailbox_keys(contact.email).mailbox
    changed = suppression.suppress(
        line.address_key, reason=reason, source=SOURCE, evidence=_evidence(line), mailbox_key=mailbox_key
    )
    if contact is not None and reason in _ENDS:
        changed = consent.unsubscribe(contact.id, list_id=None, by=BY, source=SOURCE) > 0 or changed
    return changed


def _stop_contract(line: WithdrawalLine) -> bool:
    assert line.address_key is not None
    return restore_misdirected(line.address_key)


def _withdraw(line: WithdrawalLine) -> bool:
    contact = _contact(line)
    knows_list = line.list_id is None or MailingList.objects.filter(id=line.list_id).exists()
    if contact is None or not knows_list:
        return _suppress_lost(line)
    if consent.unsubscribe(contact.id, list_id=line.list_id, by=BY, source=SOURCE) > 0:
        return True
    return line.list_id is not None and _note(contact, line)


def _note(contact: Contact, line: WithdrawalLine) -> bool:
    """Record that someone left a list that they aren't on, so that no proof from before it puts them there."""
    events = ConsentEvent.objects.filter(contact_id=contact.id, mailing_list_id=line.list_id)
    if events.filter(kind=ConsentKind.WITHDRAWN, occurred_at__gte=line.at - OVERLAP).exists():
        return False
    evidence = ledger.EventEvidence(email=contact.email, source=SOURCE, details={"by": BY})
    ledger.append(contact.id, line.list_id, ConsentKind.WITHDRAWN, clock.now(), evidence)
    return True


def _suppress_lost(line: WithdrawalLine) -> bool:
    """Until they sign up again: the person or list is lost, and nothing else keeps out earlier proof (ADR 0087)."""
    if line.address_key is None:
        return False
    return suppression.suppress(
        line.address_key, reason=SuppressionReason.UNSUBSCRIBE, source=SOURCE, evidence=_evidence(line)
    )


def _object(line: WithdrawalLine) -> bool:
    if line.list_id is not None:  # "this was not me": only that sign-up
        return _withdraw(line)
    contact = _contact(line)
    objections = ConsentEvent.objects.filter(kind=ConsentKind.OBJECTION, mailing_list_id=None)
    if contact is None or objections.filter(contact_id=contact.id).exists():
        return False
    consent.object_to_mail(contact.id, source=SOURCE)
    return True


def _stop_tracking(line: WithdrawalLine) -> bool:
    contact = _contact(line)
    return contact is not None and tracking.choose_tracking(
        contact.id, agrees=False, wording="", language="", source=SOURCE, ip=None, user_agent=""
    )


def _erase(line: WithdrawalLine) -> bool:
    contact = _by_number(line)
    if contact is None:
        return False
    return bool(erase_person(contact.id, by=audit.machine(JOB), source=SOURCE))


_IN_ACCOUNT: dict[WithdrawalKind, Callable[[WithdrawalLine], bool]] = {
    WithdrawalKind.SUPPRESSED: _suppress,
    WithdrawalKind.MISDIRECTED: _stop_contract,
    WithdrawalKind.WITHDRAWN: _withdraw,
    WithdrawalKind.OBJECTION: _object,
    WithdrawalKind.TRACKING_WITHDRAWN: _stop_tracking,
    WithdrawalKind.ERASED: _erase,
}


def _contact(line: WithdrawalLine) -> Contact | None:
    """Find the person by their former id, unless another contact has it now, or by the hash of their address."""
    contact = _by_number(line)
    if contact is None and line.address_key is not None:
        contact = Contact.objects.filter(address_key=line.address_key).first()
    return contact


def _by_number(line: WithdrawalLine) -> Contact | None:
    return None if line.contact_id is None else Contact.objects.filter(id=line.contact_id).first()


def _move(account_id: int, after: AccountStatus) -> bool:
    try:
        change_account_status(
            account_id, after, Reasons("restored", text=TEXT), by=None, machine="privacy.replay_withdrawals"
        )
    except AccountError:  # it is already there, or further along
        return False
    return True


def _evidence(line: WithdrawalLine) -> dict[str, str]:
    return {"at": line.at.isoformat(), "restored_from": SOURCE}
