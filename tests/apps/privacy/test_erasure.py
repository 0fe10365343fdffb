"""After an erasure the address stands nowhere in the database, is refused for good, and the ledger still holds.

A bulk erasure that is canceled or dies in the middle: exact numbers, and nothing is lost.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from mailflatrate.apps.accounts.models import Notice, NoticeKind
from mailflatrate.apps.consent import seals as ledger_seals
from mailflatrate.apps.consent.models import ConsentEvent, ConsentEvidence
from mailflatrate.apps.consent.verification import verify_ledger
from mailflatrate.apps.delivery.models import Attempt, Delivery, DeliveryState, Tally
from mailflatrate.apps.forms.models import SignupRequest
from mailflatrate.apps.inbound.models import Feedback, FeedbackKind, InboxMessage, RawMail
from mailflatrate.apps.intake.models import Import
from mailflatrate.apps.lists.actions.consent import unsubscribe
from mailflatrate.apps.lists.actions.tracking import choose_tracking
from mailflatrate.apps.lists.models import Contact
from mailflatrate.apps.privacy import bulk_steps
from mailflatrate.apps.privacy.actions.erasure import erase_for_customer, erase_person
from mailflatrate.apps.privacy.actions.proof import export_person
from mailflatrate.apps.privacy.errors import PrivacyError
from mailflatrate.apps.privacy.models import DataRequestKind, PrivacyRequest
from mailflatrate.apps.segments.actions import bulk
from mailflatrate.apps.segments.actions.segments import save_segment
from mailflatrate.apps.segments.bulk import steps
from mailflatrate.apps.segments.bulk.runner import BulkRunner, run_bulk
from mailflatrate.apps.segments.bulk.selection import selection_of
from mailflatrate.apps.segments.bulk.steps import BulkSteps
from mailflatrate.apps.segments.models import BulkAction, BulkKind
from mailflatrate.apps.suppression.queries import strongest
from mailflatrate.apps.tracking.models import Click
from mailflatrate.base import audit, clock, tenancy
from mailflatrate.base.ids import key_ring
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.rules.contacts.suppression import SuppressionReason
from support.cast import per_module
from support.contact_files import file_of, line
from support.customers import Customer, sending_customer
from support.ledger import faults_of
from support.origins import approve_origin
from support.scope import rows, within

BY = audit.machine("privacy.test")
# Where law or contract allows an address to stay although its person was erased: each with its reason. None of
# these tables identifies a recipient as such.
KEPT: dict[str, str] = {}
dora = per_module(lambda: Traces("erased"))


class Traces:
    """Dora, known in every table that can know her; her address is unlike any other."""

    def __init__(self, name: str) -> None:
        self.anna: Customer = sending_customer(people=2)
        self.email = f"dora.{name}.{self.anna.account_id}@posteo.de"
        self.key = key_ring().suppression_key(self.email)
        approve_origin(self.anna.account_id, self.anna.list_id)
        self.anna.bring(file_of(line(self.email), line(self.email)).getvalue())
        with tenancy.account(self.anna.account_id):
            self.contact = Contact.objects.get(email=self.email)
            choose_tracking(
                self.contact.id, agrees=True, wording="w", language="en", source="s", ip="203.0.113.9", user_agent="u"
            )
        campaign = self.anna.sending()
        self.campaign = campaign
        within(self.anna, self._leave)

    def _leave(self) -> None:
        now, email = clock.now(), self.email
        delivery = Delivery.objects.get(campaign=self.campaign, contact_id=self.contact.id)
        reply = f"550 5.1.1 <{email}>: user unknown"
        Delivery.objects.filter(id=delivery.id).update(
            state=DeliveryState.BOUNCED, bounce="hard", reply_text=reply, settled_at=now
        )
        Attempt.objects.create(delivery=delivery, number=1, at=now, stage="rcpt", reply_text=reply)
        Click.objects.create(
            campaign=self.campaign, edition_id=delivery.edition_id, link_number=1, delivery_id=delivery.id
        )
        with tenancy.platform(PlatformReason.MAIL_IN):
            mail = RawMail.objects.create(
                via="smtp", envelope_from=email.upper(), envelope_to="bounce+x@bounce.lindenhof.example",
                raw=f"From: {email}\r\n\r\n{email}".encode(), sha256=b"x" * 32, delivery_id=delivery.id,
                reason=f"an answer of {email}", reading={"sender": email}, account_id=self.anna.account_id,
            )  # fmt: skip
        Feedback.objects.create(
            delivery_id=delivery.id,
            campaign=self.campaign,
            contact_id=self.contact.id,
            kind=FeedbackKind.HARD_BOUNCE,
            text=reply,
            raw_mail=mail,
        )
        save_segment("Dora", [{"field": "last_name", "op": "equals", "value": f"Kiel {email}"}])
        Notice.objects.create(kind=NoticeKind.PRIVACY, recipient=email, subject="s", text_sealed=f"to {email}")
        Notice.objects.create(
            kind=NoticeKind.TEST, recipient="anna@lindenhof.example", sample_contact_id=self.contact.id
        )
        InboxMessage.objects.create(envelope_to=email, raw=f"To: {email}\r\n\r\n".encode())
        SignupRequest.objects.create(
            kind="move", moves=self.contact, mailing_list_id=self.anna.list_id, contact=self.contact, email=email,
            address_key=self.key, language="en", values={"first_name": email}, requested_at=now, ip="203.0.113.9",
            expires_at=now + timedelta(days=7),
        )  # fmt: skip
        PrivacyRequest.objects.create(
            kind=DataRequestKind.CORRECTION,
            contact_id=self.contact.id,
            address_key=self.key,
            values={"note": email},
            expires_at=now,
            ip="203.0.113.9",
        )
        unsubscribe(self.contact.id, list_id=None, by="mailto", source=f"mail of {email}", ip="203.0.113.9")
        with tenancy.platform(PlatformReason.MAIL_IN):
            RawMail.objects.create(
                account_id=None,
                via="smtp",
                envelope_from="x@y.de",
                envelope_to="abuse@x.example",
                raw=f"Subject: x\r\n\r\nabout {email}".encode(),
                sha256=b"y" * 32,
            )


def placeholders_in(owner_url: str, text: str) -> set[str]:
    """The tables in which a text stands, in whatever column: clear, in JSON, or in octets."""
    found = set()
    with psycopg.connect(owner_url) as owner:
        columns = owner.execute(
            "SELECT c.relname, a.attname, format_type(a.atttypid, NULL) FROM pg_class c"
            " JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid"
            " WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped"
        ).fetchall()
        for table, column, kind in columns:
            if kind == "bytea":
                # Bodies come quoted-printable or plain; both show an address as it is.
                clause = f"position(convert_to(%s, 'UTF8') IN \"{column}\") > 0"
            else:
                clause = f'position(%s IN lower("{column}"::text)) > 0'
            if owner.execute(f'SELECT 1 FROM "{table}" WHERE {clause} LIMIT 1', [text.lower()]).fetchone():
                found.add(table)
    return found


@pytest.mark.slow
def test_nothing_of_an_erased_person_is_left(database: str, dora: Traces) -> None:
    everywhere = placeholders_in(database, dora.email)
    assert everywhere >= {
        "contact", "consent_evidence", "delivery", "attempt", "raw_mail", "feedback", "segment", "notice",
        "postbox_message", "signup_request", "privacy_request", "import_refusal",
    }, "the test must know her everywhere, or it proves nothing"  # fmt: skip
    account_id = dora.anna.account_id
    ledger_seals.seal_ledger()
    with tenancy.account(account_id):
        export_person(dora.contact.id, language="en", by=BY)
        events = list(ConsentEvent.objects.filter(contact_id=dora.contact.id).values_list("id", flat=True))
        sent = Tally.objects.filter(campaign=dora.campaign).count(), Delivery.objects.count()
        counts = erase_for_customer(dora.contact.id, by=dora.anna.owner)
        assert counts["deliveries"] == 1
        assert not ConsentEvidence.objects.filter(event_id__in=events).exists()
        assert ConsentEvent.objects.filter(id__in=events).count() == len(events), "what proves stays"
        assert (Tally.objects.filter(campaign=dora.campaign).count(), Delivery.objects.count()) == sent
        assert Click.objects.filter(campaign=dora.campaign, delivery_id=None).count() == 1, "the count stays"
        with tenancy.platform(PlatformReason.MAIL_IN):
            assert RawMail.objects.filter(sha256=b"x" * 32, state="new").exists(), "the fact stays"
    assert placeholders_in(database, dora.email) <= set(KEPT)
    assert placeholders_in(database, str(dora.email.partition("@")[0])) <= set(KEPT), "nor without its domain"
    ledger_seals.seal_ledger()
    with psycopg.connect(database) as owner:
        report = verify_ledger(owner)
        assert faults_of(report, account_id) == []
        assert report.erased >= len(events)


def test_the_hash_refuses_the_address_for_good(dora: Traces) -> None:
    """On import and on the form; the event says that a person was erased, not who."""
    account_id = dora.anna.account_id
    with tenancy.account(account_id):
        erase_person(dora.contact.id, by=BY, source="test")  # once more, or for the first time: the same
        row = strongest(dora.key)
        assert row
        assert row.reason == SuppressionReason.ERASED
    imported = dora.anna.bring(file_of(line(dora.email)).getvalue())
    assert imported.accepted == 0
    assert imported.refused == {"suppressed": 1}
    assert not rows(account_id, Contact).filter(address_key=dora.key).exists()


@pytest.mark.slow
def test_an_erasure_ends_at_the_account(database: str) -> None:
    """Carla has the same address; what Anna's customer erases is Anna's."""
    one, two = Traces("both"), sending_customer(people=1)
    approve_origin(two.account_id, two.list_id)
    two.bring(file_of(line(one.email)).getvalue())
    carla = rows(two, Contact).get(email=one.email)
    with tenancy.account(one.anna.account_id), pytest.raises(PrivacyError):
        erase_for_customer(carla.id, by=one.anna.owner)
    within(one.anna, erase_person, one.contact.id, by=BY, source="test")
    assert placeholders_in(database, one.email) == {"contact", "consent_evidence"}
    with tenancy.account(two.account_id):
        assert strongest(one.key) is None
        assert Contact.objects.filter(id=carla.id).exists()
        assert Import.objects.exists()


@pytest.fixture
def crowd(monkeypatch: pytest.MonkeyPatch) -> Iterator[Customer]:
    """Seven contacts, erased three at a time."""
    monkeypatch.setitem(steps.STEPS, BulkKind.ERASE, BulkSteps(bulk_steps.erase, 3))
    yield sending_customer(people=7)


def begun(anna: Customer) -> int:
    with tenancy.account(anna.account_id):
        ids = list(Contact.objects.values_list("id", flat=True))
        return int(bulk.start_bulk(BulkKind.ERASE, selection_of(ids, None), {}, by=anna.owner, enqueue=False).id)


def numbers(anna: Customer, action_id: int) -> tuple[Any, ...]:
    with tenancy.account(anna.account_id):
        action = BulkAction.objects.get(id=action_id)
        left = Contact.objects.count()
        erased = ConsentEvent.objects.filter(kind="erased").count()
        requests = PrivacyRequest.objects.filter(state="done").count()
    return action.state, action.total, action.done, action.changed, action.skipped, left, erased, requests


def test_a_cancel_in_the_middle_gives_exact_numbers(crowd: Customer) -> None:
    action_id = begun(crowd)
    action = BulkRunner().begin(crowd.account_id, action_id)
    assert action is not None and BulkRunner().take_step(action)
    within(crowd, bulk.cancel_bulk, action_id, by=crowd.owner)
    run_bulk(crowd.account_id, action_id)
    assert numbers(crowd, action_id) == ("cancelled", 7, 3, 3, {}, 4, 3, 3)


def test_a_crash_in_the_middle_loses_nothing(crowd: Customer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second batch dies after everything was written, before its commit: it counts as not begun."""
    action_id = begun(crowd)
    batches = []

    def dying(action: BulkAction, ids: Any) -> Any:
        batches.append(bulk_steps.erase(action, ids))
        if len(batches) == 2:
            raise KeyboardInterrupt
        return batches[-1]

    monkeypatch.setitem(steps.STEPS, BulkKind.ERASE, BulkSteps(dying, 3))
    with pytest.raises(KeyboardInterrupt):
        run_bulk(crowd.account_id, action_id)
    assert numbers(crowd, action_id) == ("running", 7, 3, 3, {}, 4, 3, 3)
    run_bulk(crowd.account_id, action_id)
    assert numbers(crowd, action_id) == ("done", 7, 7, 7, {}, 0, 7, 7)
