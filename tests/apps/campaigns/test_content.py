"""Pictures, look and templates of an account: kept once, in use or not, and never another account's."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from mailflatrate.apps.campaigns import queries
from mailflatrate.apps.campaigns.actions import brand, templates
from mailflatrate.apps.campaigns.actions import media as media_actions
from mailflatrate.apps.campaigns.content.campaign_content import content_hash
from mailflatrate.apps.campaigns.errors import CampaignError, MediaInUse, MediaRefused, NameTaken
from mailflatrate.apps.campaigns.gallery import gallery_template
from mailflatrate.apps.campaigns.media import media_ids_in, message_url
from mailflatrate.apps.campaigns.models import Campaign, ContentKind, Media
from mailflatrate.apps.gate.actions import check_campaign
from mailflatrate.apps.lists.actions.lists import create_list
from mailflatrate.base import tenancy
from mailflatrate.mail.images.picture_values import Refusal
from mailflatrate.rules.verdict import Severity
from mailflatrate.settings import load_settings
from support.customers import Customer
from support.drafts import written_over
from support.origins import approve_origin
from support.scope import rows

BRAND = {
    "primary": "#7a1f3d", "ink": "#222222", "sheet": "#ffffff", "page": "#eeeeee", "heading_font": "verdana",
    "body_font": "arial", "imprint_ink": "#333333", "imprint_ground": "#eeeeee",
}  # fmt: skip


def picture(colour: str = "teal", size: tuple[int, int] = (1600, 800)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "JPEG")
    return out.getvalue()


def upload(colour: str, alt: str = "A wall") -> Media:
    return media_actions.upload_media(picture(colour), name=f"{colour}.jpg", alt=alt, decorative=False, by=None)


def test_a_picture_is_kept_once_in_the_widths_that_letters_need(anna: Customer) -> None:
    """The same file again is the same picture, with its newest words."""
    with tenancy.account(anna.account_id):
        first, again = upload("teal"), upload("teal", "A green wall")
        assert first.id == again.id
        assert Media.objects.get(id=first.id).alt == "A green wall"
        sizes = dict(first.files.values_list("slot", "width"))
        assert sizes == {0: 1600, 1: 320, 2: 600, 3: 1200}
        assert first.octets == sum(first.files.values_list("octets", flat=True))


def test_an_account_has_no_more_room_than_its_quota(anna: Customer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The room is that of the account's own pictures."""
    small = load_settings().model_copy(update={"media_quota_megabytes": 1})
    with tenancy.account(anna.account_id):
        monkeypatch.setattr(media_actions, "load_settings", lambda: small)
        monkeypatch.setattr(media_actions, "MEGABYTE", queries.media_octets() + 10)
        with pytest.raises(MediaRefused) as full:
            upload("orange")
        assert full.value.reason is None
        with pytest.raises(MediaRefused) as drawing:
            media_actions.upload_media(b"<svg/>", name="a.png", alt="", decorative=True, by=None)
        assert drawing.value.reason is Refusal.SVG


def test_a_picture_in_use_says_where_and_stays_once_it_went_out(anna: Customer) -> None:
    """Draft, template, logo; a sent campaign keeps its image."""
    with tenancy.account(anna.account_id):
        media = upload("navy")
        url = message_url(media, list(media.files.all()))
        assert media_ids_in(f"![x]({url})", anna.account_id) == [media.id]
        assert media_ids_in(f"![x]({url})", anna.account_id + 1) == []
        spare = upload("white")
        media_actions.delete_media(spare.id)
        assert not Media.objects.filter(id=spare.id).exists()
    draft = anna.draft(content=f"# Walls\n\n![A navy wall]({url})\n")
    with tenancy.account(anna.account_id):
        templates.save_as_template(draft.id, "Walls", by=None)
        brand.save_brand(BRAND, logo_id=media.id)
        kinds = [(use.kind, use.is_out) for use in queries.media_uses(media.id)]
        assert kinds == [("campaign", False), ("template", False), ("brand", False)]
        Campaign.objects.filter(id=draft.id).update(state="sent")
        with pytest.raises(MediaInUse):
            media_actions.delete_media(media.id)


def test_the_look_is_what_a_reader_sees_so_the_tick_is_bound_to_it(anna: Customer) -> None:
    """R-04: another color makes it another campaign. Invalid colors are refused."""
    draft = anna.draft()
    with tenancy.account(anna.account_id):
        before = content_hash(draft, queries.newest_imprint())
        brand.save_brand({**BRAND, "primary": "#123456"}, logo_id=None)
        assert content_hash(draft, queries.newest_imprint()) != before
        for name, wrong in (("primary", "red"), ("ink", "#12345g"), ("body_font", "Comic Sans")):
            with pytest.raises(CampaignError):
                brand.save_brand({**BRAND, name: wrong}, logo_id=None)


@pytest.mark.parametrize(
    ("key", "language"), [("announcement", "fr"), ("agency", "en"), ("sale", "de"), ("club", "de")]
)
def test_templates_of_ours_pass_the_gate_once_they_are_written(anna: Customer, key: str, language: str) -> None:
    """A draft that begins with one lacks the author's words and the tick, and brings its pictures with descriptions."""
    with tenancy.account(anna.account_id):
        readers = create_list(f"{key} {language}", "", language)
        approve_origin(anna.account_id, readers.id)
        values = {"sender_id": anna.sender_id, "list_ids": [readers.id]}
        draft = templates.start_from_gallery(key, language, name=f"{key} {language}", by=anna.owner, values=values)
        assert draft.content_kind == ContentKind.BLOCKS
        assert "[[" not in draft.content
        assert len(draft.media_ids) == len(gallery_template(key, language).pictures)
        written_over(draft, key, language, by=anna.owner)
        failed = {finding.key for finding in check_campaign(draft.id).findings if not finding.passed}
    assert failed <= {"policy-acknowledged", "first-mailings-reviewed"}


def test_an_own_template_keeps_what_is_said_and_nobody_elses(anna: Customer) -> None:
    """Subject and content, not sender and recipients; names are taken once; Carla sees none of it."""
    draft = anna.draft(subject="Spring", text_override="Plain words")
    with tenancy.account(anna.account_id):
        kept = templates.save_as_template(draft.id, " Spring ", by=anna.owner)
        with pytest.raises(NameTaken):
            templates.save_as_template(draft.id, "Spring", by=anna.owner)
        begun = templates.start_from_template(kept.id, name="New", by=anna.owner, values={})
        assert (begun.subject, begun.content, begun.text_override) == ("Spring", draft.content, "Plain words")
        assert (begun.sender_id, begun.list_ids) == (None, [])
        other = templates.save_as_template(draft.id, "Summer", by=anna.owner)
        with pytest.raises(NameTaken):
            templates.rename_template(other.id, "Spring")
    carla = Customer.registered("Nordstern").account_id
    with tenancy.account(carla):
        assert not queries.templates().exists()
        with pytest.raises(type(kept).DoesNotExist):
            templates.start_from_template(kept.id, name="x", by=None, values={})


def test_a_picture_that_ai_made_says_so_or_a_check_reminds(anna: Customer) -> None:
    """R-53: set by the checkbox in the library; an image description or a sentence in the message is enough."""
    with tenancy.account(anna.account_id):
        media = media_actions.upload_media(
            picture("plum"), name="garden.jpg", alt="A garden", decorative=False, by=None, made_by_ai=True
        )
        address = message_url(media, list(media.files.all()))
        again = media_actions.upload_media(picture("plum"), name="", alt="", decorative=False, by=None)
        assert (again.made_by_ai, again.alt) == (True, "A garden"), "the tick is not lost by uploading it again"
        other = upload("olive")
        plain = message_url(other, list(other.files.all()))

    def reminded(content: str) -> list[tuple[str, ...]]:
        draft = anna.draft(content=content)
        with tenancy.account(anna.account_id):
            failed = [one for one in check_campaign(draft.id).failures if one.key == "ai-pictures-labelled"]
        assert all(one.severity is Severity.WARN for one in failed)
        return [dict(one.params)["pictures"] for one in failed]  # type: ignore[misc]

    assert reminded(f"# Bulbs\n\n![A garden]({address})\n") == [("garden.jpg",)]
    assert reminded(f"# Bulbs\n\n![A garden, made by AI]({address})\n") == []
    assert reminded(f"# Zwiebeln\n\n![Ein Garten]({address})\n\nDas Bild wurde mit KI erzeugt.\n") == []
    assert reminded(f"# Bulbs\n\n![A wall]({plain})\n") == [], "nobody said that AI made this one"


def test_the_tick_stands_on_the_pages(anna: Customer) -> None:
    data = {"files": SimpleUploadedFile("ai.jpg", picture("navy"), "image/jpeg"), "alt": "Sea", "made_by_ai": "on"}
    assert anna.client.post("/studio/media/upload/", data).status_code == 303
    with tenancy.account(anna.account_id):
        media = Media.objects.get(name="ai.jpg")
        assert media.made_by_ai
    page = anna.client.get(f"/studio/media/{media.id}/").content.decode()
    assert 'name="made_by_ai"' in page
    anna.client.post(f"/studio/media/{media.id}/", {"name": "ai.jpg", "alt": "Sea"})
    assert not rows(anna, Media).get(id=media.id).made_by_ai
