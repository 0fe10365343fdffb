"""A contact's page: the timeline and its pages, fields edited in place, notes."""

import re
from datetime import timedelta

import pytest
from django.db import connection

from mailflatrate.apps.accounts.models import Role
from mailflatrate.apps.delivery.models import Delivery, DeliveryState
from mailflatrate.apps.inbound.models import Feedback, FeedbackKind
from mailflatrate.apps.lists.actions import contacts, fields, notes
from mailflatrate.apps.lists.actions.fields import FieldDraft
from mailflatrate.apps.lists.changes import ChangeAuthor, name_author
from mailflatrate.apps.lists.models import ChangeSource, Contact, ContactNote
from mailflatrate.base import clock, tenancy
from support.contact_files import HEADER, line
from support.customers import Customer, customer_with_members, sending_customer
from support.people import browser, person

HTMX = {"HX-Request": "true"}
TITLE = re.compile(r'<p class="feed-title">(.*?)</p>', re.S)


@pytest.fixture
def anna(database: str) -> Customer:
    assert database
    one = customer_with_members()
    one.bring("\n".join((HEADER, line("dora@dora.example.com", "Dora"))))
    return one


def titles(page: str) -> list[str]:
    """What the rows of a timeline say, without markup."""
    return [" ".join(re.sub(r"<[^>]+>", " ", found).split()) for found in TITLE.findall(page)]


def following(page: str) -> str:
    found = re.search(r'hx-get="([^"]*before=[^"]+)"', page)
    return found[1].replace("&amp;", "&") if found else ""


def test_a_field_is_edited_in_place_and_the_timeline_says_who_did(anna: Customer) -> None:
    with tenancy.account(anna.account_id):
        fields.create_field(FieldDraft("Orders", "number", "to know regulars"))
        fields.create_field(FieldDraft("Colors", "choices", "for bulbs", choices=("Red", "Blue")))
    dora = anna.contact("dora@dora.example.com")
    address = f"/studio/contacts/{dora.id}/fields/orders/"
    part = anna.client.get(address, headers=HTMX).content.decode()
    assert "<html" not in part
    assert 'inputmode="decimal"' in part
    assert "<html" in anna.client.get(address).content.decode(), "without a script it is a page"
    refused = anna.client.post(address, {"field_orders": "many"}, headers=HTMX)
    assert refused.status_code == 422
    assert "must be a number" in refused.content.decode()
    saved = anna.client.post(address, {"field_orders": "1.234,5"}, headers=HTMX).content.decode()
    assert "1234.5" in saved
    assert "<html" not in saved
    assert anna.client.post(address, {"field_orders": "7"})["Location"] == f"/studio/contacts/{dora.id}/"
    colors = f"/studio/contacts/{dora.id}/fields/colors/"
    anna.client.post(colors, {"field_colors": ["Blue", "Red"]}, headers=HTMX)
    anna.client.post(f"/studio/contacts/{dora.id}/fields/first_name/", {"field_first_name": ""}, headers=HTMX)
    assert anna.contact("dora@dora.example.com").attributes == {"orders": 7, "colors": ["Red", "Blue"], "stadt": "Kiel"}
    page = anna.page(f"contacts/{dora.id}/?kind=changes")
    assert titles(page) == ["First name changed", "Colors changed", "Orders changed", "Orders changed"]
    assert page.count("Anna") >= 4
    assert re.search(r"<s>1234.5</s>.*?7", page, re.S)
    assert anna.client.get(f"/studio/contacts/{dora.id}/fields/nothing/").status_code == 404


def test_an_unchanged_value_is_no_change(anna: Customer) -> None:
    dora = anna.contact("dora@dora.example.com")
    anna.client.post(f"/studio/contacts/{dora.id}/fields/first_name/", {"field_first_name": "Dora"}, headers=HTMX)
    anna.client.post(f"/studio/contacts/{dora.id}/tags/", {"add": "VIP"})
    anna.client.post(f"/studio/contacts/{dora.id}/tags/", {"add": "VIP"})
    anna.client.post(f"/studio/contacts/{dora.id}/tags/", {"remove": "VIP"})
    assert titles(anna.page(f"contacts/{dora.id}/?kind=changes")) == ["Tag removed: VIP", "Tag added: VIP"]


@pytest.mark.slow
def test_notes_are_written_by_the_team_and_changed_by_their_author_only(anna: Customer) -> None:
    dora = anna.contact("dora@dora.example.com")
    base = f"/studio/contacts/{dora.id}/notes/"
    assert anna.client.post(base, {"text": "  "}).status_code == 422
    long = anna.client.post(base, {"text": "x" * 2001})
    assert long.status_code == 422
    assert "up to 2000 characters" in long.content.decode()
    assert anna.client.post(base, {"text": "Called: <b>likes</b> tulips."}).status_code == 303
    page = anna.page(f"contacts/{dora.id}/?kind=notes")
    assert "Called: &lt;b&gt;likes&lt;/b&gt; tulips." in page
    with tenancy.account(anna.account_id):
        note = ContactNote.objects.get()
    editor = browser(person(anna.account_id, "Emil Editor", Role.EDITOR))
    assert "tulips" in editor.get(f"/studio/contacts/{dora.id}/").content.decode()
    for address, values in ((f"{base}{note.id}/", {"text": "Mine"}), (f"{base}{note.id}/delete/", {})):
        assert editor.post(address, values).status_code == 404, "another's note"
        assert anna.ben.post(address, values).status_code == 403, "a viewer"
    assert anna.ben.post(base, {"text": "x"}).status_code == 403
    assert anna.client.post(f"{base}{note.id}/", {"text": ""}).status_code == 422
    anna.client.post(f"{base}{note.id}/", {"text": "Likes roses."})
    page = anna.page(f"contacts/{dora.id}/")
    assert "Likes roses." in page
    assert "(edited)" in page
    assert anna.client.post(f"{base}{note.id}/delete/").status_code == 303
    assert "Likes roses." not in anna.page(f"contacts/{dora.id}/?kind=notes")


@pytest.mark.slow
def test_the_timeline_has_everything_newest_first_and_page_by_page(database: str) -> None:
    assert database
    anna = sending_customer(people=1).signed_in()
    campaign = anna.sending()
    anna.settle(campaign, DeliveryState.SENT, 1)
    with tenancy.account(anna.account_id):
        dora = Contact.objects.get()
        delivery = Delivery.objects.get()
        Feedback.objects.create(
            delivery_id=delivery.id, campaign=campaign, contact_id=dora.id, kind=FeedbackKind.AUTO_REPLY, text="Away"
        )
        name_author(ChangeAuthor(ChangeSource.API, reference="Shop"))
        for number in range(35):
            contacts.change_contact(dora.id, first_name=f"Dora {number}", last_name=None, attributes={})
        connection.cursor().execute(
            "UPDATE delivery SET reply_text = '250 2.0.0 accepted' WHERE account_id = %s", [anna.account_id]
        )
    first = anna.page(f"contacts/{dora.id}/")
    assert "Today" in first
    shown, address = titles(first), following(first)
    for _page in range(4):
        if not address:
            break
        part = anna.client.get(address, headers=HTMX).content.decode()
        assert "<html" not in part
        shown += titles(part)
        address = following(part)
    assert shown[:35] == ["First name changed"] * 35
    rest = shown[35:]
    assert rest[0] == "Automatic reply"
    assert f"{campaign.name} Delivered" in rest
    assert len([one for one in shown if one.startswith(campaign.name)]) == 1
    emails = anna.page(f"contacts/{dora.id}/?kind=emails")
    assert titles(emails) == [f"{campaign.name} Delivered"]
    assert "250 2.0.0 accepted" in emails
    assert "API key “Shop”" in first
    for odd in ("?before=x", "?before=2026-01-01~1~1", "?kind=odd", "?before=2026-01-01T00:00:00%2B00:00~99999~1"):
        assert anna.client.get(f"/studio/contacts/{dora.id}/{odd}").status_code == 200


def test_a_person_with_two_thousand_messages_costs_one_page(database: str) -> None:
    """Every source reads one page at most, however much there is."""
    assert database
    anna = sending_customer(people=1).signed_in()
    campaign = anna.sending()
    anna.settle(campaign, DeliveryState.SENT, 1)
    with tenancy.account(anna.account_id):
        dora = Contact.objects.get()
        for number in range(90):
            notes.write_note(dora.id, f"note {number:03}", by=anna.owner)
        old = clock.now() - timedelta(days=3)
        ContactNote.objects.filter(text__lt="note 080").update(created_at=old)
    seen: list[str] = []
    address = f"/studio/contacts/{dora.id}/?kind=notes"
    while address:
        page = anna.client.get(address, headers=HTMX).content.decode()
        seen += re.findall(r"note \d{3}", re.sub(r"<span class=\"sr-only\">.*?</span>", "", page))
        address = following(page)
    assert len(seen) == 90, "none twice and none missing, also among rows of one moment"
    assert len(set(seen)) == 90
