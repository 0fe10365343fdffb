"""A link to a report: shows figures to whoever has it, until it ends, and never a recipient."""

import re
from datetime import datetime, timedelta

import pytest
from django.test import Client

from mailflatrate.apps.accounts.actions.account_status import Reasons, change_account_status
from mailflatrate.apps.accounts.errors import AccountError
from mailflatrate.apps.accounts.models import AccountStatus, Role
from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.delivery.models import Delivery, DeliveryState
from mailflatrate.apps.lists.models import Contact
from mailflatrate.apps.stats.models import ReportLink
from mailflatrate.apps.stats.report_links import (
    MOST_OPEN,
    MOST_WRONG,
    MadeReportLink,
    create_report_link,
    find_report_link,
    report_links,
)
from mailflatrate.base import clock, tenancy
from mailflatrate.base.tenancy import PlatformReason
from support.customers import Customer, sending_customer
from support.people import browser, operator, person
from support.scope import rows

PASSWORD = "winterzwiebeln"


def begun(anna: Customer) -> Campaign:
    campaign = anna.sending("Tulips for all")
    anna.settle(campaign, DeliveryState.SENT, 2)
    rows(anna, Campaign).filter(id=campaign.id).update(started_at=clock.now() - timedelta(hours=5))
    return campaign


def share(anna: Customer, campaign: Campaign, password: str = "", ends_at: datetime | None = None) -> MadeReportLink:
    ends_at = ends_at or clock.now() + timedelta(days=7)
    with tenancy.account(anna.account_id):
        return create_report_link(campaign.id, name="Board", ends_at=ends_at, password=password, by=anna.owner)


def test_the_report_is_shown_without_an_account_and_names_no_recipient() -> None:
    anna = sending_customer(people=3)
    campaign = begun(anna)
    made = share(anna, campaign)
    stranger = Client()
    answer = stranger.get(f"/s/{made.token}")
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "Tulips for all" in page
    assert "2 of 2" in page
    assert "/studio/" not in page, "nothing leads into the studio"
    with tenancy.account(anna.account_id):
        people = list(Contact.objects.values_list("email", "first_name", "last_name"))
        deliveries = list(Delivery.objects.filter(campaign=campaign).values_list("id", flat=True))
        (link,) = report_links(campaign.id)
    assert len(people) == 3
    assert deliveries
    assert not any(email in page for email, _, _ in people)
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert (link.openings, link.opened_at is not None) == (1, True)
    stranger.head(f"/s/{made.token}")
    with tenancy.account(anna.account_id):
        assert report_links(campaign.id)[0].openings == 1, "a preview that asks for the head opens nothing"
        assert made.token.encode() not in bytes(link.token_hash), "only a hash is stored"


def test_a_link_ends_and_all_that_do_not_work_answer_alike() -> None:
    anna, carla = sending_customer(people=2), sending_customer(people=2)
    campaign = begun(anna)
    made, ended, revoked = share(anna, campaign), share(anna, campaign), share(anna, campaign)
    rows(anna, ReportLink).filter(id=ended.link.id).update(ends_at=clock.now())
    address = f"/studio/campaigns/{campaign.id}/links/{revoked.link.id}/revoke/"
    assert carla.client.post(address).status_code == 404
    viewer = browser(person(anna.account_id, "Vera", Role.VIEWER))
    assert viewer.post(address).status_code == 403
    assert Client().get(f"/s/{revoked.token}").status_code == 200, "neither could revoke it"
    assert anna.client.post(address).status_code == 303
    unknown = "A" * len(made.token)
    for token in (ended.token, revoked.token, unknown, made.token[:-1], made.token.swapcase()):
        answer = Client().get(f"/s/{token}")
        assert answer.status_code == 404
        assert "Tulips" not in answer.content.decode()
    with tenancy.account(carla.account_id):
        assert report_links(campaign.id) == []
        with pytest.raises(Campaign.DoesNotExist):
            create_report_link(
                campaign.id, name="", ends_at=clock.now() + timedelta(days=1), password="", by=carla.owner
            )
    reasons = Reasons("desk_closed", "They asked for it.")
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        change_account_status(anna.account_id, AccountStatus.CLOSED, reasons, by=operator())
    assert Client().get(f"/s/{made.token}").status_code == 404, "the account is closed"


def test_a_password_is_asked_for_and_guessing_ends() -> None:
    anna = sending_customer(people=2)
    made = share(anna, begun(anna), PASSWORD)
    door = Client().get(f"/s/{made.token}")
    assert "Tulips" not in door.content.decode(), "the door does not say what is behind it"
    wrong = Client().post(f"/s/{made.token}", {"password": "tulpenzwiebeln"})
    assert (wrong.status_code, "Tulips" in wrong.content.decode()) == (422, False)
    right = Client().post(f"/s/{made.token}", {"password": PASSWORD})
    assert "Tulips for all" in right.content.decode()
    with tenancy.account(anna.account_id):
        assert PASSWORD not in ReportLink.objects.get(id=made.link.id).password
        ReportLink.objects.filter(id=made.link.id).update(wrong_passwords=MOST_WRONG)
    assert Client().post(f"/s/{made.token}", {"password": PASSWORD}).status_code == 429
    with clock.frozen_at(clock.now() + timedelta(minutes=61)):
        assert Client().post(f"/s/{made.token}", {"password": PASSWORD}).status_code == 200


def test_the_link_is_shown_once_and_bounded() -> None:
    anna = sending_customer(people=2)
    campaign = begun(anna)
    address = f"/studio/campaigns/{campaign.id}/links/"
    last = (clock.now() + timedelta(days=30)).date()
    page = anna.client.post(address, {"name": "Agency", "ends_on": last.isoformat(), "password": ""}).content.decode()
    found = re.search(r"https?://[^\"<]+/s/([\w-]+)", page)
    assert found is not None
    assert find_report_link(found[1]) is not None
    assert found[1] not in anna.client.get(address).content.decode(), "it isn't shown again"
    late = anna.client.post(address, {"name": "Agency", "ends_on": "2199-01-01", "password": ""})
    assert late.status_code == 422
    assert "within a year" in late.content.decode()
    for _ in range(MOST_OPEN - 1):
        share(anna, campaign)
    with pytest.raises(AccountError, match="Revoke one first"):
        share(anna, campaign)
    assert anna.client.get(f"/studio/campaigns/{anna.draft().id}/links/").status_code == 404, "nothing was sent yet"
