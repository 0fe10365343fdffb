"""Saved rows: kept, used, changed for every draft at once, and never for what was sent; strangers get none."""

import json
from typing import Any

import pytest

from mailflatrate.apps.accounts.models import Role
from mailflatrate.apps.campaigns.actions import drafts, saved_blocks
from mailflatrate.apps.campaigns.actions.templates import save_as_template
from mailflatrate.apps.campaigns.content.campaign_content import content_hash, source_of
from mailflatrate.apps.campaigns.content.convert import convert
from mailflatrate.apps.campaigns.errors import CampaignInputError, NameTaken
from mailflatrate.apps.campaigns.models import Campaign, CampaignTemplate, SavedBlock
from mailflatrate.apps.campaigns.queries import newest_imprint, uses_of_blocks
from mailflatrate.apps.campaigns.shared_blocks import include_of
from mailflatrate.apps.gate.actions import check_campaign
from mailflatrate.base import tenancy
from mailflatrate.mail.html.brand_style import BrandStyle
from mailflatrate.mail.liquid import SourceRefused
from support.customers import Customer, sending_customer
from support.people import browser, person

ROW = "<mj-section><mj-column><mj-text>{}</mj-text></mj-column></mj-section>"


def document(body: str) -> str:
    return f"<mjml>\n<mj-body>\n{body}\n</mj-body>\n</mjml>"


def test_a_shared_row_changes_in_drafts_and_never_in_what_was_frozen() -> None:
    anna = sending_customer(people=1)
    with tenancy.account(anna.account_id):
        row = saved_blocks.save_block("Footer", ROW.format("Open\nuntil six"), is_shared=True, by=anna.owner)
        assert "\n" not in row.content, "so that a mistake below it keeps its line"
        draft = anna.draft("Spring", content_kind="blocks", content=document(include_of(row.id)))
        other = anna.draft("Summer", content_kind="blocks", content=document(ROW.format("Alone")))
        drafts.update_campaign(other.id, {"variants": [_variant(document(include_of(row.id)))]}, by=anna.owner)
        assert {each.id for each in uses_of_blocks()[row.id]} == {draft.id, other.id}
        template = save_as_template(draft.id, "With footer", by=anna.owner)
        edition = drafts.make_edition(Campaign.objects.get(id=draft.id))
        assert "Open until six" in edition.html
        assert "Open until six" in edition.text
        before = content_hash(Campaign.objects.get(id=draft.id), newest_imprint())

        saved_blocks.change_block(row.id, ROW.format("Open until eight"), by=None)
        after = content_hash(Campaign.objects.get(id=draft.id), newest_imprint())
        assert after != before, "a policy tick holds for what is read alone (R-04)"
        assert "Open until eight" in source_of(Campaign.objects.get(id=draft.id)).body
        edition.refresh_from_db()
        assert "Open until six" in edition.html
        html = convert(document(include_of(row.id)), "blocks", "html", language="en", brand=BrandStyle())
        assert "Open until eight" in html

        saved_blocks.delete_block(row.id, by=anna.owner)
        draft = Campaign.objects.get(id=draft.id)
        assert "Open until eight" in draft.content
        assert content_hash(draft, newest_imprint()) == after, "it says the same as before"
        assert "Open until eight" in Campaign.objects.get(id=other.id).variants[0]["content"]
        assert "Open until eight" in CampaignTemplate.objects.get(id=template.id).content


def test_the_editor_saves_renames_and_deletes_and_a_stranger_does_nothing() -> None:
    anna, stranger = sending_customer(people=1), Customer.registered("Möbelhaus Nordstern").signed_in()
    told = _post(anna.client, "saved-rows/", name=" My  header ", source=ROW.format("Hello"))
    assert [row["name"] for row in told["rows"]] == ["My header"]
    row_id = told["id"]
    assert "already has this name" in _post(anna.client, "saved-rows/", 422, name="My header", source=ROW.format("x"))
    for refused in ("<mj-text>no row</mj-text>", ROW.format("{{ contact.nothing_here }"), ROW.format("</mj-text>"), ""):
        assert _post(anna.client, "saved-rows/", 422, name="Other", source=refused)
    assert "Enter a name" in _post(anna.client, f"saved-rows/{row_id}/", 422, name="  ")
    assert _post(anna.client, f"saved-rows/{row_id}/", name="Head")["rows"][0]["name"] == "Head"
    draft = anna.draft("Autumn", content_kind="blocks", content=document(ROW.format("x")))
    assert "Head" in anna.page(f"campaigns/{draft.id}/edit/")

    viewer = browser(person(anna.account_id, "Vera Viewer", Role.VIEWER))
    for client, status in ((stranger.client, 404), (viewer, 403)):
        for path in (f"saved-rows/{row_id}/", f"saved-rows/{row_id}/delete/"):
            assert client.post(f"/studio/{path}", {"name": "Mine", "source": ROW.format("Mine")}).status_code == status
    assert viewer.post("/studio/saved-rows/", {"name": "Mine", "source": ROW.format("Mine")}).status_code == 403
    with tenancy.account(stranger.account_id):
        assert not SavedBlock.objects.exists()
        foreign = Campaign(account_id=stranger.account_id, content_kind="blocks", content=document(include_of(row_id)))
        assert include_of(row_id) in source_of(foreign).body, "the name of another account's row stands for nothing"
    assert _post(anna.client, f"saved-rows/{row_id}/delete/")["rows"] == []


def test_what_is_no_row_is_refused() -> None:
    anna = sending_customer(people=1)
    with tenancy.account(anna.account_id):
        saved_blocks.save_block("Head", ROW.format("x"), is_shared=False, by=None)
        with pytest.raises(NameTaken):
            saved_blocks.save_block("Head", ROW.format("y"), is_shared=False, by=None)
        with pytest.raises(CampaignInputError):
            saved_blocks.save_block("Nested", ROW.format(include_of(1)), is_shared=True, by=None)
        with pytest.raises(CampaignInputError):
            saved_blocks.save_block("Large", ROW.format("x" * saved_blocks.MOST_CHARS), is_shared=False, by=None)
        with pytest.raises(SourceRefused):
            saved_blocks.save_block("Broken", ROW.format("{% if contact.email %}"), is_shared=False, by=None)


def _variant(content: str) -> dict[str, str]:
    return {"subject": "B", "preheader": "", "content": content, "text_override": ""}


def _post(client: Any, path: str, status: int = 200, **values: str) -> Any:
    answer = client.post(f"/studio/{path}", values)
    assert answer.status_code == status, answer.content
    told = json.loads(answer.content)
    return told if status == 200 else told["problem"]


def test_the_name_of_a_deleted_row_is_a_mistake_that_says_what_to_do() -> None:
    """An editor that was open, or an older version, may bring the name back; what it stood for is gone."""
    anna = sending_customer(people=1)
    with tenancy.account(anna.account_id):
        row = saved_blocks.save_block("Footer", ROW.format("Open"), is_shared=True, by=anna.owner)
        draft = anna.draft("Winter", content_kind="blocks", content=document(include_of(row.id)))
        saved_blocks.delete_block(row.id, by=anna.owner)
        drafts.update_campaign(draft.id, {"content": document(include_of(row.id))}, by=anna.owner)
        with pytest.raises(SourceRefused, match="line 3: this shared row no longer exists"):
            drafts.make_edition(Campaign.objects.get(id=draft.id))
        keys = [one.key for one in check_campaign(draft.id).blocked_by]
        assert keys == ["policy-acknowledged", "shared-rows-exist"]
