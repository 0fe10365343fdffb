"""Several people at one draft: versions, what is set aside, what is brought back."""

from datetime import timedelta

import pytest

from mailflatrate.apps.accounts.models import User
from mailflatrate.apps.campaigns import queries
from mailflatrate.apps.campaigns.actions import drafts, versions
from mailflatrate.apps.campaigns.actions import drafts as draft_actions
from mailflatrate.apps.campaigns.actions.versions import Window
from mailflatrate.apps.campaigns.errors import NotEditable
from mailflatrate.apps.campaigns.models import Campaign, CampaignState, CampaignVersion
from mailflatrate.base import clock, tenancy
from support.customers import Customer
from support.people import person


@pytest.fixture(scope="module")
def ben(anna: Customer) -> User:
    return person(anna.account_id, "Ben Petersen")


def kept(campaign: Campaign) -> list[CampaignVersion]:
    """The history, oldest first."""
    return list(CampaignVersion.objects.filter(campaign=campaign, aside=False).order_by("number"))


def test_one_go_is_one_version_and_the_beginning_stays(anna: Customer, ben: User) -> None:
    """However often it saves itself; another person or a pause begins a new one."""
    draft = anna.draft("History")
    with tenancy.account(anna.account_id):
        for number in range(5):
            drafts.update_campaign(draft.id, {"subject": f"Anna {number}"}, by=anna.owner)
        drafts.update_campaign(draft.id, {"subject": "Anna 4"}, by=anna.owner)
        drafts.update_campaign(draft.id, {"subject": "Ben"}, by=ben)
        found = [(one.number, one.values["subject"], one.saved_by_id) for one in kept(draft)]
        assert found == [(1, "Winter bulbs are here", anna.owner.id), (6, "Anna 4", anna.owner.id), (7, "Ben", ben.id)]
        CampaignVersion.objects.filter(campaign=draft, number=7).update(saved_at=clock.now() - timedelta(minutes=4))
        drafts.update_campaign(draft.id, {"subject": "Ben, later"}, by=ben)
        assert [one.number for one in kept(draft)] == [1, 6, 7, 8]


def test_the_history_is_bounded(anna: Customer, ben: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest go, but the beginning stays."""
    monkeypatch.setattr(draft_actions, "MOST_VERSIONS", 4)
    draft = anna.draft("Long")
    with tenancy.account(anna.account_id):
        for number in range(10):
            drafts.update_campaign(draft.id, {"subject": str(number)}, by=(anna.owner, ben)[number % 2])
        assert [one.number for one in kept(draft)] == [1, 8, 9, 10, 11]


def test_the_second_is_told_and_nothing_is_overwritten(anna: Customer, ben: User) -> None:
    """Both edited version 1. Ben's text is kept aside, complete, and grows there as Ben keeps writing."""
    draft = anna.draft("Both")
    with tenancy.account(anna.account_id):
        first = versions.save_draft(draft.id, {"subject": "Anna's"}, by=anna.owner, seen=1, window=Window("a", 1))
        assert first.aside is None
        late = versions.save_draft(draft.id, {"subject": "Ben's"}, by=ben, seen=1, window=Window("b", 1))
        assert late.aside is not None
        assert Campaign.objects.get(id=draft.id).subject == "Anna's"
        again = versions.save_draft(
            draft.id, {"subject": "Ben's, longer"}, by=ben, seen=1, window=Window("b", 2), aside_id=late.aside.id
        )
        assert again.aside is not None
        assert again.aside.id == late.aside.id
        assert again.aside.values["subject"] == "Ben's, longer"
        taken = versions.take_version(draft.id, late.aside.id, by=ben)
        assert (taken.subject, taken.content) == ("Ben's, longer", draft.content)
        assert not CampaignVersion.objects.filter(campaign=draft, aside=True).exists()
        before = next(one for one in kept(draft) if one.values["subject"] == "Anna's")
        assert versions.take_version(draft.id, before.id, by=anna.owner).subject == "Anna's"


def test_a_window_is_no_conflict_with_itself(anna: Customer) -> None:
    """Its reply got lost: the next save still names the old version. A save that was overtaken changes nothing."""
    draft = anna.draft("Window")
    with tenancy.account(anna.account_id):
        versions.save_draft(draft.id, {"subject": "one"}, by=anna.owner, seen=1, window=Window("t", 1))
        third = versions.save_draft(draft.id, {"subject": "three"}, by=anna.owner, seen=1, window=Window("t", 3))
        assert (third.aside, third.campaign.subject) == (None, "three")
        late = versions.save_draft(draft.id, {"subject": "two"}, by=anna.owner, seen=1, window=Window("t", 2))
        assert (late.aside, late.campaign.subject) == (None, "three")


def test_the_same_text_is_no_conflict(anna: Customer, ben: User) -> None:
    """Both corrected the same letter."""
    draft = anna.draft("Same")
    with tenancy.account(anna.account_id):
        versions.save_draft(draft.id, {"subject": "Same"}, by=anna.owner, seen=1)
        assert versions.save_draft(draft.id, {"subject": "Same"}, by=ben, seen=1).aside is None


def test_what_went_out_is_never_changed(anna: Customer, ben: User) -> None:
    """Neither by a save nor from the history."""
    draft = anna.draft("Out")
    with tenancy.account(anna.account_id):
        version = kept(draft)[0]
        Campaign.objects.filter(id=draft.id).update(state=CampaignState.CANCELLED)
        with pytest.raises(NotEditable):
            versions.save_draft(draft.id, {"subject": "x"}, by=ben, seen=1)
        with pytest.raises(NotEditable):
            versions.take_version(draft.id, version.id, by=ben)


def test_nobody_drops_what_another_has_set_aside(anna: Customer, ben: User) -> None:
    """And Carla sees neither."""
    draft = anna.draft("Aside")
    with tenancy.account(anna.account_id):
        versions.save_draft(draft.id, {"subject": "a"}, by=anna.owner, seen=1)
        mine = versions.save_draft(draft.id, {"subject": "b"}, by=ben, seen=1).aside
        assert mine is not None
        versions.forget_aside(draft.id, mine.id, by=anna.owner)
        assert CampaignVersion.objects.filter(id=mine.id).exists()
        versions.forget_aside(draft.id, mine.id, by=ben)
        assert not CampaignVersion.objects.filter(id=mine.id).exists()
    carla = Customer.registered("Nordstern").account_id
    with tenancy.account(carla):
        assert not queries.versions(draft.id).exists()
