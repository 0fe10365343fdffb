"""Writing variants, the rule on the page, and the test's status in the report."""

import pytest

from mailflatrate.apps.accounts.models import Notice, Role
from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.delivery.models import AbTest
from mailflatrate.base import clock, tenancy
from support.customers import CONTENT, Customer, sending_customer
from support.people import browser, person

HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture(scope="module")
def anna(database: str) -> Customer:
    """Her account, with twelve people on the list."""
    assert database
    return sending_customer(people=12)


def posted(anna: Customer, draft: Campaign, **changes: object) -> dict[str, object]:
    return {
        "name": draft.name, "subject": draft.subject, "preheader": "", "sender": anna.sender_id, "reply_to": "",
        "language": "en", "list_ids": [anna.list_id], "content_kind": draft.content_kind, "content": CONTENT,
        "text_override": "", "track_clicks": "on", "test_share": "25", "test_hours": "3", "test_metric": "clicks",
    } | changes  # fmt: skip


def edit(draft: Campaign, variant: int = 0) -> str:
    return f"/studio/campaigns/{draft.id}/edit/" + (f"?variant={variant}" if variant else "")


def test_a_second_variant_is_written_beside_the_first(anna: Customer) -> None:
    draft = anna.draft("Written")
    assert "Test a different subject or content" in anna.client.get(edit(draft)).content.decode()
    answer = anna.client.post(edit(draft), posted(anna, draft, variants="add:0"))
    assert answer.headers["Location"] == f"{edit(draft, 1)}#step-content"
    assert anna.again(draft).variants[0]["subject"] == "Winter bulbs are here"
    words = posted(anna, draft, variant="1", subject="Tulips for winter", content=CONTENT + "\nTulips.\n")
    part = anna.client.post(edit(draft), words, **HTMX).content.decode()
    saved = anna.again(draft)
    assert saved.subject == "Winter bulbs are here"
    assert saved.variants == [
        {"subject": "Tulips for winter", "preheader": "", "content": CONTENT + "\nTulips.\n", "text_override": ""}
    ]
    assert "Each variant goes to about 3 randomly chosen recipients" in part
    assert '<span class="tone-warning">This audience is too small for a reliable result' in part
    assert "3 hours after the last test message" in part
    assert "With fewer than 20 clicks in total" in part
    page = anna.client.get(edit(draft, 1)).content.decode()
    assert 'value="Tulips for winter"' in page
    assert "Variant B" in page
    assert "Tulips." in anna.client.get(f"/studio/campaigns/{draft.id}/edit/preview/?variant=1").content.decode()
    assert "Tulips." not in anna.client.get(f"/studio/campaigns/{draft.id}/edit/preview/").content.decode()
    for _more in range(3):
        anna.client.post(edit(draft), posted(anna, draft, variants="add:0"))
    assert len(anna.again(draft).variants) == 3  # four with the first
    anna.client.post(edit(draft), posted(anna, draft, variants="drop:0"))
    kept = anna.again(draft)
    assert (kept.subject, len(kept.variants)) == ("Tulips for winter", 2)


def test_a_share_of_nobody_is_said_at_the_rule(anna: Customer) -> None:
    draft = anna.draft("Nobody", variants=[{"subject": "B", "preheader": "", "content": CONTENT, "text_override": ""}])
    page = anna.client.post(edit(draft), posted(anna, draft, test_share="5"), **HTMX).content.decode()
    assert '<span class="tone-error">This audience is too small for a test' in page
    assert "goes to about 0 " not in page


def test_another_way_of_writing_takes_all_variants_along(anna: Customer) -> None:
    draft = anna.draft(
        "Converted", variants=[{"subject": "B", "preheader": "", "content": "# B\n", "text_override": ""}]
    )
    anna.client.post(edit(draft), posted(anna, draft, kind="html"))
    saved = anna.again(draft)
    assert saved.content_kind == "html"
    assert "<h1" in saved.content
    assert "<h1" in saved.variants[0]["content"]


def test_a_test_mail_comes_for_each_variant(anna: Customer) -> None:
    draft = anna.draft("Mail", variants=[{"subject": "B", "preheader": "", "content": CONTENT, "text_override": ""}])
    address = f"/studio/campaigns/{draft.id}/edit/test/"
    anna.owner.last_login = clock.now()
    anna.owner.save(update_fields=["last_login"])
    assert anna.client.post(address, {"recipients": [anna.owner.email]}).status_code == 303
    with tenancy.account(anna.account_id):
        editions = Notice.objects.filter(kind="test").values_list("edition_id", flat=True)
        assert len(set(editions)) == 2


def test_the_report_shows_each_variant_and_takes_a_choice(anna: Customer) -> None:
    other = {"subject": "Tulips for winter", "preheader": "", "content": CONTENT, "text_override": ""}
    campaign = anna.sending_of(anna.draft("Reported", variants=[other], test_share=25, test_metric="person"))
    page = f"/studio/campaigns/{campaign.id}/"
    report = anna.client.get(page).content.decode()
    assert "Tulips for winter" in report
    assert "We're sending the test" in report
    anna.client.post(page + "choose/", {"variant": "1"})  # too early
    with tenancy.account(anna.account_id):
        assert AbTest.objects.get(campaign=campaign).winner is None
        AbTest.objects.filter(campaign=campaign).update(tested_at=clock.now())
    report = anna.client.get(page).content.decode()
    assert "Pick a winner to continue." in report
    assert "“Reported” is waiting for you to pick the winner" in anna.client.get("/studio/").content.decode()
    assert "Send variant B to everyone else?" in report
    ben = browser(person(anna.account_id, "Ben", Role.VIEWER))
    assert "Send B to everyone else" not in ben.get(page).content.decode()
    assert ben.post(page + "choose/", {"variant": "1"}).status_code == 403
    for wrong in ("7", "-1", "", "x"):
        assert anna.client.post(page + "choose/", {"variant": wrong}).status_code == 303
    with tenancy.account(anna.account_id):
        assert AbTest.objects.get(campaign=campaign).winner is None
    anna.client.post(page + "choose/", {"variant": "1"})
    report = anna.client.get(page).content.decode()
    assert "Variant B goes to everyone else." in report
    assert "Anna Lindner picked it." in report
    assert "Tulips" in anna.client.get(page + "edition/").content.decode()
    assert "Winter bulbs are here" in anna.client.get(page + "edition/?variant=0").content.decode()
    assert anna.client.get(page + "clicks/?variant=9").status_code == 200
