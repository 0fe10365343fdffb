"""Erasing many people together leaves exactly what erasing them one after another leaves, in few statements."""

import json
import re
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.db.models import DO_NOTHING
from django.test.utils import CaptureQueriesContext

from mailflatrate.apps.abuse.models import Case, CaseState, Report
from mailflatrate.apps.accounts.models import Notice, NoticeKind
from mailflatrate.apps.campaigns.models import CampaignComment
from mailflatrate.apps.consent import seals as ledger_seals
from mailflatrate.apps.consent.verification import verify_ledger
from mailflatrate.apps.delivery.models import Attempt, Delivery, DeliveryState
from mailflatrate.apps.forms.models import SignupDenial, SignupRequest
from mailflatrate.apps.inbound.models import Feedback, FeedbackKind, InboxMessage, RawMail
from mailflatrate.apps.intake.actions import imports
from mailflatrate.apps.lists.actions import notes, tags
from mailflatrate.apps.lists.actions.consent import unsubscribe
from mailflatrate.apps.lists.models import Contact
from mailflatrate.apps.privacy.actions.erasure import erase_for_customer, erase_many_for_customer
from mailflatrate.apps.privacy.errors import PrivacyError
from mailflatrate.apps.privacy.models import DataRequestKind, PrivacyRequest
from mailflatrate.apps.segments.actions import exports
from mailflatrate.apps.segments.actions.segments import save_segment
from mailflatrate.apps.segments.exports.runner import run_export
from mailflatrate.apps.segments.models import Export, ExportContent, ExportFormat, ExportState
from mailflatrate.apps.tracking.models import Click, PollAnswer, PollComment
from mailflatrate.base import audit, clock, tenancy
from mailflatrate.base.ids import key_ring
from mailflatrate.base.tenancy import PlatformReason
from support.contact_files import HEADER, file_of, line
from support.customers import Customer, sending_customer
from support.ledger import faults_of
from support.origins import approve_origin
from support.scope import within

PEOPLE = 6
EMAILS = [f"p{number}.paar@posteo.de" for number in range(PEOPLE)]


@dataclass(frozen=True)
class Place:
    """An account that knows six people in every table, some of them together in one row."""

    anna: Customer
    ids: list[int]

    @property
    def account_id(self) -> int:
        return self.anna.account_id


def key_of(number: int) -> bytes:
    return key_ring().suppression_key(EMAILS[number])


def made() -> Place:
    anna = sending_customer(people=1)
    approve_origin(anna.account_id, anna.list_id)
    anna.bring(file_of(*map(line, EMAILS), line(EMAILS[1], first=EMAILS[2]), line("none")).getvalue())
    campaign = anna.sending()
    with tenancy.account(anna.account_id):
        ids = list(Contact.objects.filter(email__in=EMAILS).order_by("email").values_list("id", flat=True))
        assert ids == sorted(ids)
        _mail(anna, campaign, ids)
        _texts(anna, campaign, ids)
        export_id = _files(anna)
        _requests(anna, ids)
    run_export(anna.account_id, export_id)
    return Place(anna, ids)


def _mail(anna: Customer, campaign: Any, ids: list[int]) -> None:
    now = clock.now()
    deliveries = list(Delivery.objects.filter(campaign=campaign, contact_id__in=ids).order_by("contact_id"))
    assert len(deliveries) == PEOPLE
    for number, delivery in enumerate(deliveries[:4]):
        reply = f"550 <{EMAILS[number]}> unknown"
        Delivery.objects.filter(id=delivery.id).update(
            state=DeliveryState.BOUNCED, bounce="hard", reply_text=reply, settled_at=now
        )
        Attempt.objects.create(delivery=delivery, number=1, at=now, stage="rcpt", reply_text=reply)
        for _time in range(number):
            Click.objects.create(
                campaign=campaign, edition_id=delivery.edition_id, link_number=1, delivery_id=delivery.id
            )
        asked: dict[str, Any] = {"campaign": campaign, "edition_id": delivery.edition_id, "poll": 0, "answer": 0}
        PollAnswer.objects.create(**asked, delivery_id=delivery.id)
        PollComment.objects.create(**asked, text=EMAILS[number], day=now.date(), delivery_id=delivery.id)
        Feedback.objects.create(
            delivery_id=delivery.id,
            campaign=campaign,
            contact_id=ids[number],
            kind=FeedbackKind.HARD_BOUNCE,
            text=reply,
        )
    with tenancy.platform(PlatformReason.MAIL_IN):
        common: dict[str, Any] = {"via": "smtp", "envelope_to": "x@x.example", "sha256": b"x" * 32}
        for named, delivery_id in ((EMAILS[0:3:2], None), (EMAILS[3:5], deliveries[5].id)):
            RawMail.objects.create(
                account_id=anna.account_id,
                raw=f"From: {' '.join(named)}\r\n\r\nx".encode(),
                delivery_id=delivery_id,
                envelope_from=named[0],
                **common,
            )
        InboxMessage.objects.create(
            account_id=anna.account_id, envelope_to=EMAILS[4], raw=f"To: {EMAILS[4]}, {EMAILS[1]}\r\n\r\n".encode()
        )
    for number in (2, 3):
        Notice.objects.create(kind=NoticeKind.PRIVACY, recipient=EMAILS[number].upper(), subject="s", text_sealed="x")
    Notice.objects.create(kind=NoticeKind.TEST, recipient="anna@lindenhof.example", sample_contact_id=ids[5])


def _texts(anna: Customer, campaign: Any, ids: list[int]) -> None:
    tags.change_tags(ids[0], add=["vip", "old"])
    tags.change_tags(ids[3], add=["vip"])
    notes.write_note(ids[1], f"friend of {EMAILS[0].upper()} and {EMAILS[2]}", by=anna.owner)
    notes.write_note(ids[2], f"{EMAILS[4]}", by=anna.owner)
    save_segment("Two", [{"field": "last_name", "op": "equals", "value": f"{EMAILS[3]}, {EMAILS[1]}"}])
    save_segment("Inside", [{"field": "last_name", "op": "equals", "value": f"x{EMAILS[5]}x"}])
    CampaignComment.objects.create(
        campaign=campaign, author=anna.owner, written_at=clock.now(), text=f"ask {EMAILS[2]} or jim.{EMAILS[2]}"
    )


def _files(anna: Customer) -> int:
    for named in (EMAILS[3:0:-2], EMAILS[5:], ["nobody@posteo.de"]):
        imports.upload_import(
            anna.list_id, BytesIO("\n".join((HEADER, *map(line, named))).encode()), "late.csv", by=anna.owner
        )
    done, running = (
        exports.start_export(ExportContent.CONTACTS, ExportFormat.CSV, by=anna.owner, enqueue=False) for _ in range(2)
    )
    Export.objects.filter(id=running.id).update(state=ExportState.RUNNING)
    return done.id


def _requests(anna: Customer, ids: list[int]) -> None:
    now = clock.now()
    for number, moved in ((0, 1), (2, 2), (4, 3)):
        PrivacyRequest.objects.create(
            kind=DataRequestKind.ADDRESS,
            contact_id=ids[number],
            address_key=key_of(number),
            values={"email": EMAILS[moved].title()},
            expires_at=now,
            ip="203.0.113.9",
        )
        SignupRequest.objects.create(
            kind="move",
            moves_id=ids[number],
            mailing_list_id=anna.list_id,
            contact_id=ids[moved],
            email=EMAILS[moved],
            address_key=key_of(moved),
            language="en",
            requested_at=now,
            expires_at=now + timedelta(days=7),
        )
    SignupDenial.objects.create(request_id=7, kind="form", address_key=key_of(1), requested_at=now, denied_at=now)
    unsubscribe(ids[2], list_id=None, by="mailto", source=f"mail of {EMAILS[2]}", ip="203.0.113.9")


_IGNORED = {"id", "name", "code", "company", "number", "xid", "oldest"}
# Written as sums and as runs of ids, so that the same is said in fewer rows.
_FOLDED = {"list_tally", "contact_touch"}


def rows_of(owner_url: str, place: Place) -> dict[str, Counter[str]]:
    """Every row of every table of an account, without what two accounts can't have in common."""
    known = {str(contact_id): f"contact {number}" for number, contact_id in enumerate(place.ids)}
    found: dict[str, Counter[str]] = {}
    with psycopg.connect(owner_url) as owner:
        columns = owner.execute(
            "SELECT c.relname, array_agg(a.attname::text), array_agg(format_type(a.atttypid, NULL)) FROM pg_class c"
            " JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid"
            " WHERE n.nspname = 'public' AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped"
            " GROUP BY 1 HAVING 'account_id' = ANY(array_agg(a.attname::text))"
        ).fetchall()
        for table, names, types in columns:
            if table in _FOLDED:
                continue
            rows = owner.execute(f'SELECT * FROM "{table}" WHERE account_id = %s', [place.account_id])
            order = [column.name for column in rows.description or ()]
            kinds = dict(zip(names, types, strict=True))
            for row in rows:
                said = {
                    name: _alike(value, kinds[name], known if "contact" in name or name == "moves_id" else {}, known)
                    for name, value in zip(order, row, strict=True)
                    if name not in _IGNORED
                }
                found.setdefault(table, Counter())[json.dumps(said, sort_keys=True)] += 1
        found["list_tally"] = Counter(
            map(
                str,
                owner.execute(
                    "SELECT state, sum(people) FROM list_tally WHERE account_id = %s GROUP BY 1",
                    [place.account_id],
                ).fetchall(),
            )
        )
        found["contact_touch"] = Counter(
            known.get(str(each))
            for (each,) in owner.execute(
                "SELECT DISTINCT generate_series(first_id, last_id) FROM contact_touch"
                " WHERE account_id = %s AND is_gone",
                [place.account_id],
            )
        )
    return found


def _alike(value: Any, kind: str, ids: dict[str, str], known: dict[str, str]) -> Any:
    """Return a value without times and chance, and with names of the contacts instead of ids."""
    if value is None:
        return None
    if kind == "bigint":
        return ids.get(str(value), "some")
    if kind.startswith(("timestamp", "inet", "uuid")) or kind == "date":
        return "some"
    if kind in ("bytea", "bytea[]"):
        keys = [value] if kind == "bytea" else value
        addresses = {key_of(number): f"key {number}" for number in range(PEOPLE)}
        return [addresses.get(bytes(key), f"{min(len(key), 100)} octets") for key in keys]
    text = json.dumps(value, sort_keys=True, default=str)
    text = re.sub(r"contact(?::|_id\": )(\d+)", lambda found: known.get(found[1], "contact"), text)
    text = re.sub(r"_id\": \d+", "_id", text)
    text = re.sub(r"(privacy request|import|export|campaign|list|segment|tag)[ :]\"?\d+", r"\1 #", text)
    return re.sub(r"[0-9a-f]{16,}|\d{4}-\d\d-\d\dT[^\"]*|[\w.+-]+@(?!posteo\.de)[\w.-]+|\b\d{5,}\b", "some", text)


@pytest.fixture(scope="module")
def pair() -> tuple[Place, Place]:
    """Two accounts alike, from which four people are erased: one after another in one, together in the other."""
    ledger_seals.seal_ledger()
    return made(), made()


@pytest.mark.slow
def test_together_leaves_what_one_after_another_leaves(database: str, pair: tuple[Place, Place]) -> None:
    one, other = pair
    before = rows_of(database, one), rows_of(database, other)
    assert [{table: rows.total() for table, rows in each.items()} for each in before[:1]] == [
        {table: rows.total() for table, rows in each.items()} for each in before[1:]
    ], "the two must begin alike"
    with tenancy.account(one.account_id):
        for contact_id in one.ids[:5]:
            erase_for_customer(contact_id, by=one.anna.owner)
    result = within(other, erase_many_for_customer, other.ids[:5], by=other.anna.owner)
    assert set(result.wiped) == set(other.ids[:5])
    singly, together = changes(before[0], rows_of(database, one)), changes(before[1], rows_of(database, other))
    assert set(singly) >= {
        "contact",
        "consent_event",
        "consent_evidence",
        "subscription",
        "suppression",
        "audit_entry",
        "delivery",
        "attempt",
        "click",
        "feedback",
        "raw_mail",
        "postbox_message",
        "notice",
        "segment",
        "contact_note",
        "contact_tag",
        "campaign_comment",
        "import",
        "import_refusal",
        "export",
        "privacy_request",
        "signup_request",
        "signup_denial",
        "withdrawal_outbox",
        "stored_file",
        "stored_chunk",
        "contact_change",
        "list_tally",
    }, "the test must touch every table, or it proves nothing"
    for table in sorted(singly | together):
        for left, right in zip(singly[table], together[table], strict=True):
            assert left == right, f"{table}\n" + "\n".join([*(left - right), "but together", *(right - left)])


def changes(before: dict[str, Counter[str]], after: dict[str, Counter[str]]) -> dict[str, tuple[Counter[str], ...]]:
    nothing: Counter[str] = Counter()
    found = {
        table: (
            before.get(table, nothing) - after.get(table, nothing),
            after.get(table, nothing) - before.get(table, nothing),
        )
        for table in before | after
    }
    return {table: (went, came) for table, (went, came) in found.items() if went or came}


def test_ledger_and_audit_log_still_verify(database: str, pair: tuple[Place, Place]) -> None:
    ledger_seals.seal_ledger()
    with psycopg.connect(database) as owner:
        report = verify_ledger(owner)
        assert faults_of(report, *(place.account_id for place in pair)) == []
    assert within(PlatformReason.OPERATOR_DESK, audit.verify).whole


def test_the_number_of_statements_does_not_depend_on_the_people() -> None:

    def statements(people: int) -> int:
        anna = sending_customer(people=people)
        with tenancy.account(anna.account_id):
            ids = list(Contact.objects.values_list("id", flat=True))
            with CaptureQueriesContext(connection) as seen:
                erase_many_for_customer(ids, by=anna.owner)
            assert not Contact.objects.exists()
        # At every thousandth event of the ledger, the sealer is woken.
        return sum(not re.search("procrastinate|SAVEPOINT|set_config", each["sql"]) for each in seen)

    statements(1)  # what other tests left in the mail store is noted first
    assert statements(40) == statements(2)


def test_who_a_case_is_about_is_held_and_nobody_of_another_account_is_touched() -> None:
    anna, carla = sending_customer(people=3), sending_customer(people=1)
    with tenancy.account(carla.account_id):
        theirs = Contact.objects.get()
    with tenancy.account(anna.account_id):
        held, *others = Contact.objects.order_by("id")
    with tenancy.platform(PlatformReason.ABUSE_DESK):
        now = clock.now()
        case = Case.objects.create(
            account_id=anna.account_id,
            reference=f"E-{anna.account_id}",
            state=CaseState.OPEN,
            opened_at=now,
            changed_at=now,
        )
        Report.objects.create(
            account_id=anna.account_id, case=case, via="hand", at=now, address_key=bytes(held.address_key)
        )
    with tenancy.account(anna.account_id):
        result = erase_many_for_customer([held.id, theirs.id, 2**60, *(one.id for one in others)], by=anna.owner)
        assert result.held == {held.id}
        assert set(result.wiped) == {one.id for one in others}
        assert list(Contact.objects.all()) == [held]
        for refused in (held.id, theirs.id):
            with pytest.raises(PrivacyError):
                erase_for_customer(refused, by=anna.owner)
    with tenancy.account(carla.account_id):
        assert Contact.objects.filter(id=theirs.id).exists()


def test_every_key_to_a_contact_is_known_to_the_erasure() -> None:
    """What Django would delete or empty with a contact, statements of ours do: a new key needs one, too."""
    kept = {
        relation.related_model._meta.db_table
        for relation in Contact._meta.get_fields(include_hidden=True)
        if getattr(relation, "on_delete", DO_NOTHING) is not DO_NOTHING and relation.auto_created
    }
    assert kept == {"coupon_code", "subscription", "signup_request", "delivery", "delivery_archive", "last_mailing"}
