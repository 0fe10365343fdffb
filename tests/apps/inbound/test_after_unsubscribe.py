"""What a person may add once an unsubscribe is done: a reason, an undo for some minutes, fewer emails, a pause."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from mailflatrate.apps.consent.models import ConsentEvent
from mailflatrate.apps.delivery.models import Delivery
from mailflatrate.apps.gate.recipients import COLUMNS, JOINS, RecipientRow, recipient_facts
from mailflatrate.apps.inbound.models import Feedback, FeedbackKind
from mailflatrate.apps.inbound.queries import feedback_by_campaign, feedback_counts
from mailflatrate.apps.lists.actions import consent
from mailflatrate.apps.lists.actions.lists import create_list
from mailflatrate.apps.lists.models import Contact, Subscription
from mailflatrate.apps.stats.actions import refresh_campaign
from mailflatrate.apps.stats.queries import campaign_counts, window_counts
from mailflatrate.apps.suppression.actions import suppress
from mailflatrate.apps.suppression.queries import active_for
from mailflatrate.base import clock, tenancy
from mailflatrate.base.ids import key_ring
from mailflatrate.base.outbox.models import OutboxEvent
from mailflatrate.mail.identifiers.tokens import TokenPurpose
from mailflatrate.rules.contacts.suppression import SuppressionReason
from mailflatrate.rules.gate.judge import judge_recipient
from mailflatrate.rules.skip_reasons import WithholdReason
from support.customers import Customer, sending_customer
from support.scope import rows

UNDO = "Undo unsubscribe"


class Reader:
    """Dora with a message of Anna's, and the page behind its unsubscribe link."""

    def __init__(self) -> None:
        self.anna: Customer = sending_customer(people=1)
        campaign = self.anna.sending("Winter bulbs")
        with tenancy.account(self.anna.account_id):
            self.delivery = Delivery.objects.select_related("campaign").get(campaign_id=campaign.id)
        self.contact_id = self.delivery.contact_id or 0
        self.url = f"/u/{key_ring().seal(TokenPurpose.UNSUBSCRIBE, self.anna.account_id, self.delivery.id)}"

    def post(self, status: int = 200, /, **data: str) -> str:
        answer = Client(enforce_csrf_checks=True).post(self.url, data)
        assert answer.status_code == status, answer.content
        return " ".join(answer.content.decode().split())

    def page(self) -> str:
        return Client().get(self.url).content.decode()

    def row(self) -> Subscription:
        return rows(self.anna, Subscription).get(contact_id=self.contact_id, mailing_list_id=self.anna.list_id)

    def feedback(self) -> Feedback:
        return rows(self.anna, Feedback).get(delivery_id=self.delivery.id, kind=FeedbackKind.UNSUBSCRIBE)

    def suppressions(self) -> list[str]:
        with tenancy.account(self.anna.account_id):
            key = bytes(Contact.objects.get(id=self.contact_id).address_key)
            return list(active_for([key]).values_list("reason", flat=True))

    def verdict(self) -> WithholdReason | None:
        """Return what the gate says to her waiting message now, from the row that the sender reads."""
        from django.db import connection

        with tenancy.account(self.anna.account_id), connection.cursor() as cursor:
            cursor.execute(f"SELECT {COLUMNS} FROM delivery d {JOINS} WHERE d.id = %s", [self.delivery.id])
            row = RecipientRow._make(cursor.fetchone())
        withhold = judge_recipient(recipient_facts(row), clock.now())
        return withhold.reason if withhold else None


@pytest.fixture
def dora() -> Reader:
    return Reader()


def test_a_reason_is_optional_and_counted_without_a_name(dora: Reader) -> None:
    page = dora.post(scope="list")
    assert "Why did you unsubscribe?" in page
    assert dora.row().state == "unsubscribed", "before anything was said"
    assert dora.feedback().reason == ""
    assert "Choose a reason" in dora.post(422, act="reason", reason="because")
    assert "Thanks for telling us why." in dora.post(act="reason", reason="too_many")
    assert dora.feedback().reason == "too_many"
    page = dora.post(act="reason", reason="not_asked")
    assert f"/report/?id={dora.delivery.campaign.mailing_id}" in page, "who never asked may report it"
    assert dora.row().state == "unsubscribed"


def test_a_reason_without_an_unsubscribe_changes_nothing(dora: Reader) -> None:
    page = dora.post(act="reason", reason="too_many")
    assert "Thanks for telling us why." not in page
    assert dora.row().state == "confirmed"
    assert not rows(dora.anna, Feedback).exists()


def test_undo_brings_back_the_consent_as_it_was(dora: Reader) -> None:
    before = dora.row()
    assert before.consent_event_id is not None
    page = dora.post(scope="all")
    assert UNDO in page
    assert dora.suppressions() == ["unsubscribe"]
    assert dora.verdict() is not None, "the waiting message is stopped meanwhile"
    assert "You're subscribed again, as before." in dora.post(act="stay", how="")
    after = dora.row()
    assert (after.state, after.unsubscribed_at, after.unsubscribed_by) == ("confirmed", None, "")
    assert dora.suppressions() == []
    assert dora.feedback().reason == "stayed"
    campaign_id = dora.delivery.campaign_id
    assert campaign_id is not None
    refresh_campaign(dora.anna.account_id, campaign_id)
    with tenancy.account(dora.anna.account_id):
        assert feedback_counts(campaign_id)[FeedbackKind.UNSUBSCRIBE] == 0, "who undid it isn't unsubscribed"
        assert feedback_by_campaign([campaign_id]) == {}
        assert campaign_counts(campaign_id).unsubscribed == window_counts(7).unsubscribed == 0
    assert dora.verdict() is None
    with tenancy.account(dora.anna.account_id):
        events = list(ConsentEvent.objects.filter(contact_id=dora.contact_id).select_related("evidence").order_by("id"))
        first, ended, again = events[0], events[-2], events[-1]
        assert (ended.kind, ended.evidence.details["was"]) == ("withdrawn", "confirmed")
        assert (again.kind, again.source_import_id) == (first.kind, first.source_import_id)
        assert again.evidence.source == first.evidence.source, "why she gets the messages (R-51)"
        assert again.evidence.details["undoes"] == ended.id
        assert again.evidence.details["restores"] == first.id == before.consent_event_id
        told = list(OutboxEvent.objects.order_by("id").values_list("type", flat=True))
    assert [each for each in told if each.startswith("contact.")][-1] == "contact.confirmed"
    assert "Unsubscribe from" in dora.page()


def test_it_is_over_after_ten_minutes(dora: Reader) -> None:
    dora.post(scope="list")
    with clock.frozen_at(clock.now() + timedelta(minutes=9)):
        assert UNDO in dora.page()
    with clock.frozen_at(clock.now() + timedelta(minutes=11)):
        assert UNDO not in dora.page()
        assert "too late" in dora.post(422, act="stay", how="")
    assert dora.row().state == "unsubscribed"


@pytest.mark.parametrize("how", ["one_click", "customer", "complaint", "suppressed"])
def test_every_other_no_stays(dora: Reader, how: str) -> None:
    """Only what this page ended comes back."""
    if how == "one_click":
        body, kind = "List-Unsubscribe=One-Click", "application/x-www-form-urlencoded"
        assert Client().post(dora.url, body, content_type=kind).status_code == 200
    else:
        dora.post(scope="list")
    with tenancy.account(dora.anna.account_id):
        key = bytes(Contact.objects.get(id=dora.contact_id).address_key)
        if how == "customer":
            consent.unsubscribe(dora.contact_id, list_id=None, by="mailto", source="raw mail 7")
        elif how in ("complaint", "suppressed"):
            reason = SuppressionReason.COMPLAINT if how == "complaint" else SuppressionReason.MANUAL
            suppress(key, reason=reason, source="elsewhere", evidence={})
    assert UNDO not in dora.page()
    dora.post(422, act="stay", how="")
    assert dora.row().state == "unsubscribed"


def test_lists_that_were_not_confirmed_are_not_confirmed_by_an_undo(dora: Reader) -> None:
    with tenancy.account(dora.anna.account_id):
        second = create_list("Offers", "Offers of Lindenhof", "en")
        Subscription.objects.create(mailing_list=second, contact_id=dora.contact_id, state="pending")
    dora.post(scope="all")
    dora.post(act="stay", how="")
    with tenancy.account(dora.anna.account_id):
        states = dict(Subscription.objects.filter(contact_id=dora.contact_id).values_list("mailing_list_id", "state"))
    assert states == {dora.anna.list_id: "confirmed", second.id: "unsubscribed"}


def test_a_page_undoes_three_times_at_most(dora: Reader) -> None:
    for _ in range(3):
        dora.post(scope="list")
        dora.post(act="stay", how="")
    assert UNDO not in dora.post(scope="list")
    dora.post(422, act="stay", how="")
    assert dora.feedback().reason == "", "they left in the end"


def test_fewer_emails_or_a_pause_instead(dora: Reader) -> None:
    dora.post(scope="list")
    assert "At most one per week." in dora.post(act="stay", how="week")
    assert dora.feedback().reason == "fewer"
    assert rows(dora.anna, Contact).get(id=dora.contact_id).pause_days == 6
    dora.post(scope="list")
    for wrong in ("", "tomorrow", "2020-01-01", "9999-12-31"):
        assert "Choose a day within the next year" in dora.post(422, act="stay", how="pause", until=wrong)
    assert dora.row().state == "unsubscribed"
    suggested = re.search(r'type="date"[^>]*value="([\d-]+)"', dora.page())
    assert suggested is not None
    assert "before" in dora.post(act="stay", how="pause", until=suggested[1])
    assert dora.row().state == "confirmed"
    assert dora.feedback().reason == "paused"
    assert dora.verdict() is WithholdReason.TOO_SOON
    with clock.frozen_at(clock.now() + timedelta(days=92)):
        assert dora.verdict() is None


def test_a_stranger_s_token_opens_nothing(dora: Reader) -> None:
    other = Reader()
    other.post(scope="list")
    for purpose in (TokenPurpose.PREFERENCES, TokenPurpose.CLICK):
        sealed = key_ring().seal(purpose, other.anna.account_id, other.delivery.id)
        assert Client().post(f"/u/{sealed}", {"act": "stay", "how": ""}).status_code == 404
    crossed = key_ring().seal(TokenPurpose.UNSUBSCRIBE, dora.anna.account_id, other.delivery.id)
    assert Client().post(f"/u/{crossed}", {"act": "stay", "how": ""}).status_code == 404
    assert other.row().state == "unsubscribed"
