"""The pages of templates, pictures and look, and the public addresses of pictures."""

import io
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from mailflatrate.apps.accounts.actions import people
from mailflatrate.apps.accounts.models import Role
from mailflatrate.apps.campaigns.actions import templates
from mailflatrate.apps.campaigns.media import WHOLE, media_url, message_url
from mailflatrate.apps.campaigns.models import BrandKit, Campaign, CampaignTemplate, Media
from mailflatrate.base import tenancy
from mailflatrate.entrypoints.studio.content.message_frame import in_scheme, without_images
from mailflatrate.settings import load_settings
from support.customers import Customer, sending_customer
from support.people import browser, followed, person


@pytest.fixture(scope="module")
def anna(database: str) -> Customer:
    assert database
    return sending_customer()


def png(colour: str, size: tuple[int, int] = (700, 300)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "PNG")
    return out.getvalue()


def uploaded(anna: Customer, colour: str = "teal") -> Media:
    """A picture that came through the page."""
    file = SimpleUploadedFile(f"{colour} wall.png", png(colour))
    followed(anna.client, "/studio/media/upload/", {"files": file, "alt": f"A {colour} wall"})
    with tenancy.account(anna.account_id):
        return Media.objects.get(name=f"{colour} wall.png")


def path_of(anna: Customer, media: Media) -> str:
    """Its public address without the host."""
    with tenancy.account(anna.account_id):
        return message_url(media, list(media.files.all())).removeprefix(load_settings().public_url)


def test_a_picture_is_served_for_ever_as_nothing_but_a_picture(anna: Customer) -> None:
    """Long caching, no sniffing, no scripts, and no address can be guessed."""
    address = path_of(anna, uploaded(anna))
    answer = Client().get(address)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "Set-Cookie" not in answer.headers
    assert Client().get(address, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
    assert Client().post(address).status_code == 405
    _empty, folder, token, name = address.split("/")
    forged = token[:-1] + ("a" if token[-1] != "a" else "b")
    assert Client().get(f"/{folder}/{forged}/{name}").status_code == 404
    assert Client().get(f"/c/{token}").status_code == 404, "a picture's token opens nothing else"


def test_what_is_deleted_is_gone(anna: Customer) -> None:
    """From the library and from the web."""
    media = uploaded(anna, "maroon")
    address = path_of(anna, media)
    assert "has been deleted" in followed(anna.client, f"/studio/media/{media.id}/delete/", {})
    assert Client().get(address).status_code == 404


def test_files_are_judged_by_content_and_refused_with_the_reason(anna: Customer) -> None:
    """A drawing that calls itself PNG, a text that calls itself JPEG; the good file beside them is kept."""
    files = [
        SimpleUploadedFile("logo.png", b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>"),
        SimpleUploadedFile("notes.jpg", b"only words"),
        SimpleUploadedFile("fine.txt", png("gold")),
    ]
    text = followed(anna.client, "/studio/media/upload/", {"files": files})
    assert "logo.png: This is an SVG file" in text
    assert "isn&#x27;t a PNG, JPEG, GIF or WebP file" in text
    assert "1 image uploaded to Media" in text
    assert "needs a description" in text


def test_a_description_is_asked_for(anna: Customer) -> None:
    """Words, or the statement that there is nothing to describe."""
    media = uploaded(anna, "olive")
    page = anna.client.post(f"/studio/media/{media.id}/", {"name": "Wall", "alt": ""})
    assert page.status_code == 422
    assert "Describe the image, or mark it as decorative" in page.content.decode()
    followed(anna.client, f"/studio/media/{media.id}/", {"name": "Wall", "decorative": "on"})
    with tenancy.account(anna.account_id):
        kept = Media.objects.get(id=media.id)
    assert (kept.name, kept.alt, kept.decorative) == ("Wall", "", True)


def test_the_picker_of_the_editors(anna: Customer) -> None:
    """What an editor writes is the public address; what the page shows comes from this host."""
    media = uploaded(anna, "navy")
    text = anna.client.get("/studio/media/picker/").content.decode()
    assert f'data-picture="{load_settings().public_url}{path_of(anna, media)}"' in text
    assert 'data-picture-alt="A navy wall"' in text
    refused = anna.client.post(
        "/studio/media/upload/", {"files": SimpleUploadedFile("a.png", b"<svg/>")}, headers={"HX-Request": "true"}
    )
    assert "don&#x27;t show SVG, and it can contain scripts" in refused.content.decode()


@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "de"])
def test_a_mailing_begins_with_a_template(anna: Customer, language: str) -> None:
    """The gallery at a new campaign, in the language that was chosen."""
    page = anna.client.get(f"/studio/campaigns/new/?language={language}").content.decode()
    assert page.count('type="radio"') == 32
    assert page.count("data-gallery-family=") == 6
    assert page.count('class="shot-look"') == 30
    shown = anna.client.get(f"/studio/templates/ours/?language={language}&key=announcement").content.decode()
    assert re.findall(r'key=(\w+)&amp;language=\w+"\s+class="btn', shown) == ["advice", "event"]
    data = {"name": f"Event {language}", "begin": "gallery:event", "language": language}
    followed(anna.client, "/studio/campaigns/new/", data)
    with tenancy.account(anna.account_id):
        draft = Campaign.objects.get(name=f"Event {language}")
    assert draft.language == language
    assert ("Ein Abend unter Lichtern" in draft.content) is (language == "de")
    assert draft.sender_id == anna.sender_id


def test_a_mailing_begins_in_the_language_of_the_account(anna: Customer) -> None:
    """Not in that of the pages: settings say so."""
    people.change_settings(anna.account_id, language="de", time_zone="UTC")
    try:
        page = anna.client.get("/studio/campaigns/new/", headers={"Accept-Language": "en"}).content.decode()
        assert "Start from" in page
        assert '<input type="hidden" name="language" value="de">' in page
        followed(anna.client, "/studio/campaigns/new/", {"name": "German", "begin": "empty"})
        with tenancy.account(anna.account_id):
            draft = Campaign.objects.get(name="German")
        assert (draft.language, "Guten Tag" in draft.content) == ("de", True)
    finally:
        people.change_settings(anna.account_id, language="en", time_zone="UTC")


@pytest.mark.slow
def test_a_mailing_is_kept_as_a_template_and_begun_again(anna: Customer) -> None:
    """By the menu of the draft; a name that is taken says so."""
    draft = anna.draft("Kept")
    address = f"/studio/campaigns/{draft.id}/save-as-template/"
    assert "You&#x27;ll find it under Templates and whenever you create a" in followed(
        anna.client, address, {"name": "Bulbs"}
    )
    assert "Another template already has this name" in followed(anna.client, address, {"name": "Bulbs"})
    with tenancy.account(anna.account_id):
        template = CampaignTemplate.objects.get(name="Bulbs")
    assert "Winter bulbs" in anna.client.get(f"/studio/templates/{template.id}/message/").content.decode()
    followed(anna.client, "/studio/campaigns/new/", {"name": "Again", "begin": f"own:{template.id}"})
    with tenancy.account(anna.account_id):
        assert Campaign.objects.get(name="Again").content == template.content
    followed(anna.client, f"/studio/templates/{template.id}/", {"name": "Bulbs of winter"})
    assert "has been deleted" in followed(anna.client, f"/studio/templates/{template.id}/delete/", {})


def test_another_accounts_template_is_the_empty_sheet(anna: Customer) -> None:
    """Carla posts Anna's template: she gets nothing of it."""
    with tenancy.account(anna.account_id):
        template = templates.save_as_template(anna.draft("Mine").id, "Secret", by=None)
    customer = Customer.registered("Nordstern")
    carla_account, carla = customer.account_id, customer.owner
    followed(browser(carla), "/studio/campaigns/new/", {"name": "Hers", "begin": f"own:{template.id}"})
    with tenancy.account(carla_account):
        assert "bulbs" not in Campaign.objects.get(name="Hers").content


def test_the_look(anna: Customer) -> None:
    """Saved, shown, and refused where nobody could read it."""
    good = {
        "primary": "#7a1f3d", "ink": "#222222", "sheet": "#ffffff", "page": "#eeeeee", "heading_font": "verdana",
        "body_font": "arial", "imprint_ink": "#333333", "imprint_ground": "#eeeeee",
    }  # fmt: skip
    faint = anna.client.post("/studio/brand/", good | {"imprint_ink": "#dddddd"})
    assert faint.status_code == 422
    assert "Text is readable from 4.5:1, so choose a darker or lighter" in faint.content.decode()
    tried = anna.client.get("/studio/brand/preview/", {"primary": "#00ff00", "imprint_ink": "#dddddd"})
    assert "#00ff00" in tried.content.decode()
    assert "#dddddd" not in tried.content.decode(), "an unreadable imprint is not even tried"
    followed(anna.client, "/studio/brand/", good)
    with tenancy.account(anna.account_id):
        assert BrandKit.objects.get().primary == "#7a1f3d"
    assert "#7a1f3d" in anna.client.get("/studio/templates/ours/message/?key=event").content.decode()


def test_an_unknown_template_is_not_found(anna: Customer) -> None:
    """Keys come from outside."""
    for address in (
        "/studio/templates/ours/?key=../../etc",
        "/studio/templates/ours/message/",
        "/studio/templates/99999/",
    ):
        assert anna.client.get(address).status_code == 404


def test_a_letter_in_the_dark_and_without_images() -> None:
    """Media queries are decided, not guessed; a picture that is not loaded is not asked for."""
    letter = (
        '<meta name="color-scheme" content="light dark"><style>@media (prefers-color-scheme: dark) { a { color: red } }'
        '</style><p style="color:light-dark(#111111,#eeeeee)"><img alt=\'x\' src="https://a.example/x.png">'
        '<td background="https://a.example/y.png" style="background:url(https://a.example/z.png)">'
    )
    dark, light = in_scheme(letter, dark=True), in_scheme(letter, dark=False)
    assert "(min-width: 0)" in dark
    assert "color:#eeeeee" in dark
    assert "(max-width: 0)" in light
    assert "color:#111111" in light
    assert "a.example" not in without_images(letter)
    silent = '<p style="color:light-dark(#111111,#eeeeee)">'
    assert "#111111" in in_scheme(silent, dark=True), "it never said that it can be dark"


def test_the_thumbnail_is_smaller_than_the_picture(anna: Customer) -> None:
    """The grid loads little."""
    media = uploaded(anna, "purple")
    with tenancy.account(anna.account_id):
        slots = {file.slot: file.width for file in media.files.all()}
        assert media_url(media, WHOLE, "png").endswith("/purple-wall.png")
    assert slots == {0: 700, 1: 320, 2: 600}


def test_two_browsers_at_one_draft_without_script(anna: Customer) -> None:
    """The second form is answered with what happened, its words still in it; the other window is told by the pulse."""
    draft = anna.draft("Pens")
    with tenancy.account(anna.account_id):
        ben = browser(person(anna.account_id, "Ben Petersen", Role.EDITOR))
    address = f"/studio/campaigns/{draft.id}/edit/"
    whole = {"name": "Pens", "language": "en", "content_kind": "markdown", "content": "Hello", "seen": 1}
    followed(anna.client, address, whole | {"subject": "Anna's"})
    told = ben.get(f"{address}pulse/?seen=1").content.decode()
    assert "Anna Lindner saved this campaign" in told
    assert ben.get(f"{address}pulse/?seen=2").status_code == 204
    late = ben.post(address, whole | {"subject": "Ben's"})
    assert late.status_code == 409
    text = late.content.decode()
    assert "Nothing was overwritten" in text
    assert "Ben&#x27;s" in text
    with tenancy.account(anna.account_id):
        assert Campaign.objects.get(id=draft.id).subject == "Anna's"
    assert "Saved separately" in ben.get(f"/studio/campaigns/{draft.id}/versions/").content.decode()
    assert "Saved separately" not in anna.client.get(f"/studio/campaigns/{draft.id}/versions/").content.decode()
