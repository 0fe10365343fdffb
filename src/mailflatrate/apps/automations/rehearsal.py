"""What a contact or an example person would get, and when. Nothing is sent or kept: steps act in a savepoint that is
rolled back, and conditions are asked by the engine's own SQL.
"""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from django.db import connection, transaction

from mailflatrate.apps.accounts.queries import current_account
from mailflatrate.apps.automations.engine.frequency import PersonalLimits, limits_of
from mailflatrate.apps.automations.engine.moving import DAY
from mailflatrate.apps.automations.engine.steps import ACTIONS
from mailflatrate.apps.automations.engine.taking import ZONE, condition_sql
from mailflatrate.apps.automations.graphs import graph_of
from mailflatrate.apps.automations.models import AutomationVersion
from mailflatrate.apps.delivery.planning.frequency import FrequencyLimit, RecentMessage, recent_messages
from mailflatrate.apps.lists.models import Contact
from mailflatrate.base import clock, tenancy
from mailflatrate.rules import sql
from mailflatrate.rules.automations.compiling import FlatStep
from mailflatrate.rules.automations.graph import Graph, ReentryMode
from mailflatrate.rules.automations.json_object import Condition
from mailflatrate.rules.automations.rehearsal import Delay, DelayReason, Rehearsal, rehearse
from mailflatrate.rules.automations.waits import zone_for

_PERSON = f"""
SELECT {ZONE} FROM contact c WHERE c.account_id = %(account_id)s AND c.id = %(contact_id)s
"""  # noqa: S608  # made of constants
_DAY = f"""
SELECT {DAY} FROM contact c WHERE c.account_id = %(account_id)s AND c.id = %(contact_id)s
"""  # noqa: S608  # made of constants
_MEETS = "SELECT {condition} FROM contact c WHERE c.account_id = %(account_id)s AND c.id = %(contact_id)s"
# What the engine asks before it lets someone in, as answers instead of conditions.
_ENTRY = f"""
SELECT s.consent_event_id, v.details->>'wording', c.pause_days, c.paused_until,
    {sql.suppressed("c.account_id", "c.address_key")},
    %(form)s::text IS NULL OR coalesce(v.details->>'form' = %(form)s::text, false),
    last.run, last.is_active, last.ended_at
FROM contact c
LEFT JOIN subscription s ON s.account_id = c.account_id AND s.mailing_list_id = %(list_id)s AND s.contact_id = c.id
    AND {sql.is_confirmed("s.state")}
LEFT JOIN consent_evidence v ON v.event_id = s.consent_event_id AND v.account_id = c.account_id
LEFT JOIN LATERAL (
    SELECT max(e.run) AS run, bool_or(e.state = 'active') AS is_active, max(e.ended_at) AS ended_at
    FROM enrolment e WHERE e.account_id = c.account_id AND e.contact_id = c.id AND e.automation_id = %(automation_id)s
) last ON true
WHERE c.account_id = %(account_id)s AND c.id = %(contact_id)s
"""  # noqa: S608  # made of constants
# An example person agreed to what the last person of the list agreed to.
_LAST_WORDING = f"""
SELECT v.details->>'wording' FROM subscription s
JOIN consent_evidence v ON v.event_id = s.consent_event_id AND v.account_id = s.account_id
WHERE s.account_id = %(account_id)s AND s.mailing_list_id = %(list_id)s AND {sql.is_confirmed("s.state")}
ORDER BY s.consent_event_id DESC LIMIT 1
"""  # noqa: S608  # made of constants
_KEY_OCTETS = 32


class EntryObstacle(StrEnum):
    NOT_CONFIRMED = "not_confirmed"
    SUPPRESSED = "suppressed"
    OTHER_FORM = "other_form"
    UNDER_WAY = "under_way"
    NEVER_AGAIN = "never_again"
    NOT_YET_AGAIN = "not_yet_again"


@dataclass(frozen=True, slots=True)
class ExamplePerson:
    """A person who doesn't exist, with fields as a contact stores them."""

    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RehearsalResult:
    """`wording`: the promised frequency, if known. `obstacle`: why they wouldn't enter; the way is shown anyway."""

    rehearsal: Rehearsal
    obstacle: EntryObstacle | None
    wording: str
    zone: str


@tenancy.needs_account
def rehearse_version(
    version: AutomationVersion,
    person: Contact | ExamplePerson,
    begins_at: datetime,
    arms: Mapping[str, int] | None = None,
) -> RehearsalResult:
    """For someone who enters at an aware moment. `arms`: the arm to follow, by the key of the split; otherwise the
    largest. The version has no problems.
    """
    graph, home = graph_of(version), current_account().time_zone
    with _borrowed(person) as contact_id:
        facts = _EntryFacts.read(version, graph, contact_id, begins_at, is_example=isinstance(person, ExamplePerson))
        subject = _RehearsedContact(graph, facts, contact_id, version.automation.mailing_list_id, arms or {})
        rehearsed = rehearse(graph, subject, begins_at, home)
        zone = zone_for(subject.zone(), home).key
    return RehearsalResult(rehearsed, facts.obstacle, facts.limits.wording or "", zone)


@contextmanager
def _borrowed(person: Contact | ExamplePerson) -> Iterator[int]:
    with transaction.atomic():
        mark = transaction.savepoint()
        try:
            yield _example(person) if isinstance(person, ExamplePerson) else person.id
        finally:
            transaction.savepoint_rollback(mark)


def _example(person: ExamplePerson) -> int:
    name = secrets.token_hex(8)
    made = Contact.objects.create(
        email=f"{name}@example.invalid",
        address_key=secrets.token_bytes(_KEY_OCTETS),
        attributes=dict(person.attributes),
    )
    return made.id


@dataclass(frozen=True, slots=True)
class _EntryFacts:
    limits: PersonalLimits
    paused_until: datetime | None
    obstacle: EntryObstacle | None

    @classmethod
    def read(
        cls, version: AutomationVersion, graph: Graph, contact_id: int, begins_at: datetime, *, is_example: bool
    ) -> "_EntryFacts":
        automation = version.automation
        values: dict[str, Any] = {
            "account_id": automation.account_id,
            "automation_id": automation.id,
            "list_id": automation.mailing_list_id,
            "contact_id": contact_id,
            "form": str(graph.entry.form) if graph.entry.form is not None else None,
        }
        with connection.cursor() as cursor:
            if is_example:
                cursor.execute(_LAST_WORDING, values)
                row = cursor.fetchone()
                return cls(PersonalLimits(contact_id, None, row[0] if row else None), None, None)
            cursor.execute(_ENTRY, values)
            event_id, wording, pause_days, paused, is_suppressed, fits, run, is_active, ended_at = cursor.fetchone()
        limits = PersonalLimits(contact_id, pause_days, wording)
        if event_id is None:
            return cls(limits, paused, EntryObstacle.NOT_CONFIRMED)
        if is_suppressed:
            return cls(limits, paused, EntryObstacle.SUPPRESSED)
        if not fits:
            return cls(limits, paused, EntryObstacle.OTHER_FORM)
        obstacle = _again(graph, begins_at, ended_at, is_active=is_active) if run is not None else None
        return cls(limits, paused, obstacle)


def _again(graph: Graph, begins_at: datetime, ended_at: datetime | None, *, is_active: bool) -> EntryObstacle | None:
    if is_active:
        return EntryObstacle.UNDER_WAY
    if graph.reentry.mode is ReentryMode.NEVER:
        return EntryObstacle.NEVER_AGAIN
    days = graph.reentry.days if graph.reentry.mode is ReentryMode.AFTER else 0
    too_soon = ended_at is not None and ended_at > begins_at - timedelta(days=days)
    return EntryObstacle.NOT_YET_AGAIN if too_soon else None


class _RehearsedContact:
    def __init__(
        self, graph: Graph, facts: _EntryFacts, contact_id: int, list_id: int, arms: Mapping[str, int]
    ) -> None:
        self.contact_id, self._list_id, self._arms = contact_id, list_id, arms
        self._paused_until = facts.paused_until
        self._limits = list(limits_of(facts.limits, list_id, graph.cap_per_week, 0))
        most = max((limit.messages for limit in self._limits), default=0)
        self._messages: list[RecentMessage] = recent_messages(contact_id, most) if most else []

    def _ask(self, statement: str, **values: Any) -> Any:
        account_id = tenancy.current_account_id()
        with connection.cursor() as cursor:
            cursor.execute(statement, {"account_id": account_id, "contact_id": self.contact_id, **values})
            return cursor.fetchone()[0]

    def zone(self) -> str | None:
        name: str | None = self._ask(_PERSON)
        return name

    def day(self, field: str) -> date | None:
        answer: date | None = self._ask(_DAY, field=field)
        return answer

    def meets(self, condition: Condition, at: datetime) -> bool:
        values: dict[str, Any] = {}
        with clock.frozen_at(at):
            statement = _MEETS.format(condition=condition_sql(condition, "rehearsed", values))
        return bool(self._ask(statement, **values))

    def delays(self, at: datetime) -> Sequence[Delay]:
        limit_ends = ((limit, self._rests_until(limit)) for limit in self._limits)
        pauses = [(_reason(limit), until) for limit, until in limit_ends] + [(DelayReason.PAUSED, self._paused_until)]
        return [Delay(reason, until) for reason, until in pauses if until is not None and until > at]

    def _rests_until(self, limit: FrequencyLimit) -> datetime | None:
        """Return when the oldest of the last so many messages is long enough ago."""
        counted = sorted((message.at for message in self._messages if limit.counts(message)), reverse=True)
        return counted[limit.messages - 1] + timedelta(days=limit.days) if len(counted) >= limit.messages else None

    def arm(self, step: FlatStep) -> int:
        shares = step.parameters["shares"]
        chosen = self._arms.get(step.key, shares.index(max(shares)))
        return chosen if 0 <= chosen < len(shares) else 0

    def note_message(self, at: datetime) -> None:
        self._messages.append(RecentMessage(at, self._list_id, is_step=True))

    def act(self, step: FlatStep, at: datetime) -> None:
        ACTIONS[step.kind].rehearse(step, self, at)


def _reason(limit: FrequencyLimit) -> DelayReason:
    if limit.only_steps:
        return DelayReason.CAP
    return DelayReason.PROMISE if limit.list_id is not None else DelayReason.PAUSE
