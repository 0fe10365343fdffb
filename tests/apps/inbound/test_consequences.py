"""R-68 to R-75: feedback counts against the contact only where it must, once, however often it is read."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections
from django.db.models import F

from mailflatrate.apps.delivery.models import Delivery, Tally
from mailflatrate.apps.inbound import interpretation, replay
from mailflatrate.apps.inbound.actions import process_batch
from mailflatrate.apps.inbound.models import RawMail, RawMailState
from mailflatrate.apps.lists.actions import feedback
from mailflatrate.apps.lists.models import Contact
from mailflatrate.apps.suppression import actions as suppression
from mailflatrate.base import clock, tenancy
from mailflatrate.base.audit.models import AuditEntry
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.mail.identifiers.tokens import TokenPurpose
from mailflatrate.mail.identifiers.verp import unsubscribe_address
from mailflatrate.rules.contacts.suppression import SuppressionReason
from mailflatrate.settings import load_settings
from support.people import operator
from support.returned_mail import LOOP, SentCampaign, arrive, desk, plain, sent_campaign
from support.scope import rows

COMPARED = ("raw_mail", "feedback", "delivery", "tally", "suppression", "contact", "subscription", "consent_event")


@pytest.fixture(scope="module")
def first_mail() -> int:
    """The id that the first message of this module gets at least: other tests leave rows that nobody ever read."""
    last = rows(PlatformReason.OPERATOR_DESK, RawMail).order_by("-id").values_list("id", flat=True).first()
    return (last or 0) + 1


@pytest.fixture(scope="module")
def case(first_mail: int) -> SentCampaign:
    """A campaign that ten readers got."""
    assert first_mail
    return sent_campaign(people=15)


def contact(case: SentCampaign, number: int) -> Contact:
    return case.reader(number)


@pytest.mark.parametrize(
    ("number", "status", "text", "expected"),
    [
        (0, "5.1.1", "User unknown", [("hard_bounce", False), ("hard_bounce", True)]),
        (1, "5.1.6", "The mailbox has moved", [("hard_bounce", False)]),
        (2, "5.2.2", "Mailbox full", []),
        (3, "5.7.26", "Unauthenticated email is not accepted due to DMARC policy", []),
        (4, "5.3.4", "Message too big", []),
    ],
)
def test_only_a_dead_mailbox_is_suppressed_at_once(
    case: SentCampaign, number: int, status: str, text: str, expected: list[tuple[str, bool]]
) -> None:
    """R-69: on the whole platform where it does not exist; R-70: never for a fault of the sender or the content."""
    mail = arrive(case.bounce(status, text, number), case.bounce_address(number), sender="")
    assert (mail.state, mail.kind) == (RawMailState.HANDLED, "bounce")
    assert case.suppressions(number) == expected
    assert contact(case, number).soft_bounces == (1 if status == "5.2.2" else 0)
    assert case.state(number) == "confirmed"


def test_the_token_decides_whom_a_bounce_is_about(case: SentCampaign) -> None:
    """The failure of the person counts, not that of another address; a bounce that names nobody is about them, too."""
    both = case.bounce("4.2.2", "Mailbox full", 12).replace(
        b"Action: failed",
        b"Action: failed\r\nStatus: 4.2.2\r\n\r\nFinal-Recipient: rfc822; erik@anderswo.example\r\nAction: failed", 1
    ).replace(b"Status: 4.2.2\r\nDiagnostic-Code: smtp; 550 4.2.2 Mailbox full",
              b"Status: 5.1.1\r\nDiagnostic-Code: smtp; 550 5.1.1 User unknown")  # fmt: skip
    arrive(both, case.bounce_address(12), sender="")
    assert case.suppressions(12) == []
    assert contact(case, 12).soft_bounces == 1
    nameless = plain(
        "MAILER-DAEMON@people.example",
        case.bounce_address(12),
        "Returned mail",
        "550 5.1.1 User unknown",
        **{"Return-Path": "<>"},
    )
    arrive(nameless, case.bounce_address(12), sender="")
    assert case.suppressions(12) == [("hard_bounce", False), ("hard_bounce", True)]


def test_one_witness_suppresses_in_the_account_alone(case: SentCampaign) -> None:
    """R-69: the words alone, or the code alone."""
    arrive(case.bounce("5.0.0", "User unknown", 13), case.bounce_address(13), sender="")
    arrive(case.bounce("5.1.1", "see our web page", 14), case.bounce_address(14), sender="")
    assert [case.suppressions(number) for number in (13, 14)] == [[("hard_bounce", False)]] * 2


def test_an_automatic_answer_does_nothing(case: SentCampaign) -> None:
    """R-73."""
    raw = plain(
        case.reader(5).email,
        case.bounce_address(5),
        "Automatic reply: away",
        "Until Monday",
        **{"Auto-Submitted": "auto-replied"},
    )
    arrive(raw, case.bounce_address(5), sender="")
    assert (case.suppressions(5), case.state(5), case.feedback(5)) == ([], "confirmed", ["auto_reply"])
    assert contact(case, 5).soft_bounces == 0


def test_reading_everything_twice_more_changes_nothing(case: SentCampaign, first_mail: int) -> None:
    """Acceptance 5: every table that a message can write to is the same, row by row, after two replays."""
    arrive(case.report(6), desk("fbl"), peer=LOOP)
    arrive(case.forward(7), desk())
    address = unsubscribe_address(case.token(TokenPurpose.UNSUBSCRIBE, 8), load_settings().service_domain)
    arrive(plain(case.reader(8).email, address, "unsubscribe", ""), address)
    arrive(plain("eve@spam.example", desk(), "Cheap", "x", Precedence="bulk"), desk())
    before = _tables(case)
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        ids = list(RawMail.objects.filter(id__gte=first_mail).order_by("id").values_list("id", flat=True))
    for _round in range(2):
        for raw_mail_id in ids:
            process_batch.read_mail(raw_mail_id, again=True)
    assert _tables(case) == before


def test_a_replay_does_not_undo_what_happened_since(case: SentCampaign) -> None:
    """A contact unsubscribed, signed up again, and their old unsubscribe email is read once more."""
    address = unsubscribe_address(case.token(TokenPurpose.UNSUBSCRIBE, 9), load_settings().service_domain)
    mail = arrive(plain(case.reader(9).email, address, "unsubscribe", ""), address)
    assert case.state(9) == "unsubscribed"
    case.confirms_again(9)
    process_batch.read_mail(mail.id, again=True)
    assert case.state(9) == "confirmed"


def test_a_better_reading_takes_the_place_of_the_old_one(case: SentCampaign) -> None:
    """A full mailbox had been taken for a dead one; the operator replays, and what it led to ends."""
    mail = arrive(case.bounce("5.2.2", "Mailbox full", 10), case.bounce_address(10), sender="")
    _as_if_it_had_been_read_as_hard(case, mail)
    assert case.suppressions(10) == [("hard_bounce", False), ("hard_bounce", True)]
    otto = operator()
    replay.replay(mail.id, by=otto, reason="The pattern for this provider was mended.")
    assert case.suppressions(10) == []
    assert case.feedback(10) == ["soft_bounce"]
    with tenancy.account(case.anna.account_id):
        delivery = Delivery.objects.get(id=case.delivery_ids[10])
        assert (delivery.state, delivery.bounce) == ("bounced", "soft")
        assert sum(Tally.objects.filter(chunk=delivery.chunk).values_list("count", flat=True)) == len(case.delivery_ids)
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        lines = AuditEntry.objects.filter(actor=otto.email).order_by("id").values_list("action", flat=True)
        assert list(lines) == ["mail.replayed", "suppression.lifted", "suppression.lifted"]


def _as_if_it_had_been_read_as_hard(case: SentCampaign, mail: RawMail) -> None:
    """What an older reader would have left behind."""
    delivery_id = case.delivery_ids[10]
    with tenancy.account(case.anna.account_id):
        with connections["owner"].cursor() as owner:  # the application role cannot rewrite feedback
            owner.execute("UPDATE feedback SET kind = 'hard_bounce' WHERE delivery_id = %s", [delivery_id])
        Delivery.objects.filter(id=delivery_id).update(bounce="hard")
        Contact.objects.filter(id=case.reader(10).id).update(soft_bounces=0, soft_since=None)
        row = Delivery.objects.get(id=delivery_id)
        Tally.objects.filter(chunk=row.chunk, state="bounced", detail="soft").update(count=F("count") - 1)
        tally, _ = Tally.objects.get_or_create(
            chunk=row.chunk, state="bounced", detail="hard", defaults={"count": 0, "campaign": case.campaign}
        )
        Tally.objects.filter(id=tally.id).update(count=tally.count + 1)
        suppression.suppress(
            bytes(case.reader(10).address_key),
            reason=SuppressionReason.HARD_BOUNCE,
            source=interpretation.source_of(mail.id),
            evidence={},
            platform=True,
        )


def test_soft_bounces_count_by_mailing_until_one_arrives(case: SentCampaign) -> None:
    """R-71: three campaigns in a row over fourteen days; one that arrives resets the count."""
    anna, start = case.anna, clock.now()
    stays, recovers = (bytes(case.reader(number).address_key) for number in (2, 11))
    arrive(case.bounce("5.2.2", "Mailbox full", 11), case.bounce_address(11), sender="")
    with tenancy.account(anna.account_id):
        feedback.record_delivered([case.reader(11).id])
    for days in (8, 15):
        with clock.frozen_at(start + timedelta(days=days)):
            more = sent_campaign(anna=anna)
            keys = [bytes(more.reader(number).address_key) for number in range(len(more.delivery_ids))]
            for key in (stays, recovers):
                number = keys.index(key)
                arrive(more.bounce("5.2.2", "Mailbox full", number), more.bounce_address(number), sender="")
    assert case.suppressions(2) == [("soft_bounce", False)]
    assert case.suppressions(11) == []
    assert case.reader(11).soft_bounces == 2


def _tables(case: SentCampaign) -> dict[str, list[tuple[Any, ...]]]:
    """Every row that a message could have touched, of the account and of the platform."""
    found = {}
    with tenancy.platform(PlatformReason.OPERATOR_DESK), connection.cursor() as cursor:
        for table in COMPARED:
            cursor.execute(f"SELECT * FROM {table} ORDER BY 1")
            found[table] = cursor.fetchall()
    return found
