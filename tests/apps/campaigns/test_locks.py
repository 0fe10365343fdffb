"""A locked design: an author changes its slots and nothing else, by whatever way; strangers change nothing."""

from typing import Any

import pytest

from entrypoints.test_campaign_pages import HTMX, edit_url, text, values
from mailflatrate.apps.accounts.models import Role
from mailflatrate.apps.campaigns.actions import drafts, saved_blocks, templates, versions
from mailflatrate.apps.campaigns.errors import CampaignInputError, LockedPart
from mailflatrate.apps.campaigns.models import Campaign, CampaignTemplate, CampaignVersion
from mailflatrate.apps.campaigns.shared_blocks import include_of
from mailflatrate.base import tenancy
from support.api import program_of
from support.customers import Customer, sending_customer
from support.people import browser, person
from support.scope import within

ROW = "<mj-section><mj-column><mj-text>{}</mj-text></mj-column></mj-section>"
WORDS = '<mj-section><mj-column><mj-text mf-slot="text">Your words</mj-text></mj-column></mj-section>'


def design(*rows: str) -> str:
    return f"<mjml><mj-body>{''.join(rows)}</mj-body></mjml>"


DESIGN = design(ROW.format("Our header"), WORDS, '<mj-wrapper mf-slot="rows"></mj-wrapper>')


def made(anna: Customer, content: str = DESIGN) -> CampaignTemplate:
    """A locked template of Anna's."""
    draft = anna.draft("Design", content_kind="blocks", content=content)
    template = templates.save_as_template(draft.id, f"Design {draft.id}", by=anna.owner)
    return templates.lock_template(template.id, is_locked=True, by=anna.owner)


@pytest.mark.slow
def test_an_author_changes_the_slots_and_nothing_else() -> None:
    anna = sending_customer(people=1)
    vera = person(anna.account_id, "Vera", Role.AUTHOR)
    client = browser(vera)
    template = within(anna, made, anna)
    client.post("/studio/campaigns/new/", {"name": "Spring", "begin": f"own:{template.id}", "language": "en"})
    with tenancy.account(anna.account_id):
        campaign = Campaign.objects.get(name="Spring")
    assert campaign.is_locked
    page = text(client, edit_url(campaign))
    assert "This design is locked." in page
    assert "&quot;isOn&quot;: true" in page

    def save(content: str, **changes: Any) -> str:
        answer = client.post(edit_url(campaign), values(anna, campaign, content=content, **changes), **HTMX)
        assert answer.status_code == 200
        return answer.content.decode()

    written = DESIGN.replace("Your words", "Tulips").replace("></mj-wrapper>", f">{ROW.format('New')}</mj-wrapper>")
    save(written)
    assert anna.again(campaign).content == written
    changes = [("Our header", "My header"), ("Tulips", "</mj-text><mj-text>x"), ("Tulips", "{% if false %}")]
    forged = [*(written.replace(*change) for change in changes), design(ROW.format("Mine")), "Hello"]
    for content in forged:
        assert "Part of this design is locked." in save(content, subject="Tulips are here")
    assert anna.again(campaign).content == written
    assert anna.again(campaign).subject == "Tulips are here", "the rest of the form is saved"
    save(written, text_override="Other words")
    client.post(edit_url(campaign), values(anna, campaign, content=written, kind="html"))
    now = anna.again(campaign)
    assert (now.content, now.text_override, now.content_kind) == (written, "", "blocks")
    with tenancy.account(anna.account_id):
        copy = drafts.copy_campaign(campaign.id, by=vera)
        kept = templates.save_as_template(campaign.id, "Vera's", by=vera)
        assert copy.is_locked
        assert kept.is_locked
        variant = {"subject": "B", "preheader": "", "content": forged[0], "text_override": ""}
        with pytest.raises(LockedPart):
            drafts.update_campaign(campaign.id, {"variants": [variant]}, by=vera)
        drafts.update_campaign(campaign.id, {"variants": [variant | {"content": DESIGN}]}, by=vera)
        drafts.update_campaign(campaign.id, {"variants": []}, by=vera)
        version = CampaignVersion.objects.filter(campaign=campaign).first()
        assert version is not None
        version.values = version.values | {"content": forged[0]}
        version.save()
        with pytest.raises(LockedPart):
            versions.take_version(campaign.id, version.id, by=vera)


def test_programs_keep_a_locked_design_whatever_their_owner_may_do() -> None:
    anna = sending_customer(people=1)
    template = within(anna, made, anna)
    shop = program_of(anna)
    forged = DESIGN.replace("Our header", "My header")
    base = {"name": "Spring", "template_id": template.id}
    assert shop.refused("POST", "/campaigns", base | {"content": forged})[0] == 422
    variant = {"subject": "B", "content": forged}
    assert shop.refused("POST", "/campaigns", base | {"variants": [variant]})[0] == 422
    draft = shop.post("/campaigns", base, 201)
    assert draft["is_locked"]
    for change in ({"content": forged}, {"content": "Hello", "content_kind": "markdown"}, {"variants": [variant]}):
        assert shop.refused("PATCH", f"/campaigns/{draft['id']}", change)[0] == 422
    assert shop.get(f"/campaigns/{draft['id']}")["content"] == DESIGN


def test_only_who_may_change_the_brand_locks_unlocks_and_deletes_it() -> None:
    anna, other = sending_customer(people=1), sending_customer(people=1)
    vera = person(anna.account_id, "Vera", Role.AUTHOR)
    client = browser(vera)
    with tenancy.account(anna.account_id):
        footer = saved_blocks.save_block("Footer", ROW.format("Open"), is_shared=True, by=anna.owner)
        template = made(anna, design(WORDS, include_of(footer.id)))
        draft = templates.start_from_template(template.id, name="Spring", by=vera, values={})
        for change in (
            lambda: saved_blocks.change_block(footer.id, ROW.format("Closed"), by=vera),
            lambda: saved_blocks.delete_block(footer.id, by=vera),
            lambda: templates.delete_template(template.id, by=vera),
            lambda: templates.lock_template(template.id, is_locked=False, by=vera),
            lambda: drafts.unlock_campaign(draft.id, by=vera),
        ):
            with pytest.raises(LockedPart):
                change()
        plain = templates.save_as_template(anna.draft("Plain").id, "Plain", by=anna.owner)
        bare = anna.draft("Bare", content_kind="blocks", content=design(ROW.format("x")))
        for unfit in (plain.id, templates.save_as_template(bare.id, "Bare", by=anna.owner).id):
            with pytest.raises(CampaignInputError):
                templates.lock_template(unfit, is_locked=True, by=anna.owner)
    lock, unlock = f"/studio/templates/{template.id}/lock/", f"/studio/campaigns/{draft.id}/unlock/"
    for address in (lock, unlock):
        assert client.post(address).status_code == 403
        assert other.client.post(address).status_code == 404
    assert "Unlock the design" in text(anna.client, f"/studio/templates/{template.id}/")
    anna.client.post(unlock)
    anna.client.post(lock, {"is_locked": "0"})
    with tenancy.account(anna.account_id):
        assert not CampaignTemplate.objects.get(id=template.id).is_locked
        changed = design(ROW.format("My design"))
        assert drafts.update_campaign(draft.id, {"content": changed}, by=vera).content == changed
