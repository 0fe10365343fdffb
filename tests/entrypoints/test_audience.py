"""Lists, contacts and segments in the studio."""

import re

import pytest

from mailflatrate.apps.accounts.models import Acknowledgement, Occasion
from mailflatrate.apps.delivery.models import DeliveryState
from mailflatrate.apps.lists.models import Contact, MailingList, Subscription
from mailflatrate.apps.segments.actions import segments
from mailflatrate.apps.segments.models import Segment
from mailflatrate.apps.suppression.actions import address_key, suppress_by_hand
from mailflatrate.apps.suppression.queries import is_suppressed
from mailflatrate.base import tenancy
from support.contact_files import HEADER, file_of, line
from support.customers import Customer, customer_with_members, sending_customer

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def anna(database: str) -> Customer:
    return customer_with_members()


def filled(people: int = 3) -> Customer:
    anna = customer_with_members()
    rows = [line(f"p{number:03}@dora.example.com", f"Dora{number}") for number in range(people)]
    anna.bring("\n".join([HEADER, *rows, line("q@dora.example.com", "Quinn", confirmed=""), ""]))
    return anna


def test_empty_pages_say_the_one_next_step(anna: Customer) -> None:
    assert "News" in anna.page("lists/")
    assert "No imports yet" in anna.page(f"lists/{anna.list_id}/")
    assert "No contacts yet" in anna.page("contacts/")
    assert "No segments yet" in anna.page("segments/")


def test_a_list_is_created_renamed_and_archived(anna: Customer) -> None:
    page = anna.page("lists/new/")
    assert "policy" in page.lower()
    assert anna.client.post("/studio/lists/new/", {"name": " ", "language": "de"}).status_code == 422
    unticked = anna.client.post("/studio/lists/new/", {"name": "Garden", "language": "de"})
    assert unticked.status_code == 422
    assert "select the box to create a list" in unticked.content.decode()
    made = anna.client.post(
        "/studio/lists/new/", {"name": "Garden", "language": "de", "policy": "on"}, REMOTE_ADDR="192.0.2.5"
    )
    assert made.status_code == 303
    with tenancy.account(anna.account_id):
        tick = Acknowledgement.objects.get(occasion=Occasion.LIST)
        assert (tick.ip, len(tick.content_hash), tick.document.kind) == ("192.0.2.5", 64, "anti_spam_policy")
    url = made["Location"].removeprefix("/studio/")
    assert "Garden" in anna.page(url)
    anna.client.post(f"/studio/{url}edit/", {"name": "Gardens", "public_name": "", "language": "en"})
    assert "Gardens" in anna.page(url)
    assert anna.client.post(f"/studio/{url}archive/").status_code == 303
    anna.page("lists/")  # which shows the message about it
    assert "Gardens" not in anna.page("lists/")
    with tenancy.account(anna.account_id):
        assert MailingList.objects.get(name="Gardens").archived_at is not None
    assert "Gardens" in anna.page("lists/?archived=1")
    assert "Archived on" in anna.page(url)


def test_a_list_counts_its_people_and_says_where_they_come_from() -> None:
    anna = filled()
    page = anna.page(f"lists/{anna.list_id}/")
    assert "Approved" in page
    assert "https://anna.example/news" in page
    assert "people.csv" in page


def test_contacts_go_page_by_page_forth_and_back() -> None:
    anna = filled(110)
    first = anna.page("contacts/")
    assert "p000@" in first
    assert "p050@" not in first
    url = re.search(r'href="\?([^"]*after=[^"]+)"', first)
    assert url
    second = anna.page(f"contacts/?{url[1].replace('&amp;', '&')}")
    assert "p050@" in second
    assert "p049@" not in second
    back = re.search(r'href="\?([^"]*before=[^"]+)"', second)
    assert back
    assert "p000@" in anna.page(f"contacts/?{back[1].replace('&amp;', '&')}")


def test_contacts_are_searched_and_filtered() -> None:
    anna = filled()
    assert "q@dora" in anna.page("contacts/?q=quinn")
    assert "p000@" not in anna.page("contacts/?q=quinn")
    quarantined = anna.page(f"contacts/?list={anna.list_id}&state=quarantined")
    assert "q@dora" in quarantined
    assert "p000@" not in quarantined
    assert "No matches" in anna.page("contacts/?q=nobody%00")
    part = anna.client.get("/studio/contacts/?q=quinn", headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    for odd in ("after=x", "after=1", "before=99999999999999999999:a", "list=x&state=y"):
        anna.page(f"contacts/?{odd}")


def test_the_people_of_an_archived_list_can_still_be_looked_at() -> None:
    anna = filled()
    other = anna.client.post("/studio/lists/new/", {"name": "Garden", "language": "de", "policy": "on"})["Location"]
    anna.client.post(f"{other}archive/")
    empty = anna.page(f"contacts/?list={other.rstrip('/').rsplit('/', 1)[1]}")
    assert "p000@" not in empty
    assert "Garden" in empty
    anna.client.post(f"/studio/lists/{anna.list_id}/archive/")
    assert "p000@" in anna.page(f"contacts/?list={anna.list_id}")


def test_a_contact_shows_its_proof_as_a_time_line() -> None:
    anna = filled()
    page = anna.page(f"contacts/{anna.contact('p001@dora.example.com').id}/")
    order = [page.find(word) for word in ("Imported with proof", "Signed up", "203.0.113.9")]  # newest first
    assert -1 not in order
    assert order == sorted(order)
    assert "people.csv, line 3" in page
    held = anna.page(f"contacts/{anna.contact('q@dora.example.com').id}/")
    assert "The confirmation time is missing." in held
    assert "There's no proof of consent, so we never send anything to this contact." in held


def test_name_and_attributes_are_editable_and_the_address_is_not() -> None:
    anna = filled()
    person = anna.contact("p001@dora.example.com")
    with tenancy.account(anna.account_id):
        Contact.objects.filter(id=person.id).update(attributes={"orders": 12, "stadt": "Kiel"})
    values = {
        "first_name": "Doris",
        "last_name": "Klein",
        "email": "other@dora.example.com",
        "attribute_name": ["orders", "stadt", "size"],
        "attribute_value": ["12", "", "L"],
    }
    assert anna.client.post(f"/studio/contacts/{person.id}/edit/", values).status_code == 303
    person = anna.contact("p001@dora.example.com")
    assert person.first_name == "Doris"
    assert person.attributes == {"orders": 12, "size": "L"}
    refused = anna.client.post(f"/studio/contacts/{person.id}/edit/", values | {"attribute_name": ["Größe", "", ""]})
    assert refused.status_code == 422
    assert "Größe" in refused.content.decode()


def test_somebody_is_unsubscribed_from_a_list_and_from_everything() -> None:
    anna = filled()
    one, other = anna.contact("p000@dora.example.com"), anna.contact("p001@dora.example.com")
    assert anna.client.post(f"/studio/contacts/{one.id}/unsubscribe/", {"list": "7"}).status_code == 404
    anna.client.post(f"/studio/contacts/{one.id}/unsubscribe/", {"list": str(anna.list_id)})
    anna.client.post(f"/studio/contacts/{other.id}/unsubscribe/", {"list": "all"})
    with tenancy.account(anna.account_id):
        states = set(Subscription.objects.filter(contact__in=[one, other]).values_list("state", flat=True))
        assert states == {"unsubscribed"}
        assert not is_suppressed(bytes(one.address_key))
        assert is_suppressed(bytes(other.address_key))
    assert "By you" in anna.page(f"contacts/{one.id}/")
    assert "t be emailed" in anna.page(f"contacts/{other.id}/")


def test_a_contact_shows_what_was_sent_and_the_reply() -> None:
    anna = sending_customer(people=2)
    campaign = anna.sending("Winter bulbs")
    anna.settle(campaign, DeliveryState.BOUNCED, 1, bounce="hard", reply_code=550, reply_status="5.1.1",
                reply_text="no such user")  # fmt: skip
    with tenancy.account(anna.account_id):
        person = Contact.objects.order_by("id").first()
    assert person is not None
    page = anna.client.get(f"/studio/contacts/{person.id}/").content.decode()
    assert "Winter bulbs" in page
    assert "550 5.1.1 no such user" in page


CONDITION = {"node": ["c0"], "0-field": "first_name", "0-op": "equals", "0-value": "dora1"}


def test_a_segment_is_built_counted_saved_and_deleted() -> None:
    anna = filled()
    assert "Number of contacts" in anna.page("segments/new/")
    rows = anna.client.post("/studio/segments/rows/", CONDITION | {"row": "add:"}).content.decode()
    assert rows.count('-field"') == 4, "two menus, by id and name"
    counted = anna.client.post("/studio/segments/rows/?only=count", CONDITION).content.decode()
    assert '0-field"' not in counted
    assert ">1<" in counted
    saved = anna.client.post("/studio/segments/new/", CONDITION | {"name": "Dora the first"})
    assert saved.status_code == 303
    with tenancy.account(anna.account_id):
        segment = Segment.objects.get()
    page = anna.page("segments/")
    assert "Dora the first" in page
    assert "Contacts whose First name is “dora1”" in page
    assert anna.page(f"segments/{segment.id}/count/").strip() == "1"
    again = anna.client.post("/studio/segments/new/", CONDITION | {"name": "Dora the first"})
    assert again.status_code == 422
    assert "Another segment is already called “Dora the first”." in again.content.decode()
    without_script = anna.client.post(f"/studio/segments/{segment.id}/", CONDITION | {"name": "x", "row": "remove:0"})
    assert without_script.status_code == 200
    assert '0-field"' not in without_script.content.decode()
    anna.client.post(f"/studio/segments/{segment.id}/delete/")
    with tenancy.account(anna.account_id):
        assert not Segment.objects.exists()


def test_a_list_says_how_many_of_its_confirmed_people_can_be_emailed() -> None:
    anna = filled()
    path = f"lists/{anna.list_id}/"
    assert "You can email" not in anna.page(path)
    with tenancy.account(anna.account_id):
        people = Subscription.objects.filter(mailing_list_id=anna.list_id, state="confirmed").count()
        suppress_by_hand(address_key("p000@dora.example.com"), source="test", by=anna.owner)
    assert f"You can email {people - 1}; the others bounced or are suppressed." in " ".join(anna.page(path).split())


def test_a_faulty_condition_says_what_is_missing() -> None:
    anna = customer_with_members()
    fresh = anna.page("segments/new/")
    assert "ondition 1:" not in fresh, "nobody typed anything yet"
    assert "Complete the condition to see how many contacts match." in fresh
    refused = anna.client.post("/studio/segments/new/", CONDITION | {"0-value": "", "name": "x"})
    assert refused.status_code == 422
    assert "ondition 1" in refused.content.decode()


def test_strangers_find_nothing_and_viewers_change_nothing() -> None:
    anna, carla = filled(), customer_with_members("Carla")
    person = anna.contact("p000@dora.example.com")
    with tenancy.account(anna.account_id):
        segment = segments.save_segment("Mine", [])
    reads = [
        f"lists/{anna.list_id}/",
        f"lists/{anna.list_id}/edit/",
        f"contacts/{person.id}/",
        f"segments/{segment.id}/",
        f"segments/{segment.id}/count/",
    ]
    writes = [f"lists/{anna.list_id}/edit/", f"lists/{anna.list_id}/origin/", f"lists/{anna.list_id}/archive/",
              f"contacts/{person.id}/edit/", f"contacts/{person.id}/unsubscribe/", f"segments/{segment.id}/",
              f"segments/{segment.id}/delete/"]  # fmt: skip
    for url in reads:
        assert anna.ben.get(f"/studio/{url}").status_code == 200, url
        assert carla.client.get(f"/studio/{url}").status_code == 404, url
    for url in writes:
        assert carla.client.post(f"/studio/{url}", {"name": "x", "list": "all", "note": "x"}).status_code == 404, url
        assert anna.ben.post(f"/studio/{url}", {"name": "x"}).status_code == 403, url
    assert "p000@" not in carla.page(f"contacts/?list={anna.list_id}")
    assert "Mine" not in carla.page("segments/")
    assert anna.ben.post("/studio/lists/new/", {"name": "x", "language": "de"}).status_code == 403


@pytest.mark.slow
def test_the_proof_is_one_click_away(database: str) -> None:
    """As PDF, JSON and ZIP, for who may write; a person without any proof is told so."""
    anna = customer_with_members()
    anna.bring(file_of(line("dora@web.de")).getvalue())
    contact = anna.contact("dora@web.de")
    address = f"/studio/contacts/{contact.id}/proof/{anna.list_id}/"
    assert f'action="{address}"' in anna.page(f"contacts/{contact.id}/")
    kinds = {"pdf": "application/pdf", "json": "application/json", "zip": "application/zip"}
    for wanted, kind in kinds.items():
        answer = anna.client.post(address, {"format": wanted})
        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == kind
        assert answer.headers["Content-Disposition"].startswith("attachment")
    assert anna.client.post(address, {"format": "exe"}).status_code == 404
    assert anna.client.get(address).status_code == 405
    assert anna.ben.post(address, {"format": "pdf"}).status_code == 403
