"""Words, titles and file names of the previous system, in English and German."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailflatrate.rules.prior_status.column_kind import ColumnGuess, ColumnProfile, guess_column
from mailflatrate.rules.prior_status.columns import StatusField, file_status, read_title
from mailflatrate.rules.prior_status.row import StatusColumn, judge_row
from mailflatrate.rules.prior_status.status_words import NO, PriorStatus, is_status_word, read_status
from mailflatrate.rules.systems.codes import code_table

WORDS = {
    PriorStatus.YES: "subscribed|Active|aktiv|Confirmed|bestätigt|enabled|opted-in|Double Opt-In|angemeldet|abonniert|"
    "active subscriber|Opt-in (confirmed)|1|Aktiviert|SUBSCRIBED|Ja, bestätigt",
    PriorStatus.OPEN: "pending|Unconfirmed|unbestätigt|nicht bestätigt|not yet confirmed|soft bounce|Softbounced|"
    "temporary bounce|weich|opt-in ausstehend|awaiting confirmation|0|neu|paused",
    PriorStatus.UNSUBSCRIBED: "unsubscribed|UNSUB|opted out|Opt-Out|abgemeldet|Ausgetragen|deaktiviert|"
    "Do Not Allow|nicht zulassen|"
    "not subscribed|nicht abonniert|nicht mehr angemeldet|removed by user|gelöscht|"
    "widerrufen|archived|"
    "no newsletter|Kein Opt-In|Keine Werbung|do not send|stop|2|unsubscribed (pending)|not bounced, unsubscribed|"
    "Einwilligung widerrufen|unsubscribedViaEmail",
    PriorStatus.NEVER: "never_subscribed|neverSubscribed|NEVER_SUBSCRIBED|Nicht-Abonnent|Non-Subscribed|"
    "never activated|nie aktiviert",
    PriorStatus.BOUNCED: "bounced|Hard bounce|hardBounce|gebounct|cleaned|bereinigt|unreachable|nicht erreichbar|"
    "unzustellbar|undeliverable|invalid|ungültig|mailbox not found|by_bounces|[B]|nomail [B]|3|hart|User unknown|"
    "Hard bounce, previously soft bounce",
    PriorStatus.COMPLAINED: "complained|Spam complaint|abuse|Junk|Beschwerde|unerwünscht|marked as spam|spammeldung|4|"
    "unsubscribed after complaint|FBL",
    PriorStatus.BLOCKED: "blocked|Blocklisted|blacklisted|gesperrt|Auf der Blockliste|suppressed|disabled|"
    "inaktiv|DNC|Do not contact|do-not-mail|nomail|excluded|[A]|by moderator|Robinsonliste|temporarily disabled",
    PriorStatus.UNKNOWN: "gold|Kiel|not unsubscribed|nicht gesperrt|kein Bounce|7|Glorp|customer|active-ish",
}


@pytest.mark.parametrize(
    ("status", "word"), [(status, word) for status, words in WORDS.items() for word in words.split("|")]
)
def test_words(status: PriorStatus, word: str) -> None:
    for spelled in (word, word.upper() if not word[1:].strip().islower() or " " in word else word.title(), f" {word} "):
        assert read_status(spelled) is status, spelled


TITLES = {
    StatusField.UNSUBSCRIBED_AT: "UNSUB_TIME|Unsubscribed|unsubscribed_at|Abmeldedatum|abgemeldet am|Opt-Out|"
    "optOutDate|Abbestellt|Widerruf|Deaktiviert|Werbewiderspruch|is_unsubscribed|Date Unsubscribed|Gelöscht|deleted_at|"
    "Newsletter abbestellt",
    StatusField.UNSUBSCRIBE_REASON: "UNSUB_REASON|UNSUB_REASON_OTHER|UNSUB_CAMPAIGN_TITLE|Abmeldegrund|"
    "Unsubscribe Reason",
    StatusField.BOUNCED_AT: "CLEAN_TIME|Bounced|hard_bounce|Unzustellbar|Bounce-Typ|E-Mail ungültig|bounced_at",
    StatusField.BOUNCE_COUNT: "bouncecount|Bounce count|Anzahl Bounces|Hard Bounces|Soft bounces|Number of bounces",
    StatusField.COMPLAINED_AT: "Complained|spam_complaint|Beschwerde am|Spam|abuse_at|Complaint count",
    StatusField.BLOCKED_AT: "EMAIL_BLACKLISTED|Blocklisted|doNotContact|DNC|dnc_email|Gesperrt|disabled|"
    "nomail|Email Suppressions|Sperrliste|Inaktiv seit|Versandsperre|suppressed_at|Is the user on the Blacklist|"
    "Robinson|Do not allow Bulk Emails|Nicht anschreiben|Don't contact|Do not send newsletter|keine E-Mails erlaubt",
    StatusField.BLOCK_REASON: "Email Suppression Reason|dncReason|Sperrgrund|BLACKLIST_REASON",
    StatusField.STATE: "optstatus|Email Marketing Consent|subscription_status|confirmed|DOUBLE_OPT-IN|OPT_IN|"
    "Email Status|delivery_status|Anmeldestatus|optedin|Opt-in-Status",
}


@pytest.mark.parametrize(
    ("field", "title"), [(field, title) for field, titles in TITLES.items() for title in titles.split("|")]
)
def test_titles(field: StatusField, title: str) -> None:
    promised = read_title(title)
    assert promised is not None
    assert (promised.field, promised.certain) == (field, True)


@pytest.mark.parametrize(
    "title",
    [
        "E-Mail",
        "Vorname",
        "Stadt",
        "Quelle",
        "OPTIN_TIME",
        "CONFIRM_TIME",
        "Bestätigt am",
        "Anmeldezeit",
        "SMS_BLACKLISTED",
        "SMS Marketing Consent",
        "unsubscribe_url",
        "Abmeldelink",
        "bounce_rate",
        "MEMBER_RATING",
        "Email Marketing Consent Timestamp",
        "Consent Method",
        "Bundesland",
        "Familienstand",
        "Tags",
        "LEID",
        "dnc_sms",
        "subscribepage",
        "WhatsApp Opt-Out",
    ],
)
def test_titles_that_tell_nothing(title: str) -> None:
    assert read_title(title) is None


def look(*cells: str, times: bool = False) -> ColumnProfile:
    found = ColumnProfile()
    for cell in cells:
        found.add(cell, is_time=times)
    return found


@pytest.mark.parametrize(
    ("title", "cells", "guess"),
    [
        ("Status", ("active", "inactive"), ColumnGuess.STATUS),
        ("Status (2)", ("subscribed", "unsubscribed"), ColumnGuess.STATUS),
        ("Status", ("gold", "silver"), ColumnGuess.ASK),
        ("State", ("CA", "NY", "TX"), ColumnGuess.NOTHING),
        ("State", ("unsubscribed", "subscribed"), ColumnGuess.STATUS),
        ("Aktiv", ("ja", "nein"), ColumnGuess.STATUS),
        ("Kundenstatus", ("aktiv", "inaktiv"), ColumnGuess.ASK),
        ("Order status", ("cancelled", "shipped"), ColumnGuess.ASK),
        ("Newsletter", ("0", "1"), ColumnGuess.STATUS),
        ("Newsletter", ("weekly", "monthly"), ColumnGuess.ASK),
        ("Tags", ("vip", "vip, unsubscribed"), ColumnGuess.ASK),
        ("E-Mail-Kampagnen", ("Abonniert", "Auf der Blockliste"), ColumnGuess.ASK),
        ("Bemerkung", ("hat sich über die Lieferung beschwert", "nett"), ColumnGuess.NOTHING),
        ("unsubscribe", ("https://x.example/u/1", "https://x.example/u/2"), ColumnGuess.NOTHING),
        ("Kunde gesperrt", ("ja", "nein"), ColumnGuess.ASK),
        ("status", ("1", "2", "3", "4"), ColumnGuess.ASK),
        ("subscription_status", ("1", "2"), ColumnGuess.ASK),
        ("Status", ("0", "1"), ColumnGuess.ASK),
        ("DOUBLE_OPT-IN", ("1", "2"), ColumnGuess.STATUS),
        ("Opt-in-Status", ("1", "2"), ColumnGuess.ASK),
        ("Status", ("C", "S", "U", "B", "P"), ColumnGuess.ASK),
        ("status_id", ("10", "20"), ColumnGuess.ASK),
        ("Zustand", ("A", "B"), ColumnGuess.ASK),
        ("Abo", ("voll", "weg"), ColumnGuess.ASK),
        ("Bulk Email", ("Allow", "Do Not Allow"), ColumnGuess.STATUS),
        ("Mails", ("Allow", "Do Not Allow"), ColumnGuess.ASK),
        ("Do not allow Bulk Emails", ("Allow", "Do Not Allow"), ColumnGuess.STATUS),
        ("x", ("C", "U", "B"), ColumnGuess.ASK),
        ("Konto", ("aktiv", "weg", "gekündigt"), ColumnGuess.ASK),
        ("Gender", ("M", "F", "U"), ColumnGuess.NOTHING),
        ("Rating", ("1", "2", "3"), ColumnGuess.NOTHING),
        ("newsletter_email", ("a@kunde-1.de", "b@kunde-1.de"), ColumnGuess.NOTHING),
        ("Subscriber ID", ("1", "2", "3"), ColumnGuess.NOTHING),
        ("Subscriber name", ("Dora", "Erik"), ColumnGuess.NOTHING),
        ("Country", ("DE", "AT"), ColumnGuess.NOTHING),
        (
            "Comment",
            ("he said he wants to be unsubscribed some time", "a long talk about bounced mails here"),
            ColumnGuess.NOTHING,
        ),
        ("cancelled_orders", ("", "2"), ColumnGuess.ASK),
    ],
)
def test_titles_and_values_together(title: str, cells: tuple[str, ...], guess: ColumnGuess) -> None:
    assert guess_column(title, look(*(cell for cell in cells if cell)))[0] is guess


def test_systems_known_by_their_header() -> None:
    mailtrain = ["cid", "email", "status", "opt_in_ip", "status_change"]
    codes = code_table("status", mailtrain)
    assert guess_column("status", look("1", "2", "4"), codes)[0] is ColumnGuess.STATUS
    assert guess_column("status", look("1", "9"), codes)[0] is ColumnGuess.ASK
    column = StatusColumn(StatusField.STATE, 0, "status", codes)
    said = [hit and hit.status for hit in (judge_row([(column, column.reads())], [cell]) for cell in "1234")]
    assert said == [PriorStatus.YES, PriorStatus.UNSUBSCRIBED, PriorStatus.BOUNCED, PriorStatus.COMPLAINED]
    plugin = ["Email", "Name", "Surname", "Sex", "Status", "Date", "Token"]
    column = StatusColumn(StatusField.STATE, 0, "Status", code_table("Status", plugin))
    said = [hit and hit.status for hit in (judge_row([(column, column.reads())], [cell]) for cell in "CSUBP")]
    assert said == [
        PriorStatus.YES,
        PriorStatus.OPEN,
        PriorStatus.UNSUBSCRIBED,
        PriorStatus.BOUNCED,
        PriorStatus.COMPLAINED,
    ]
    assert not code_table("status", ["email", "status", "name"])


@pytest.mark.parametrize("code", ["1", "2", "y", "A", "C", "J", "01", "Y"])
@pytest.mark.parametrize("title", ["Status", "status_id", "subscription_status", "Zustand", "Subscription"])
def test_a_bare_code_is_never_a_yes_by_itself(title: str, code: str) -> None:
    assert say(title, StatusField.STATE, code) is PriorStatus.UNKNOWN


@pytest.mark.parametrize(
    ("fields", "cells", "status"),
    [
        ("blocked_at Blocklisted|block_reason Reason", "2025-01-01|Unsubscribed", PriorStatus.UNSUBSCRIBED),
        ("blocked_at Blocklisted|state Reason", "2025-01-01|Soft Bounced (7 times)", PriorStatus.BOUNCED),
        ("blocked_at Blocklisted|block_reason Reason", "yes|Soft Bounced (7 times)", PriorStatus.BOUNCED),
        ("blocked_at Blocklisted|block_reason Reason", "1|unsubscribedViaEmail", PriorStatus.UNSUBSCRIBED),
        ("blocked_at Blocklisted|state Status", "1|Unsubscribed", PriorStatus.UNSUBSCRIBED),
        ("blocked_at Blocklisted|state Status", "1|Active", PriorStatus.BLOCKED),
        ("blocked_at Blocklisted|state Status", "1|NEVER_SUBSCRIBED", PriorStatus.BLOCKED),
        ("block_reason dnc_reason|state Status", "2|active", PriorStatus.BOUNCED),
        ("block_reason dnc_reason|state Status", "1|active", PriorStatus.UNSUBSCRIBED),
        ("block_reason dnc_reason|state Status", "3|active", PriorStatus.BLOCKED),
    ],
)
def test_a_reason_goes_before_a_plain_block(fields: str, cells: str, status: PriorStatus) -> None:
    columns = [
        StatusColumn(StatusField(field), at, title)
        for at, (field, _, title) in enumerate(text.partition(" ") for text in fields.split("|"))
    ]
    hit = judge_row([(column, column.reads()) for column in columns], cells.split("|"))
    assert hit is not None
    assert hit.status is status


def test_times_are_no_state() -> None:
    assert guess_column("Subscribed", look("2026-01-01", "2026-01-02", times=True))[0] is ColumnGuess.NOTHING


def say(title: str, field: StatusField, cell: str) -> PriorStatus | None:
    column = StatusColumn(field, 0, title)
    hit = judge_row([(column, column.reads())], [cell])
    return None if hit is None else hit.status


NOTHING = (
    " |0|no|nein|FALSE|falsch|-|NULL|n/a|0000-00-00 00:00:00|[]|0.0|0001-01-01 00:00:00 +0000 UTC|1970-01-01|never"
)
SOMETHING = "1|yes|ja|TRUE|wahr|x|2026-01-01|1735725600|hard|irgendwas|1.0|отклонён"


@pytest.mark.parametrize("cell", [*NOTHING.split("|"), "", "not bounced", "active"])
def test_nothing_happened(cell: str) -> None:
    assert say("Bounced", StatusField.BOUNCED_AT, cell) is None


@pytest.mark.parametrize("cell", SOMETHING.split("|"))
def test_something_happened(cell: str) -> None:
    assert say("Bounced", StatusField.BOUNCED_AT, cell) is PriorStatus.BOUNCED


def test_counts_soft_and_reasons() -> None:
    count = StatusField.BOUNCE_COUNT
    assert [say("bouncecount", count, cell) for cell in ("0", "1", "3")] == [
        None,
        PriorStatus.OPEN,
        PriorStatus.BOUNCED,
    ]
    assert say("Hard Bounces", count, "1") is PriorStatus.BOUNCED
    assert say("Soft Bounces", count, "9") is PriorStatus.OPEN
    assert say("Bounce type", StatusField.BOUNCED_AT, "soft") is PriorStatus.OPEN
    assert say("Unsub reason", StatusField.UNSUBSCRIBE_REASON, "this is spam") is PriorStatus.COMPLAINED
    assert say("Unsub reason", StatusField.UNSUBSCRIBE_REASON, "no longer interested") is PriorStatus.UNSUBSCRIBED
    assert say("Opt-in", StatusField.STATE, "2") is PriorStatus.UNSUBSCRIBED
    assert say("Newsletter", StatusField.STATE, "2") is PriorStatus.UNKNOWN
    assert say("confirmed", StatusField.STATE, "0") is PriorStatus.OPEN
    assert say("enabled", StatusField.STATE, "no") is PriorStatus.BLOCKED


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("unsubscribed_members_export_1a.csv", (PriorStatus.UNSUBSCRIBED, True)),
        ("cleaned_members_export_1a.csv", (PriorStatus.BOUNCED, True)),
        ("Abmeldungen-2026.xlsx", (PriorStatus.UNSUBSCRIBED, True)),
        ("Blacklist.csv", (PriorStatus.BLOCKED, True)),
        ("contacts_cleaned.csv", (PriorStatus.BOUNCED, False)),
        ("Kontakte ohne Abmeldungen.csv", (PriorStatus.UNSUBSCRIBED, False)),
        ("subscribed_members_export.csv", None),
        ("people.csv", None),
    ],
)
def test_names_of_files(name: str, found: tuple[PriorStatus, bool] | None) -> None:
    assert file_status(name) == found


@given(st.text(max_size=600))
def test_any_text_is_read_and_never_a_yes_by_chance(text: str) -> None:
    """Whatever a cell holds: an answer, and with a no in it never a yes."""
    read_title(text)
    is_status_word(text)
    assert read_status(text) in PriorStatus
    assert read_status(f"{text} unsubscribed") in (*NO, PriorStatus.UNKNOWN, PriorStatus.OPEN)


def test_words_in_an_address_say_nothing_about_its_column() -> None:
    found = guess_column("E-Mail", look("jana@gmx.de", "bounce.b@web.de", "unsubscribed@web.de"))
    assert found == (ColumnGuess.NOTHING, StatusField.STATE)
    said, _field = guess_column("E-Mail", look("jana@gmx.de", "unsubscribed: otto@web.de", "bounced:bo@web.de"))
    assert said is ColumnGuess.ASK
