"""Bounces returned to us, a set of them at once (R-67 to R-71)."""

from collections.abc import Iterator, Sequence

from mailflatrate.apps.delivery.feedback import ReturnedBounce, record_returned
from mailflatrate.apps.delivery.wake import figures_changed
from mailflatrate.apps.inbound.actions.feedback_facts import Fact, record_facts
from mailflatrate.apps.inbound.actions.parsed_message import InboundWork
from mailflatrate.apps.inbound.models import Feedback, FeedbackKind
from mailflatrate.apps.lists import actions as lists
from mailflatrate.apps.lists.models import Contact
from mailflatrate.base import tenancy
from mailflatrate.mail.reading.values import BounceOutcome, Failure

BOUNCE_KINDS = {
    BounceOutcome.RECIPIENT_HARD: FeedbackKind.HARD_BOUNCE,
    BounceOutcome.RECIPIENT_SOFT: FeedbackKind.SOFT_BOUNCE,
    BounceOutcome.SENDER_FAULT: FeedbackKind.SENDER_FAULT,
    BounceOutcome.CONTENT: FeedbackKind.CONTENT,
}


def record_bounces(works: Sequence[InboundWork]) -> None:
    """Record each bounce and apply it to delivery, tally and person. Runs inside `tenancy.account(...)`."""
    for these in _once_each(works):
        failures = [(work, failure) for work in these if (failure := hardest(work)) is not None]
        fixed = {work.mail.id for work, failure in failures if work.again and _take_back(work, _kind(failure))}
        fixed |= _reported_before(failures)
        fresh = record_facts([Fact.of(work, _kind(failure)) for work, failure in failures])
        record_returned([
            ReturnedBounce(
                work.delivery.id, failure.verdict, text=failure.diagnostic, at=work.mail.received_at,
                source=work.source, again=work.mail.id in fixed,
            )
            for work, failure in failures
            if (work.delivery.id, _kind(failure)) in fresh
        ])  # fmt: skip


def hardest(work: InboundWork) -> Failure | None:
    """Return the failure that decides: that of the person, if the bounce names them.

    Other addresses in it are where their mail is forwarded to; only among those does the hardest count. A bounce that
    names no one is about the person whose delivery the token names.
    """
    failures = work.inspection.failures
    verdict = work.inspection.verdict
    if not failures and verdict is not None:
        return Failure("", "failed", verdict.status, work.inspection.reason or "", "", verdict)
    if len(failures) > 1 and work.delivery.contact_id is not None:
        emails = Contact.objects.filter(id=work.delivery.contact_id).values_list("email", flat=True)
        own = {email.lower() for email in emails}
        for failure in failures:
            if own & {failure.address.lower(), failure.original.lower()}:
                return failure
    return max(failures, key=lambda failure: failure.verdict.hard, default=None)


def _kind(failure: Failure) -> FeedbackKind:
    return BOUNCE_KINDS[failure.verdict.outcome]


def _once_each(works: Sequence[InboundWork]) -> Iterator[list[InboundWork]]:
    """Yield the works in rounds with at most one message per delivery: set operations need each only once."""
    left = list(works)
    while left:
        first: dict[int, InboundWork] = {}
        later = [work for work in left if first.setdefault(work.delivery.id, work) is not work]
        yield list(first.values())
        left = later


def _reported_before(failures: Sequence[tuple[InboundWork, Failure]]) -> set[int]:
    """Replace bounces that a relay's log already reported with the notice, if it says more and reads differently.

    Returns the IDs of the messages that replace one.
    """
    told = Feedback.objects.filter(
        delivery_id__in=[work.delivery.id for work, _ in failures], kind__in=BOUNCE_KINDS.values(), raw_mail=None
    )
    before = {fact.delivery_id: fact for fact in told}
    replaced = set()
    for work, failure in failures:
        fact = before.get(work.delivery.id)
        if fact is not None and fact.kind != _kind(failure):
            _withdraw(fact)
            replaced.add(work.mail.id)
    return replaced


def _withdraw(fact: Feedback) -> None:
    if fact.kind == FeedbackKind.SOFT_BOUNCE and fact.contact_id is not None:
        lists.take_back_soft_bounce(fact.contact_id)
    with tenancy.eraser():
        fact.delete()
    figures_changed(fact.campaign_id)


def _take_back(work: InboundWork, kind: FeedbackKind) -> bool:
    """Undo what this message counted as, if it was understood otherwise before. A reviewer ends a suppression."""
    others = Feedback.objects.filter(raw_mail=work.mail, kind__in=BOUNCE_KINDS.values()).exclude(kind=kind)
    earlier = others.first()
    if earlier is None:
        return False
    _withdraw(earlier)
    return True
