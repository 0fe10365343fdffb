"""How many mailboxes an account's transactional messages may reach in a day: R-35's curve, on what became of them."""

from datetime import UTC, datetime, timedelta
from typing import Final

from django.db import connection

from mailflatrate.apps.transactional.models import TransactionalMessage
from mailflatrate.base import clock, tenancy
from mailflatrate.rules import sql
from mailflatrate.rules.forms.request_limits import AskingAllowance, AskingDay, judge_asking
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
    known = _KNOWN.get(account_id)
    if known is None or not timedelta(0) <= now - known[0] < _JUDGED_ANEW:
        while len(_KNOWN) >= _MOST_KNOWN:
            _KNOWN.pop(next(iter(_KNOWN)), None)
        known = _KNOWN[account_id] = (now, _judge(account_id, now))
    return known[1]


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
