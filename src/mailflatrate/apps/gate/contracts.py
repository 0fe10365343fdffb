"""The gate for transactional messages (R-112), asked when one is taken and right before it leaves."""

from datetime import UTC, datetime, timedelta
from typing import Final

from django.db import connection

from mailflatrate.apps.accounts.facts import account_facts, structured_imprint
from mailflatrate.apps.accounts.queries import current_account
from mailflatrate.apps.domains.facts import from_facts
from mailflatrate.apps.domains.models import SenderAddress
from mailflatrate.apps.gate.models import Chain, GateDecision
from mailflatrate.apps.lists.addresses import judge_address
from mailflatrate.apps.suppression import queries as suppression
from mailflatrate.apps.transactional.models import TemplateState, TransactionalMessage
from mailflatrate.apps.transactional.queries import (
    is_misdirected,
    is_proved,
    is_stream_apart,
    is_switched_on,
    keys_of,
    newest_imprint,
    sent_before,
)
from mailflatrate.base import clock, tenancy
from mailflatrate.base.ids import MailboxKeys
from mailflatrate.rules import sql
from mailflatrate.rules.contacts.suppression import stops_contract
from mailflatrate.rules.facts import ContractFacts, FromFacts
from mailflatrate.rules.forms.request_limits import AskingAllowance, AskingDay, judge_asking
from mailflatrate.rules.gate.judge import judge_contract
from mailflatrate.rules.limits import value

_MAILBOX: Final = "coalesce(nullif(m.mailbox_key, ''), m.address_key)"
_DAYS: Final = f"""
SELECT (m.created_at AT TIME ZONE 'UTC')::date, count(DISTINCT {_MAILBOX}),
    count(DISTINCT {_MAILBOX}) FILTER (WHERE d.state = 'sent'),
    count(DISTINCT {_MAILBOX}) FILTER (WHERE EXISTS (
            SELECT 1 FROM misdirected_address y WHERE y.account_id = m.account_id AND y.message_id = m.id)
        OR EXISTS (SELECT 1 FROM suppression x WHERE x.account_id = m.account_id AND x.address_key = m.address_key
            AND x.reason = 'complaint' AND {sql.in_force("x")} AND x.created_at > m.created_at)),
    count(DISTINCT {_MAILBOX}) FILTER (WHERE d.state = 'bounced')
FROM transactional_message m
LEFT JOIN delivery d -- those without a campaign are never archived
    ON d.account_id = m.account_id AND d.transactional_id = m.id
WHERE m.account_id = %(account_id)s AND m.created_at >= %(since)s AND m.refused_by = ''
GROUP BY 1
"""  # noqa: S608  # made of constants
_BEFORE: Final = f"""
SELECT count(DISTINCT {_MAILBOX}) FROM transactional_message m
WHERE m.account_id = %(account_id)s AND m.created_at >= %(since)s AND m.refused_by = '' AND m.id < %(message_id)s
    AND {_MAILBOX} <> %(mailbox_key)s
"""  # noqa: S608  # made of constants
_JUDGED_ANEW: Final = timedelta(minutes=10)
_KNOWN: Final[dict[int, tuple[datetime, AskingAllowance]]] = {}
_MOST_KNOWN: Final = 1_000


@tenancy.needs_account
def contract_allowance() -> AskingAllowance:
    """Return the account's allowance, as it was at most ten minutes ago: it reads two weeks of messages."""
    account_id, now = tenancy.current_account_id(), clock.now()
    cached = _KNOWN.get(account_id)
    if cached is None or not timedelta(0) <= now - cached[0] < _JUDGED_ANEW:
        while len(_KNOWN) >= _MOST_KNOWN:
            _KNOWN.pop(next(iter(_KNOWN)), None)
        cached = _KNOWN[account_id] = (now, _judge(account_id, now))
    return cached[1]


def _judge(account_id: int, now: datetime) -> AskingAllowance:
    today = _midnight(now)
    with connection.cursor() as cursor:
        since = today - timedelta(days=int(value("asks_window_days")) - 1)
        cursor.execute(_DAYS, {"account_id": account_id, "since": since})
        rows = cursor.fetchall()
    return judge_asking(AskingDay((today.date() - day).days, *map(int, numbers)) for day, *numbers in rows)


@tenancy.needs_account
def volume_reached(message: TransactionalMessage) -> int:
    """Return the limit if earlier messages of this UTC day go to as many other mailboxes; otherwise -1."""
    limit = contract_allowance().limit
    with connection.cursor() as cursor:
        cursor.execute(
            _BEFORE,
            {
                "account_id": message.account_id,
                "since": _midnight(message.created_at),
                "message_id": message.id,
                "mailbox_key": bytes(message.mailbox_key) or bytes(message.address_key),
            },
        )
        return limit if int(cursor.fetchone()[0]) >= limit else -1


def _midnight(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


@tenancy.needs_account
def contract_facts(message: TransactionalMessage) -> ContractFacts:
    version, keys = message.version, keys_of(message)
    suppressions = suppression.active_for_mailbox(keys)
    stopping = (row for row in suppressions if stops_contract(row.reason, everywhere=row.account_id is None))
    return ContractFacts(
        account=account_facts(current_account()),
        imprint=structured_imprint(newest_imprint()),
        is_enabled=is_switched_on(),
        is_reviewed=version.state == TemplateState.APPROVED,
        from_line=_from_line(version.sender),
        sender_proved=is_proved(version.sender),
        stream_apart=is_stream_apart(version.sender),
        reference=message.reference,
        address_refused_by=_refused_by(message, keys),
        is_suppressed=next(stopping, None) is not None,
        is_misdirected=is_misdirected(message),
        messages_last_day=sent_before(message),
        volume_reached=volume_reached(message),
    )


def _from_line(sender: SenderAddress | None) -> FromFacts:
    return from_facts(sender.display_name, sender.email) if sender is not None else from_facts("", "")


def _refused_by(message: TransactionalMessage, keys: MailboxKeys) -> str:
    """Return the rule against the address. A row whose keys aren't its address's was not made by us (ADR 0010)."""
    if (keys[0], keys[-1]) != (bytes(message.address_key), bytes(message.mailbox_key) or keys[-1]):
        return "R-20"
    decision = judge_address(message.recipient)
    return "" if decision.accepted else decision.rule or "R-17"


@tenancy.needs_account
def decide_contract(message: TransactionalMessage) -> GateDecision:
    verdict = judge_contract(contract_facts(message))
    with tenancy.deciding():
        return GateDecision.objects.create(
            chain=Chain.CONTRACT,
            allowed=verdict.allowed,
            findings=[finding.as_json() for finding in verdict],
            rules_version=verdict.rules_version,
            decided_at=clock.now(),
            decided_by=message.created_by,
            decided_through=message.through,
        )
