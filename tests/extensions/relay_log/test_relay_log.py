"""What a relay's log reports is recorded once, for the person it names, and agrees with returned mail."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.delivery.actions.campaigns import cancel_campaign, cancel_rest
from mailflatrate.apps.delivery.models import Bucket, Delivery, DeliveryState, Relay, RelayCount, RelayDeferral, Tally
from mailflatrate.apps.delivery.queries import Progress, campaign_progress
from mailflatrate.apps.delivery.relays.edit import RelayDraft, add_relay
from mailflatrate.apps.delivery.relays.queue_tables import LogFollower
from mailflatrate.apps.delivery.results.feedback import count_bounces
from mailflatrate.apps.delivery.results.relay_queue import LONGEST_IN_QUEUE, all_relays_followed
from mailflatrate.apps.lists.models import Contact
from mailflatrate.base import audit, clock, tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.extensions.relay_log import actions as relay_log
from mailflatrate.extensions.relay_log.actions import (
    Batch,
    FollowerReplaced,
    QueuedMessage,
    RelayAttempt,
    begin_following,
    keep_house,
    record_batch,
)
from mailflatrate.mail.reading.postfix_log import QueueAttempt, QueueStatus
from support.cast import per_test
from support.customers import sending_customer
from support.returned_mail import SentCampaign, arrive, sent_campaign
from support.scope import within

FULL = "host mx.people.example[192.0.2.1] said: 452 4.2.2 The mailbox is over quota (in reply to RCPT TO command)"
GONE = "host mx.people.example[192.0.2.1] said: 550 5.1.1 User unknown (in reply to RCPT TO command)"
mailing = per_test(sent_campaign)


@dataclass
class Follower:
    """A stand-in for the process: each call is a separate batch, at the next position."""

    name: str = field(default_factory=lambda: f"mta-{secrets.token_hex(4)}")
    place: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.place, _ = begin_following(self.name, "")

    def tell(self, *told: RelayAttempt) -> None:
        after = {"offset": self.place.get("offset", 0) + 100}
        record_batch(self.name, self.place, after, Batch(attempts=list(told), lines=len(told)), clock.now())
        self.place = after


@pytest.fixture(autouse=True)
def no_follower_stays(database: str) -> Iterator[None]:
    """Where every relay is followed, a relay's 250 is no arrival; other tests have no follower."""
    yield
    with tenancy.platform(PlatformReason.RELAYS):
        LogFollower.objects.all().delete()


@pytest.fixture
def follower(database: str) -> Follower:
    return Follower()


def attempt(
    of: SentCampaign, status: QueueStatus, reply: str = "", code: str = "", number: int = 0, to: str = ""
) -> RelayAttempt:
    recipient = "" if status is QueueStatus.EXPIRED else to or of.reader(number).email
    handled = QueueAttempt(secrets.token_hex(5), recipient, status, code, reply, clock.now())
    return RelayAttempt(QueuedMessage(of.anna.account_id, of.delivery_ids[number]), handled)


def progress(of: SentCampaign) -> Progress:
    return within(of.anna, campaign_progress, of.campaign.id)


def delivery(of: SentCampaign, number: int = 0) -> Delivery:
    with tenancy.account(of.anna.account_id):
        return Delivery.objects.get(id=of.delivery_ids[number])


def waiting(of: SentCampaign) -> list[RelayDeferral]:
    with tenancy.account(of.anna.account_id):
        return list(RelayDeferral.objects.filter(delivery_id__in=of.delivery_ids))


def test_a_message_that_is_put_off_counts_as_deferred_until_it_arrives(
    follower: Follower, mailing: SentCampaign
) -> None:
    follower.tell(attempt(mailing, QueueStatus.DEFERRED, FULL, "4.2.2"))
    follower.tell(attempt(mailing, QueueStatus.DEFERRED, FULL.replace("over", "far over"), "4.2.2"))
    found = progress(mailing)
    assert (found.sent, found.deferred) == (2, 1)
    row = delivery(mailing)
    assert (row.state, row.reply_status, row.settled_at) == (DeliveryState.DEFERRED, "4.2.2", None)
    assert "far over quota" in row.reply_text
    (queued,) = waiting(mailing)
    assert (queued.count, queued.provider, queued.reply, queued.is_shown) == (2, "other", "", True)
    follower.tell(attempt(mailing, QueueStatus.SENT, "250 ok", "2.0.0"))
    found = progress(mailing)
    assert (found.sent, found.deferred, waiting(mailing)) == (3, 0, [])
    with tenancy.platform(PlatformReason.RELAYS):
        counts = dict(RelayCount.objects.filter(follower=follower.name).values_list("result", "count"))
    assert counts == {"deferred": 2, "sent": 1}


@pytest.mark.parametrize("by_mail", ["before", "after", "never"])
def test_a_final_bounce_counts_once_whoever_tells_it(follower: Follower, mailing: SentCampaign, by_mail: str) -> None:
    def dsn() -> None:
        arrive(mailing.bounce("5.1.1", "User unknown"), mailing.bounce_address())

    if by_mail == "before":
        dsn()
    follower.tell(attempt(mailing, QueueStatus.BOUNCED, GONE, "5.1.1"))
    follower.tell(attempt(mailing, QueueStatus.BOUNCED, GONE, "5.1.1"))
    if by_mail == "after":
        dsn()
    assert mailing.feedback() == ["hard_bounce"]
    assert {reason for reason, _everywhere in mailing.suppressions()} == {"hard_bounce"}
    found = progress(mailing)
    assert (found.sent, found.bounced_hard, found.bounced_soft) == (2, 1, 0)
    assert delivery(mailing).bounce == "hard"


@pytest.mark.parametrize("first", ["log", "mail"])
def test_log_and_mail_that_differ_are_one_bounce(follower: Follower, mailing: SentCampaign, first: str) -> None:
    def log() -> None:
        follower.tell(attempt(mailing, QueueStatus.BOUNCED, FULL.replace("452 4", "552 5"), "5.2.2"))

    def dsn() -> None:
        arrive(mailing.bounce("5.1.1", "User unknown"), mailing.bounce_address())

    for tell in (log, dsn) if first == "log" else (dsn, log):
        tell()
    assert mailing.feedback() == ["hard_bounce"], "the notice says more than the log"
    found = progress(mailing)
    assert (found.bounced_hard, found.bounced_soft) == (1, 0)
    assert mailing.reader().soft_bounces == 0


def test_what_ran_out_of_time_bounces_with_its_last_reply(follower: Follower, mailing: SentCampaign) -> None:
    follower.tell(
        attempt(mailing, QueueStatus.DEFERRED, FULL, "4.2.2"),
        attempt(mailing, QueueStatus.EXPIRED),
        attempt(mailing, QueueStatus.EXPIRED, number=1),
    )
    assert mailing.feedback() == ["soft_bounce"]
    assert mailing.feedback(1) == [], "nobody put it off before: the line proves no recipient"
    assert "over quota" in delivery(mailing).reply_text
    assert (delivery(mailing).bounce, waiting(mailing)) == ("soft", [])
    assert mailing.reader().soft_bounces == 1
    follower.tell(attempt(mailing, QueueStatus.DEFERRED, FULL, "4.2.2", 2))
    follower.tell(attempt(mailing, QueueStatus.EXPIRED, number=2))
    assert mailing.feedback(2) == ["soft_bounce"]


@pytest.mark.parametrize("status", [QueueStatus.SENT, QueueStatus.DEFERRED, QueueStatus.BOUNCED])
def test_a_genuine_token_with_another_recipient_does_nothing(
    follower: Follower, mailing: SentCampaign, status: QueueStatus
) -> None:
    """A stranger who got the message sends us mail with its return path as the sender; our relay logs it, too."""
    for to in ("abuse@mailflatrate.example", mailing.reader(1).email, "x", f"{mailing.reader().email}.x", ""):
        told = attempt(mailing, status, GONE, "5.1.1", to=to or "@")
        follower.tell(told)
    assert delivery(mailing).state == DeliveryState.SENT
    assert (mailing.feedback(), mailing.suppressions(), waiting(mailing)) == ([], [], [])
    with tenancy.platform(PlatformReason.RELAYS):
        assert not RelayCount.objects.filter(follower=follower.name).exists()


def test_a_delivery_of_another_account_or_of_nobody_is_passed_over(follower: Follower, mailing: SentCampaign) -> None:
    carla = sent_campaign()
    mixed = RelayAttempt(
        QueuedMessage(carla.anna.account_id, mailing.delivery_ids[0]),
        attempt(mailing, QueueStatus.BOUNCED, GONE).handled,
    )
    nobody = RelayAttempt(QueuedMessage(2**31, 2**40), attempt(mailing, QueueStatus.BOUNCED, GONE).handled)
    follower.tell(mixed, nobody, attempt(mailing, QueueStatus.BOUNCED, GONE, "5.1.1", 1))
    assert (mailing.feedback(), mailing.feedback(1)) == ([], ["hard_bounce"])
    assert progress(carla).sent == 3


def test_a_line_that_comes_before_the_sender_has_written_waits_for_it(follower: Follower) -> None:
    anna = sending_customer(people=3)
    campaign: Campaign = anna.sending()
    with tenancy.account(anna.account_id):
        ids = list(Delivery.objects.filter(campaign=campaign).order_by("id").values_list("id", flat=True))
    of = SentCampaign(anna, campaign, ids)
    follower.tell(
        attempt(of, QueueStatus.DEFERRED, FULL, "4.2.2"),
        attempt(of, QueueStatus.DEFERRED, FULL, "4.2.2", 1),
        attempt(of, QueueStatus.SENT, "250 ok", "2.0.0", 1),
        attempt(of, QueueStatus.BOUNCED, GONE, "5.1.1", 2),
    )
    found = progress(of)
    assert (found.pending, found.deferred, found.bounced_hard) == (2, 0, 1)
    anna.settle(campaign, DeliveryState.SENT, 2)
    keep_house()
    found = progress(of)
    assert (found.pending, found.sent, found.deferred, found.bounced_hard) == (0, 1, 1, 1)
    assert "over quota" in delivery(of).reply_text


def test_an_unknown_result_is_known_when_the_log_says_it(follower: Follower, mailing: SentCampaign) -> None:
    with tenancy.account(mailing.anna.account_id):
        Delivery.objects.filter(id__in=mailing.delivery_ids).update(state=DeliveryState.IN_DOUBT)
        Tally.objects.filter(campaign_id=mailing.campaign.id).update(state=DeliveryState.IN_DOUBT)
    follower.tell(
        attempt(mailing, QueueStatus.SENT, "250 ok", "2.0.0"),
        attempt(mailing, QueueStatus.DEFERRED, FULL, "4.2.2", 1),
        attempt(mailing, QueueStatus.BOUNCED, GONE, "5.1.1", 2),
    )
    found = progress(mailing)
    assert (found.in_doubt, found.sent, found.deferred, found.bounced_hard) == (0, 1, 1, 1)


def test_a_batch_is_recorded_once_and_one_process_follows(follower: Follower, mailing: SentCampaign) -> None:
    before, after = follower.place, {"offset": 1}
    batch = Batch(attempts=[attempt(mailing, QueueStatus.DEFERRED, FULL, "4.2.2")], lines=1)
    record_batch(follower.name, before, after, batch, clock.now())
    assert record_batch(follower.name, before, after, batch, clock.now()) == {}, "the answer was lost, not the batch"
    assert waiting(mailing)[0].count == 1
    with pytest.raises(FollowerReplaced):
        record_batch(follower.name, {"offset": 7}, {"offset": 8}, batch, None)


def test_open_messages_survive_a_restart(follower: Follower, mailing: SentCampaign) -> None:
    message = QueuedMessage(mailing.anna.account_id, mailing.delivery_ids[0])
    record_batch(follower.name, {}, {"offset": 5}, Batch(opened={"A1": message, "B2": message}), None)
    record_batch(follower.name, {"offset": 5}, {"offset": 6}, Batch(closed={"B2"}), None)
    assert begin_following(follower.name, "") == ({"offset": 6}, {"A1": message})


def test_an_attempt_that_cannot_be_recorded_keeps_no_other_back(
    follower: Follower, mailing: SentCampaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = relay_log.judge

    def breaks(text: str, status: str = "", **how: bool) -> Any:
        if "odd" in text:
            raise ValueError("a fault of ours")
        return whole(text, status, **how)

    monkeypatch.setattr(relay_log, "judge", breaks)
    follower.tell(
        attempt(mailing, QueueStatus.BOUNCED, "odd", "5.1.1"), attempt(mailing, QueueStatus.BOUNCED, GONE, "5.1.1", 1)
    )
    assert (mailing.feedback(), mailing.feedback(1)) == ([], ["hard_bounce"])


def test_a_cancelled_campaign_keeps_what_the_relay_has(follower: Follower) -> None:
    anna = sending_customer(people=3)
    campaign = anna.sending()
    with tenancy.account(anna.account_id):
        ids = list(Delivery.objects.filter(campaign=campaign).order_by("id").values_list("id", flat=True))
    anna.settle(campaign, DeliveryState.SENT, 2)
    of = SentCampaign(anna, campaign, ids)
    follower.tell(attempt(of, QueueStatus.DEFERRED, FULL, "4.2.2"))
    within(anna, cancel_campaign, campaign.id)
    cancel_rest(anna.account_id, campaign.id)
    found = progress(of)
    assert (found.sent, found.deferred, found.cancelled) == (1, 1, 1), "nobody can take it back from the relay"
    follower.tell(attempt(of, QueueStatus.SENT, "250 ok", "2.0.0"))
    found = progress(of)
    assert (found.sent, found.deferred, found.cancelled) == (2, 0, 1)


def test_what_is_never_heard_of_again_ends_as_unknown(follower: Follower, mailing: SentCampaign) -> None:
    follower.tell(attempt(mailing, QueueStatus.DEFERRED, FULL, "4.2.2"))
    with tenancy.account(mailing.anna.account_id):
        rows = RelayDeferral.objects.filter(delivery_id=mailing.delivery_ids[0])
        rows.update(last_at=clock.now() - LONGEST_IN_QUEUE - timedelta(minutes=1))
    keep_house()
    found = progress(mailing)
    assert (found.in_doubt, found.deferred, found.sent, waiting(mailing)) == (1, 0, 2, [])
    assert delivery(mailing).reason == "log_ended"


@pytest.mark.parametrize("followed", [True, False])
def test_soft_bounces_in_a_row_end_where_the_message_arrives(mailing: SentCampaign, followed: bool) -> None:
    """Behind a relay that takes everything, its 250 comes before each soft bounce (R-71)."""
    follower = Follower() if followed else None
    with tenancy.account(mailing.anna.account_id):
        Contact.objects.filter(id=mailing.reader().id).update(soft_bounces=2, soft_since=clock.now())
    count_bounces(mailing.anna.account_id, mailing.delivery_ids[:1])
    assert mailing.reader().soft_bounces == (2 if followed else 0)
    if follower is not None:
        follower.tell(attempt(mailing, QueueStatus.SENT, "250 ok", "2.0.0"))
        assert mailing.reader().soft_bounces == 0


@pytest.fixture
def quarantine(database: str) -> Iterator[str]:
    """A relay of the quarantine with its bucket for everyone who is no large provider, and Google."""
    with tenancy.platform(PlatformReason.RELAYS):
        relay = add_relay(
            RelayDraft("followed", "mta.example.net", pool="quarantine"), by=audit.machine("tests.relay_log")
        )
        Bucket.objects.create(key="quarantine/google", tokens=1, filled_at=clock.now(), changed_at=clock.now())
    yield relay.name
    with tenancy.platform(PlatformReason.RELAYS):
        Relay.objects.all().delete()
        Bucket.objects.all().delete()


def test_deferrals_behind_a_relay_slow_its_pool(quarantine: str) -> None:
    mailing = sent_campaign(anna=sending_customer(domain="gmail.com"))
    follower = Follower()
    begin_following(follower.name, quarantine)
    follower.tell(*(attempt(mailing, QueueStatus.DEFERRED, "421 4.7.28 Later", "4.7.28", n % 3) for n in range(6)))
    with tenancy.platform(PlatformReason.RELAYS):
        assert Bucket.objects.get(key="quarantine/google").factor == 0.5
        assert set(RelayDeferral.objects.values_list("provider", flat=True)) >= {"google"}
    assert all_relays_followed()
