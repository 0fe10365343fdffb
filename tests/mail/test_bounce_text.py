"""What a reply or a diagnostic text means: R-68's order, R-70's sender faults, and the traps in both."""

import re
from dataclasses import fields

import pytest

from mailflatrate.mail.bounce_text.notice import DIALECTS
from mailflatrate.mail.bounce_text.phrases import Phrases, PhraseTable, PhraseTables, phrase_tables
from mailflatrate.mail.bounce_text.status_codes import BY_DETAIL, DEAD_DETAILS, PLAIN
from mailflatrate.mail.bounce_text.verdict import classify_smtp_reply, judge
from mailflatrate.mail.reading.values import BounceOutcome, BounceReason

TABLES = [getattr(phrase_tables(), table.name) for table in fields(PhraseTables)]

HARD = [
    (550, "5.1.1", "<dora@empfang.example>: Recipient address rejected: User unknown in virtual mailbox table"),
    (550, "5.1.10", "RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup"),
    (550, None, "No such user here"),
    (550, "5.1.2", "Host unknown (Name server: gone.example: host not found)"),
    (556, "5.1.10", "Recipient address has null MX"),
    (551, "5.1.6", "User has moved; please try <dora@anderswo.example>"),
    (553, None, "sorry, no mailbox here by that name (#5.1.1 - chkuser)"),
    (550, "5.7.1", "No mailbox found"),
    (550, None, "Benutzer unbekannt"),
    (550, None, "Utente non trovato"),
    (550, None, "Utente inesistente"),
    (550, "4.1.1", "<dora@empfang.example>: User unknown"),
    (550, None, "No existe un buzón con ese nombre"),
    (550, None, "Gebruiker bestaat niet"),
    (550, None, "Пользователя не существует"),
    (550, None, "User does not exist. Giving up on 192.0.2.9."),
    (550, None, "No MX or A records for gone.example"),
    (550, "5.1.1", "RCP-P1 the recipient does not exist"),
    (550, "5.2.1", "The email account that you tried to reach is disabled"),
    (550, None, "This address no longer accepts mail."),
]

RECIPIENT_SOFT = [
    (552, "5.2.2", "Mailbox full"),
    (452, "4.2.2", "The recipient's inbox is out of storage space"),
    (550, None, "<dora@empfang.example>: mailbox full, unknown user or not, quota exceeded"),
    (450, "4.2.0", "<dora@empfang.example>: Recipient address rejected: Greylisted, try again later"),
    (450, None, "Requested mail action not taken: mailbox unavailable"),
    (451, None, "Requested action aborted: local error in processing"),
    (421, "4.3.2", "Service not available, closing transmission channel"),
    (552, None, "La casella è piena"),
    (552, None, "Postfach überfüllt"),
    (550, "5.2.1", "Mailbox unavailable or access denied"),
    (450, "4.2.1", "mailbox unavailable: try later"),
    (550, None, "Rule imposed mailbox access for dora@empfang.example refused: user invalid"),
]

#: R-70: code and text of each provider; never against the recipient.
SENDER_FAULT = [
    (550, "5.7.26", "This mail has been blocked because the sender is unauthenticated"),
    (550, "5.7.27", "SPF check failed for the envelope sender"),
    (550, "5.7.30", "DKIM check failed"),
    (550, "5.7.32", "From header is not aligned"),
    (550, "5.7.40", "no DMARC record"),
    (550, "5.7.25", "The sending IP does not match the IP address of the hostname in the PTR record"),
    (550, "5.7.29", "Message not sent over TLS"),
    (421, "4.7.28", "Gmail has detected an unusual rate of mail"),
    (550, "5.7.1", "Gmail has detected that this message is likely suspicious due to the very low reputation"),
    (550, "5.7.515", "Access denied, sending domain X does not meet the required authentication level"),
    (550, None, "5.7.15 Access denied, sending domain X doesn't meet the required authentication level"),
    (554, None, "IP=192.0.2.1 - A problem occurred. (Ask your postmaster) (NOWL)"),
    (554, None, "IP=192.0.2.1 - A problem occurred. (Ask your postmaster) (DIAL)"),
    (550, "5.2.0", "Mail rejete. Mail rejected. OFR_506 [506]"),
    (421, "4.7.0", "[TSS04] Messages from 192.0.2.1 temporarily deferred due to unexpected volume or user complaints"),
    (554, "5.7.1", "Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org"),
    (553, "5.1.8", "<anna@muster.example>... Domain of sender address anna@muster.example does not exist"),
    (550, None, "550 5.1.1 User unknown (in reply to MAIL FROM command)".replace("550 5.1.1 ", "")),
    (554, "5.7.1", "<dora@empfang.example>: Relay access denied"),
    (550, None, "dora@empfang.example does not accept mail from muster.example"),
    (550, "5.7.1", "user is not authorized to send to this recipient"),
    (550, None, "Sender address <anna@muster.example> does not exist"),
    (550, "5.7.10", "<dora@empfang.example>: Recipient address rejected: Encryption needed"),
    (554, "5.5.6", "<dora@empfang.example>: Recipient address rejected."),
]

CONTENT = [
    (552, "5.3.4", "Message size exceeds fixed limit"),
    (550, "5.2.3", "RESOLVER.RST.RecipSizeLimit; message too large for this recipient"),
    (554, "5.6.0", "Message contains invalid header"),
    (550, "5.7.0", "Virus detected: Eicar-Test"),
]


@pytest.mark.parametrize(
    ("outcome", "code", "status", "text"),
    [
        *((BounceOutcome.RECIPIENT_HARD, *case) for case in HARD),
        *((BounceOutcome.RECIPIENT_SOFT, *case) for case in RECIPIENT_SOFT),
        *((BounceOutcome.SENDER_FAULT, *case) for case in SENDER_FAULT),
        *((BounceOutcome.CONTENT, *case) for case in CONTENT),
    ],
)
def test_smtp_reply_has_the_outcome(outcome: BounceOutcome, code: int, status: str | None, text: str) -> None:
    verdict = classify_smtp_reply(code, status, text)
    assert (verdict.outcome, verdict.hard) == (outcome, outcome is BounceOutcome.RECIPIENT_HARD)
    assert verdict.reason is not BounceReason.UNDEFINED


def test_given_status_is_kept_and_a_missing_one_is_derived() -> None:
    assert classify_smtp_reply(550, "5.1.1", "unknown").status == "5.1.1"
    assert classify_smtp_reply(550, None, "mailbox full").status == "5.2.2"
    assert classify_smtp_reply(550, None, "5.7.26 unauthenticated").status == "5.7.26"


def test_code_in_the_text_beats_a_status_that_says_nothing() -> None:
    verdict = judge("smtp; 550 5.1.1 User unknown", "5.0.0")
    assert (verdict.reason, verdict.status) == (BounceReason.USERUNKNOWN, "5.1.1")


def test_unknown_user_after_data_hides_a_filter() -> None:
    said = "550 No such user (in reply to end of DATA command)"
    assert judge(said).reason is BounceReason.FILTERED
    assert judge(said.replace("550 No", "550 5.1.1 No")).hard
    assert judge(said.replace("end of DATA", "RCPT TO")).hard


def test_a_registered_code_that_no_table_has_is_no_dead_address() -> None:
    """RFC 3463 2.2: the subject alone says what the code is about."""
    for subject in "234567":
        verdict = judge(f"550 5.{subject}.99 <dora@empfang.example>: Recipient address rejected", f"5.{subject}.99")
        assert (verdict.hard, verdict.reason is BounceReason.UNDEFINED) == (False, False)


def test_a_delay_is_never_hard() -> None:
    assert judge("550 5.1.1 User unknown", "4.1.1", delayed=True).hard is False


def test_a_name_server_that_may_recover_is_no_unknown_host() -> None:
    assert judge("Host or domain name not found. Name service error for name=x.example: Host not found").hard
    soft = judge("Host or domain name not found. Name service error for name=x.example: Host not found, try again")
    assert (soft.reason, soft.hard) == (BounceReason.NETWORKERROR, False)


def test_an_address_is_no_word_of_the_diagnostic() -> None:
    # The local part would otherwise say that the mailbox is full, or that the mail is spam.
    assert judge("550 5.1.1 <quota.exceeded@spam-filter.example> User unknown").reason is BounceReason.USERUNKNOWN


def test_nothing_said_means_nothing_hard() -> None:
    for text in ("", "?", "\0", "550", "4.0.0", "x" * 100_000):
        assert judge(text).hard is False


def test_every_row_names_its_writer_and_is_written_to_be_found() -> None:
    for table in TABLES:
        for row in table.rows:
            assert row.writer.strip()
            assert row.phrases
            for phrase in row.phrases:
                assert phrase == phrase.lower()
                assert not re.search(r"\s\s", phrase)
                assert phrase.strip("* ")


def test_no_phrase_stands_behind_one_that_always_wins() -> None:
    for table in TABLES:
        seen: list[str] = []
        for row in table.rows:
            for phrase in row.phrases:
                swallowed = [earlier for earlier in seen if "*" not in earlier and earlier in phrase]
                assert not swallowed, (phrase, swallowed)
            seen.extend(row.phrases)


def test_every_dialect_names_its_writer_and_groups_an_address() -> None:
    assert len({dialect.writer for dialect in DIALECTS}) == len(DIALECTS)
    for dialect in DIALECTS:
        assert all(opening == opening.lower() for opening in (*dialect.openings, *dialect.endings, *dialect.delays))
        assert all(pattern.groups == 1 for pattern in dialect.recipients)


def test_plain_and_dead_codes_have_a_meaning() -> None:
    assert set(BY_DETAIL) >= PLAIN
    assert set(BY_DETAIL) >= DEAD_DETAILS


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.rows[0].writer)
def test_every_phrase_is_found_wherever_it_stands(table: PhraseTable) -> None:
    """The index by runs of characters must find what looking for one phrase after the other finds."""
    for row in table.rows:
        for phrase in row.phrases:
            text = f"550 the server said {phrase.replace('*', ' and then ')} at last"
            found = table.find(text)
            assert found is not None
            assert table.rows.index(found) <= table.rows.index(row)


def test_star_stands_for_anything_in_order() -> None:
    table = PhraseTable(Phrases(BounceReason.BLOCKED, "test", ("a problem*(bl)",)))
    assert table.find("a problem occurred (bl)") is not None
    assert table.find("(bl) a problem occurred") is None
