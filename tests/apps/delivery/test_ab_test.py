"""An A/B test: every variant passes the gate, everyone gets one, and the rest gets the winner."""

import asyncio
from datetime import timedelta

import psycopg
import pytest
from django.db import connection

from mailflatrate.apps.accounts.actions.account_status import Reasons, change_account_status
from mailflatrate.apps.accounts.actions.people import house_account
from mailflatrate.apps.accounts.models import AccountStatus, Notice
from mailflatrate.apps.campaigns.actions import drafts
from mailflatrate.apps.campaigns.content.campaign_content import content_hash
from mailflatrate.apps.campaigns.errors import CampaignError
from mailflatrate.apps.campaigns.models import Campaign, Edition
from mailflatrate.apps.campaigns.queries import newest_imprint
from mailflatrate.apps.delivery.ab_test import by_person, choose_variant, decisions_of
from mailflatrate.apps.delivery.actions import campaigns as campaigns_actions
from mailflatrate.apps.delivery.actions import claim_end, retries
from mailflatrate.apps.delivery.models import AbTest, Chunk, ChunkState, Delivery, DeliveryState, Plan, Retry
from mailflatrate.apps.delivery.planning import plan
from mailflatrate.apps.delivery.planning.plan import plan_campaign
from mailflatrate.apps.delivery.send.claims import Claim, claim
from mailflatrate.apps.delivery.send.database import Connection, Database
from mailflatrate.apps.delivery.send.outcomes import SettledDelivery, record
from mailflatrate.apps.domains.models import DnsCheck
from mailflatrate.apps.gate.actions import check_campaign, release_campaign
from mailflatrate.apps.inbound.models import Feedback
from mailflatrate.apps.lists.actions import consent as consent_actions
from mailflatrate.apps.lists.models import Contact
from mailflatrate.apps.stats.actions import decide_ab_test
from mailflatrate.apps.stats.queries import variant_figures
from mailflatrate.apps.tracking.models import Click
from mailflatrate.base import clock, tenancy
from mailflatrate.settings.roles import app_url
from mailflatrate.settings.schema import load_settings
from support.cast import per_module
from support.customers import CONTENT, Customer, sending_customer
from support.scope import rows, within

PEOPLE = 60
B = {"subject": "Tulips for winter", "preheader": "", "content": CONTENT, "text_override": ""}
anna = per_module(sending_customer, people=PEOPLE)
"""Her account, with sixty people on the list."""


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "load_settings", lambda: load_settings().model_copy(update={"chunk_size": 4}))
    monkeypatch.setattr(plan, "SLICE_CONTACTS", 25)


def under_test(anna: Customer, **values: object) -> Campaign:
    whole = {"variants": [B], "test_share": 25, "test_hours": 2} | values
    campaign = anna.ticked(anna.draft("Which one?", **whole))
    decision = within(anna, release_campaign, campaign.id, by=anna.owner)
    assert decision.allowed, decision.findings
    planned(anna, campaign)
    return anna.again(campaign)


def planned(anna: Customer, campaign: Campaign) -> None:
    """The planner's job, as it was deferred."""
    with tenancy.account(anna.account_id):
        found = Plan.objects.filter(campaign=campaign).first()
        first = decisions_of(campaign.id)[0]
    edition_id, decision_id = (found.edition_id, found.decision_id) if found else (first.edition_id, first.id)
    assert edition_id is not None
    plan_campaign(anna.account_id, campaign.id, edition_id, decision_id)


def by_variant(anna: Customer, campaign: Campaign) -> dict[int, set[int]]:
    with tenancy.account(anna.account_id):
        variants = dict(Edition.objects.filter(campaign=campaign).values_list("id", "variant"))
        found: dict[int, set[int]] = {}
        for edition_id, contact_id in Delivery.objects.filter(campaign=campaign).values_list(
            "edition_id", "contact_id"
        ):
            found.setdefault(variants[edition_id], set()).add(contact_id)
        return found


def send_all(anna: Customer, campaign: Campaign, state: DeliveryState = DeliveryState.SENT) -> list[Claim]:
    """A sender takes chunk after chunk; what it claimed, in order."""
    held: list[Claim] = []
    with asyncio.Runner() as sender:
        database = Database("one")
        while True:
            ready = rows(anna, Chunk).filter(campaign=campaign, state=ChunkState.READY).order_by("number").first()
            if ready is None:
                sender.run(database.close())
                return held
            held.append(sender.run(_send(database, anna.account_id, ready.id, state)))
            claim_end.finish_chunk(anna.account_id, ready.id, "one")


async def _send(database: Database, account_id: int, chunk_id: int, state: DeliveryState) -> Claim:
    async def work(connection: Connection) -> Claim:
        held = await claim(connection, account_id, chunk_id, "one")
        assert held is not None
        due = clock.now() if state == DeliveryState.DEFERRED else None
        batch = [
            SettledDelivery(row.delivery_id, state.value, 250, "2.0.0", "ok", "", "", clock.now(), due_at=due)
            for row in held.rows
        ]
        await record(connection, account_id, chunk_id, "one", batch)
        return held

    return await database.run(account_id, work)


def clicked(anna: Customer, campaign: Campaign, *numbers: int, machines: int = 0) -> None:
    with tenancy.account(anna.account_id):
        for edition in Edition.objects.filter(campaign=campaign):
            count = numbers[edition.variant] if edition.variant < len(numbers) else 0
            for n in range(count + machines):
                Click.objects.create(campaign=campaign, edition_id=edition.id, link_number=1, machine=n >= count)


def over(anna: Customer, campaign: Campaign) -> None:
    """The hours have passed, and the job runs."""
    rows(anna, AbTest).filter(campaign=campaign).update(decide_at=clock.now() - timedelta(seconds=1))
    decide_ab_test(anna.account_id, campaign.id)


@pytest.mark.slow
def test_the_whole_way(anna: Customer) -> None:
    """A quarter each, then the winner for everyone else, and no one gets it twice."""
    campaign = under_test(anna)
    first = by_variant(anna, campaign)
    assert set(first) == {0, 1}
    assert first[0].isdisjoint(first[1])
    with tenancy.account(anna.account_id):
        ab_test = AbTest.objects.get(campaign=campaign)
        assert ab_test.rest == PEOPLE - len(first[0]) - len(first[1]) > 0
        assert ab_test.tested_at is None
        with pytest.raises(CampaignError):
            choose_variant(campaign.id, by_person(0), [], by=anna.owner)
    for held in send_all(anna, campaign):
        with tenancy.account(anna.account_id):
            letters = Delivery.objects.filter(id__in=[row.delivery_id for row in held.rows])
            assert set(letters.values_list("edition_id", flat=True)) == {held.edition_id}
    assert anna.again(campaign).state == "sending"
    with tenancy.account(anna.account_id):
        ab_test.refresh_from_db()
        assert ab_test.tested_at is not None
        assert ab_test.decide_at == ab_test.tested_at + timedelta(hours=2)
    decide_ab_test(anna.account_id, campaign.id)  # too early
    clicked(anna, campaign, 5, 30, machines=50)
    over(anna, campaign)
    decide_ab_test(anna.account_id, campaign.id)  # twice
    with tenancy.account(anna.account_id):
        ab_test.refresh_from_db()
        assert (ab_test.winner, ab_test.why) == (1, "clicks")
        assert [arm.clicks for arm in variant_figures(ab_test)] == [5, 30]
        with pytest.raises(CampaignError):
            choose_variant(campaign.id, by_person(0), [], by=anna.owner)
    planned(anna, campaign)
    planned(anna, campaign)
    whole = by_variant(anna, campaign)
    assert whole[0] == first[0]
    assert len(whole[0]) + len(whole[1]) == PEOPLE
    send_all(anna, campaign)
    campaign = anna.again(campaign)
    assert (campaign.state, campaign.planned_count) == ("sent", PEOPLE)


def test_a_crash_anywhere_in_planning_deals_the_same_cards(anna: Customer) -> None:
    """A person keeps the same variant no matter how often planning restarts; two campaigns assign differently."""
    campaign = anna.ticked(anna.draft("Crash", variants=[B, B, B], test_share=25))
    with tenancy.account(anna.account_id):
        release_campaign(campaign.id, by=anna.owner)
        first = decisions_of(campaign.id)[0]
        assert first.edition_id is not None
        assert plan._begin(campaign.id, first.edition_id, first.id)
        plan.plan_slice(campaign.id)
    planned(anna, campaign)
    planned(anna, campaign)
    found = by_variant(anna, campaign)
    assert set(found) == {0, 1, 2, 3}
    assert sum(len(people) for people in found.values()) == PEOPLE
    other = under_test(anna)
    assert by_variant(anna, other)[0] != found[0]


def test_one_variant_that_breaks_a_rule_stops_them_all(anna: Customer) -> None:
    """And the panel says which one it is."""
    bad = B | {"subject": ""}
    draft = anna.ticked(anna.draft("Bad B", variants=[bad]))
    with tenancy.account(anna.account_id):
        finding = next(each for each in check_campaign(draft.id).blocked_by if each.key == "subject-present")
        assert dict(finding.params)["variants"] == "B"
        assert not release_campaign(draft.id, by=anna.owner).allowed
        assert not Edition.objects.filter(campaign=draft).exists()
    page = anna.client.get(f"/studio/campaigns/{draft.id}/edit/").content.decode()
    assert "Variant B:" in page


def test_the_tick_is_for_all_variants(anna: Customer) -> None:
    """Another word in B asks for the tick anew; and each edition carries the hash of all of them."""
    draft = anna.ticked(anna.draft("Ticked", variants=[B]))
    with tenancy.account(anna.account_id):
        drafts.update_campaign(draft.id, {"variants": [B | {"subject": "Other tulips"}]})
        assert not release_campaign(draft.id, by=anna.owner).allowed
    campaign = under_test(anna)
    with tenancy.account(anna.account_id):
        hashes = set(Edition.objects.filter(campaign=campaign).values_list("content_hash", flat=True))
        assert hashes == {content_hash(campaign, newest_imprint())} == {campaign.policy_hash}


def test_lock_two_wants_the_decision_on_that_very_variant(anna: Customer, database: str) -> None:
    """B can't be planned with the decision on A, no matter who inserts it."""
    campaign = under_test(anna)
    with tenancy.account(anna.account_id):
        a, b = decisions_of(campaign.id)
        old = Delivery.objects.filter(campaign=campaign, decision=a).first()
        assert old is not None
        chunk_id, consent = old.chunk_id, old.consent_event_id
    with psycopg.connect(database) as owner:  # the application's role may not
        owner.execute("DELETE FROM delivery WHERE id = %s", [old.id])
    with (
        psycopg.connect(app_url(load_settings())) as link,
        pytest.raises(psycopg.errors.InsufficientPrivilege, match="not released"),
    ):
        tenancy.enter_account(link, anna.account_id)
        link.execute(
            "INSERT INTO delivery (account_id, campaign_id, chunk_id, edition_id, contact_id, mailing_list_id,"
            " decision_id, rules_version, granted_at, consent_event_id)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, 'x', now(), %s)",
            [anna.account_id, campaign.id, chunk_id, b.edition_id, old.contact_id, anna.list_id, a.id, consent],
        )


def test_a_pause_stops_the_choice_and_the_rest(anna: Customer) -> None:
    campaign = under_test(anna)
    send_all(anna, campaign)
    clicked(anna, campaign, 30, 5)
    within(anna, campaigns_actions.pause_campaign, campaign.id)
    over(anna, campaign)
    with tenancy.account(anna.account_id):
        assert AbTest.objects.get(campaign=campaign).winner is None
        campaigns_actions.resume_campaign(campaign.id)
    assert rows(anna, AbTest).get(campaign=campaign).winner is None
    campaigns_actions.wake_campaign(anna.account_id, campaign.id)  # the sweep
    decide_ab_test(anna.account_id, campaign.id)
    with tenancy.account(anna.account_id):
        assert AbTest.objects.get(campaign=campaign).winner == 0
        campaigns_actions.pause_campaign(campaign.id)  # in the middle of planning the rest
        campaigns_actions.resume_campaign(campaign.id)
    planned(anna, campaign)
    found = by_variant(anna, campaign)
    assert sum(len(people) for people in found.values()) == PEOPLE


@pytest.mark.slow
def test_a_measure_and_a_suspension_stop_the_choice() -> None:
    """A held campaign waits for an operator, and an account that may not send can't pick a winner either."""
    eve = sending_customer(people=PEOPLE)
    held, running = under_test(eve), under_test(eve)
    for campaign in (held, running):
        send_all(eve, campaign)
        clicked(eve, campaign, 30, 5)
    within(eve, campaigns_actions.hold_campaign, held.id, "R-86", "complaints")
    over(eve, held)
    reasons = Reasons("test", "Complaints.", "Write to us.", "R-86", {})
    change_account_status(eve.account_id, AccountStatus.PAUSED, reasons, by=None, machine="test")
    over(eve, running)
    assert list(rows(eve, AbTest).values_list("winner", flat=True)) == [None, None]
    assert {eve.again(held).state, eve.again(running).state} <= {"paused", "sending"}


def test_cancelled_the_rest_gets_nothing(anna: Customer) -> None:
    campaign = under_test(anna)
    send_all(anna, campaign)
    within(anna, campaigns_actions.cancel_campaign, campaign.id)
    over(anna, campaign)
    planned(anna, campaign)
    assert anna.again(campaign).state == "cancelled"
    assert sum(len(people) for people in by_variant(anna, campaign).values()) < PEOPLE


def test_a_scanner_does_not_choose(anna: Customer) -> None:
    """Thirty clicks on B, each pair at once by one visitor: found at the latest when the choice is made."""
    two = f"{CONTENT}\n\n[And to the tulips](https://lindenhof.example/tulips)"
    campaign = under_test(anna, content=two, variants=[{**B, "content": two}])
    send_all(anna, campaign)
    clicked(anna, campaign, 25)
    with tenancy.account(anna.account_id):
        edition = Edition.objects.get(campaign=campaign, variant=1)
        for visitor in range(15):
            for link in edition.links:
                Click.objects.create(
                    campaign=campaign,
                    edition_id=edition.id,
                    link_number=link["number"],
                    visitor=b"scanner%d" % (visitor % 10),
                    at=clock.now() + timedelta(minutes=visitor),
                )
    over(anna, campaign)
    with tenancy.account(anna.account_id):
        ab_test = AbTest.objects.get(campaign=campaign)
        assert (ab_test.winner, ab_test.why) == (0, "clicks")
        assert [arm.clicks for arm in variant_figures(ab_test)] == [25, 0]


def test_a_person_chooses_where_no_clicks_are_counted(anna: Customer) -> None:
    campaign = under_test(anna, track_clicks=False)
    send_all(anna, campaign)
    with tenancy.account(anna.account_id):
        ab_test = AbTest.objects.get(campaign=campaign)
        assert (ab_test.metric, ab_test.decide_at) == ("person", None)
    decide_ab_test(anna.account_id, campaign.id)
    answer = anna.client.post(f"/studio/campaigns/{campaign.id}/choose/", {"variant": "1"})
    assert answer.status_code == 303
    with tenancy.account(anna.account_id):
        ab_test.refresh_from_db()
        assert (ab_test.winner, ab_test.why, ab_test.decided_by) == (1, "person", anna.owner)


def test_people_leave_over_every_variant_and_somebody_has_to_look() -> None:
    """The rule picks no winner; people who edit for the account get an email, and can still pick one."""
    eve = sending_customer(people=PEOPLE)
    campaign = under_test(eve)
    send_all(eve, campaign)
    clicked(eve, campaign, 30, 30)
    with tenancy.account(eve.account_id):
        for edition in Edition.objects.filter(campaign=campaign):
            for row in Delivery.objects.filter(campaign=campaign, edition_id=edition.id)[:4]:
                Feedback.objects.create(campaign=campaign, delivery_id=row.id, kind="unsubscribe", at=clock.now())
    over(eve, campaign)
    with tenancy.account(eve.account_id):
        ab_test = AbTest.objects.get(campaign=campaign)
        assert (ab_test.winner, ab_test.why, ab_test.decide_at) == (None, "brake", None)
    decide_ab_test(eve.account_id, campaign.id)
    with tenancy.account(house_account().id):
        told = list(Notice.objects.filter(recipient=eve.owner.email).values_list("subject", flat=True))
    assert [subject for subject in told if "pick the winner" in subject] == [
        "“Which one?” is waiting for you to pick the winner"
    ]
    with tenancy.account(eve.account_id):
        choose_variant(campaign.id, by_person(1), variant_figures(ab_test), by=eve.owner)
        assert AbTest.objects.get(campaign=campaign).why == "person"


def test_a_check_that_fails_meanwhile_pauses_it() -> None:
    """The domain lost its key while the test ran: the rest is not sent until that is fixed."""
    eve = sending_customer(people=PEOPLE)
    campaign = under_test(eve)
    send_all(eve, campaign)
    clicked(eve, campaign, 5, 30)
    rows(eve, DnsCheck).filter(kind="dkim").update(passed=False)
    over(eve, campaign)
    stopped = eve.again(campaign)
    assert stopped.state == "paused"
    assert stopped.state_reason
    with tenancy.account(eve.account_id):
        assert AbTest.objects.get(campaign=campaign).winner is None
        DnsCheck.objects.filter(kind="dkim").update(passed=True)
        campaigns_actions.resume_campaign(campaign.id)
    decide_ab_test(eve.account_id, campaign.id)
    assert rows(eve, AbTest).get(campaign=campaign).winner == 1


def test_letters_that_were_put_off_keep_their_variant(anna: Customer) -> None:
    """Both variants in one chunk of retries: each claim has one of them, and nobody gets the other's."""
    campaign = under_test(anna)
    before = by_variant(anna, campaign)
    send_all(anna, campaign, DeliveryState.DEFERRED)
    with tenancy.account(anna.account_id):
        assert AbTest.objects.get(campaign=campaign).tested_at is not None  # nobody waits for a server that is ill
        Retry.objects.filter(campaign=campaign).update(due_at=clock.now() - timedelta(seconds=1))
    retries.collect_retries(anna.account_id, campaign.id)
    claims = send_all(anna, campaign)
    assert len({held.edition_id for held in claims}) == 2
    assert sum(len(held.rows) for held in claims) == sum(len(people) for people in before.values())
    assert by_variant(anna, campaign) == before


def test_the_canary_is_of_the_test_and_comes_first(anna: Customer, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load_settings().model_copy(update={"chunk_size": 10, "canary_size": 50})
    monkeypatch.setattr(plan, "load_settings", lambda: settings)
    campaign = under_test(anna)
    with tenancy.account(anna.account_id):
        found = Plan.objects.get(campaign=campaign)
        assert found.canary_size == 3  # 5 % of sixty
        zero = Chunk.objects.get(campaign=campaign, number=0)
        assert zero.size == 3


def test_nobody_in_the_test_means_no_wait() -> None:
    """If everyone sampled has left since the release, the first variant goes to the others at once."""
    others = sending_customer(people=40)
    campaign = others.ticked(others.draft("Which one?", variants=[B], test_share=25, test_hours=2))
    with tenancy.account(others.account_id):
        assert release_campaign(campaign.id, by=others.owner).allowed
        everybody = set(Contact.objects.values_list("id", flat=True))
        drawn = {each for each in everybody if lot(each, campaign.id) < 2 * 25 * 100}
        assert drawn < everybody
        for contact_id in drawn:
            consent_actions.unsubscribe(contact_id, list_id=others.list_id, by="link", source="test")
    planned(others, campaign)
    assert by_variant(others, campaign) == {}
    decide_ab_test(others.account_id, campaign.id)
    planned(others, campaign)
    assert by_variant(others, campaign) == {0: everybody - drawn}


def lot(contact_id: int, campaign_id: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT mod(hashint8extended(%s, %s) & 9223372036854775807, 10000)", [contact_id, campaign_id])
        return int(cursor.fetchone()[0])


def test_variants_do_not_go_by_everybodys_own_clock(anna: Customer) -> None:
    draft = anna.ticked(anna.draft("Clock", variants=[B]))
    with tenancy.account(anna.account_id), pytest.raises(CampaignError):
        release_campaign(draft.id, by=anna.owner, at=clock.now() + timedelta(days=1), on_own_clocks=True)
