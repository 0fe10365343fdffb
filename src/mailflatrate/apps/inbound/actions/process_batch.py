"""Read stored messages, many per transaction: work that can be done for a whole set takes one statement."""

import json
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from typing import Any

import structlog
from django.db import connection

from mailflatrate.apps.delivery.dropped_months import dropped_delivery
from mailflatrate.apps.delivery.models import DeliveryRecord
from mailflatrate.apps.domains.models import SenderDomain
from mailflatrate.apps.inbound.actions.bounces import Aimed, hardest, is_too_late, record_bounces
from mailflatrate.apps.inbound.actions.feedback_facts import fact_of, record_facts
from mailflatrate.apps.inbound.actions.manual_review import wake_desk
from mailflatrate.apps.inbound.actions.stop_requests import (
    act_on_complaint,
    unsubscribe,
    unsubscribe_by_address,
    unsubscribe_by_mail,
)
from mailflatrate.apps.inbound.interpretation import AT_THE_DESK, ROLES, InboundReading, read_all
from mailflatrate.apps.inbound.models import DeskState, DomainReport, Feedback, FeedbackKind, RawMail, RawMailState
from mailflatrate.apps.inbound.report_proof import SenderProof
from mailflatrate.base import clock, tenancy
from mailflatrate.base.tenancy import PlatformReason, needs_platform
from mailflatrate.mail.identifiers.verp import RecipientKind
from mailflatrate.mail.reading.aggregate import AggregateReport
from mailflatrate.mail.reading.storable import storable
from mailflatrate.mail.reading.values import ReturnedMessageKind
from mailflatrate.rules.feedback.reports import Tray

SOURCES_KEPT = 100


@needs_platform
def record_aggregates(readings: Sequence[InboundReading]) -> set[int]:
    reported = [(reading, report) for reading in readings for report in reading.foreign.aggregates]
    if not reported:
        return set()
    owners = _owners({report.domain for _, report in reported})
    rows = [
        _row(reading, report, account_id)
        for reading, report in reported
        for account_id in owners.get(report.domain) or [None]
    ]
    DomainReport.objects.bulk_create(rows, ignore_conflicts=True)
    return {reading.mail.id for reading, _ in reported}


def _owners(domains: set[str]) -> dict[str, list[int | None]]:
    asked = {name: domain for domain in domains for name in (domain, domain.removeprefix("bounce."))}
    owners: dict[str, list[int | None]] = {}
    rows = SenderDomain.objects.filter(name__in=asked, verified_at__isnull=False).order_by("account_id")
    for name, account_id in rows.values_list("name", "account_id"):
        owners.setdefault(asked[name], []).append(account_id)
    return owners


def _row(reading: InboundReading, report: AggregateReport, account_id: int | None) -> DomainReport:
    sources = sorted(report.sources, key=lambda source: (-source.messages, source.name))[:SOURCES_KEPT]
    return DomainReport(
        account_id=account_id, kind=report.kind.value, domain=report.domain, reporter=report.reporter,
        report_id=report.report_id, begins_at=report.begins_at, ends_at=report.ends_at, messages=report.messages,
        passed=report.passed, sources=[[source.name, source.messages, source.passed] for source in sources],
        proved=reading.trust.proved, raw_mail=reading.mail,
    )  # fmt: skip


log = structlog.get_logger("inbound")

# Nothing to do and nobody to tell: they change no counter.
_FACTS_ONLY = {ReturnedMessageKind.AUTO_REPLY: FeedbackKind.AUTO_REPLY, ReturnedMessageKind.DELAY: FeedbackKind.DELAY}
_NO_ACTION = (ReturnedMessageKind.RECEIPT, ReturnedMessageKind.REPORT, ReturnedMessageKind.CHALLENGE)
_Act = Callable[[InboundReading, DeliveryRecord], None]
_BY_PEOPLE: dict[ReturnedMessageKind, _Act] = {
    ReturnedMessageKind.COMPLAINT: act_on_complaint,
    ReturnedMessageKind.UNSUBSCRIBE: unsubscribe,
}
HANDED_IN = "page"
"""`RawMail.via` of a message that was submitted and acted on through a page; it is kept as evidence only."""


def read_mail(raw_mail_id: int, *, again: bool = False) -> SenderProof:
    """One that can't be understood waits for a person. `again`: a reader has improved; actions are not repeated.
    Returns how its sender was proved; UNKNOWN: ask again later.
    """
    return read_together([raw_mail_id], again=again).get(raw_mail_id, SenderProof.NONE)


def read_together(raw_mail_ids: Sequence[int], *, again: bool = False) -> dict[int, SenderProof]:
    """Read several messages like `read_mail`, in one transaction: if it raises, none of them is read."""
    with tenancy.platform(PlatformReason.MAIL_IN):
        stored = list(RawMail.objects.filter(id__in=raw_mail_ids).order_by("id"))
        for mail in stored:
            mail.raw = mail.content()  # never saved from here: `_CLOSE` names its columns
    mails = [mail for mail in stored if _is_to_be_read(mail, again=again)]
    readings = read_all(mails)
    if not readings:
        return {}
    with tenancy.platform(PlatformReason.MAIL_IN):
        _settle(_still_open(readings, again=again))
    return {reading.mail.id: reading.trust.proof for reading in readings}


def _is_to_be_read(mail: RawMail, *, again: bool) -> bool:
    if mail.via == HANDED_IN:
        return False
    if not mail.raw:  # its content was erased when its retention ended, or it never had any
        return mail.state == RawMailState.NEW
    return again or mail.state not in (RawMailState.HANDLED, RawMailState.APART)


def _still_open(readings: Sequence[InboundReading], *, again: bool) -> list[InboundReading]:
    rows = RawMail.objects.select_for_update().filter(id__in=[reading.mail.id for reading in readings]).order_by("id")
    now = {row[0]: row[1:] for row in rows.values_list("id", "state", "reason", "desk", "handled_at")}
    left = []
    for reading in readings:
        mail = reading.mail
        if mail.id in now:
            mail.state, mail.reason, mail.desk, mail.handled_at = now[mail.id]
            if again or mail.state == RawMailState.NEW:
                left.append(reading)
    return left


def _settle(readings: Sequence[InboundReading]) -> None:
    with_delivery: set[int] = set()
    done: set[int] = set()
    targeted = [
        mail_reading for mail_reading in readings if mail_reading.target and mail_reading.target.delivery_id is not None
    ]
    targeted.sort(key=_delivery_of)
    for account_id, group in groupby(targeted, key=lambda mail_reading: _delivery_of(mail_reading)[0]):
        with tenancy.account(account_id):
            aimed = _aimed(list(group))
            with_delivery.update(reading.mail.id for reading, _ in aimed)
            done |= _act(aimed)
    done |= {
        mail_reading.mail.id
        for mail_reading in readings
        if mail_reading.target is None and unsubscribe_by_address(mail_reading)
    }
    done |= record_aggregates(readings)
    for mail_reading in readings:
        _conclude(mail_reading, has_delivery=mail_reading.mail.id in with_delivery, done=mail_reading.mail.id in done)
    if any(mail_reading.mail.desk == DeskState.WAITING for mail_reading in readings):
        wake_desk()
    _close(readings)


def _delivery_of(reading: InboundReading) -> tuple[int, int]:
    return (reading.target.account_id, reading.target.delivery_id or 0) if reading.target else (0, 0)


def _aimed(readings: Sequence[InboundReading]) -> list[Aimed]:
    delivery_ids = {_delivery_of(reading)[1] for reading in readings}
    columns = ("id", "account", "campaign", "contact", "mailing_list", "settled_at", "transactional_id")
    rows = DeliveryRecord.objects.filter(id__in=delivery_ids).only(*columns)
    on_record = {row.id: row for row in rows}
    for account_id, delivery_id in {_delivery_of(reading) for reading in readings}:
        if delivery_id not in on_record and (past := dropped_delivery(account_id, delivery_id)) is not None:
            on_record[delivery_id] = past
    return [
        (reading, on_record[delivery_id])
        for reading in readings
        if (delivery_id := _delivery_of(reading)[1]) in on_record
    ]


def _act(aimed: Iterable[Aimed]) -> set[int]:
    """Returns those that need no person. Machine reports first, as a set: lock deliveries, people, suppressions."""
    done: set[int] = set()
    bounces: list[Aimed] = []
    facts_only: list[Feedback] = []
    by_people: list[tuple[_Act, Aimed]] = []
    for reading, delivery in aimed:
        kind = reading.kind
        if reading.address.kind is RecipientKind.UNSUBSCRIBE:
            by_people.append((unsubscribe_by_mail, (reading, delivery)))
        elif kind is ReturnedMessageKind.BOUNCE:
            if not reading.is_proved_bounce or is_too_late(reading, delivery) or hardest(reading, delivery) is None:
                continue
            bounces.append((reading, delivery))
        elif kind in _BY_PEOPLE:
            by_people.append((_BY_PEOPLE[kind], (reading, delivery)))
        elif kind in _FACTS_ONLY:
            facts_only.append(fact_of(reading, delivery, _FACTS_ONLY[kind]))
        elif kind not in _NO_ACTION:
            continue
        done.add(reading.mail.id)
    record_bounces(bounces)
    record_facts(facts_only)
    for act, arguments in by_people:
        act(*arguments)
    return done


def _is_for_desk(reading: InboundReading, *, done: bool) -> bool:
    """Return True for every complaint, and for mail to the desk unless what was done has answered it."""
    if reading.kind is ReturnedMessageKind.BOUNCE and not reading.is_proved_bounce:
        return reading.target is not None and reading.target.delivery_id is not None and not done
    if reading.kind is ReturnedMessageKind.COMPLAINT:
        return reading.address.kind not in AT_THE_DESK or reading.tray is Tray.CASE
    return reading.address.kind in AT_THE_DESK and reading.tray is Tray.CASE and not done


def _conclude(reading: InboundReading, *, has_delivery: bool, done: bool) -> None:
    mail = reading.mail
    is_for_desk = _is_for_desk(reading, done=done)
    if is_for_desk and mail.desk == DeskState.NO:
        mail.desk = DeskState.WAITING
    if mail.state == RawMailState.HANDLED:  # processed again: what a person archived stays archived
        state, reason = RawMailState.HANDLED, mail.reason
    elif not reading.is_readable and not done:
        mail.desk = DeskState.NO
        state, reason = RawMailState.UNREAD, ""
    elif done or is_for_desk or reading.address.kind in ROLES:
        apart = reading.tray is Tray.APART and not done
        state, reason = (RawMailState.APART, "") if apart else (RawMailState.HANDLED, "")
    elif reading.address.kind is RecipientKind.AGGREGATE:
        state, reason = RawMailState.APART, "it contains no report"
    elif reading.target is None:
        state, reason = RawMailState.UNREAD, "it contains no valid token"
    elif not has_delivery:
        state, reason = RawMailState.UNREAD, "the delivery it refers to is no longer on record"
    else:
        state, reason = RawMailState.UNREAD, "a reply that needs to be read"
    if reading.inspection.error:
        reason = f"{reason}; {reading.inspection.error}".removeprefix("; ")
    if state == RawMailState.UNREAD:
        log.info("inbound mail needs review", raw_mail=mail.id, kind=reading.kind, reason=reason)
    mail.state, mail.kind, mail.reason = state, reading.kind.value, storable(reason)
    mail.handled_at = mail.handled_at or clock.now()
    if reading.target is not None:
        mail.delivery_id, mail.account_id = reading.target.delivery_id, reading.target.account_id


_CLOSE = """
UPDATE raw_mail r SET state = t.state, kind = t.kind, reason = t.reason, reading = t.reading::jsonb, desk = t.desk,
    handled_at = t.handled_at, delivery_id = t.delivery_id, account_id = t.account_id
FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::timestamptz[], %s::bigint[],
    %s::bigint[]) AS t(id, state, kind, reason, reading, desk, handled_at, delivery_id, account_id)
WHERE r.id = t.id
"""


def _close(readings: Sequence[InboundReading]) -> None:
    mails = [reading.mail for reading in readings]
    columns: list[Any] = [
        [mail.id for mail in mails],
        [str(mail.state) for mail in mails],
        [mail.kind for mail in mails],
        [mail.reason for mail in mails],
        [json.dumps(reading.as_json()) for reading in readings],
        [str(mail.desk) for mail in mails],
        [mail.handled_at for mail in mails],
        [mail.delivery_id for mail in mails],
        [mail.account_id for mail in mails],
    ]
    with connection.cursor() as cursor:
        cursor.execute(_CLOSE, columns)
