"""Lines of Postfix's log, as Postfix 3.10 writes them and as strangers would like them to be read."""

import json
from datetime import UTC, datetime

import pytest

from mailflatrate.mail.reading.postfix_log import (
    LogEvent,
    QueueArrival,
    QueueAttempt,
    QueueRemoval,
    QueueStatus,
    read_entry,
    read_line,
)
from support.cost import costs_at_most

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
TOKEN = "0123456789abcdef0123456789abcdef01234567"
RETURN_PATH = f"b+{TOKEN}@bounce.shop.example"
HEAD = "2026-11-27T11:59:00.500+00:00 mta "


def read(text: str) -> LogEvent | None:
    return read_line(f"{HEAD}{text}".encode(), NOW)


def handled(text: str) -> QueueAttempt:
    found = read(text)
    assert isinstance(found, QueueAttempt)
    return found


def test_a_message_is_opened_handled_and_closed() -> None:
    assert read(
        f"postfix/qmgr[7]: 4gV7xc2Wz1z1: from=<{RETURN_PATH}>, size=911, nrcpt=1 (queue active)"
    ) == QueueArrival("4gV7xc2Wz1z1", TOKEN)
    found = handled(
        "postfix/smtp[8]: 4gV7xc2Wz1z1: to=<dora@people.example>, relay=mx.people.example[192.0.2.1]:25, conn_use=3,"
        " delay=0.05, delays=0.01/0.01/0.02/0.01, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 12)"
    )
    assert (found.recipient, found.status, found.code) == ("dora@people.example", QueueStatus.SENT, "2.0.0")
    assert (found.reply, found.relay) == ("250 2.0.0 Ok: queued as 12", "mx.people.example[192.0.2.1]:25")
    assert found.at == datetime(2026, 11, 27, 11, 59, 0, 500_000, tzinfo=UTC)
    assert read("postfix/qmgr[7]: 4gV7xc2Wz1z1: removed") == QueueRemoval("4gV7xc2Wz1z1")
    assert read("postfix/postsuper[7]: 4gV7xc2Wz1z1: removed") == QueueRemoval("4gV7xc2Wz1z1")


def test_deferrals_bounces_and_messages_that_ran_out_of_time() -> None:
    put_off = handled(
        "postfix-out/relay/smtp[8]: ABCDEF1: to=<dora@people.example>, relay=none, delay=30, delays=0/0/30/0,"
        " dsn=4.4.1, status=deferred (connect to mx.people.example[192.0.2.1]:25: Connection timed out)"
    )
    assert (put_off.status, put_off.code) == (QueueStatus.DEFERRED, "4.4.1")
    bounced = handled(
        "postfix/smtp[8]: ABCDEF1: to=<other@people.example>, orig_to=<dora@people.example>, relay=mx[192.0.2.1]:25,"
        " delay=1, delays=0/0/1/0, dsn=5.1.1, status=bounced (host mx[192.0.2.1] said: 550 5.1.1 (unknown) (in reply to"
        " RCPT TO command))"
    )
    assert bounced.recipient == "dora@people.example", "the one that we gave, not the relay's alias"
    assert bounced.reply.endswith("(in reply to RCPT TO command)")
    expired = handled(f"postfix/qmgr[7]: ABCDEF1: from=<{RETURN_PATH}>, status=expired, returned to sender")
    assert (expired.status, expired.token) == (QueueStatus.EXPIRED, TOKEN)


def test_dates_without_a_year_are_of_the_last_twelve_months() -> None:
    for written, year in (("Nov 27 11:00:00", 2026), ("Dec 31 23:00:00", 2025)):
        found = read_line(
            f"{written} mta postfix/qmgr[7]: ABCDEF1: from=<{RETURN_PATH}>, status=expired, back".encode(), NOW
        )
        assert isinstance(found, QueueAttempt)
        assert found.at.year == year
    odd = read_line(b"Feb 30 11:00:00 mta postfix/qmgr[7]: ABCDEF1: removed", NOW)
    assert odd == QueueRemoval("ABCDEF1")


@pytest.mark.parametrize(
    "text",
    [
        "postfix/smtpd[8]: NOQUEUE: reject: RCPT from x[192.0.2.1]: 554 5.7.1 <a@b>: Relay access denied",
        f"postfix/smtpd[8]: ABCDEF1: from=<{RETURN_PATH}>, size=1, nrcpt=1 (queue active)",
        f"postfix/cleanup[8]: ABCDEF1: warning: header Subject: from=<{RETURN_PATH}>, x",
        "sshd[8]: ABCDEF1: to=<dora@people.example>, dsn=5.1.1, status=bounced (x)",
        "notpostfix/x[8]: ABCDEF1",
        "postfix/smtp[8]: ABCDEF1: to=<dora@people.example>, relay=none, dsn=5.1.1, status=undeliverable (probe)",
        "postfix/smtp[8]: ABCDEF1: to=<dora@people.example>",
        "postfix/smtp[8]: : to=<dora@people.example>, status=sent (x)",
        "",
    ],
)
def test_everything_else_says_nothing(text: str) -> None:
    assert read(text) is None


def test_a_token_that_is_none_of_ours_opens_nothing() -> None:
    for sender in ("", "dora@people.example", "b+short@x.example", f"c+{TOKEN}@x.example", f"b+{TOKEN}x@x.example"):
        assert read(f"postfix/qmgr[7]: ABCDEF1: from=<{sender}>, size=1, nrcpt=1 (queue active)") == QueueArrival(
            "ABCDEF1", None
        )


def test_what_a_stranger_chose_moves_no_earlier_field() -> None:
    found = handled(
        "postfix/smtp[8]: ABCDEF1: to=<x@people.example>, relay=mx[192.0.2.1]:25, delay=1, delays=0/0/1/0, dsn=4.2.0,"
        " status=deferred (host mx said: 450 4.2.0 , dsn=5.1.1, status=bounced (550 5.1.1 gone))"
    )
    assert (found.status, found.code) == (QueueStatus.DEFERRED, "4.2.0")
    quoted = read(
        'postfix/smtp[8]: ABCDEF1: to=<"a>, dsn=5.1.1, status=bounced (x"@people.example>, relay=none,'
        " dsn=2.0.0, status=sent (ok)"
    )
    assert isinstance(quoted, QueueAttempt)
    assert quoted.recipient == '"a', "an address that no delivery of ours has"


def test_the_journal_says_the_same() -> None:
    message = f"ABCDEF1: from=<{RETURN_PATH}>, size=1, nrcpt=1 (queue active)"
    entry = {
        "__CURSOR": "s=1;i=2",
        "SYSLOG_IDENTIFIER": "postfix/qmgr",
        "MESSAGE": message,
        "__REALTIME_TIMESTAMP": "1795780740000000",
    }
    assert read_entry(json.dumps(entry).encode(), NOW) == (QueueArrival("ABCDEF1", TOKEN), "s=1;i=2")
    octets = {**entry, "MESSAGE": list(message.encode())}
    assert read_entry(json.dumps(octets).encode(), NOW) == (QueueArrival("ABCDEF1", TOKEN), "s=1;i=2")
    for odd in (
        {**entry, "MESSAGE": [256, "a"]},
        {**entry, "MESSAGE": None},
        {**entry, "SYSLOG_IDENTIFIER": ["a", "b"]},
    ):
        assert read_entry(json.dumps(odd).encode(), NOW) == (None, "s=1;i=2")
    for broken in (b"", b"[]", b"{", b"[" * 60_000, b'{"MESSAGE": ' + b"9" * 60_000 + b"}"):
        assert read_entry(broken, NOW) == (None, "")


def test_a_hostile_line_costs_little() -> None:
    lines = [
        HEAD.encode() + b"postfix/smtp[8]: ABCDEF1: to=<" + middle * 200_000
        for middle in (b">, ", b", dsn=", b", status=", b" (", b"<", b"\xff", b"\0")
    ]
    with costs_at_most(8):
        for line in lines:
            read_line(line, NOW)
