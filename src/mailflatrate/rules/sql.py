"""The rules as SQL for statements and triggers. Files `apps/<app>/sql/*.sql` have placeholders such as
`{{campaign_states(RUNNING)}}`, which `migrate` fills in (ADR 0037). Arguments are SQL: a table's alias or a column.
"""

import re
from collections.abc import Callable, Iterable
from enum import Enum

from mailflatrate.rules.account_states import AccountStatus
from mailflatrate.rules.campaigns import campaign_states as states
from mailflatrate.rules.checks import recipient_origin, recipient_subscribed
from mailflatrate.rules.contacts import suppression, withdrawals
from mailflatrate.rules.contacts.audience_states import CONSENTS, ConsentKind, OriginState
from mailflatrate.rules.contacts.contact_events import FRESH_DAYS
from mailflatrate.rules.limits import CONSENT_MAX_AGE, value
from mailflatrate.rules.roles import Permission, roles_with
from mailflatrate.rules.skip_reasons import WithholdReason
from mailflatrate.rules.vetting import account_status, probation
from mailflatrate.rules.webhook_retries import SLOW_AT_ONCE

_PLACEHOLDER = re.compile(r"\{\{(\w+)(?:\(([^()]*)\))?\}\}")


class UnknownFragment(ValueError):
    pass


def names(values: Iterable[Enum | str]) -> str:
    return "({})".format(", ".join(f"'{member.value if isinstance(member, Enum) else member}'" for member in values))


def _is_one_of(column: str, values: Iterable[Enum | str]) -> str:
    members = list(values)
    return f"{column} IN {names(members)}" if len(members) != 1 else f"{column} = {names(members)[1:-1]}"


def campaign_states(name: str) -> str:
    return names(getattr(states, name))


def roles(permission: str) -> str:
    return names(roles_with(Permission[permission]))


def may_send(account: str) -> str:
    return _is_one_of(f"{account}.standing", [status for status in AccountStatus if status.may_send])


def is_restricted(status: str) -> str:
    return _is_one_of(status, account_status.RESTRICTED)


def status_moves() -> str:
    """As rows: before, after, and the lowest-ranking mover who may make it (R-01)."""
    return ",\n    ".join(
        f"('{before.value}', '{after.value}', {account_status.STRENGTH[least]})"
        for (before, after), least in account_status.MOVES.items()
    )


def is_lift(before: str, after: str) -> str:
    lifts = [move for move in account_status.MOVES if move in account_status.LIFTS]
    return f"({before}, {after}) IN ({', '.join(names(move) for move in lifts)})"


def limit(name: str) -> str:
    return f"{value(name):g}"


def fresh_event_days() -> str:
    return str(FRESH_DAYS)


def slow_webhooks_at_once() -> str:
    return str(SLOW_AT_ONCE)


def early_review_days() -> str:
    return str(probation.EARLY_REVIEW_DAYS)


def is_confirmed(state: str) -> str:
    return _is_one_of(state, recipient_subscribed.MAILED)


def in_force(row: str) -> str:
    return f"{row}.lifted_at IS NULL"


def suppressed(account: str, address_key: str) -> str:
    return f"EXISTS (SELECT 1 FROM public.suppression x WHERE {suppression_of(account, address_key)})"  # noqa: S608


def kept_away(account: str, address_key: str) -> str:
    """An EXISTS: it forbids even a confirmation email, see `rules.contacts.suppression.keeps_away` (R-75)."""
    days = suppression.return_after().days
    ends = f"{_is_one_of('x.reason', suppression.RETURNS)} AND x.account_id IS NOT NULL"
    later = f"{_is_one_of('x.reason', suppression.RETURNS_LATER)} AND x.created_at <= now() - interval '{days} days'"
    return f"""EXISTS (SELECT 1 FROM public.suppression x WHERE {suppression_of(account, address_key)}
        AND NOT ({ends} OR {later}))"""  # noqa: S608


def contract_stopped(account: str, address_key: str, mailbox_key: str) -> str:
    """By `rules.contacts.suppression.stops_contract`, or because the reader said that the messages aren't meant for
    them (R-112). The keys are the first and the last of `ids.mailbox_keys`.
    """
    keys = f"({address_key}, {mailbox_key})"
    passes = f"{_is_one_of('x.reason', suppression.CONTRACT_PASSES)} AND x.account_id IS NOT NULL"
    return f"""(EXISTS (SELECT 1 FROM public.suppression x WHERE {suppression_of(account, address_key)}
            AND NOT ({passes}))
        OR EXISTS (SELECT 1 FROM public.suppression x WHERE {suppression_of(account, mailbox_key)} AND NOT ({passes}))
        OR EXISTS (SELECT 1 FROM public.suppression x WHERE x.mailbox_key = {mailbox_key} AND {in_force("x")}
            AND (x.account_id = {account} OR x.account_id IS NULL) AND NOT ({passes}))
        OR EXISTS (SELECT 1 FROM public.misdirected_address y WHERE y.account_id = {account}
            AND y.address_key IN {keys}))"""  # noqa: S608


def contract_enabled(account: str) -> str:
    return f"EXISTS (SELECT 1 FROM public.transactional_switch z WHERE z.account_id = {account} AND z.is_on)"  # noqa: S608


def suppression_of(account: str, address_key: str) -> str:
    whose = f"(x.account_id = {account} OR x.account_id IS NULL)"
    return f"x.address_key = {address_key} AND {in_force('x')} AND {whose}"


def suppression_joins(account: str, address_key: str) -> str:
    """Joins `own`, the account's active one, and `everywhere`, the platform's (R-16), for statements that read
    thousands of rows and need the reason.
    """
    return f"""LEFT JOIN public.suppression own ON own.account_id = {account} AND own.address_key = {address_key}
        AND {in_force("own")}
    LEFT JOIN public.suppression everywhere ON everywhere.account_id IS NULL
        AND everywhere.address_key = {address_key} AND {in_force("everywhere")}"""


def is_role(email: str) -> str:
    base = f"btrim(lower(split_part(split_part({email}, '@', 1), '+', 1)), '0123456789._-')"
    return f"{base} IN (SELECT w.word FROM public.role_word w)"  # noqa: S608


def skip_reason(row: str, *, last_contact: str, rests_until: str, at: str, said_no: str = "TRUE") -> str:
    """A CASE for a confirmed recipient who isn't suppressed; NULL if they aren't skipped. It states the rest of the
    recipient chain, in its order, over a contact `c`, the list `l`, the consent event `e` and the list `row` is for.
    Rendering finds missing values (R-52). `said_no` is true for everyone with a no in the ledger: only for them is what
    it ended looked up.
    """
    reason = WithholdReason
    origins = _is_one_of("l.origin_state", recipient_origin.MAILABLE)
    here = f"l.origin_state = '{OriginState.WAITING}' AND e.kind = '{ConsentKind.CONFIRMED}'"
    tests = (
        (f"{_is_one_of('e.kind', CONSENTS)} AND e.occurred_at <= {at}", reason.CONSENT_MISSING),
        (f"NOT ({said_no} AND {consent_ended('e')})", reason.CONSENT_WITHDRAWN),
        (f"e.mailing_list_id = {row}.mailing_list_id", reason.CONSENT_OTHER_LIST),
        ("l.archived_at IS NULL", reason.LIST_ARCHIVED),
        (f"({origins} OR {here})", reason.LIST_NOT_APPROVED),
        (f"NOT {is_role('c.email')}", reason.ROLE_ADDRESS),
        (f"{last_contact} >= {at} - interval '{CONSENT_MAX_AGE.days} days'", reason.CONSENT_TOO_OLD),
        (f"coalesce({rests_until} <= {at}, TRUE)", reason.TOO_SOON),
    )
    return "CASE {} END".format(" ".join(f"WHEN ({test}) IS NOT TRUE THEN '{why.value}'" for test, why in tests))


def forbids_subscribing(account: str, contact: str, consent_at: str) -> str:
    """An EXISTS: a no forbids that a consent from this time subscribes them, see `rules.contacts.withdrawals`."""
    return f"""EXISTS (SELECT 1 FROM public.consent_event w WHERE w.account_id = {account} AND w.contact_id = {contact}
            AND {stands("w")} AND w.occurred_at > {consent_at})"""  # noqa: S608


def consent_ended(event: str) -> str:
    return f"""EXISTS (SELECT 1 FROM public.consent_event w WHERE w.account_id = {event}.account_id
            AND w.contact_id = {event}.contact_id AND {stands("w")}
            AND CASE WHEN w.id < {event}.id THEN w.occurred_at > {event}.occurred_at
                ELSE w.mailing_list_id IS NULL OR (w.kind = '{ConsentKind.WITHDRAWN}'
                    AND w.mailing_list_id = {event}.mailing_list_id) END)"""  # noqa: S608


def is_no(event: str) -> str:
    """Return the SQL condition that an event of the ledger is a no. It is also that of an index."""
    return _is_one_of(f"{event}.kind", withdrawals.NOES)


def stands(event: str) -> str:
    """A no that the person didn't undo, see `rules.contacts.withdrawals`; the evidence is asked by key."""
    return f"""({is_no(event)} AND NOT ({event}.kind = '{ConsentKind.WITHDRAWN}' AND EXISTS (
            SELECT 1 FROM public.consent_event u WHERE u.account_id = {event}.account_id
                AND u.contact_id = {event}.contact_id AND u.mailing_list_id = {event}.mailing_list_id
                AND u.id > {event}.id AND {_is_one_of("u.kind", CONSENTS)} AND (
                    SELECT v.details ->> 'by' = '{withdrawals.UNDONE_BY}' AND v.details ->> 'undoes' = {event}.id::text
                    FROM public.consent_evidence v WHERE v.event_id = u.id LIMIT 1))))"""  # noqa: S608


def suppression_strength() -> str:
    return names(suppression.STRENGTH)[1:-1]


FRAGMENTS: dict[str, Callable[..., str]] = {
    made.__name__: made
    for made in (
        *(campaign_states, roles, may_send, is_restricted, is_lift, status_moves, limit),
        early_review_days,
        *(fresh_event_days, slow_webhooks_at_once, contract_enabled, contract_stopped),
        *(forbids_subscribing, consent_ended, is_no),
        *(is_confirmed, in_force, suppressed, kept_away, suppression_joins, suppression_strength),
    )
}


def fill_in(text: str) -> str:
    """Return SQL with its placeholders filled in. Raises UnknownFragment."""
    return _PLACEHOLDER.sub(_filled, text)


def _filled(match: re.Match[str]) -> str:
    make = FRAGMENTS.get(match[1])
    if make is None:
        raise UnknownFragment(match[0])
    return make(*(argument.strip() for argument in (match[2] or "").split(",") if argument.strip()))
