"""Every way in which a person, their mailbox, the customer or the desk says no reaches the programs of the account."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from mailflatrate.apps.events import feed
from mailflatrate.apps.events.feed import FeedPosition
from mailflatrate.apps.inbound.actions.stop_requests import tell_complaint
from mailflatrate.apps.lists.actions import consent
from mailflatrate.apps.segments.actions import bulk
from mailflatrate.apps.segments.bulk.runner import run_bulk
from mailflatrate.apps.segments.bulk.selection import BulkSelection
from mailflatrate.apps.segments.models import BulkKind
from mailflatrate.base import tenancy
from mailflatrate.mail.identifiers.tokens import TokenPurpose
from mailflatrate.mail.identifiers.verp import unsubscribe_address
from mailflatrate.rules.events import MUST_BE_OBEYED, EventType
from mailflatrate.settings import load_settings
from support.api import program_of
from support.cast import per_module
from support.contact_files import HEADER, line
from support.forms import FormCustomer, customer_with_form, fresh_address
from support.origins import approve_origin
from support.returned_mail import LOOP, SentCampaign, arrive, desk, plain, sent_campaign
from support.scope import within

No = Callable[[SentCampaign, int], Any]
case = per_module(lambda: sent_campaign(people=len(WAYS)))


def said(account_id: int, contact_id: int) -> dict[str, dict[str, Any]]:
    """What programs were told of a contact that they must obey."""
    page = within(account_id, feed.read_events, FeedPosition(), MUST_BE_OBEYED, 1000)
    return {each.type.value: each.payload for each in page.events if each.payload["contact_id"] == contact_id}


def one_click(case: SentCampaign, number: int) -> None:
    token = case.token(TokenPurpose.UNSUBSCRIBE, number)
    answer = Client().post(f"/u/{token}", {"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200


def link(case: SentCampaign, number: int) -> None:
    token = case.token(TokenPurpose.UNSUBSCRIBE, number)
    assert Client().post(f"/u/{token}", {"everything": "yes"}).status_code in (200, 302, 303)


def mail(case: SentCampaign, number: int) -> None:
    address = unsubscribe_address(case.token(TokenPurpose.UNSUBSCRIBE, number), load_settings().service_domain)
    arrive(plain(case.reader(number).email, address, "unsubscribe", ""), address)


def api(case: SentCampaign, number: int) -> None:
    program_of(case.anna).post(f"/contacts/{case.reader(number).id}/unsubscribe", {"list_id": None})


def api_suppression(case: SentCampaign, number: int) -> None:
    program_of(case.anna).post("/suppressions", {"email": case.reader(number).email}, 201)


def page(case: SentCampaign, number: int) -> None:
    client = case.anna.signed_in().client
    answer = client.post(f"/studio/contacts/{case.reader(number).id}/unsubscribe/", {"list": case.anna.list_id})
    assert answer.status_code in (302, 303), answer.content.decode()[:500]


def bulk_action(case: SentCampaign, number: int) -> None:
    chosen = BulkSelection(ids=(case.reader(number).id,))
    action = within(case.anna, bulk.start_bulk, BulkKind.UNSUBSCRIBE, chosen, {}, by=case.anna.owner, enqueue=False)
    run_bulk(case.anna.account_id, action.id)


def hard_bounce(case: SentCampaign, number: int) -> None:
    arrive(case.bounce("5.1.1", "user unknown", number), case.bounce_address(number))


def complaint(case: SentCampaign, number: int) -> None:
    arrive(case.report(number), desk("fbl"), peer=LOOP)


def objection(case: SentCampaign, number: int) -> None:
    with tenancy.account(case.anna.account_id):
        consent.object_to_mail(case.reader(number).id, source="t")


def imported(case: SentCampaign, number: int) -> None:
    rows = "\n".join((f"{HEADER};Status", f"{line(case.reader(number).email)};unsubscribed"))
    approve_origin(case.anna.account_id, case.anna.list_id)
    case.anna.bring(rows)


def erased(case: SentCampaign, number: int) -> None:
    program_of(case.anna).post(f"/contacts/{case.reader(number).id}/erase", {"sure": True})


WAYS: dict[str, tuple[No, set[str]]] = {
    "one-click": (one_click, {"contact.unsubscribed"}),
    "link": (link, {"contact.unsubscribed"}),
    "mail": (mail, {"contact.unsubscribed"}),
    "api": (api, {"contact.unsubscribed"}),
    "api suppression": (api_suppression, {"contact.suppressed"}),
    "page": (page, {"contact.unsubscribed"}),
    "bulk": (bulk_action, {"contact.unsubscribed"}),
    "hard bounce": (hard_bounce, {"contact.suppressed"}),
    "complaint": (complaint, {"contact.unsubscribed", "contact.suppressed"}),
    "objection": (objection, {"contact.unsubscribed", "contact.suppressed"}),
    "import": (imported, {"contact.unsubscribed", "contact.suppressed"}),
    "erasure": (erased, {"contact.erased"}),
}


@pytest.mark.parametrize("number", range(len(WAYS)), ids=list(WAYS))
def test_a_no_is_told(case: SentCampaign, number: int) -> None:
    way, types = list(WAYS.values())[number]
    contact_id = case.reader(number).id
    assert said(case.anna.account_id, contact_id) == {}
    way(case, number)
    found = said(case.anna.account_id, contact_id)
    assert types <= found.keys(), found
    if "contact.suppressed" in found:
        assert found["contact.suppressed"]["reason"] in {"opt_out", "hard_bounce", "manual", "erased"}


def test_nobody_learns_who_complained(case: SentCampaign) -> None:
    """Their events are those of anyone who leaves; the complaint itself comes by a job of its own, hours later."""
    assert not within(case.anna, feed.read_events, FeedPosition(), [EventType.COMPLAINT_RECEIVED], 10).events
    tell_complaint(case.anna.account_id, case.campaign.id)
    (event,) = within(case.anna, feed.read_events, FeedPosition(), [EventType.COMPLAINT_RECEIVED], 10).events
    assert event.payload == {"campaign_id": case.campaign.id}


@pytest.mark.slow
def test_a_confirmation_is_told_from_beginning_to_end() -> None:
    shop: FormCustomer = customer_with_form()
    yes, no = fresh_address("dora"), fresh_address("eve")
    begun = feed.horizon().position
    shop.confirm(shop.asked(yes))
    shop.confirm(shop.asked(no), answer="no")
    page = within(shop, feed.read_events, begun, feed.DEFAULT_TYPES, 100)
    found = [event.type.value for event in page.events]
    assert found.count("confirmation.asked") == 2
    assert found.count("contact.confirmed") == 1
    assert found.count("confirmation.denied") == 1
