"""A draft shown to the operator's team early: the answer counts for exactly what was seen, and for nothing else."""

from datetime import timedelta
from html import unescape

import pytest

from mailflatrate.apps.accounts.actions import account_status
from mailflatrate.apps.accounts.models import Account, Role
from mailflatrate.apps.accounts.rights import NotPermitted
from mailflatrate.apps.campaigns.actions import drafts
from mailflatrate.apps.campaigns.content.campaign_content import content_hash
from mailflatrate.apps.campaigns.errors import CampaignError
from mailflatrate.apps.campaigns.models import Campaign, CampaignReview, CampaignState
from mailflatrate.apps.campaigns.queries import newest_imprint
from mailflatrate.apps.consent.ledger import EventEvidence, append
from mailflatrate.apps.gate.actions import release_campaign
from mailflatrate.apps.gate.draft_review import MOST_OPEN, ask_draft_review, withdraw_draft
from mailflatrate.apps.gate.reviews import review_campaign
from mailflatrate.apps.lists.models import Contact, Subscription
from mailflatrate.base import clock, tenancy
from mailflatrate.base.ids import address_key
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.entrypoints.presenters.review_wait import Reviewed, review_wait, wait_words
from mailflatrate.rules.contacts.audience_states import ConsentKind
from support.customers import Customer, sending_customer
from support.desk import desk
from support.people import browser, operator, person
from support.scope import within


@pytest.fixture
def anna() -> Customer:
    """Freshly activated: her first three campaigns are reviewed."""
    made = sending_customer()
    account_status.set_limits(made.account_id, by=operator(), daily_limit=None, supervised=True, because="new")
    return made


def _asked(anna: Customer, name: str = "Bulbs") -> Campaign:
    campaign = anna.draft(name)
    within(anna, ask_draft_review, campaign.id, by=anna.owner)
    return anna.again(campaign)


def _hash(anna: Customer, campaign: Campaign) -> str:
    with tenancy.account(anna.account_id):
        return content_hash(campaign, newest_imprint())


def _answer(anna: Customer, campaign: Campaign, *, approved: bool = True, text: str = "", shown: str = "") -> None:
    review_campaign(
        anna.account_id,
        campaign.id,
        approved=approved,
        by=operator(),
        shown_hash=shown or _hash(anna, campaign),
        text=text,
    )


def _release(anna: Customer, campaign: Campaign) -> Campaign:
    ticked = anna.ticked(anna.again(campaign))
    assert within(anna, release_campaign, ticked.id, by=anna.owner).allowed
    return anna.again(ticked)


def test_what_was_seen_goes_without_waiting_again(anna: Customer) -> None:
    campaign = _asked(anna)
    _answer(anna, campaign)
    assert anna.again(campaign).state == CampaignState.DRAFT, "an early review sends nothing"
    assert _release(anna, campaign).state == CampaignState.PLANNING


def _add_old(anna: Customer, numbers: range) -> None:
    """People whose last contact was thirteen months ago."""
    with tenancy.account(anna.account_id):
        for number in numbers:
            email, at = f"old{number}@people.example", clock.now() - timedelta(days=400)
            contact = Contact.objects.create(email=email, address_key=address_key(email))
            proof = append(contact.id, anna.list_id, ConsentKind.CONFIRMED, at, EventEvidence(email))
            Subscription.objects.create(
                mailing_list_id=anna.list_id,
                contact=contact,
                state="confirmed",
                consent_event_id=proof,
                confirmed_at=at,
            )


@pytest.mark.slow
def test_what_the_reviewer_saw_is_not_asked_again(anna: Customer) -> None:
    """The early review's page named the old consents, so they don't hold the release, nor does one more person."""
    _add_old(anna, range(20))
    campaign = _asked(anna)
    assert "more than 12 months: 20 of 23" in desk().page(f"campaigns/{campaign.id}/")
    _answer(anna, campaign)
    _add_old(anna, range(20, 21))
    assert _release(anna, campaign).state == CampaignState.PLANNING


def test_what_grew_since_the_early_review_is_asked_again(anna: Customer) -> None:
    _add_old(anna, range(20))
    campaign = _asked(anna)
    _answer(anna, campaign)
    _add_old(anna, range(20, 30))
    assert _release(anna, campaign).state == CampaignState.REVIEW


def test_who_joins_while_the_reviewer_reads_was_not_seen(anna: Customer) -> None:
    _add_old(anna, range(20))
    campaign = _asked(anna)
    page = desk().page(f"campaigns/{campaign.id}/")
    shown = page.partition('name="shown_people" value="')[2].partition('"')[0]
    assert shown == "23"
    _add_old(anna, range(20, 60))
    answer = {"word": "go", "shown_hash": _hash(anna, campaign), "shown_people": shown}
    assert desk().client.post(f"/desk/campaigns/{campaign.id}/review/", answer).status_code == 303
    assert _release(anna, campaign).state == CampaignState.REVIEW


def test_the_button_and_the_dialog_say_before_the_press_that_it_is_reviewed_and_why(anna: Customer) -> None:
    campaign = anna.ticked(anna.draft())
    page = unescape(anna.page(f"campaigns/{campaign.id}/edit/"))
    buttons, dialog = page.partition('id="release-buttons"')[2], page.partition('id="send-now"')[2]
    why = "This is campaign number 1 of a new account."
    for part in (buttons[:2500], dialog):
        assert "Send for review" in part
        assert why in part
    assert "Send this campaign for review?" in dialog
    assert "get “" not in dialog.partition("now. Sent")[0][-80:]
    assert "people now" not in buttons[:2500]
    account_status.set_limits(anna.account_id, by=operator(), daily_limit=None, supervised=False, because="known")
    page = unescape(anna.page(f"campaigns/{campaign.id}/edit/"))
    assert "Send to 3 people now" in page
    assert "Send for review" not in page


def test_any_change_afterward_waits_and_is_shown_as_a_difference(anna: Customer) -> None:
    campaign = _asked(anna)
    _answer(anna, campaign)
    within(anna, drafts.update_campaign, campaign.id, {"subject": "Tulips instead"}, by=anna.owner)
    campaign = _release(anna, campaign)
    assert campaign.state == CampaignState.REVIEW
    page = desk().page(f"campaigns/{campaign.id}/")
    assert "Changes since the review of" in page
    assert "Tulips instead" in page


def test_editing_goes_on_and_an_outdated_page_approves_nothing(anna: Customer) -> None:
    campaign = _asked(anna)
    seen = _hash(anna, campaign)
    within(anna, drafts.update_campaign, campaign.id, {"subject": "Changed under their eyes"}, by=anna.owner)
    with pytest.raises(CampaignError, match="has changed in the meantime"):
        _answer(anna, anna.again(campaign), shown=seen)
    assert anna.again(campaign).review_asked_at is not None


def test_an_approval_ages(anna: Customer) -> None:
    campaign = _asked(anna)
    _answer(anna, campaign)
    with clock.frozen_at(clock.now() + timedelta(days=8)):
        assert _release(anna, campaign).state == CampaignState.REVIEW


def test_a_no_is_read_by_the_customer_and_approves_nothing(anna: Customer) -> None:
    campaign = _asked(anna)
    with pytest.raises(CampaignError, match="Give the reason"):
        _answer(anna, campaign, approved=False)
    _answer(anna, campaign, approved=False, text="Name your company in the first line.")
    page = anna.client.get(f"/studio/campaigns/{campaign.id}/edit/").content.decode()
    assert "Name your company in the first line." in page
    assert _release(anna, campaign).state == CampaignState.REVIEW


def test_early_approvals_of_one_draft_do_not_end_the_supervision(anna: Customer) -> None:
    campaign = _asked(anna)
    for number in range(4):
        _answer(anna, anna.again(campaign))
        with tenancy.account(anna.account_id):
            drafts.update_campaign(campaign.id, {"subject": f"Take {number}"}, by=anna.owner)
            ask_draft_review(campaign.id, by=anna.owner)
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        assert Account.objects.get(id=anna.account_id).supervised
        assert CampaignReview.objects.filter(campaign_id=campaign.id, approved=True).count() == 4


def test_the_desk_sees_drafts_only_while_they_are_shown(anna: Customer) -> None:
    otto, hidden = desk(), anna.draft("Hidden")
    otto.page(f"campaigns/{hidden.id}/", 404)
    campaign = _asked(anna, "Shown")
    assert "Draft, early review" in otto.page("campaigns/")
    assert "Draft, early review" in otto.page(f"campaigns/{campaign.id}/")
    within(anna, withdraw_draft, campaign.id, by=anna.owner)
    otto.page(f"campaigns/{campaign.id}/", 404)
    with pytest.raises(CampaignError, match="no longer waiting"):
        _answer(anna, anna.again(campaign))


def test_who_may_ask_and_how_often(anna: Customer) -> None:
    campaign = anna.draft()
    path = f"/studio/campaigns/{campaign.id}/draft-review/"
    viewer, author = (person(anna.account_id, role.label, role) for role in (Role.VIEWER, Role.AUTHOR))
    carla = sending_customer(people=0)
    assert carla.client.post(path).status_code == 404
    assert browser(viewer).post(path).status_code == 403
    assert anna.client.get(path).status_code == 405
    with tenancy.account(anna.account_id), pytest.raises(NotPermitted):
        ask_draft_review(campaign.id, by=viewer)
    assert browser(author).post(path).status_code == 303
    assert anna.again(campaign).review_asked_at is not None
    with tenancy.account(anna.account_id), pytest.raises(CampaignError, match="already has"):
        ask_draft_review(campaign.id, by=anna.owner)
    for number in range(MOST_OPEN - 1):
        _asked(anna, f"More {number}")
    with pytest.raises(CampaignError, match="enough of your drafts"):
        _asked(anna, "Too many")
    empty = carla.draft("Free")
    with tenancy.account(carla.account_id), pytest.raises(CampaignError, match="without a review"):
        ask_draft_review(empty.id, by=carla.owner)


def test_the_usual_wait_is_said_in_words_that_are_kept() -> None:
    assert wait_words(0) == "usually within one business day"
    assert wait_words(1) == "usually within 1 hour"
    assert wait_words(3 * 3600 + 1) == "usually within 4 hours"
    assert wait_words(25 * 3600) == "usually within 2 days"
    for kind in Reviewed:
        assert review_wait(kind).startswith("usually within")
