"""A test for each row of the table of R-95: what is past its time goes, and not a day before."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from django.db import connections

from mailflatrate.apps.abuse.models import Case, CaseEvent, Report
from mailflatrate.apps.accounts.models import Notice
from mailflatrate.apps.campaigns.models import Edition
from mailflatrate.apps.consent import ledger
from mailflatrate.apps.consent import seals as ledger_seals
from mailflatrate.apps.consent.models import ConsentEvent, ConsentEvidence
from mailflatrate.apps.consent.verification import verify_ledger
from mailflatrate.apps.delivery.models import Attempt, Chunk, Delivery, DeliveryState
from mailflatrate.apps.forms.actions.request_expiry import forget_old
from mailflatrate.apps.forms.models import SignupRequest
from mailflatrate.apps.inbound.models import Feedback, FeedbackKind, RawMail
from mailflatrate.apps.intake.models import ImportRefusal
from mailflatrate.apps.lists.actions.consent import unsubscribe
from mailflatrate.apps.lists.models import ConsentKind, Contact
from mailflatrate.apps.privacy.actions.erasure import erase_for_customer, erase_person
from mailflatrate.apps.privacy.actions.retention import delete_expired, proof_limit, years_before
from mailflatrate.apps.privacy.errors import PrivacyError
from mailflatrate.apps.privacy.models import PrivacyRequest
from mailflatrate.apps.suppression.queries import strongest
from mailflatrate.apps.tracking.models import Click
from mailflatrate.apps.tracking.queries import clicks_of
from mailflatrate.base import audit, clock, tenancy
from mailflatrate.base.ids import key_ring
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.rules.contacts.suppression import SuppressionReason
from support.contact_files import file_of, line
from support.customers import Customer, sending_customer
from support.ledger import faults_of
from support.origins import approve_origin
from support.scope import rows

DAY = timedelta(days=1)


@contextmanager
def rewound(owner_url: str) -> Iterator[psycopg.Connection]:
    """The owner moves rows back in time, past the triggers that forbid it."""
    with psycopg.connect(owner_url) as owner:
        owner.execute("SET LOCAL session_replication_role = replica")
        yield owner


class Old:
    """One reader of Anna's whose story can be moved back."""

    def __init__(self, owner_url: str, country: str = "DE") -> None:
        self.owner_url = owner_url
        self.anna: Customer = sending_customer(people=1)
        self.account_id = self.anna.account_id
        with rewound(owner_url) as owner:
            owner.execute("UPDATE account SET country = %s WHERE id = %s", [country, self.account_id])
        with tenancy.account(self.account_id):
            self.contact = Contact.objects.get()
        self.key = bytes(self.contact.address_key)

    def leave(self) -> None:
        with tenancy.account(self.account_id):
            unsubscribe(self.contact.id, list_id=self.anna.list_id, by="link", source="test", ip="203.0.113.9")

    def move_back(self, moment: datetime) -> None:
        """Everything about the person happened at `moment`, sealed before and after."""
        with rewound(self.owner_url) as owner:
            for statement in (
                "UPDATE contact SET created_at = %s, last_activity_at = NULL WHERE account_id = %s",
                "UPDATE consent_event SET recorded_at = %s WHERE account_id = %s",
                "UPDATE delivery SET created_at = %s, settled_at = created_at WHERE account_id = %s",
            ):
                owner.execute(statement, [moment, self.account_id])
            owner.execute("UPDATE consent_event SET occurred_at = recorded_at WHERE account_id = %s", [self.account_id])

    def known(self) -> bool:
        return rows(self, Contact).filter(id=self.contact.id).exists()


@pytest.fixture
def old(database: str) -> Old:
    return Old(database)


def test_the_proof_lasts_three_years_to_the_end_of_the_year(database: str, old: Old) -> None:
    """With it goes the person, and with the proof the IP addresses in it; of their no, the keyed hash stays."""
    old.leave()
    limit = proof_limit(clock.now())
    old.move_back(limit + timedelta(hours=1))
    delete_expired()
    assert old.known(), "not a day before"
    assert rows(old, ConsentEvidence).filter(confirmed_ip="203.0.113.9").exists(), "the IP lives as long as the proof"
    old.move_back(limit - timedelta(hours=1))
    delete_expired()
    assert not old.known()
    with tenancy.account(old.account_id):
        assert not ConsentEvidence.objects.exists()
        kinds = list(ConsentEvent.objects.order_by("id").values_list("kind", flat=True))
        assert kinds[1:] == [ConsentKind.WITHDRAWN, ConsentKind.EXPIRED]
        kept = strongest(old.key)
        assert kept is not None and kept.reason == SuppressionReason.UNSUBSCRIBE, "a sign-up ends it"
    with psycopg.connect(database) as owner:
        unexplained = [f for f in faults_of(verify_ledger(owner), old.account_id) if f.account_id and f.seal is None]
    assert [fault.kind.name for fault in unexplained if "EVIDENCE" in fault.kind.name] == []


def test_the_end_of_the_year_is_meant() -> None:
    assert proof_limit(datetime(2030, 1, 1, tzinfo=UTC)) == datetime(2027, 1, 1, tzinfo=UTC)
    assert proof_limit(datetime(2029, 12, 31, 23, 59, tzinfo=UTC)) == datetime(2026, 1, 1, tzinfo=UTC)
    assert years_before(datetime(2028, 2, 29, tzinfo=UTC), 3) == datetime(2025, 2, 28, tzinfo=UTC)


def test_who_is_on_a_list_is_kept_with_the_proof(old: Old) -> None:
    old.move_back(proof_limit(clock.now()) - 400 * DAY)
    delete_expired()
    assert old.known()


def test_a_late_mailing_keeps_the_proof(old: Old) -> None:
    """Three years count from the last campaign, not from the withdrawal."""
    campaign = old.anna.sending()
    old.leave()
    old.move_back(proof_limit(clock.now()) - DAY)
    rows(old, Delivery).filter(campaign=campaign).update(settled_at=clock.now() - 30 * DAY)
    delete_expired()
    assert old.known()


def test_a_french_prospect_goes_after_three_years_without_a_sign(database: str) -> None:
    """Even though they are on the list and campaigns were sent; elsewhere they stay."""
    anna, marie = Old(database), Old(database, country="FR")
    for one in (anna, marie):
        one.move_back(years_before(clock.now(), 3) - DAY)
    rows(marie, Contact).update(last_activity_at=clock.now() - 30 * DAY)
    delete_expired()
    assert marie.known(), "a click is a sign"
    marie.move_back(years_before(clock.now(), 3) - DAY)
    delete_expired()
    assert not marie.known()
    assert anna.known()


def test_answers_of_servers_go_after_90_days(old: Old) -> None:
    campaign = old.anna.sending()
    old.anna.settle(campaign, DeliveryState.SENT, 1, reply_text="250 Ok for <reader0@x>")
    with tenancy.account(old.account_id):
        delivery = Delivery.objects.get(campaign=campaign)
        Attempt.objects.create(delivery=delivery, number=1, at=clock.now(), stage="rcpt", reply_text="450 <reader0@x>")
    for age, left in ((89, 2), (91, 0)):
        rows(old, Chunk).filter(campaign=campaign).update(claimed_at=clock.now() - age * DAY, state="done")
        delete_expired()
        with tenancy.account(old.account_id):
            texts = [Delivery.objects.get(id=delivery.id).reply_text, Attempt.objects.get().reply_text]
            assert len([text for text in texts if text]) == left
            assert Delivery.objects.get(id=delivery.id).state == DeliveryState.SENT


def test_bodies_of_bounces_and_reports_go_after_90_days(old: Old) -> None:
    with tenancy.platform(PlatformReason.MAIL_IN):
        mine = {"account_id": old.account_id, "via": "smtp", "envelope_to": "bounce@x", "sha256": b"s" * 32}
        mail = RawMail.objects.create(envelope_from="x@y.de", raw=b"body", state="handled", kind="bounce", **mine)
        fresh = RawMail.objects.create(raw=b"b", state="new", **mine)
        evidence = RawMail.objects.create(raw=b"c", state="handled", desk="taken", **mine)
    rows(old, Feedback).create(delivery_id=1, kind=FeedbackKind.HARD_BOUNCE, text="550 <reader0@x>", raw_mail=mail)
    for age, left in ((89, True), (91, False)):
        moment = clock.now() - age * DAY
        with connections["owner"].cursor() as owner:  # the application role cannot date feedback back
            owner.execute("UPDATE feedback SET at = %s WHERE account_id = %s", [moment, old.account_id])
        rows(PlatformReason.MAIL_IN, RawMail).filter(account_id=old.account_id).update(received_at=moment)
        delete_expired()
        with tenancy.platform(PlatformReason.MAIL_IN):
            mail.refresh_from_db()
            assert (bytes(mail.raw) == b"body", mail.envelope_from == "x@y.de") == (left, left)
            assert (mail.kind, bytes(mail.sha256)) == ("bounce", b"s" * 32), "what it was is kept"
            assert (Feedback.objects.get(account_id=old.account_id).text != "") is left
            fresh.refresh_from_db()
            assert bytes(fresh.raw) == b"b", "what nobody has read yet is not thrown away"
            evidence.refresh_from_db()
            assert bytes(evidence.raw) == b"c", "a case keeps its evidence as long as it lasts"


def test_clicks_go_after_25_months_and_the_report_keeps_their_number(old: Old) -> None:
    campaign = old.anna.sending()
    with tenancy.account(old.account_id):
        edition = Edition.objects.get(campaign=campaign)
        for machine in (False, False, True):
            Click.objects.create(campaign=campaign, edition_id=edition.id, link_number=1, machine=machine)
        before = clicks_of(edition)
        Click.objects.update(at=clock.now() - 24 * 30 * DAY)
    delete_expired()
    with tenancy.account(old.account_id):
        assert Click.objects.count() == 3
        Click.objects.update(at=clock.now() - 26 * 31 * DAY)
    delete_expired()
    with tenancy.account(old.account_id):
        assert Click.objects.count() == 0
        Click.objects.create(campaign=campaign, edition_id=edition.id, link_number=1)
        assert clicks_of(edition)[0].people == before[0].people + 1
        assert clicks_of(edition)[0].machines == before[0].machines


def test_refused_rows_notices_and_requests_go_in_their_time(database: str, old: Old) -> None:
    approve_origin(old.account_id, old.anna.list_id)
    old.anna.bring(file_of(line("not an address")).getvalue())
    with tenancy.account(old.account_id):
        Notice.objects.create(kind="privacy", recipient="reader0@x.de", subject="s", text_sealed="t")
        Notice.objects.create(kind="test", recipient="anna@x.de", text_sealed="t")
        PrivacyRequest.objects.create(
            kind="access",
            state="done",
            contact_id=1,
            address_key=b"k" * 32,
            expires_at=clock.now(),
            done_at=clock.now(),
        )

    def left() -> tuple[int, int, int]:
        with tenancy.account(old.account_id):
            notices = Notice.objects.exclude(recipient="", text_sealed="").exclude(kind="test", text_sealed="")
            return ImportRefusal.objects.count(), notices.count(), PrivacyRequest.objects.count()

    for age_days, expected in ((89, (1, 2, 1)), (91, (0, 0, 1)), (3 * 366 + 1, (0, 0, 0))):
        with rewound(database) as owner:
            moment = clock.now() - age_days * DAY
            for statement in (
                "UPDATE import SET finished_at = %s WHERE account_id = %s",
                "UPDATE notice SET created_at = %s WHERE account_id = %s",
                "UPDATE privacy_request SET done_at = %s WHERE account_id = %s",
            ):
                owner.execute(statement, [moment, old.account_id])
        delete_expired()
        assert left() == expected


def test_a_sign_up_that_nobody_confirmed_is_forgotten(database: str, old: Old) -> None:
    """Row one of the table: 14 days at the latest (R-34), and the ledger still holds."""
    email = f"eve{old.account_id}@posteo.de"
    with tenancy.account(old.account_id):
        now = clock.now()
        stranger = Contact.objects.create(email=email, address_key=key_ring().suppression_key(email))
        event = ledger.append(
            stranger.id,
            old.anna.list_id,
            ConsentKind.REQUESTED,
            now,
            ledger.EventEvidence(email, signup_ip="203.0.113.9"),
        )
        request = SignupRequest.objects.create(
            kind="move", moves=old.contact, contact=stranger, mailing_list_id=old.anna.list_id, email=email,
            address_key=bytes(stranger.address_key), language="en", requested_at=now - 13 * DAY, expires_at=now,
            requested_event_id=event, state="asked",
        )  # fmt: skip
    ledger_seals.seal_ledger()
    forget_old()
    with tenancy.account(old.account_id):
        assert ConsentEvidence.objects.filter(event_id=event).exists()
        SignupRequest.objects.filter(id=request.id).update(requested_at=clock.now() - 15 * DAY)
    forget_old()
    with tenancy.account(old.account_id):
        assert not ConsentEvidence.objects.filter(event_id=event).exists()
        assert not Contact.objects.filter(email=email).exists()
    ledger_seals.seal_ledger()
    with psycopg.connect(database) as owner:
        assert [f for f in faults_of(verify_ledger(owner), old.account_id) if f.event_id == event] == []


def _case(account_id: int, number: str, key: bytes, **values: object) -> Case:
    now = clock.now()
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        case = Case.objects.create(account_id=account_id, reference=number, opened_at=now, changed_at=now, **values)
        Report.objects.create(account_id=account_id, case=case, via="page", text="x", address_key=key, at=now)
        CaseEvent.objects.create(account_id=account_id, case=case, kind="opened")
    return case


def test_cases_go_three_years_after_they_were_closed(old: Old) -> None:
    """With everything in them, and one that joined another together with it; an open one never."""
    over = years_before(clock.now(), 3) - 3 * DAY
    tag = f"{old.account_id:06d}"
    parent = _case(old.account_id, f"P{tag}", old.key, state="closed", closed_at=over, cause="forgotten")
    _case(old.account_id, f"J{tag}", old.key, state="closed", closed_at=over, merged_into=parent)
    kept = _case(old.account_id, f"K{tag}", old.key, state="closed", closed_at=over + 9 * DAY, cause="forgotten")
    opened = _case(old.account_id, f"O{tag}", old.key)
    delete_expired()
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        left = set(Case.objects.filter(account_id=old.account_id).values_list("id", flat=True))
        assert left == {kept.id, opened.id}
        assert set(Report.objects.filter(account_id=old.account_id).values_list("case_id", flat=True)) == left
        assert set(CaseEvent.objects.filter(account_id=old.account_id).values_list("case_id", flat=True)) == left


def test_no_customer_erases_the_proof_while_a_case_is_open(old: Old) -> None:
    """A reported customer can't delete the consent in question; the person may still be erased at their own request."""
    _case(old.account_id, f"E{old.account_id:06d}", old.key)
    with (
        tenancy.account(old.account_id),
        pytest.raises(PrivacyError, match="We're looking into a report about this person"),
    ):
        erase_for_customer(old.contact.id, by=old.anna.owner)
    assert old.known()
    with tenancy.account(old.account_id):
        erase_person(old.contact.id, by=audit.machine("privacy.test"), source="the person's own word")
    assert not old.known()
