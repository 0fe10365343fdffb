"""Record bounces that were returned to us, a set of them at once (R-67 to R-71)."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from mailflatrate.apps.delivery.models import DeliveryRecord
from mailflatrate.apps.delivery.results.feedback import record_returned
from mailflatrate.apps.delivery.wake import figures_changed
from mailflatrate.apps.inbound.actions.feedback_facts import fact_of, record_facts
from mailflatrate.apps.inbound.interpretation import InboundReading
from mailflatrate.apps.inbound.models import Feedback, FeedbackKind
from mailflatrate.apps.lists.actions import feedback
from mailflatrate.apps.lists.models import Contact
from mailflatrate.base import tenancy
from mailflatrate.mail.reading.values import BounceOutcome, Failure
from mailflatrate.rules.feedback.bounces import Bounce
from mailflatrate.rules.limits import value

Aimed = tuple[InboundReading, DeliveryRecord]

BOUNCE_KINDS = {
    BounceOutcome.RECIPIENT_HARD: FeedbackKind.HARD_BOUNCE,
    BounceOutcome.RECIPIENT_SOFT: FeedbackKind.SOFT_BOUNCE,
    BounceOutcome.SENDER_FAULT: FeedbackKind.SENDER_FAULT,
    BounceOutcome.CONTENT: FeedbackKind.CONTENT,
}


@tenancy.needs_account
def record_bounces(aimed: Sequence[Aimed]) -> None:
    for these in _once_each(aimed):
        failures = [(*pair, failure) for pair in these if (failure := hardest(*pair)) is not None]
        fixed = {
            reading.mail.id for reading, _, failure in failures if reading.again and _take_back(reading, _kind(failure))
        } | _reported_before(failures)
        fresh = record_facts([fact_of(reading, delivery, _kind(failure)) for reading, delivery, failure in failures])
        record_returned([
            Bounce(
                delivery.contact_id, delivery.id, failure.verdict, reading.mail.received_at, reading.source,
                failure.diagnostic, again=reading.mail.id in fixed,
            )
            for reading, delivery, failure in failures
            if (delivery.id, _kind(failure)) in fresh
        ])  # fmt: skip


def is_too_late(reading: InboundReading, delivery: DeliveryRecord) -> bool:
    """Return whether the bounce came so late that it must be forged from a kept copy of the message."""
    settled = delivery.settled_at
    return settled is not None and reading.mail.received_at - settled > timedelta(days=value("bounce_latest_days"))


def hardest(reading: InboundReading, delivery: DeliveryRecord) -> Failure | None:
    """The recipient's own failure, if the bounce names them; else the hardest of the addresses that their mail is
    forwarded to. One that names no one is about the recipient of the token.
    """
    failures, verdict = reading.inspection.failures, reading.inspection.verdict
    if not failures and verdict is not None:
        return Failure("", "failed", verdict.status, verdict.reason.value, "", verdict)
    if len(failures) > 1 and delivery.contact_id is not None:
        emails = Contact.objects.filter(id=delivery.contact_id).values_list("email", flat=True)
        own = {email.lower() for email in emails}
        for failure in failures:
            if own & {failure.address.lower(), failure.original.lower()}:
                return failure
    return max(failures, key=lambda failure: failure.verdict.hard, default=None)


def _kind(failure: Failure) -> FeedbackKind:
    return BOUNCE_KINDS[failure.verdict.outcome]


def _once_each(aimed: Sequence[Aimed]) -> Iterator[list[Aimed]]:
    """Yield them in rounds with at most one message per delivery: set operations need each only once."""
    left = list(aimed)
    while left:
        first: dict[int, Aimed] = {}
        later = [pair for pair in left if first.setdefault(pair[1].id, pair) is not pair]
        yield list(first.values())
        left = later


def _reported_before(failures: Sequence[tuple[InboundReading, DeliveryRecord, Failure]]) -> set[int]:
    """Replace what a relay's log reported with the notice, if it says more and reads differently; returns those IDs."""
    reported = Feedback.objects.filter(
        delivery_id__in=[delivery.id for _, delivery, _ in failures], kind__in=BOUNCE_KINDS.values(), raw_mail=None
    )
    before = {fact.delivery_id: fact for fact in reported}
    replaced = set()
    for reading, delivery, failure in failures:
        fact = before.get(delivery.id)
        if fact is not None and fact.kind != _kind(failure):
            _withdraw(fact)
            replaced.add(reading.mail.id)
    return replaced


def _withdraw(fact: Feedback) -> None:
    if fact.kind == FeedbackKind.SOFT_BOUNCE and fact.contact_id is not None:
        feedback.take_back_soft_bounce(fact.contact_id)
    with tenancy.eraser():
        fact.delete()
    figures_changed(fact.campaign_id)


def _take_back(reading: InboundReading, kind: FeedbackKind) -> bool:
    """Undo what this message counted as, if it was understood otherwise before. A reviewer ends a suppression."""
    others = Feedback.objects.filter(raw_mail=reading.mail, kind__in=BOUNCE_KINDS.values()).exclude(kind=kind)
    earlier = others.first()
    if earlier is None:
        return False
    _withdraw(earlier)
    return True
