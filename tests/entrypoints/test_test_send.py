"""Test sends of a draft: recipients, whose fields, how many; and who would be skipped for a missing value."""

import pytest
from django.db import connection

from mailflatrate.apps.accounts.models import Notice, NoticeKind, Role, User
from mailflatrate.apps.campaigns.content.campaign_content import compile_campaign
from mailflatrate.apps.campaigns.content.missing_values import MissingFields, missing_fields
from mailflatrate.apps.campaigns.errors import CampaignError
from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.campaigns.queries import attribute_names, newest_imprint
from mailflatrate.apps.domains.models import Mailbox
from mailflatrate.apps.gate import test_quota
from mailflatrate.apps.gate.notices import notice_decision
from mailflatrate.apps.gate.test_recipients import test_addresses
from mailflatrate.apps.gate.test_send import send_test
from mailflatrate.apps.lists.models import Contact
from mailflatrate.base import clock, tenancy
from mailflatrate.base.tenancy import PlatformReason
from support.customers import Customer, sending_customer
from support.people import followed, person

pytestmark = pytest.mark.usefixtures("database")
test_addresses.__test__ = False  # type: ignore[attr-defined]  # the name says what it is


@pytest.fixture
def anna() -> Customer:
    return sending_customer(people=6)


def sent_tests(anna: Customer) -> list[tuple[str, int | None]]:
    with tenancy.account(anna.account_id):
        found = Notice.objects.filter(kind=NoticeKind.TEST).order_by("id")
        return list(found.values_list("recipient", "sample_contact_id"))


def readers(anna: Customer) -> list[Contact]:
    with tenancy.account(anna.account_id):
        return list(Contact.objects.order_by("id"))


def test_each_address_gets_a_letter_for_each_contact(anna: Customer) -> None:
    """Written as people write: other case, commas and lines."""
    campaign, (first, second) = anna.draft(), readers(anna)[:2]
    data = {"recipients": [anna.owner.email], "readers": f"{first.email.upper()},\n{second.email}"}
    page = followed(anna.client, f"/studio/campaigns/{campaign.id}/edit/test/", data)
    assert "2 test messages sent." in page
    assert sent_tests(anna) == [(anna.owner.email, first.id), (anna.owner.email, second.id)]


def test_nobody_named_means_the_reader_in_the_preview(anna: Customer) -> None:
    campaign, third = anna.draft(), readers(anna)[2]
    data = {"recipients": [anna.owner.email], "contact": third.id}
    assert "1 test message sent." in followed(anna.client, f"/studio/campaigns/{campaign.id}/edit/test/", data)
    assert sent_tests(anna) == [(anna.owner.email, third.id)]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"readers": ""}, "Choose at least one address"),
        ({"readers": "nobody@nowhere.example"}, "nobody@nowhere.example isn&#x27;t one of your contacts"),
        ({"readers": "a@x.example b@x.example c@x.example d@x.example e@x.example f@x.example"}, "five contacts"),
    ],
)
def test_what_the_page_refuses(anna: Customer, data: dict[str, str], words: str) -> None:
    whole = data | ({"recipients": [anna.owner.email]} if data["readers"] else {})
    page = followed(anna.client, f"/studio/campaigns/{anna.draft().id}/edit/test/", whole)
    assert words in page and sent_tests(anna) == []


def test_an_invitation_opens_no_way_to_a_stranger(anna: Customer) -> None:
    """An invited person who never signed in gets no test send, by the page, the action, or a notice made by hand."""
    campaign, victim = anna.draft(), person(anna.account_id, "Viktor Vogel", Role.VIEWER)
    page = followed(anna.client, f"/studio/campaigns/{campaign.id}/edit/test/", {"recipients": [victim.email]})
    assert "Choose at least one address" in page
    with tenancy.account(anna.account_id):
        with pytest.raises(CampaignError, match="neither"):
            send_test(campaign.id, [victim.email], by=anna.owner, contact_ids=[])
        notice = Notice.objects.create(kind=NoticeKind.TEST, recipient=victim.email)
        assert not notice_decision(notice).allowed
        User.objects.filter(id=victim.id).update(last_login=clock.now())
        assert notice_decision(notice).allowed


def test_a_mailbox_that_was_proved(anna: Customer) -> None:
    """One whose reader agreed gets tests; one that was only named does not, and no other account's."""
    campaign, address = anna.draft(), "everybody@lindenhof.example"
    with tenancy.account(anna.account_id):
        box = Mailbox.objects.create(email=address)
        with pytest.raises(CampaignError, match="neither"):
            send_test(campaign.id, [address], by=anna.owner, contact_ids=[])
    with tenancy.platform(PlatformReason.PUBLIC_PAGE):
        Mailbox.objects.filter(id=box.id).update(proved_at=clock.now())
    with tenancy.account(anna.account_id):
        (notice,) = send_test(campaign.id, [address], by=anna.owner, contact_ids=[])
        assert notice_decision(notice).allowed
    other = sending_customer(people=1)
    with tenancy.account(other.account_id):
        notice = Notice.objects.create(kind=NoticeKind.TEST, recipient=address)
        assert not notice_decision(notice).allowed


def test_how_many_letters(anna: Customer, monkeypatch: pytest.MonkeyPatch) -> None:
    campaign, ids = anna.draft(), [row.id for row in readers(anna)]
    with tenancy.account(anna.account_id):
        with pytest.raises(CampaignError, match="up to 10 messages: addresses times contacts"):
            send_test(campaign.id, [anna.owner.email], by=anna.owner, contact_ids=[*ids, *range(10**6, 10**6 + 5)])
        monkeypatch.setattr(test_quota, "MOST_MESSAGES_A_DAY", 3)
        send_test(campaign.id, [anna.owner.email], by=anna.owner, contact_ids=ids[:2])
        with pytest.raises(CampaignError, match="3 test messages in 24 hours"):
            send_test(campaign.id, [anna.owner.email], by=anna.owner, contact_ids=ids[:2])
    assert len(sent_tests(anna)) == 2


def found(anna: Customer, campaign: Campaign) -> MissingFields:
    with tenancy.account(anna.account_id):
        imprint = newest_imprint()
        assert imprint is not None
        compiled = compile_campaign(campaign, imprint, edition_id=0, attributes=attribute_names())
        return missing_fields(campaign, campaign.account, compiled)


def blank(anna: Customer, *contacts: Contact, field: str = "") -> None:
    """Nothing in a field of these contacts: an attribute, or the first name."""
    sql = "attributes = attributes - %(field)s" if field else "first_name = ''"
    with tenancy.account(anna.account_id), connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE contact SET {sql} WHERE id = ANY(%(ids)s)", {"ids": [row.id for row in contacts], "field": field}
        )


def test_who_would_be_left_out(anna: Customer) -> None:
    """Two fields, one of them in a condition: what counts is what would be printed."""
    people = readers(anna)
    blank(anna, people[1], people[2])
    blank(anna, people[2], people[4], field="city")
    content = "Dear {{ contact.first_name }}{% if contact.email %} of {{ contact.city }}{% endif %}"
    assert found(anna, anna.draft(content=content)) == MissingFields(
        (("contact.first_name", 2), ("contact.city", 2)), (people[1].id, people[2].id, people[4].id), True
    )
    kind = 'Dear {{ contact.first_name | default: "reader" }}{% if contact.city %} of {{ contact.city }}{% endif %}'
    assert found(anna, anna.draft(content=kind)).ids == ()
    assert found(anna, anna.draft(content="Dear reader")).ids == ()
    in_subject = anna.draft(subject="For {{ contact.first_name }}", content="Dear reader")
    assert found(anna, in_subject).ids == (people[1].id, people[2].id)


def test_only_readers_of_this_mailing_count(anna: Customer) -> None:
    people = readers(anna)
    blank(anna, people[0], people[5], field="city")
    content = "To {{ contact.city }}"
    assert found(anna, anna.draft(content=content)).ids == (people[0].id, people[5].id)
    conditions = [{"field": "first_name", "op": "equals", "value": "Frieda"}]
    assert found(anna, anna.draft(content=content, conditions=conditions)).ids == (people[5].id,)


def test_the_arrows_lead_through_exactly_these(anna: Customer) -> None:
    """First, next, last: only those who would be left out, with all that each of them lacks."""
    people = readers(anna)
    blank(anna, people[1], people[4])
    blank(anna, people[4], field="city")
    draft = anna.draft(content="Dear {{ contact.first_name }} of {{ contact.city }}")
    address = f"/studio/campaigns/{draft.id}/edit/preview/?missing=1"
    page = anna.client.get(address).content.decode()
    assert "2 contacts would be skipped" in page and "s no value for contact.first_name." in page
    assert f"contact={people[4].id}&amp;" in page
    page = anna.client.get(f"{address}&contact={people[4].id}").content.decode()
    assert "s no value for contact.first_name, contact.city." in page
    assert f"contact={people[1].id}&amp;" in page and f"contact={people[5].id}&amp;" not in page
    whole = anna.draft(content="Dear reader")
    page = anna.client.get(f"/studio/campaigns/{whole.id}/edit/preview/?missing=1").content.decode()
    assert "No contacts would be skipped" in page
    lookup = f"/studio/campaigns/{whole.id}/edit/preview/?email="
    page = anna.client.get(f"{lookup}{people[2].email.upper()}").content.decode()
    assert f"contact={people[2].id}&amp;" in page and "a recipient of this campaign, so" not in page
    page = anna.client.get(f"{lookup}stranger@elsewhere.example").content.decode()
    assert "a recipient of this campaign, so" in page, "someone else's message is not passed off as theirs"


def test_more_than_one_look_takes_in(anna: Customer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mailflatrate.apps.campaigns.content.missing_values.MOST_CHECKED", 2)
    blank(anna, *readers(anna))
    result = found(anna, anna.draft(content="Dear {{ contact.first_name }}"))
    assert (len(result.ids), result.whole) == (2, False)
