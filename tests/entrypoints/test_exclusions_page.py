"""Excluding contacts from a campaign, on the compose page and in the report."""

import pytest

from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.delivery.models import DeliveryState
from mailflatrate.apps.lists.actions.lists import create_list
from mailflatrate.apps.lists.errors import SegmentInUse
from mailflatrate.apps.segments.actions.segments import delete_segment, save_segment
from mailflatrate.apps.segments.models import Segment
from mailflatrate.base import tenancy
from support.customers import CONTENT, Customer, sending_customer
from support.people import browser, person

HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture(scope="module")
def anna(database: str) -> Customer:
    """Her account, with three people on the list, one of them a Dora."""
    assert database
    return sending_customer(people=3)


def posted(anna: Customer, draft: Campaign, **changes: object) -> dict[str, object]:
    return {
        "name": draft.name, "subject": draft.subject, "preheader": "", "sender": anna.sender_id, "reply_to": "",
        "language": "en", "list_ids": [anna.list_id], "content_kind": draft.content_kind, "content": CONTENT,
        "text_override": "", "track_clicks": "on", "leaves_out": "1", **changes,
    }  # fmt: skip


@pytest.mark.slow
def test_boxes_are_saved_counted_and_shown_again(anna: Customer) -> None:
    with tenancy.account(anna.account_id):
        staff = create_list("Our staff", "Staff", "en")
        doras = save_segment("All Doras", [{"field": "first_name", "op": "equals", "value": "Dora"}])
        running = Campaign.objects.create(name="Not out yet", mailing_id="BBBB-BBBB-B")
    earlier = anna.sending("Autumn before")
    anna.settle(earlier, DeliveryState.BOUNCED, 3, bounce="soft")
    draft = anna.draft("Leaves out")
    edit = f"/studio/campaigns/{draft.id}/edit/"
    page = anna.client.get(edit).content.decode()
    for word in ("Our staff", "All Doras", "Autumn before", "Exclude"):
        assert word in page
    assert "Not out yet" not in page
    boxes = {"x_list": [staff.id], "x_segment": [doras.id], "x_campaign": [earlier.id, running.id]}
    answer = anna.client.post(edit, posted(anna, draft, **boxes), **HTMX).content.decode()
    assert "2 confirmed contacts would receive it." in answer
    assert "1 more contact is excluded." in answer
    saved = anna.again(draft)
    assert saved.excluded_list_ids == [staff.id]
    assert saved.excluded_mailing_ids == [earlier.id]
    assert [segment["name"] for segment in saved.excluded_segments] == ["All Doras"]
    with tenancy.account(anna.account_id):
        with pytest.raises(SegmentInUse, match="the campaign “Leaves out”"):
            delete_segment(doras.id)
        Segment.objects.filter(id=doras.id).delete()  # as it was possible until now
    again = anna.client.post(edit, posted(anna, draft, x_segment=[doras.id]), **HTMX)
    assert "2 confirmed contacts would receive it." in again.content.decode()
    released = anna.sending_of(anna.again(draft))
    report = anna.client.get(f"/studio/campaigns/{released.id}/").content.decode()
    assert "Is in an excluded segment" in report
    assert "All Doras" in report


def test_a_page_without_the_boxes_changes_nothing_about_them(anna: Customer) -> None:
    with tenancy.account(anna.account_id):
        other = create_list("Other", "Other", "en")
    draft = anna.draft("Keeps", excluded_list_ids=[other.id])
    fields = posted(anna, draft)
    del fields["leaves_out"]
    assert anna.client.post(f"/studio/campaigns/{draft.id}/edit/", fields).status_code == 303
    assert anna.again(draft).excluded_list_ids == [other.id]


@pytest.mark.slow
def test_a_strangers_list_segment_and_mailing_are_ignored(anna: Customer) -> None:
    """Carla names what is Anna's: nothing is stored, nothing is told."""
    carla = sending_customer(people=1)
    with tenancy.account(anna.account_id):
        segment = save_segment("Anna's secret", [{"field": "first_name", "op": "set", "value": ""}])
    theirs = anna.sending("Anna's own")
    draft = carla.draft("Carla's")
    boxes = {"x_list": [anna.list_id], "x_segment": [segment.id], "x_campaign": [theirs.id]}
    client = browser(person(carla.account_id, "Cleo"))
    answer = client.post(f"/studio/campaigns/{draft.id}/edit/", posted(carla, draft, **boxes), **HTMX)
    assert "Anna" not in answer.content.decode()
    saved = carla.again(draft)
    assert (saved.excluded_list_ids, saved.excluded_segments, saved.excluded_mailing_ids) == ([], [], [])
