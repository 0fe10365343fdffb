"""The brand page: one place for the look of campaigns, forms, readers' pages and the confirmation email."""

import pytest

from mailflatrate.apps.accounts.models import Account, Role
from mailflatrate.apps.campaigns.actions.brand import save_brand
from mailflatrate.apps.campaigns.content.campaign_content import content_hash
from mailflatrate.apps.campaigns.models import BrandKit
from mailflatrate.apps.campaigns.queries import brand_style, newest_imprint
from mailflatrate.apps.forms.models import Form
from mailflatrate.base import tenancy
from mailflatrate.mail.html.brand_style import BrandStyle
from mailflatrate.mail.html.contrast import contrast
from support.customers import Customer, sending_customer
from support.forms import add_form
from support.people import browser, person

pytestmark = pytest.mark.usefixtures("database")
PAGE = "/studio/brand/"
BRAND = {
    "primary": "#7A1F3D",
    "ink": "#222222",
    "sheet": "#ffffff",
    "page": "#eeeeee",
    "heading_font": "verdana",
    "body_font": "georgia",
    "button_shape": "pill",
    "link_style": "bold",
    "imprint_ink": "#333333",
    "imprint_ground": "#eeeeee",
}


def _kit(anna: Customer) -> BrandKit | None:
    with tenancy.account(anna.account_id):
        return BrandKit.objects.first()


def test_one_choice_reaches_campaigns_forms_and_readers_pages(anna: Customer) -> None:
    assert anna.client.post(PAGE, BRAND).status_code == 303
    with tenancy.account(anna.account_id):
        assert Account.objects.get(id=anna.account_id).colour == "#7a1f3d"
        words = brand_style().words()
    assert (words["radius"], words["link_line"], words["link_weight"]) == ("24px", "none", "bold")
    made = anna.client.post("/studio/forms/new/", {"name": "Website", "mailing_list": anna.list_id})
    with tenancy.account(anna.account_id):
        form = Form.objects.latest("id")
    assert made.status_code == 303
    assert form.draft["look"] == {"colour": "#7a1f3d", "logo_url": "", "font": "serif"}


def _published(anna: Customer, form_id: int) -> object:
    with tenancy.account(anna.account_id):
        form = Form.objects.select_related("current").get(id=form_id)
        assert form.current is not None
        return form.current.content


def test_a_form_from_before_takes_the_brand_at_a_click(anna: Customer) -> None:
    form_id, _code = add_form(anna)
    before = _published(anna, form_id)
    anna.client.post(PAGE, BRAND)
    path = f"/studio/forms/{form_id}/brand/"
    assert browser(person(anna.account_id, "Ada", Role.AUTHOR)).post(path).status_code == 403
    assert sending_customer(people=0).client.post(path).status_code == 404
    assert anna.client.post(path).status_code == 303
    with tenancy.account(anna.account_id):
        assert Form.objects.get(id=form_id).draft["look"]["colour"] == "#7a1f3d"
    assert _published(anna, form_id) == before, "what is published stays"


def test_a_weak_contrast_comes_with_a_color_that_is_readable(anna: Customer) -> None:
    weak = BRAND | {"ink": "#bbbbbb"}
    page = anna.client.post(PAGE, weak).content.decode()
    assert "Readable for Text" in page
    fix = page.partition('name="fix" value="ink:')[2][:7]
    assert contrast(fix, "#ffffff") >= 4.5
    assert _kit(anna) is None
    assert anna.client.post(PAGE, weak | {"fix": f"ink:{fix}"}).status_code == 303
    kit = _kit(anna)
    assert kit is not None
    assert kit.ink == fix
    assert anna.client.post(PAGE, weak | {"fix": "ink:red;}"}).status_code == 422


def test_both_previews_try_what_is_not_saved_yet(anna: Customer) -> None:
    query = {"primary": "#7a1f3d", "button_shape": "square", "link_style": "bold"}
    message = anna.client.get(f"{PAGE}preview/", query).content.decode()
    assert "#7a1f3d" in message
    form = anna.client.get(f"{PAGE}form/", query).content.decode()
    assert "--customer:#7a1f3d" in form
    assert "border-radius: 0" in form
    assert _kit(anna) is None
    odd = anna.client.get(f"{PAGE}form/", {"primary": "</style>", "button_shape": "x", "link_style": "{}"})
    assert odd.status_code == 200
    assert "</style>}" not in odd.content.decode()


def test_other_accounts_and_lesser_roles_choose_nothing(anna: Customer) -> None:
    carla = sending_customer(people=0)
    for role in (Role.AUTHOR, Role.VIEWER):
        assert browser(person(anna.account_id, role.label, role)).post(PAGE, BRAND).status_code == 403
    assert _kit(anna) is None
    carla.client.post(PAGE, BRAND)
    assert _kit(anna) is None


def test_a_brand_without_the_newer_choices_keeps_the_hash_of_campaigns(anna: Customer) -> None:
    """A policy tick given before this page had them stays valid."""
    campaign = anna.draft()
    with tenancy.account(anna.account_id):
        older = {name: value for name, value in BRAND.items() if name not in ("button_shape", "link_style")}
        save_brand(older, logo_id=None)
        first = content_hash(campaign, newest_imprint())
        save_brand({**older, "button_shape": "rounded", "link_style": "underline"}, logo_id=None)
        assert content_hash(campaign, newest_imprint()) == first
        save_brand(BRAND, logo_id=None)
        assert content_hash(campaign, newest_imprint()) != first


def test_the_dark_logo_is_shown_by_dark_mode_alone() -> None:
    words = BrandStyle(dark_logo_url="https://m.example/dark.png").words()
    assert words["dark_logo"] == ".logo img { content: url(https://m.example/dark.png); }"
    assert BrandStyle().words()["dark_logo"] == ""
