"""Writing the log."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from django.db import connection

from mailflatrate.base import clock

_INSERT = """
    INSERT INTO audit_entry (at, actor_kind, actor_id, actor, action, account_id, subject, reason, details)
    SELECT %s, %s, %s, %s, %s, %s, subject, reason, details::jsonb
    FROM unnest(%s::text[], %s::text[], %s::text[]) WITH ORDINALITY AS line (subject, reason, details, n) ORDER BY n
"""


class ActorKind(StrEnum):
    STAFF = "staff"
    CUSTOMER = "customer"
    MACHINE = "machine"


@dataclass(frozen=True, slots=True)
class Actor:
    """The person or job that acted, under the name that the log keeps forever."""

    kind: ActorKind
    name: str
    user_id: int | None = None


class _Person(Protocol):
    id: int
    email: str
    is_staff: bool


@dataclass(frozen=True, slots=True)
class AuditLine:
    subject: str = ""
    reason: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class AuditTally:
    actions: list[str] = field(default_factory=list)
    is_unchanged: bool = False
    """An action found everything as it was to be, so no line is due for it."""


_through: ContextVar[str] = ContextVar("audit_through", default="")
_tally: ContextVar[AuditTally | None] = ContextVar("audit_tally", default=None)


def person(user: _Person) -> Actor:
    return Actor(ActorKind.STAFF if user.is_staff else ActorKind.CUSTOMER, user.email, user.id)


def machine(name: str) -> Actor:
    """Return one of our jobs or rules as an actor, named like the job (`<app>.<verb_noun>`)."""
    return Actor(ActorKind.MACHINE, name)


def record(
    action: str,
    *,
    by: Actor,
    account_id: int | None = None,
    subject: str = "",
    reason: str = "",
    details: Mapping[str, Any] | None = None,
) -> None:
    """Append one line in the running transaction. An account's lines need its scope, others the platform's. `action`
    is `<thing>.<what happened>` in the past tense (`origin.approved`); `account_id` None concerns the whole
    installation; `subject` is a row (`application:12`); `reason` is in the person's own words. `details` are JSON
    values that prove or explain the action, without personal data of recipients.
    """
    record_all(action, [AuditLine(subject, reason, details or {})], by=by, account_id=account_id)


def record_all(action: str, lines: Sequence[AuditLine], *, by: Actor, account_id: int | None = None) -> None:
    """Append several lines in this order, in one statement; otherwise like `record`."""
    if "." not in action:
        raise ValueError(f"{action!r}: an action is named <thing>.<what happened>")
    through = {"through": _through.get()} if _through.get() else {}
    written = [json.dumps({**line.details, **through}, ensure_ascii=False, sort_keys=True) for line in lines]
    values = [clock.now(), by.kind.value, by.user_id, by.name, action, account_id]
    columns = [[line.subject for line in lines], [line.reason for line in lines], written]
    with _writing_as(by), connection.cursor() as cursor:
        cursor.execute(_INSERT, [*values, *columns])
    tally = _tally.get()
    if tally is not None:
        tally.actions += [action] * len(lines)


def _writing_as(actor: Actor) -> AbstractContextManager[None]:
    """Show the platform pass for a line in the name of staff, which the database requires for it (ADR 0010)."""
    if actor.kind is not ActorKind.STAFF:
        return nullcontext()
    from mailflatrate.base import tenancy  # its models load after this app, the first in the list
    from mailflatrate.base.tenancy import PlatformReason

    if not tenancy.in_platform():
        return tenancy.platform(PlatformReason.OPERATOR_DESK)
    return nullcontext()


@contextmanager
def acting_through(label: str) -> Iterator[None]:
    """Name the program that acts for a person: every line recorded inside the block carries it as `through`."""
    token = _through.set(label)
    try:
        yield
    finally:
        _through.reset(token)


def through() -> str:
    return _through.get()


def nothing_changed() -> None:
    """Note that the running action is idempotent and had nothing to do: a line would claim a change."""
    tally = _tally.get()
    if tally is not None:
        tally.is_unchanged = True


@contextmanager
def recorded() -> Iterator[AuditTally]:
    """Track what is recorded inside the block; the desk uses it to check that an action was recorded."""
    tally = AuditTally()
    token = _tally.set(tally)
    try:
        yield tally
    finally:
        _tally.reset(token)
