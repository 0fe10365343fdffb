"""Approval: one person asks, another releases; the page, the action and the database all enforce it."""

from datetime import timedelta

import pytest
from django.db import ProgrammingError

from mailflatrate.apps.accounts.actions import approval, people
from mailflatrate.apps.accounts.errors import AccountError
from mailflatrate.apps.accounts.models import Notice, Role, User
from mailflatrate.apps.campaigns.actions import drafts
from mailflatrate.apps.campaigns.content.campaign_content import content_hash
from mailflatrate.apps.campaigns.errors import CampaignError
from mailflatrate.apps.campaigns.models import Campaign, CampaignState, ReleaseAnswer, ReleaseRequest
from mailflatrate.apps.campaigns.queries import newest_imprint
from mailflatrate.apps.gate.actions import release_campaign, release_due
from mailflatrate.apps.gate.approval import approve_and_release, request_approval, send_back
from mailflatrate.base import clock, tenancy
from mailflatrate.settings.schema import load_settings
from support.cast import per_module
from support.customers import WHERE, Customer, sending_customer
from support.people import browser, followed, person
from support.scope import rows, within
from support.sql import REFUSALS, as_application

stranger = per_module(lambda: Customer.registered("Carla's Cafe").owner)


def anna_with_ben() -> Customer:
    """Anna's account; a second person has to release each campaign."""
    made = sending_customer()
    person(made.account_id, "Ben Berger", Role.EDITOR)
    approval.switch_four_eyes(made.account_id, True, by=made.owner)
    return made


@pytest.fixture(scope="module")
def anna() -> Customer:
    """For tests that leave its setting and its people as they are, and work on campaigns of their own."""
    return anna_with_ben()


def ben_of(anna: Customer) -> User:
    return rows(anna, User).get(memberships__account_id=anna.account_id, name="Ben Berger")


def shown(anna: Customer, campaign: Campaign) -> str:
    with tenancy.account(anna.account_id):
        return content_hash(Campaign.objects.get(id=campaign.id), newest_imprint())


def asked(anna: Customer, campaign: Campaign, by: User | None = None, **values: object) -> ReleaseRequest:
    seen = shown(anna, campaign)
    with tenancy.account(anna.account_id):
        return request_approval(campaign.id, by=by or anna.owner, shown_hash=seen, **values)  # type: ignore[arg-type]


def release(anna: Customer, campaign: Campaign, by: User) -> None:
    seen = shown(anna, campaign)
    assert within(anna, approve_and_release, campaign.id, by=by, shown_hash=seen, where=WHERE).allowed


def messages_to(user: User) -> list[str]:
    with tenancy.account(people.house_account().id):
        return list(Notice.objects.filter(recipient=user.email).order_by("id").values_list("subject", flat=True))


def test_one_asks_and_another_releases(anna: Customer) -> None:
    campaign, ben = anna.draft(), ben_of(anna)
    with tenancy.account(anna.account_id):
        anna.ticked(campaign)
        assert not release_campaign(campaign.id, by=anna.owner).allowed, "nobody releases alone"
    asked(anna, campaign, note="Please look at the price.")
    assert "Approval requested for “Winter bulbs”" in messages_to(ben)
    with pytest.raises(CampaignError, match="requested approval"):
        release(anna, campaign, anna.owner)
    release(anna, campaign, ben)
    campaign = anna.again(campaign)
    assert (campaign.state, campaign.policy_ticked_by_id) == (CampaignState.PLANNING, ben.id)
    assert "“Winter bulbs” was released" in messages_to(anna.owner)


@pytest.mark.slow
def test_the_link_in_the_request_opens_the_page(anna: Customer) -> None:
    campaign, ben = anna.draft(), ben_of(anna)
    within(anna, anna.ticked, campaign)
    asked(anna, campaign)
    with tenancy.account(people.house_account().id):
        text = Notice.objects.filter(recipient=ben.email).latest("id").text
    link = next(word for word in text.split() if word.startswith(load_settings().public_url))
    page = browser(ben).get(link.removeprefix(load_settings().public_url))
    assert (page.status_code, "Approve and release" in page.content.decode()) == (200, True)


def test_everybodys_own_clock_is_kept_with_the_request(anna: Customer) -> None:
    """The request is sent as asked for: at the same hour in each recipient's local time."""
    campaign, at = anna.draft(), clock.now() + timedelta(days=3)
    asked(anna, campaign, at=at, on_own_clocks=True)
    release(anna, campaign, ben_of(anna))
    campaign = anna.again(campaign)
    assert (campaign.state, campaign.local_at) == (CampaignState.SCHEDULED, at)


@pytest.mark.slow
def test_whoever_wrote_last_is_no_second_person() -> None:
    """Ben edits, Anna asks: neither may; Clara may."""
    anna = anna_with_ben()
    campaign, ben = anna.draft(), ben_of(anna)
    with tenancy.account(anna.account_id):
        drafts.update_campaign(campaign.id, {"subject": "Bulbs, dug by Ben"}, by=ben)
        with pytest.raises(CampaignError, match="Invite an editor under Settings, Team"):
            request_approval(campaign.id, by=anna.owner, shown_hash=shown(anna, campaign))
    clara = person(anna.account_id, "Clara Cordes", Role.EDITOR)
    asked(anna, campaign)
    with pytest.raises(CampaignError, match="made the last edit"):
        release(anna, campaign, ben)
    release(anna, campaign, clara)
    assert anna.again(campaign).state == CampaignState.PLANNING


def test_a_name_or_a_time_zone_makes_nobody_the_writer(anna: Customer) -> None:
    campaign, ben = anna.draft(), ben_of(anna)
    within(anna, drafts.update_campaign, campaign.id, {"name": "Bulbs", "time_zone": "Europe/Paris"}, by=ben)
    asked(anna, campaign)
    release(anna, campaign, ben)


@pytest.mark.slow
def test_an_edit_asks_again(anna: Customer) -> None:
    campaign, ben = anna.draft(), ben_of(anna)
    first = asked(anna, campaign)
    within(anna, drafts.update_campaign, campaign.id, {"subject": "Something else"}, by=anna.owner)
    with pytest.raises(CampaignError, match="changed after approval"):
        release(anna, campaign, ben)
    asked(anna, campaign)
    assert rows(anna, ReleaseRequest).get(id=first.id).answer == ReleaseAnswer.OVERTAKEN
    release(anna, campaign, ben)


@pytest.mark.slow
def test_an_edit_after_the_release_of_a_scheduled_one_asks_again(anna: Customer) -> None:
    campaign, ben = anna.draft(), ben_of(anna)
    asked(anna, campaign, at=clock.now() + timedelta(days=1))
    release(anna, campaign, ben)
    assert anna.again(campaign).state == CampaignState.SCHEDULED
    with tenancy.account(anna.account_id):
        drafts.unschedule(campaign.id)
        drafts.update_campaign(campaign.id, {"subject": "Other"}, by=ben)
        anna.ticked(campaign)
        assert not release_campaign(campaign.id, by=anna.owner).allowed


def test_switched_on_before_the_time_has_come() -> None:
    """What was scheduled by one person waits for the second when the account wants it meanwhile."""
    anna = anna_with_ben()
    approval.switch_four_eyes(anna.account_id, False, by=anna.owner)
    campaign = anna.ticked(anna.draft())
    within(anna, release_campaign, campaign.id, by=anna.owner, at=clock.now() + timedelta(hours=1))
    approval.switch_four_eyes(anna.account_id, True, by=anna.owner)
    with tenancy.account(anna.account_id):
        Campaign.objects.filter(id=campaign.id).update(scheduled_at=clock.now() - timedelta(minutes=1))
        release_due(campaign.id)
    assert anna.again(campaign).state == CampaignState.DRAFT
    assert "released-by-two" in anna.again(campaign).state_reason


def test_sent_back_with_words(anna: Customer) -> None:
    campaign, ben = anna.draft(), ben_of(anna)
    asked(anna, campaign)
    with tenancy.account(anna.account_id):
        with pytest.raises(CampaignError, match="Describe what should change"):
            send_back(campaign.id, by=ben, text=" ")
        send_back(campaign.id, by=ben, text="The price is wrong.")
    assert messages_to(anna.owner)[-1] == "“Winter bulbs” was returned to you"
    with pytest.raises(CampaignError, match="no longer requested"):
        release(anna, campaign, ben)


def test_other_checks_come_first(anna: Customer) -> None:
    campaign = anna.draft(subject="")
    with pytest.raises(CampaignError, match="Other checks"):
        asked(anna, campaign)


def test_who_switches_it() -> None:
    anna = anna_with_ben()
    ben = ben_of(anna)
    with pytest.raises(AccountError, match="Only owners"):
        approval.switch_four_eyes(anna.account_id, False, by=ben)
    approval.switch_four_eyes(anna.account_id, False, by=anna.owner)
    assert messages_to(ben)[-1] == "Approval is no longer required"
    alone = sending_customer()
    with pytest.raises(AccountError, match="No one else"):
        approval.switch_four_eyes(alone.account_id, True, by=alone.owner)


FORGED = {
    "the setting, by a statement": "UPDATE account SET four_eyes = false WHERE id = %(account)s",
    "the switch, by an editor": "INSERT INTO four_eyes_switch (account_id, wanted, switched_by_id, at)"
    " VALUES (%(account)s, false, %(ben)s, now())",
    "the switch, in the owner's name": "INSERT INTO four_eyes_switch (account_id, wanted, switched_by_id, at)"
    " VALUES (%(account)s, false, %(anna)s, now())",
    "a release that nobody asked for": "INSERT INTO release_request (account_id, campaign_id, content_hash, note,"
    " asked_by_id, asked_at, answer, answered_by_id, answered_at, text) VALUES (%(account)s, %(campaign)s, %(hash)s,"
    " '', %(anna)s, now(), 'released', %(ben)s, now(), '')",
    "the asker's own": "UPDATE release_request SET answer = 'released', answered_by_id = %(anna)s, answered_at = now()"
    " WHERE campaign_id = %(campaign)s",
    "a stranger's": "UPDATE release_request SET answer = 'released', answered_by_id = %(carla)s, answered_at = now()"
    " WHERE campaign_id = %(campaign)s",
    "without the tick": "UPDATE release_request SET answer = 'released', answered_by_id = %(ben)s, answered_at = now()"
    " WHERE campaign_id = %(campaign)s",
    "for another content": "UPDATE release_request SET content_hash = repeat('0', 64) WHERE campaign_id = %(campaign)s",
    "past the request": "UPDATE campaign SET state = 'planning' WHERE id = %(campaign)s",
    "to a reviewer": "UPDATE campaign SET state = 'review' WHERE id = %(campaign)s",
}


@pytest.mark.parametrize("name", FORGED)
def test_the_database_holds_to_it(anna: Customer, stranger: User, name: str) -> None:
    """SQL under the application role, in the account's own scope."""
    campaign = anna.ticked(anna.draft())
    asked(anna, campaign)
    values = {
        "account": anna.account_id,
        "campaign": campaign.id,
        "hash": campaign.policy_hash,
        "anna": anna.owner.id,
        "ben": ben_of(anna).id,
        "carla": stranger.id,
    }
    statement = FORGED[name]
    with as_application(anna) as application, pytest.raises(REFUSALS):
        application.execute(statement, {key: value for key, value in values.items() if f"%({key})s" in statement})


def test_an_answer_never_changes(anna: Customer) -> None:
    campaign = anna.draft()
    asked(anna, campaign)
    release(anna, campaign, ben_of(anna))
    with pytest.raises(ProgrammingError), tenancy.account(anna.account_id):
        ReleaseRequest.objects.filter(campaign_id=campaign.id).update(answer=ReleaseAnswer.SENT_BACK)


@pytest.mark.slow
def test_the_pages_from_the_setting_to_the_release() -> None:
    """Anna turns it on and asks in her browser; Ben's home page leads to the page to confirm and release."""
    anna = anna_with_ben()
    approval.switch_four_eyes(anna.account_id, False, by=anna.owner)
    page = followed(anna.client, "/studio/settings/approval/", {"wanted": "yes"})
    assert "Turned on by Anna Lindner" in page
    campaign, ben = anna.draft(), browser(ben_of(anna))
    edit = f"/studio/campaigns/{campaign.id}/edit/"
    page = anna.client.get(edit).content.decode()
    assert (
        "Request approval" in page
        and "Send to" not in page
        and "Confirm policy and release" not in page.split("<dialog")[0]
    )
    data = {"when": "now", "note": "The price?", "shown_hash": shown(anna, campaign)}
    page = followed(anna.client, f"/studio/campaigns/{campaign.id}/ask/", data)
    assert "emailed Ben Berger a link to review" in page and "Waiting for approval" in page
    second = f"/studio/campaigns/{campaign.id}/approval/"
    assert "You requested approval or made the last edit" in anna.client.get(second).content.decode()
    assert second in ben.get("/studio/").content.decode()
    page = ben.get(second).content.decode()
    assert "The price?" in page and "Release and send to 3 people" in page
    data = {"shown_hash": shown(anna, campaign)}
    assert ben.post(second, data).status_code == 422, "without the tick"
    answer = anna.client.post(second, data | {"confirm": "on"})
    assert answer.status_code == 422 and "You requested approval or made the last edit, so a" in answer.content.decode()
    assert followed(ben, second, data | {"confirm": "on"})
    assert anna.again(campaign).state == CampaignState.PLANNING


@pytest.mark.slow
def test_sending_back_in_the_browser(anna: Customer) -> None:
    campaign, ben = anna.draft(), browser(ben_of(anna))
    asked(anna, campaign)
    followed(ben, f"/studio/campaigns/{campaign.id}/approval/back/", {"text": "The price is wrong."})
    page = anna.client.get(f"/studio/campaigns/{campaign.id}/edit/").content.decode()
    assert "Ben Berger sent it back" in page and "The price is wrong." in page
