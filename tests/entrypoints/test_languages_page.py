"""A campaign in several languages on the pages: added, switched, saved, previewed, reported and removed."""

import json
from typing import Any

import pytest

from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.delivery.models import DeliveryState
from mailflatrate.apps.lists.models import Contact
from mailflatrate.base import clock, tenancy
from support.api import begun, change, problem, program_of
from support.customers import CONTENT, Customer, sending_customer

GERMAN = {"language": "de", "subject": "Zwiebeln", "preheader": "", "content": "# Zwiebeln", "text_override": ""}


@pytest.fixture
def anna(database: str) -> Customer:
    assert database
    return sending_customer(people=2)


def post(anna: Customer, campaign: Campaign, **values: Any) -> Any:
    """What the compose form posts, by default from the first text."""
    whole: dict[str, Any] = {name: getattr(campaign, name) for name in ("name", "subject", "content_kind", "content")}
    whole |= {"sender": anna.sender_id, "language": "en", "list_ids": [anna.list_id]}
    return anna.client.post(f"/studio/campaigns/{campaign.id}/edit/", whole | values)


def test_a_language_is_added_written_and_removed(anna: Customer) -> None:
    draft = anna.draft()
    url = f"campaigns/{draft.id}/edit/"
    assert 'value="add:de"' in anna.page(url)
    assert post(anna, draft, languages="add:de")["Location"].endswith("?variant=1#step-content")
    page = anna.page(f"{url}?variant=1")
    assert 'aria-label="Language"' in page
    assert "still a copy of the campaign" in page
    assert f"English: {draft.subject}" in page
    own = {"language": "de", "variant": 1, "subject": "", "content": "# Zwiebeln"}
    assert post(anna, draft, **own).status_code == 303
    saved = anna.again(draft)
    assert (saved.language, saved.subject, saved.content) == ("en", draft.subject, CONTENT)
    assert saved.translations == [GERMAN | {"subject": ""}]
    page = anna.page(f"{url}?variant=1")
    assert "not written yet" in page
    assert "German: " in page, "the check says which text has no subject"
    assert ">German</a>" in " ".join(anna.page(f"campaigns/{draft.id}/edit/preview/?variant=1").split()).replace(
        " <", "<"
    )
    assert "Abmelden" in anna.page(f"campaigns/{draft.id}/edit/preview/?variant=1")
    assert post(anna, draft, language="de").status_code == 422, "a language is used once"
    assert post(anna, draft, variants="add:0").status_code == 303
    assert anna.again(draft).variants == []
    assert post(anna, draft, kind="html").status_code == 303
    assert anna.again(draft).translations[0]["content"].startswith("<")
    post(anna, draft, content_kind="html", languages="drop:en")
    left = anna.again(draft)
    assert (left.language, left.translations) == ("de", [])


def test_the_api_reads_and_writes_the_texts_and_the_report_shows_them(anna: Customer) -> None:
    shop = program_of(anna)
    draft = begun(anna, shop, translations=[{"language": "de", "subject": "Zwiebeln"}])
    assert draft["translations"] == [GERMAN | {"content": CONTENT}], "omitted fields are copied"
    draft = change(shop, draft, translations=[{"language": "de", "subject": "Zwiebeln", "content": "# Zwiebeln"}])
    assert "Abmelden" in shop.get(f"/campaigns/{draft['id']}/preview?language=de")["html"]
    assert shop.get(f"/campaigns/{draft['id']}/preview?language=en")["subject"] == draft["subject"]
    assert shop.call("get", f"/campaigns/{draft['id']}/preview?language=fr").status_code == 404
    for wrong in (
        {"translations": [{"language": "en"}]},
        {"translations": [{"language": "xx"}]},
        {"variants": [{"subject": "B"}]},
        {"language": "de"},
    ):
        refused = shop.call("patch", f"/campaigns/{draft['id']}", wrong | {"version": draft["version"]})
        assert problem(refused)[0] == 422, json.loads(refused.content)
    with tenancy.account(anna.account_id):
        Contact.objects.filter(id=Contact.objects.order_by("id")[0].id).update(attributes={"language": "de"})
        campaign = Campaign.objects.get(id=draft["id"])
    sent = anna.sending_of(campaign)
    anna.settle(sent, DeliveryState.SENT, 2)
    with tenancy.account(anna.account_id):
        Campaign.objects.filter(id=sent.id).update(started_at=clock.now())
    report = anna.page(f"campaigns/{sent.id}/")
    assert "By language" in report
    assert report.index("English") < report.index("German")
    page = anna.page(f"campaigns/{sent.id}/edition/?variant=1")
    assert "German" in page
    assert "Zwiebeln" in page
