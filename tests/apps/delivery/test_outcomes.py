"""From a relay's reply to the row it becomes (R-68 to R-72)."""

from datetime import UTC, datetime, timedelta

import pytest

from mailflatrate.apps.delivery.send.outcomes import SettledDelivery, settle
from mailflatrate.rules.sending.pace import RetryPolicy
from mailflatrate.wire.smtp.types import OutcomeKind, SendOutcome, Stage

NOW = datetime(2026, 11, 24, 15, tzinfo=UTC)
POLICY = RetryPolicy(first_minutes=15, factor=2, give_up_hours=72)


def outcome(kind: OutcomeKind, code: int, enhanced: str | None, text: str, stage: Stage = Stage.RCPT) -> SendOutcome:
    return SendOutcome(7, kind, stage, code, enhanced, text, False, "relay.example:25")


def settled(found: SendOutcome, *, attempts: int = 0, first_at: datetime | None = None) -> SettledDelivery:
    return settle(found, NOW, attempts=attempts, first_at=first_at, policy=POLICY)


def test_accepted_keeps_the_relays_words() -> None:
    row = settled(outcome(OutcomeKind.ACCEPTED, 250, "2.0.0", "Ok: queued as 4F", Stage.DATA_END))
    assert (row.state, row.code, row.status, row.text, row.bounce) == ("sent", 250, "2.0.0", "Ok: queued as 4F", "")


@pytest.mark.parametrize(
    ("code", "enhanced", "text", "bounce"),
    [
        (550, "5.1.1", "User unknown", "hard"),
        (552, "5.2.2", "Mailbox full", "soft"),
        (550, "5.7.26", "Unauthenticated email from shop.example is not accepted", "sender"),
    ],
)
def test_a_5xx_is_a_bounce_at_once(code: int, enhanced: str, text: str, bounce: str) -> None:
    row = settled(outcome(OutcomeKind.REJECTED, code, enhanced, text))
    assert (row.state, row.bounce, row.code, row.status, row.due_at) == ("bounced", bounce, code, enhanced, None)
    assert (row.stage, row.host) == ("rcpt", "relay.example:25")


def test_a_4xx_comes_again_later_and_later_and_is_given_up() -> None:
    busy = outcome(OutcomeKind.DEFERRED, 450, "4.2.0", "Try again later")
    first = settled(busy)
    assert (first.state, first.bounce, first.due_at) == ("deferred", "", NOW + timedelta(minutes=15))
    second = settled(busy, attempts=1, first_at=NOW - timedelta(minutes=15))
    assert second.due_at == NOW + timedelta(minutes=30)
    last = settled(busy, attempts=9, first_at=NOW - timedelta(hours=72))
    assert (last.state, last.bounce, last.due_at) == ("bounced", "soft", None)


def test_a_dead_mailbox_in_a_4xx_is_not_hard() -> None:
    """A 4xx alone is never final (R-72)."""
    row = settled(
        outcome(OutcomeKind.DEFERRED, 450, "4.1.1", "User unknown"), attempts=9, first_at=NOW - timedelta(hours=80)
    )
    assert (row.state, row.bounce) == ("bounced", "soft")


def test_a_relay_that_lacks_an_extension_says_nothing_about_the_mailbox() -> None:
    row = settled(outcome(OutcomeKind.REJECTED, 0, "5.6.7", "the letter needs SMTPUTF8", Stage.LOCAL))
    assert (row.state, row.bounce, row.code) == ("bounced", "content", None)


def test_no_reply_after_the_content_is_in_doubt() -> None:
    row = settled(outcome(OutcomeKind.IN_DOUBT, 0, None, "connection reset by peer", Stage.DATA_END))
    assert (row.state, row.due_at, row.bounce) == ("in_doubt", None, "")
    assert row.reason.startswith("connection lost")
