"""Deliveries of finished campaigns move to the archive of their month, and nobody who reads or writes notices."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.db import connection, connections
from django.test import Client

from mailflatrate.apps.abuse.queries.search import search
from mailflatrate.apps.campaigns.models import Campaign, CampaignState
from mailflatrate.apps.delivery import queries
from mailflatrate.apps.delivery.archive import archiving
from mailflatrate.apps.delivery.dropped_months import dropped_delivery
from mailflatrate.apps.delivery.models import (
    ArchivedCampaign,
    ArchivedDelivery,
    ArchiveMonth,
    Attempt,
    Chunk,
    Delivery,
    DeliveryRecord,
    DeliveryState,
    LastMailing,
    RelayDeferral,
    Retry,
    Tally,
)
from mailflatrate.apps.delivery.planning.recipients import RecipientFilter, all_recipients, recipients
from mailflatrate.apps.delivery.queries import campaign_progress, deliveries_of_contact
from mailflatrate.apps.delivery.results.feedback import record_returned
from mailflatrate.apps.delivery.send.journal import Journal
from mailflatrate.apps.delivery.send.replay import replay
from mailflatrate.apps.gate.audience import audience_facts
from mailflatrate.apps.gate.recipients import COLUMNS, JOINS
from mailflatrate.apps.lists.models import Contact, Subscription, SubscriptionState
from mailflatrate.apps.privacy.actions.erasure import erase_for_customer
from mailflatrate.apps.privacy.actions.retention import delete_expired, proof_limit
from mailflatrate.apps.privacy.stored_data import stored_about
from mailflatrate.apps.stats.actions import refresh_campaign
from mailflatrate.apps.stats.models import DailyFigure
from mailflatrate.apps.stats.queries import dead_by_list, live_counts
from mailflatrate.apps.tracking.actions import record_personal_click
from mailflatrate.apps.tracking.scanners import ClientInfo
from mailflatrate.base import clock, tenancy
from mailflatrate.base.ids import key_ring
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.mail.bounce_text.verdict import classify_smtp_reply
from mailflatrate.mail.identifiers.tokens import TokenPurpose
from mailflatrate.rules.feedback.bounces import Bounce
from mailflatrate.settings import load_settings
from mailflatrate.wire.smtp.types import OutcomeKind, SendOutcome, Stage
from support.archive import archived, end, end_month, move
from support.customers import Customer, sending_customer
from support.returned_mail import arrive, plain
from support.scope import rows, within
from support.sql import by_owner

PEOPLE = 4


def ids_of(campaign: Campaign) -> list[int]:
    return list(rows(campaign, DeliveryRecord).filter(campaign=campaign).order_by("id").values_list("id", flat=True))


def counts(campaign: Campaign) -> tuple[int, int]:
    """Rows of a campaign in the engine's table, and in the archive."""
    with tenancy.account(campaign.account_id):
        return (
            Delivery.objects.filter(campaign=campaign).count(),
            ArchivedDelivery.objects.filter(campaign=campaign).count(),
        )


def what_readers_see(anna: Customer, campaign: Campaign, ids: list[int]) -> dict[str, Any]:
    """The answer of each reader outside of the engine."""
    token = key_ring().seal(TokenPurpose.UNSUBSCRIBE, anna.account_id, ids[0])
    seen: dict[str, Any] = {"unsubscribe page": anna.client.get(f"/u/{token}").status_code}
    refresh_campaign(anna.account_id, campaign.id)
    seen["every recipient"] = [row.id for row in all_recipients(anna.account_id, campaign.id, RecipientFilter())]
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        seen["desk"] = repr(search(campaign.mailing_id))
    with tenancy.account(anna.account_id):
        contact = Contact.objects.earliest("id")
        seen["progress"] = campaign_progress(campaign.id)
        for wanted in (RecipientFilter(), RecipientFilter(DeliveryState.BOUNCED)):
            seen[str(wanted)] = [vars(row) | {"_state": 0, "archived": 0} for row in recipients(campaign.id, wanted)]
        seen["search"] = [row.id for row in recipients(campaign.id, RecipientFilter(search="reader1@"))]
        seen["history"] = [row.id for row in deliveries_of_contact(contact.id)]
        found = queries.find_delivery(anna.account_id, ids[-1])
        seen["token"] = (found.contact_id, found.campaign_id, found.state) if found else None
        seen["live"], seen["dead"] = live_counts(campaign.id), dead_by_list(campaign.id)
        seen["days"] = list(DailyFigure.objects.filter(campaign=campaign).values_list("day", "settled", "hard"))
        seen["reporter"] = getattr(queries.delivery_to(campaign.id, bytes(contact.address_key)), "id", None)
        about = stored_about(contact.id, language="en")
        seen["access"] = about["mailings"] if about and "mailings" in about else about
        for op in ("got", "not_got"):
            segment = [{"field": "mailing", "op": op, "value": campaign.id}]
            draft = anna.draft(f"{op} {len(seen)}", conditions=segment)
            seen[op] = audience_facts(draft).recipients
    pages = (f"/studio/campaigns/{campaign.id}/recipients/", f"/studio/contacts/{contact.id}/")
    seen["pages"] = [anna.client.get(page).status_code for page in pages]
    return seen


def test_every_reader_sees_the_same_before_and_after(database: str) -> None:
    anna = sending_customer(people=PEOPLE)
    campaign = anna.sending()
    anna.settle(campaign, DeliveryState.BOUNCED, 1, bounce="hard", reply_text="550 5.1.1 unknown")
    anna.settle(campaign, DeliveryState.SENT, PEOPLE - 1)
    other = anna.sending("Another one")
    end(database, campaign)
    ids = ids_of(campaign)
    before = what_readers_see(anna, anna.again(campaign), ids)
    move(database, campaign)
    assert counts(campaign) == (0, PEOPLE)
    assert counts(other) == (PEOPLE, 0), "what runs is left alone"
    after = what_readers_see(anna, anna.again(campaign), ids)
    for name, answer in before.items():
        if name != "access":  # written down with the moment at which it was asked
            assert after[name] == answer, name
    assert before["got"] == PEOPLE - 1
    assert before["unsubscribe page"] == 200
    carla = sending_customer(people=1)
    assert carla.account_id != anna.account_id
    with tenancy.account(carla.account_id):
        assert not DeliveryRecord.objects.filter(id__in=ids).exists()
        assert not LastMailing.objects.filter(contact__account_id=anna.account_id).exists()


def test_the_view_and_the_archive_have_the_columns_of_the_table(database: str) -> None:
    """A column that one of them lacks would be lost on the way."""
    columns = (
        "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = %s::regclass"
        " AND attnum > 0 AND NOT attisdropped ORDER BY attnum"
    )
    with psycopg.connect(database) as owner:
        hot, archive, view = (
            owner.execute(columns, [name]).fetchall() for name in ("delivery", "delivery_archive", "delivery_record")
        )
    assert archive == hot
    assert view == [*hot, ("archived", "boolean")]


def test_a_click_a_bounce_and_an_unsubscription_still_arrive(database: str) -> None:
    anna = sending_customer(people=PEOPLE)
    campaign = archived(database, anna)
    ids = ids_of(campaign)
    with tenancy.account(anna.account_id):
        visitor = ClientInfo(head=False, user_agent="Firefox", ip="203.0.113.9")
        assert record_personal_click(delivery_id=ids[1], number=1, visitor=visitor) == "https://lindenhof.example/bulbs"
        contact_id = ArchivedDelivery.objects.get(id=ids[0]).contact_id
        bounce = Bounce(contact_id, ids[0], classify_smtp_reply(550, "5.1.1", "User unknown"), clock.now(), "test")
        assert record_returned([bounce]) == {ids[0]}
        assert record_returned([bounce]) == set(), "once"
        assert ArchivedDelivery.objects.get(id=ids[0]).state == DeliveryState.BOUNCED
        progress = campaign_progress(campaign.id)
        assert (progress.bounced_hard, progress.sent) == (1, PEOPLE - 1)
    token = key_ring().seal(TokenPurpose.UNSUBSCRIBE, anna.account_id, ids[1])
    answer = anna.client.post(f"/u/{token}", {"List-Unsubscribe": "One-Click"})
    assert answer.status_code in (200, 303)
    with tenancy.account(anna.account_id):
        gone = DeliveryRecord.objects.get(id=ids[1]).contact
        assert gone is not None
        assert not gone.subscriptions.filter(state="confirmed").exists()


def test_an_erased_person_is_out_of_the_archive(database: str) -> None:
    anna = sending_customer(people=PEOPLE)
    campaign = archived(database, anna)
    with tenancy.account(anna.account_id):
        contact = Contact.objects.earliest("id")
        assert LastMailing.objects.filter(contact_id=contact.id).exists()
        erase_for_customer(contact.id, by=anna.owner)
        assert not DeliveryRecord.objects.filter(contact_id=contact.id).exists()
        assert not LastMailing.objects.filter(contact_id=contact.id).exists()
        assert ArchivedDelivery.objects.filter(campaign=campaign, contact=None).count() == 1


def test_replies_are_wiped_in_the_archive_too(database: str) -> None:
    anna = sending_customer(people=PEOPLE)
    campaign = archived(database, anna, bounced=1)
    by_owner("UPDATE chunk SET claimed_at = now() - interval '91 days' WHERE campaign_id = %s", [campaign.id])
    assert delete_expired()["replies"] >= PEOPLE
    assert not rows(anna, ArchivedDelivery).filter(campaign=campaign).exclude(reply_text="").exists()


def test_a_journal_that_is_replayed_misses_nothing(database: str, tmp_path: Any) -> None:
    """Else a database would be taken for one that was restored, and all sending held."""
    anna = sending_customer(people=PEOPLE)
    campaign = archived(database, anna)
    ids = ids_of(campaign)
    chunk = rows(anna, Chunk).filter(campaign=campaign).earliest("id")
    journal = Journal(tmp_path)
    journal.begin_chunk(anna.account_id, chunk.id)
    journal.started(ids[0])
    reply = SendOutcome(ids[0], OutcomeKind.ACCEPTED, Stage.DATA_END, 250, None, "queued", False, "relay:25")
    journal.replied(reply, int(clock.now().timestamp() * 1000))
    journal.close(settled=False)
    told = replay(tmp_path)
    assert (told.changed, told.missing) == (0, 0)


def test_the_rules_know_the_last_mailing_from_the_archive(database: str) -> None:
    """Contacts who want fewer campaigns, or whose consent is old, are judged by it as before (R-13, R-91)."""
    anna = sending_customer(people=PEOPLE)
    first = archived(database, anna)
    again = anna.sending("Next contact")
    statement = f"SELECT {COLUMNS} FROM delivery d {JOINS} WHERE d.campaign_id = %s ORDER BY d.id"
    with psycopg.connect(database) as owner:
        owner.execute("SET LOCAL session_replication_role = replica")
        owner.execute("UPDATE contact SET pause_days = 90 WHERE account_id = %s", [anna.account_id])
    with tenancy.account(anna.account_id), connection.cursor() as cursor:
        cursor.execute(statement, [again.id])
        rests_until = [row[22] for row in cursor.fetchall()]
        sent = list(ArchivedDelivery.objects.filter(campaign=first).order_by("contact_id").values_list("settled_at"))
    assert rests_until == [at + timedelta(days=90) for (at,) in sent]


# -- the law: nobody twice in one campaign -----------------------------------------------------------------------------

_AGAIN = """
INSERT INTO delivery (account_id, campaign_id, chunk_id, edition_id, contact_id, mailing_list_id, decision_id,
    rules_version, granted_at, consent_event_id)
SELECT account_id, campaign_id, chunk_id, edition_id, contact_id, mailing_list_id, decision_id, rules_version,
    granted_at, consent_event_id FROM delivery_archive WHERE campaign_id = %(campaign)s
"""
LAWS = {
    "planned again": _AGAIN,
    "sent again": "UPDATE campaign SET state = 'sending' WHERE id = %(campaign)s",
    "planned anew": "UPDATE campaign SET state = 'planning', finished_at = NULL WHERE id = %(campaign)s",
    "forgotten": "DELETE FROM campaign WHERE id = %(campaign)s",
    "back on its way": "UPDATE delivery_archive SET state = 'pending' WHERE campaign_id = %(campaign)s",
    "to somebody else": "UPDATE delivery_archive SET contact_id = contact_id + 1 WHERE campaign_id = %(campaign)s",
}


@pytest.fixture(scope="module")
def closed(database: str) -> Campaign:
    return archived(database, sending_customer(people=PEOPLE))


@pytest.mark.parametrize("law", LAWS)
def test_an_archived_campaign_is_never_sent_again(database: str, closed: Campaign, law: str) -> None:
    """Not by the owner of the tables either, as long as triggers are on."""
    with psycopg.connect(database) as owner, pytest.raises(psycopg.errors.InsufficientPrivilege):
        owner.execute(LAWS[law], {"campaign": closed.id})


def test_what_is_not_finished_stays(database: str) -> None:
    anna = sending_customer(people=PEOPLE)
    kept: dict[str, Campaign] = {}

    def ended(name: str, spoil: Callable[[Campaign], object], **values: Any) -> None:
        campaign = anna.sending(name)
        anna.settle(campaign, DeliveryState.SENT, PEOPLE)
        end(database, campaign, **values)
        within(anna, spoil, campaign)
        kept[name] = campaign

    def retry(campaign: Campaign) -> None:
        first = Delivery.objects.filter(campaign=campaign).earliest("id")
        Retry.objects.create(delivery=first, campaign=campaign, due_at=clock.now())

    def queued(campaign: Campaign) -> None:
        first = Delivery.objects.filter(campaign=campaign).earliest("id")
        RelayDeferral.objects.create(
            delivery=first, campaign=campaign, follower="mx", provider="other", since=clock.now(), last_at=clock.now()
        )

    def unknown(campaign: Campaign) -> None:
        chunk = Chunk.objects.filter(campaign=campaign).earliest("id")
        Tally.objects.create(chunk=chunk, campaign=campaign, state=DeliveryState.IN_DOUBT, count=1)

    ended("too young", lambda campaign: None, ago=timedelta(days=29))
    ended("an open chunk", lambda campaign: Chunk.objects.filter(campaign=campaign).update(state="ready"))
    ended("a retry", retry)
    ended("in a relay's queue", queued)
    ended("an unknown result", unknown)
    ended("on its way", lambda campaign: Campaign.objects.filter(id=campaign.id).update(state="paused"))
    end_month(database)
    archiving.archive_finished(run_seconds=20)
    for name, campaign in kept.items():
        assert counts(campaign) == (PEOPLE, 0), name
        assert not rows(anna, ArchivedCampaign).filter(campaign=campaign).exists(), name
    later = kept["an unknown result"]
    end(database, later, ago=timedelta(days=91))
    archiving.archive_finished(run_seconds=20)
    assert counts(later) == (0, PEOPLE), "no journal comes back after three months"


def test_a_batch_is_whole_or_did_not_happen_and_what_comes_meanwhile_is_kept(database: str) -> None:
    """A bounce that arrives in the middle of a batch waits for it and is written where the row is then."""
    anna = sending_customer(people=PEOPLE)
    campaign = anna.sending()
    anna.settle(campaign, DeliveryState.SENT, PEOPLE)
    end(database, campaign)
    end_month(database)
    assert archiving.call_owner("SELECT archive_campaign(%s, 30)", campaign.id)
    ids = ids_of(campaign)
    bounce = Bounce(None, ids[0], classify_smtp_reply(550, "5.1.1", "User unknown"), clock.now(), "test")
    changed: set[int] = set()

    def bounces() -> None:
        with tenancy.account(anna.account_id):
            changed.update(record_returned([bounce]))
        connections.close_all()

    class Killed(Exception):
        pass

    for dies in (True, False):
        arrives = threading.Thread(target=bounces)
        try:
            with tenancy.platform(PlatformReason.HOUSEKEEPING), connection.cursor() as cursor:
                cursor.execute("SELECT archive_deliveries(%s, 2)", [campaign.id])
                assert cursor.fetchone()[0] == PEOPLE
                if dies:
                    raise Killed
                arrives.start()
                arrives.join(0.5)
                assert arrives.is_alive(), "it waits for the batch"
        except Killed:
            assert counts(campaign) == (PEOPLE, 0)
            continue
        arrives.join(10)
    assert counts(campaign) == (0, PEOPLE)
    assert changed == {ids[0]}
    archiving.archive_finished(run_seconds=20)
    with tenancy.account(anna.account_id):
        assert ArchivedDelivery.objects.get(id=ids[0]).state == DeliveryState.BOUNCED
        assert ArchivedCampaign.objects.get(campaign=campaign).deliveries == PEOPLE


# -- months ------------------------------------------------------------------------------------------------------------


def test_a_read_by_id_looks_into_one_month(database: str) -> None:
    anna = sending_customer(people=PEOPLE)
    campaign = archived(database, anna)
    archived(database, anna)
    ids = ids_of(campaign)
    with tenancy.account(anna.account_id), connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN SELECT * FROM delivery_record WHERE id = {ids[0]}")
        plan = "\n".join(row[0] for row in cursor.fetchall())
        cursor.execute("SELECT partition FROM archive_month WHERE %s >= from_id AND %s < to_id", [ids[0], ids[0]])
        (mine,) = cursor.fetchone()
    assert plan.count("delivery_archive") >= 1
    assert mine in plan
    assert plan.count(" on delivery_archive") == 1, plan


def test_a_month_goes_once_everything_in_it_is_older_than_the_proof(database: str) -> None:
    """Its totals and daily figures stay, and so does what it points at."""
    anna = sending_customer(people=PEOPLE)
    end_month(database)  # what other tests planned lies in a month of its own
    by_owner("UPDATE archive_month SET from_id = -from_id - 1, dropped_at = now() WHERE dropped_at IS NULL")
    campaign = anna.sending()
    anna.settle(campaign, DeliveryState.SENT, PEOPLE)
    ids = ids_of(campaign)
    rows(anna, Attempt).create(delivery_id=ids[0], number=1, at=clock.now(), stage="rcpt")
    limit = proof_limit(clock.now())
    end(database, campaign, ago=clock.now() - limit + timedelta(days=1))
    name = end_month(database)
    archiving.archive_finished(run_seconds=20)
    assert counts(campaign) == (0, PEOPLE)
    refresh_campaign(anna.account_id, campaign.id)
    assert archiving.drop_expired(limit) == 0, "the month was made a moment ago"
    by_owner("UPDATE archive_month SET made_at = %s WHERE partition = %s", [limit - timedelta(days=1), name])
    by_owner("UPDATE archive_month SET ended_at = %s WHERE partition = %s", [limit, name])
    assert archiving.drop_expired(limit) == 0, "a campaign in it ended late"
    by_owner("UPDATE archive_month SET ended_at = %s WHERE partition = %s", [limit - timedelta(days=1), name])
    assert delete_expired()["delivery_months"] == 1
    assert by_owner("SELECT to_regclass(%s)", [name])[0] == (None,)
    refresh_campaign(anna.account_id, campaign.id)
    with tenancy.account(anna.account_id):
        assert not DeliveryRecord.objects.filter(id=ids[0]).exists()
        assert not Attempt.objects.filter(delivery_id=ids[0]).exists()
        assert campaign_progress(campaign.id).sent == PEOPLE
        assert sum(DailyFigure.objects.filter(campaign=campaign).values_list("settled", flat=True)) == PEOPLE
        assert ArchiveMonth.objects.get(partition=name).dropped_at is not None
        assert anna.again(campaign).state == CampaignState.SENT
    pages = (f"/studio/campaigns/{campaign.id}/", f"/studio/campaigns/{campaign.id}/recipients/")
    assert [anna.client.get(page).status_code for page in pages] == [200, 200]
    _links_still_work(anna, ids[1])
    _mails_still_count(anna, ids[2], ids[3])


def _links_still_work(anna: Customer, delivery_id: int) -> None:
    """A link to unsubscribe outlives the row of its message; a stranger's token for the same number leads nowhere."""
    token = key_ring().seal(TokenPurpose.UNSUBSCRIBE, anna.account_id, delivery_id)
    with tenancy.account(anna.account_id):
        found = dropped_delivery(anna.account_id, delivery_id)
        assert found is not None
        assert found.contact is not None
        subscription = Subscription.objects.get(contact_id=found.contact_id, mailing_list_id=found.mailing_list_id)
        assert subscription.state == SubscriptionState.CONFIRMED
    reader = Client()
    assert reader.get(f"/u/{token}").status_code == 200
    assert reader.post(f"/u/{token}", {"List-Unsubscribe": "One-Click"}).status_code == 200
    within(anna, subscription.refresh_from_db)
    assert subscription.state == SubscriptionState.UNSUBSCRIBED
    carla = sending_customer(people=1)
    assert within(carla, dropped_delivery, anna.account_id, delivery_id) is None
    stranger = key_ring().seal(TokenPurpose.UNSUBSCRIBE, carla.account_id, delivery_id)
    assert reader.get(f"/u/{stranger}").status_code == 404


def _mails_still_count(anna: Customer, leaver_id: int, bounced_id: int) -> None:
    """An unsubscribe email works automatically; a bounce of a years-old message, faked from a kept copy, is ignored."""
    ring, domain = key_ring(), load_settings().service_domain
    leaver = ring.seal(TokenPurpose.UNSUBSCRIBE, anna.account_id, leaver_id)
    arrive(plain("someone@people.example", f"unsub+{leaver}@{domain}", "unsubscribe", ""), f"unsub+{leaver}@{domain}")
    back = f"b+{ring.seal(TokenPurpose.VERP, anna.account_id, bounced_id)}@bounce.lindenhof.example"
    report = plain("MAILER-DAEMON@people.example", back, "Undelivered mail", "550 5.1.1 User unknown")
    arrive(report, back, sender="")
    with tenancy.account(anna.account_id):
        states = [
            Subscription.objects.get(contact_id=found.contact_id, mailing_list_id=found.mailing_list_id).state
            for found in (dropped_delivery(anna.account_id, leaver_id), dropped_delivery(anna.account_id, bounced_id))
            if found is not None
        ]
    assert states == [SubscriptionState.UNSUBSCRIBED, SubscriptionState.CONFIRMED]
