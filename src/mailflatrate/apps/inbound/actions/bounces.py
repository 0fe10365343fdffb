"""Bounces that came back, a set of them at once (R-67 to R-71)."""

from collections.abc import Iterator, Sequence

from mailflatrate.apps.delivery.feedback import Returned, record_returned
from mailflatrate.apps.delivery.wake import figures_changed
from mailflatrate.apps.inbound.actions.facts import Fact, record_facts
from mailflatrate.apps.inbound.actions.work import Work
from mailflatrate.apps.inbound.models import Feedback, FeedbackKind
from mailflatrate.apps.lists import actions as lists
from mailflatrate.base import tenancy
from mailflatrate.mail.reading.values import Failure, Outcome

_KINDS = {
    Outcome.RECIPIENT_HARD: FeedbackKind.HARD_BOUNCE,
    Outcome.RECIPIENT_SOFT: FeedbackKind.SOFT_BOUNCE,
    Outcome.SENDER_FAULT: FeedbackKind.SENDER_FAULT,
    Outcome.CONTENT: FeedbackKind.CONTENT,
}


def record_bounces(works: Sequence[Work]) -> None:
    """Record each, and do to delivery, tally and person what it calls for. Runs inside `tenancy.account(...)`."""
    for these in _once_each(works):
        failures = [(work, failure) for work in these if (failure := hardest(work)) is not None]
        mended = {work.mail.id for work, failure in failures if work.again and _take_back(work, _kind(failure))}
        fresh = record_facts([Fact.of(work, _kind(failure)) for work, failure in failures])
        record_returned([
            Returned(
                work.delivery.id, failure.verdict, text=failure.diagnostic, at=work.mail.received_at,
                source=work.source, again=work.mail.id in mended,
            )
            for work, failure in failures
            if (work.delivery.id, _kind(failure)) in fresh
        ])  # fmt: skip


def hardest(work: Work) -> Failure | None:
    """The failure that decides: a letter of ours has one recipient, so further ones are his forwarding addresses."""
    return max(work.inspection.failures, key=lambda failure: failure.verdict.hard, default=None)


def _kind(failure: Failure) -> FeedbackKind:
    return _KINDS[failure.verdict.outcome]


def _once_each(works: Sequence[Work]) -> Iterator[list[Work]]:
    """The works in as many rounds as a delivery has messages among them: what is done as a set knows each once."""
    left = list(works)
    while left:
        first: dict[int, Work] = {}
        later = [work for work in left if first.setdefault(work.delivery.id, work) is not work]
        yield list(first.values())
        left = later


def _take_back(work: Work, kind: FeedbackKind) -> bool:
    """If this message was understood otherwise before, what it was counted as goes. A reviewer ends a suppression."""
    others = Feedback.objects.filter(raw_mail=work.mail, kind__in=_KINDS.values()).exclude(kind=kind)
    earlier = others.first()
    if earlier is None:
        return False
    if earlier.kind == FeedbackKind.SOFT_BOUNCE and earlier.contact_id is not None:
        lists.take_back_soft_bounce(earlier.contact_id)
    with tenancy.eraser():
        earlier.delete()
    figures_changed(earlier.campaign_id)
    return True
