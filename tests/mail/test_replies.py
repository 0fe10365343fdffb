"""What the servers of the world answer, reply by reply: dead addresses are found, living ones never taken for dead."""

from pathlib import Path

import pytest

from mailflatrate.mail.bounce_text.verdict import classify_smtp_reply, judge
from mailflatrate.mail.reading.values import BounceOutcome, BounceReason, BounceWitness

FOLDER = Path(__file__).parent / "replies"


def _cases(name: str) -> list[tuple[bool, str]]:
    lines = (FOLDER / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return [(line[0] == "H", line[2:]) for line in lines if line[:2] in ("H|", "S|")]


CASES = [case for name in ("world", "second", "third", "fourth", "fifth", "sixth", "seventh") for case in _cases(name)]

#: How servers on the way quote the reply of the server behind them; {code} {status} {text} are that reply's parts.
WRAPPERS = {
    "postfix": "host mx.empfang.example[192.0.2.9] said: {code} {status} {text} (in reply to RCPT TO command)",
    "exim": "SMTP error from remote mail server after RCPT TO:<dora@empfang.example>: host mx.empfang.example "
    "[192.0.2.9]: {code} {status} {text}",
    "sendmail": "... while talking to mx.empfang.example.:\n>>> RCPT To:<dora@empfang.example>\n"
    "<<< {code} {status} {text}",
    "qmail": "<dora@empfang.example>:\n192.0.2.9 does not like recipient.\nRemote host said: {code} {status} {text}\n"
    "Giving up on 192.0.2.9.",
    "gmail": "The response from the remote server was:\n{code} {status} {text}",
    "gmail_old": "Technical details of permanent failure:\nThe error that the other server returned was:\n"
    "{code} {status} {text}",
    "exchange_online": "550 5.1.351 Remote server returned unknown recipient or mailbox unavailable -> "
    "{code} {status} {text}",
    "exchange": "Remote Server returned '{code} {status} {text}'",
    "exchange_hash": "<mx.empfang.example #{status} smtp;{code} {status} {text}>",
    "exchange_led": "[{{LED={code} {status} {text}}};{{MSG=}};{{FQDN=mx.empfang.example}}]",
    "ironport": "5.1.0 - Unknown address error {code}-'{status} {text}' (delivery attempts: 0)",
    "ironport_other": "5.3.0 - Other mail system problem {code}-'{status} {text}' (delivery attempts: 0)",
    "ses": "smtp; {code} {status} {text}",
    "dragonfly": "mx.empfang.example [192.0.2.9] did not like our RCPT TO:\n{code} {status} {text}",
    "verification": "<dora@empfang.example>: Recipient address rejected: undeliverable address: host mx.empfang.example"
    "[192.0.2.9] said: {code} {status} {text} (in reply to RCPT TO command)",
    "twice": "smtp; host relay.muster.example[192.0.2.7] said: 550 host mx.empfang.example[192.0.2.9] said: "
    "{code} {status} {text} (in reply to RCPT TO command)",
    "continued": "{code}-{status} {text}\n{code} {status} See our help pages",
    "address": "<dora@empfang.example>: {code} {status} {text}",
}
INNER = [
    (True, "550", "5.1.1", "User unknown"),
    (True, "550", "5.1.1", "<dora@empfang.example>: Recipient address rejected: User unknown in local recipient table"),
    (True, "550", "5.7.1", "No such mailbox"),
    (True, "550", "5.5.0", "Requested action not taken: mailbox unavailable"),
    (True, "550", "", "Benutzer existiert nicht"),
    (True, "554", "5.4.4", "Domain gone.example does not exist"),
    (True, "556", "5.1.10", "Recipient domain has a null MX"),
    (False, "550", "5.7.1", "Message rejected as spam by content filter"),
    (False, "550", "5.1.1", "Sender IP is on a blocklist"),
    (False, "552", "5.2.2", "Mailbox full"),
    (False, "550", "5.1.0", "Sender rejected: domain of sender does not exist"),
    (False, "550", "5.7.1", "Relaying denied"),
    (False, "550", "5.3.2", "System under maintenance"),
    (False, "550", "5.7.26", "DMARC policy of the sending domain is reject"),
    (True, "550", "5.2.1", "Mailbox disabled"),
    (False, "554", "", "Too many messages, slow down"),
]


@pytest.mark.parametrize(("hard", "reply"), CASES)
def test_a_reply_is_hard_only_when_it_says_that_the_address_is_dead(hard: bool, reply: str) -> None:
    assert judge(reply).hard is hard


def test_what_a_gateway_counts_behind_a_reply_says_nothing_about_it() -> None:
    reply = "5.1.0 - Unknown address error 550-'#5.1.0 Address rejected.'"
    assert judge(reply).hard
    assert judge(f"{reply} (delivery attempts: 0)") == judge(reply)
    assert not judge("5.4.7 - Delivery expired (message too old) 'timeout' (delivery attempts: 12)").hard


@pytest.mark.parametrize("wrapper", sorted(WRAPPERS))
@pytest.mark.parametrize(("hard", "code", "status", "text"), INNER)
def test_the_same_reply_means_the_same_through_every_wrapper(
    wrapper: str, hard: bool, code: str, status: str, text: str
) -> None:
    bare = judge(" ".join(f"{code} {status} {text}".split()))
    quoted = WRAPPERS[wrapper].format(code=code, status=status, text=text).replace("  ", " ")
    # The status that a wrapper gives in its own report is no word of the refusing server.
    for given in ("", "5.0.0"):
        verdict = judge(quoted, given)
        assert (verdict.hard, verdict.reason) == (hard, bare.reason), quoted


@pytest.mark.parametrize(
    ("reply", "witnesses"),
    [
        ("550 5.1.1 User unknown", (BounceWitness.WORDS, BounceWitness.CODE)),
        ("550 User unknown", (BounceWitness.WORDS,)),
        ("550 5.1.1 <dora@empfang.example>: Recipient address rejected: empfang.example", (BounceWitness.CODE,)),
        ("550 5.1.0 User unknown", (BounceWitness.WORDS,)),
        ("556 5.1.10 Recipient address has null MX", (BounceWitness.WORDS, BounceWitness.CODE)),
        ("550 5.1.0 something else", ()),
        ("550 5.7.1 rejected", ()),
    ],
)
def test_words_and_code_are_two_witnesses(reply: str, witnesses: tuple[BounceWitness, ...]) -> None:
    assert judge(reply).witnesses == witnesses


@pytest.mark.parametrize("hint", ["5.1.0", "5.3.2", "5.4.1", "5.4.4"])
def test_a_hint_decides_nothing_alone(hint: str) -> None:
    assert not judge(f"550 {hint} refused for reasons of our own").hard


@pytest.mark.parametrize(
    ("reply", "disputed"),
    [
        ("450 4.1.1 <dora@empfang.example>: Recipient address rejected: User unknown", True),
        ("552 5.1.1 Mailbox full", True),
        ("550 5.1.1 Sender IP is on a blocklist", False),
        ("552 5.2.2 Mailbox full", False),
        ("550 5.1.1 User unknown", False),
    ],
)
def test_code_and_words_that_contradict_are_left_to_a_second_day(reply: str, disputed: bool) -> None:
    verdict = judge(reply)
    assert verdict.disputed is disputed
    assert not (verdict.disputed and verdict.hard)


def test_a_dead_domain_told_in_words_is_hard_when_delivery_has_ended() -> None:
    told = "smtp; DNS Error: 12 DNS type 'mx' lookup of gone.example responded with code NXDOMAIN"
    assert judge(told, "4.0.0", final=True).hard
    assert judge("the domain gone.example returned Null MX", "4.4.4", final=True).hard
    assert not judge(told, "4.0.0", delayed=True).hard
    assert not judge("DNS Error: lookup of empfang.example: SERVFAIL, try again", "4.4.3", final=True).hard


def test_endless_text_costs_no_endless_time() -> None:
    for text in (
        "user " * 50_000,
        "550-" * 50_000,
        "said: 550 " * 20_000,
        "a@" * 50_000,
        "ne .. " * 30_000,
        "<" * 99_999,
    ):
        assert judge(text).outcome in BounceOutcome
    assert classify_smtp_reply(550, None, "").reason is BounceReason.REJECTED
