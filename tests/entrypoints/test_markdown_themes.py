"""The theme of a campaign in Markdown, on the page and by API."""

import pytest

from entrypoints.test_campaign_pages import HTMX, edit_url, text, values
from support.api import change, program_of
from support.customers import sending_customer

pytestmark = pytest.mark.usefixtures("database")


def test_a_draft_in_markdown_keeps_its_look_until_someone_chooses_a_theme() -> None:
    anna = sending_customer()
    campaign = anna.draft()
    assert '<option value="" selected>Plain</option>' in text(anna.client, edit_url(campaign))
    program = program_of(anna)
    before = program.get(f"/campaigns/{campaign.id}")["content_hash"]
    anna.client.post(edit_url(campaign), values(anna, campaign, theme="centered"), **HTMX)
    assert anna.again(campaign).theme == "centered"
    assert program.get(f"/campaigns/{campaign.id}")["content_hash"] != before, "the policy tick covers the look"
    anna.client.post(edit_url(campaign), values(anna, campaign, theme="x"), **HTMX)
    anna.client.post(edit_url(campaign), values(anna, campaign), **HTMX)
    assert anna.again(campaign).theme == "centered", "a page without the field keeps it"
    draft = program.get(f"/campaigns/{campaign.id}")
    assert change(program, draft, theme="banner")["theme"] == "banner"
    assert program.refused("PATCH", f"/campaigns/{campaign.id}", {"theme": "x"})[0] == 422
    assert "View in your browser" in text(anna.client, edit_url(campaign))
