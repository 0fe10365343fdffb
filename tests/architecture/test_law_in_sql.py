"""The conditions of `rules.sql` say what the rules in Python say, and a changed rule changes every statement."""

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import psycopg
import pytest

from architecture.migrations import PACKAGE
from mailflatrate.rules import sql
from mailflatrate.rules.account_states import AccountStatus
from mailflatrate.rules.campaigns import campaign_states
from mailflatrate.rules.campaigns.campaign_states import CampaignState
from mailflatrate.rules.checks.recipient_subscribed import MAILED
from mailflatrate.rules.contacts.audience_states import ConsentKind, OriginState, SubscriptionState
from mailflatrate.rules.contacts.suppression import SuppressionReason, keeps_away, stops_contract
from mailflatrate.rules.contacts.withdrawals import UNDONE_BY, LedgerEvent, ends_consent, forbids_subscribing
from mailflatrate.rules.gate.judge import judge_recipient
from mailflatrate.rules.recipient_facts import RecipientFacts
from mailflatrate.rules.vetting.account_status import LIFTS, RESTRICTED, STRENGTH, Mover, may_move

ACCOUNT = 77
AGES = [timedelta(0), timedelta(days=59, hours=23), timedelta(days=60, hours=1)]
# None, or reason and age of a row in force; a row that was lifted counts as None.
ROWS: list[tuple[SuppressionReason, timedelta] | None] = [None, *product(SuppressionReason, AGES)]


@pytest.fixture
def owner(database: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(database) as connection:
        yield connection
        connection.rollback()


def answers(owner: psycopg.Connection[Any], condition: str, columns: str, values: list[tuple[Any, ...]]) -> list[Any]:
    rows = ", ".join("({})".format(", ".join(["%s::text"] * len(values[0]))) for _ in values)
    statement = f"SELECT {condition} FROM (VALUES {rows}) AS a ({columns})"
    return [answer for (answer,) in owner.execute(statement, [each for row in values for each in row]).fetchall()]


def test_who_may_send_is_the_same(owner: psycopg.Connection[Any]) -> None:
    found = answers(owner, sql.may_send("a"), "standing", [(each.value,) for each in AccountStatus])
    assert found == [each.may_send for each in AccountStatus]


def test_what_is_confirmed_is_the_same(owner: psycopg.Connection[Any]) -> None:
    """A subscription that is gone is none."""
    found = answers(
        owner, sql.is_confirmed("coalesce(a.state, '')"), "state", [(s,) for s in (*SubscriptionState, None)]
    )
    assert found == [state in MAILED for state in SubscriptionState] + [False]


def test_changes_of_account_status_are_the_same(owner: psycopg.Connection[Any]) -> None:
    pairs = list(product(AccountStatus, AccountStatus))
    values = [(before.value, after.value) for before, after in pairs]
    assert answers(owner, sql.is_lift("a.x", "a.y"), "x, y", values) == [pair in LIFTS for pair in pairs]
    restricted = [after in RESTRICTED for _before, after in pairs]
    assert answers(owner, sql.is_restricted("a.y"), "x, y", values) == restricted
    moves = f"(SELECT m.least FROM (VALUES {sql.status_moves()}) AS m (x, y, least) WHERE (m.x, m.y) = (a.x, a.y))"
    for mover in (Mover.MACHINE, Mover.STAFF):
        allowed = [
            least is not None and 0 < least <= STRENGTH[mover] for least in answers(owner, moves, "x, y", values)
        ]
        assert allowed == [may_move(*pair, mover) for pair in pairs]


@pytest.mark.parametrize("name", [name for name, each in vars(campaign_states).items() if isinstance(each, tuple)])
def test_sets_of_campaign_states_are_the_same(owner: psycopg.Connection[Any], name: str) -> None:
    found = answers(owner, f"a.state IN {sql.campaign_states(name)}", "state", [(each,) for each in CampaignState])
    assert found == [state in getattr(campaign_states, name) for state in CampaignState]


def test_why_a_recipient_is_skipped_is_the_same(owner: psycopg.Connection[Any]) -> None:
    """Every kind of consent, for this list and another, of every age, with every origin, and at rest or not."""
    now = datetime(2026, 11, 20, tzinfo=UTC)

    def before(age: timedelta | None) -> datetime | None:
        return None if age is None else now - age

    ages = [timedelta(days=-1), timedelta(0), timedelta(days=730), timedelta(days=731), None]
    rests = [None, now, now + timedelta(seconds=1)]
    emails = ["dora@people.example", "Info+x@firm.example"]
    origins = [*product((*OriginState, None), [False]), (OriginState.APPROVED, True), (OriginState.REJECTED, True)]
    cases = list(product([*ConsentKind, None], (1, 2), ages, (None, *ages[1:4]), origins, rests, emails))
    rows = [
        (
            kind,
            consent_list,
            before(age),
            origin,
            rest,
            email,
            before(since),
            before(timedelta(0)) if archived else None,
        )
        for kind, consent_list, age, since, (origin, archived), rest, email in cases
    ]
    reason = sql.skip_reason("s", last_contact="greatest(e.occurred_at, c.since)", rests_until="c.rest", at="s.now")
    columns = ("text", "bigint", "timestamptz", "text", "timestamptz", "text", "timestamptz", "timestamptz")
    lists = [[row[at] for row in rows] for at in range(len(columns))]
    arrays = ", ".join(f"%s::{each}[]" for each in columns)
    asked = f"""SELECT {reason} FROM unnest({arrays}) WITH ORDINALITY
        AS a (kind, list_id, occurred_at, origin, rest, email, since, archived_at, number),
        LATERAL (SELECT a.kind, a.list_id AS mailing_list_id, a.occurred_at, 0 AS id, 0 AS account_id,
            0 AS contact_id) e,
        LATERAL (SELECT a.origin AS origin_state, a.archived_at) l,
        LATERAL (SELECT a.email, a.rest, a.since) c, LATERAL (SELECT 1 AS mailing_list_id, %s::timestamptz AS now) s
        ORDER BY number"""
    found = [answer for (answer,) in owner.execute(asked, [*lists, now]).fetchall()]
    for row, answer in zip(rows, found, strict=True):
        kind, consent_list, at, origin, rest, email, since, archived_at = row
        facts_of = RecipientFacts(
            None,
            SubscriptionState.CONFIRMED,
            kind,
            1 if kind else None,
            consent_list,
            1,
            at,
            max((each for each in (at, since) if each), default=None),
            OriginState.FORM if (kind, origin) == ("confirmed", "waiting") else origin,
            role_tier=1 if email.startswith("Info") else 0,
            rests_until=rest,
            list_archived=archived_at is not None,
        )
        skipped = judge_recipient(facts_of, now)
        assert answer == (skipped.reason.value if skipped else None), row


def test_suppressions_in_force_say_the_same(owner: psycopg.Connection[Any]) -> None:
    """Every pair of a row of the account and one of the platform, and rows of other accounts, and lifted ones."""
    now = datetime.now(UTC)
    pairs = list(product(ROWS, ROWS))
    with owner.cursor() as cursor:
        rows = [
            (account, bytes([number // 256, number % 256]), row[0].value, now - row[1])
            for number, (own, everywhere) in enumerate(pairs)
            for account, row in ((ACCOUNT, own), (None, everywhere), (ACCOUNT + 1, ROWS[1]))
            if row is not None
        ]
        columns = "account_id, address_key, reason, created_at, source"
        insert = f"INSERT INTO suppression ({columns}) VALUES (%s, %s, %s, %s, 'law')"
        cursor.executemany(insert, rows)
        for account in (ACCOUNT, None):
            cursor.execute(insert, (account, b"lifted", SuppressionReason.COMPLAINT.value, now))
        cursor.execute(
            "UPDATE suppression SET lifted_at = now(), lifted_reason = 'x' WHERE address_key = %s", [b"lifted"]
        )
        asked = f"""
            SELECT k.key, {sql.suppressed(str(ACCOUNT), "k.key")}, {sql.kept_away(str(ACCOUNT), "k.key")},
                {sql.contract_stopped(str(ACCOUNT), "k.key", "k.key")}, own.reason, everywhere.reason
            FROM (SELECT DISTINCT address_key AS key FROM suppression WHERE source = 'law') k
            {sql.suppression_joins(str(ACCOUNT), "k.key")}
        """
        found = {bytes(key): answer for key, *answer in cursor.execute(asked).fetchall()}
    assert found.pop(b"lifted") == [False, False, False, None, None]
    assert len(found) == len(pairs)
    for number, (own, everywhere) in enumerate(pairs):
        kept = [
            keeps_away(row[0], now - row[1], now, everywhere=row is everywhere and whole)
            for row, whole in ((own, False), (everywhere, True))
            if row is not None
        ]
        stopped = [
            stops_contract(row[0], everywhere=whole)
            for row, whole in ((own, False), (everywhere, True))
            if row is not None
        ]
        reasons = [row[0].value if row else None for row in (own, everywhere)]
        wanted = [own is not None or everywhere is not None, any(kept), any(stopped), *reasons]
        assert found[bytes([number // 256, number % 256])] == wanted, (own, everywhere)


_CHANGED = """
import os
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mailflatrate.settings.django")
from mailflatrate.rules import sql
from mailflatrate.rules.campaigns import campaign_states as states
from mailflatrate.rules.contacts import suppression
from mailflatrate.rules.account_states import AccountStatus
from datetime import timedelta
from mailflatrate.rules.checks import recipient_origin, recipient_subscribed
from mailflatrate.rules.vetting import probation
probation.EARLY_REVIEW_DAYS = 9
recipient_subscribed.MAILED = ("removed",)
recipient_origin.MAILABLE = ("known",)
sql.CONSENT_MAX_AGE = timedelta(days=17)
AccountStatus.may_send = property(lambda standing: standing is AccountStatus.REJECTED)
states.RUNNING = states.UNFINISHED = (states.CampaignState.DRAFT,)
suppression.RETURNS = (suppression.SuppressionReason.ERASED,)
suppression.RETURNS_LATER = (suppression.SuppressionReason.MANUAL,)
suppression.CONTRACT_PASSES = (suppression.SuppressionReason.OBJECTION,)
sql.in_force = lambda row: f"{row}.is_in_force"
import django
django.setup()
from mailflatrate.apps.delivery import wake
from mailflatrate.apps.delivery.send import claims
from mailflatrate.apps.gate import recipients
from mailflatrate.apps.campaigns import recipients as counted
from mailflatrate.apps.lists import queries
from mailflatrate.apps.intake import slices
from mailflatrate.base.tenancy.statements import shipped
made = {each.name: each.statement for each in shipped()}
for name, text in {
    "claim": claims._CLAIM, "look": claims._CHECK, "post": claims._CHECK_TRANSACTIONAL, "wake": wake._DEFER_READY,
    "plan": counted.judged_sql(), "may_get": counted.may_get("x"),
    "recipients": recipients.JOINS, "audience": queries.UNSUPPRESSED, "list": queries.on_a_list('x'),
    "import": slices._MERGE,
    "trigger": made["public.delivery_needs_permission()"], "review": made["public.campaign_reviewed()"],
}.items():
    print(name, " ".join(text.split()), sep="\\t")
"""
_SEND, _MAILED, _RUNS = "a.standing = 'rejected'", "= 'removed'", "k.state IN ('draft')"
_FORCE, _RETURN = ".is_in_force", "x.reason = 'erased' AND x.account_id IS NOT NULL OR x.reason = 'manual'"
_AGE, _ORIGIN = "interval '17 days'", "l.origin_state = 'known'"
_CONTRACT = "x.reason = 'objection' AND x.account_id IS NOT NULL"
_SAYS = {
    "claim": [_SEND, _RUNS, _FORCE],
    "look": [_SEND, _MAILED, _FORCE],
    "post": [_RETURN, _FORCE, _SEND, _CONTRACT],
    "wake": [_SEND, _RUNS],
    "plan": [_MAILED, _FORCE, _AGE, _ORIGIN],
    "may_get": [_MAILED, _AGE, _ORIGIN],
    "recipients": [_FORCE],
    "audience": [_FORCE],
    "list": [_MAILED],
    "import": [_FORCE],
    "trigger": [_SEND, _MAILED, _FORCE, _RETURN, _CONTRACT, "c.state NOT IN ('draft')"],
    "review": ["OLD.state IN ('draft')", "days => 9"],
}
_OLD = ("'throttled'", "state = 'confirmed'", "'waiting')", "lifted_at IS NULL", "'soft_bounce'", "'hard_bounce'")


@pytest.mark.slow
def test_a_changed_rule_changes_every_statement() -> None:
    environment = {**os.environ, "PYTHONPATH": str(PACKAGE.parent)}
    ran = subprocess.run([sys.executable, "-c", _CHANGED], env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    texts = dict(line.split("\t", 1) for line in ran.stdout.splitlines())
    missing = {name: [part for part in parts if part not in texts[name]] for name, parts in _SAYS.items()}
    left = {name: [old for old in _OLD if old in text] for name, text in texts.items()}
    assert not any(missing.values()), missing
    assert not any(left.values()), left


_APPENDED = (
    "INSERT INTO consent_event (id, account_id, contact_id, mailing_list_id, kind, occurred_at, commitment)"
    " OVERRIDING SYSTEM VALUE VALUES (%s, 77, %s, %s, %s, %s, '')"
)
_PROVED = (
    "INSERT INTO consent_evidence (event_id, account_id, email, details, salt)"
    " VALUES (%s, 77, 'dora@leser.example', jsonb_build_object('by', %s::text, 'undoes', %s::bigint),"
    " uuid_send(gen_random_uuid()))"
)


def test_what_a_no_ends_is_the_same(owner: psycopg.Connection[Any]) -> None:
    """Every event of a person before and after a consent, earlier and later, for its list, another and all, undone and
    not.
    """
    given = LedgerEvent(1_000, ConsentKind.CONFIRMED, 1, datetime(2026, 11, 20, tzinfo=UTC))
    contact = 4_711
    cases = list(product((999, 1_001), ConsentKind, (1, 2, None), (-1, 0, 1), (False, True)))
    for number, (event_id, kind, list_id, days, undone) in enumerate(cases):
        at, first = given.at + timedelta(days=days), -2_000 * (len(cases) - number)
        owner.execute(_APPENDED, [first + event_id, contact + number, list_id, kind.value, at])
        if undone:
            again = first + 1_002
            owner.execute(_APPENDED, [again, contact + number, list_id, ConsentKind.CONFIRMED.value, at])
            owner.execute(_PROVED, [again, UNDONE_BY, first + event_id])
    at_given = "%(at)s::timestamptz"
    asked = f"""SELECT {sql.consent_ended("e")}, {sql.forbids_subscribing("77", "e.contact_id", at_given)}
        FROM generate_series(0, %(last)s) n, LATERAL (SELECT -2000 * (%(last)s + 1 - n) + 1000 AS id, 77 AS account_id,
            %(contact)s + n AS contact_id, 1 AS mailing_list_id, {at_given} AS occurred_at) e ORDER BY n"""
    found = owner.execute(asked, {"at": given.at, "last": len(cases) - 1, "contact": contact}).fetchall()
    for (event_id, kind, list_id, days, undone), answer in zip(cases, found, strict=True):
        no = LedgerEvent(event_id, kind, list_id, given.at + timedelta(days=days), undone)
        assert answer == (ends_consent(no, given), forbids_subscribing(no, given.at)), no


@pytest.mark.parametrize(
    "wrong",
    [
        {"again": -9_001},
        {"person": 4_712},
        {"list_id": 2},
        {"kind": "requested"},
        {"kind": "withdrawn"},
        {"by": "link"},
        {"undoes": -9_001},
    ],
    ids=str,
)
def test_a_no_stands_unless_a_later_consent_of_its_person_to_its_list_names_it(
    owner: psycopg.Connection[Any], wrong: dict[str, Any]
) -> None:
    right = {"again": -8_999, "person": 4_711, "list_id": 1, "kind": "confirmed", "by": UNDONE_BY, "undoes": -9_000}
    assert [_stands(owner, right), _stands(owner, right | wrong)] == [False, True]


def _stands(owner: psycopg.Connection[Any], undo: dict[str, Any]) -> bool:
    """Return whether a no stands beside an event that may undo it."""
    at = datetime(2026, 11, 20, tzinfo=UTC)
    with owner.transaction(force_rollback=True):
        owner.execute(_APPENDED, [-9_000, 4_711, 1, "withdrawn", at])
        owner.execute(_APPENDED, [undo["again"], undo["person"], undo["list_id"], undo["kind"], at])
        owner.execute(_PROVED, [undo["again"], undo["by"], undo["undoes"]])
        asked = f"SELECT {sql.stands('w')} FROM consent_event w WHERE w.id = -9000"
        ((answer,),) = owner.execute(asked).fetchall()
    return bool(answer)
