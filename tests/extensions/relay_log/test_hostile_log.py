"""What strangers can make a relay write into its log opens no message, fills no memory and names no other delivery."""

import secrets

import pytest
from click.testing import CliRunner

from mailflatrate.apps.delivery.relays.tables import Relay
from mailflatrate.base import clock
from mailflatrate.base.ids import key_ring
from mailflatrate.entrypoints.cli.main import cli
from mailflatrate.extensions.relay_log import follower
from mailflatrate.extensions.relay_log.follower import OpenMessages
from mailflatrate.mail.identifiers.tokens import TokenPurpose
from mailflatrate.mail.reading.postfix_log import QueueArrival, QueueAttempt, QueueRemoval, QueueStatus
from support.cast import per_test

messages = per_test(OpenMessages, {})


def opened(queue_id: str, token: str | None) -> QueueArrival:
    return QueueArrival(queue_id, token)


def sent(queue_id: str, token: str | None = None, status: QueueStatus = QueueStatus.SENT) -> QueueAttempt:
    return QueueAttempt(queue_id, "dora@people.example", status, "2.0.0", "", clock.now(), token=token)


def token(number: int = 5, purpose: TokenPurpose = TokenPurpose.VERP) -> str:
    return key_ring().seal(purpose, 7, number)


@pytest.mark.parametrize(
    "forged",
    [
        secrets.token_hex(20),
        "0" * 40,
        "f" * 40,
        None,
        *(purpose for purpose in TokenPurpose if purpose is not TokenPurpose.VERP),
    ],
)
def test_a_token_that_is_not_of_a_return_path_opens_nothing(
    messages: OpenMessages, forged: str | TokenPurpose | None
) -> None:
    made_up = token(purpose=forged) if isinstance(forged, TokenPurpose) else forged
    messages.read(opened("A1", made_up))
    assert messages.read(sent("A1")) is None
    assert messages.read(sent("A2", made_up, QueueStatus.EXPIRED)) is None
    assert messages.changes() == ({}, set())


def test_a_queue_id_that_is_used_again_is_the_new_message(messages: OpenMessages) -> None:
    messages.read(opened("A1", token(5)))
    first = messages.read(sent("A1"))
    assert first is not None
    assert (first.message.account_id, first.message.delivery_id) == (7, 5)
    messages.kept()
    messages.read(opened("A1", None))  # another sender's message, without our token
    assert messages.read(sent("A1")) is None
    assert messages.changes() == ({}, set()) or "A1" not in messages.changes()[0]
    messages.read(opened("A1", token(6)))
    again = messages.read(sent("A1"))
    assert again is not None
    assert again.message.delivery_id == 6
    assert messages.changes()[0]["A1"].delivery_id == 6
    messages.read(QueueRemoval("A1"))
    assert messages.read(sent("A1")) is None


def test_open_messages_are_bounded_and_what_is_put_off_is_forgotten(
    messages: OpenMessages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follower, "MOST_OPEN", 10)
    for number in range(100):
        messages.read(opened(f"Q{number}", token(number)))
    assert len(messages.changes()[0]) == 10
    assert messages.read(sent("Q1")) is None
    assert messages.read(sent("Q99", status=QueueStatus.DEFERRED)) is not None
    assert len(messages.changes()[0]) == 9


@pytest.mark.parametrize("arguments", [[], ["--file", "x", "--journal"], ["--file", "x", "--name", "a b"]])
def test_the_command_refuses_what_it_cannot_follow(arguments: list[str]) -> None:
    done = CliRunner().invoke(cli, ["follow-postfix", "--once", *arguments])
    assert (done.exit_code, "Error: " in done.output) == (2, True)


def test_a_relay_that_is_unknown_is_refused(database: str) -> None:
    with pytest.raises(Relay.DoesNotExist):
        follower.begin_following("mta-1", "nobody's")
