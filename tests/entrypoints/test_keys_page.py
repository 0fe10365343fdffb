"""The page on which owners make and revoke API keys."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from mailflatrate.apps.accounts.models import ApiKey, Role
from mailflatrate.base import clock, tenancy
from support.api import Program
from support.customers import Customer, sending_customer
from support.forms import add_form
from support.people import browser, followed, person

pytestmark = pytest.mark.usefixtures("database")

PAGE = "/studio/settings/keys/"
SHOP = {"name": "Shop", "scopes": ["read", "contacts.write"], "expires_on": "", "daily_asks": "200", "networks": ""}


def keys(anna: Customer) -> list[ApiKey]:
    with tenancy.account(anna.account_id):
        return list(ApiKey.objects.order_by("id"))


def test_a_key_is_made_and_shown_this_once(anna: Customer) -> None:
    assert "No API keys yet" in anna.client.get(PAGE).content.decode()
    answer = anna.client.post(PAGE, SHOP)
    (secret,) = set(re.findall(r"mfk_[0-9a-z]{8}_[0-9a-z]{40}", answer.content.decode()))
    assert "no-store" in answer.headers["Cache-Control"]
    assert Program(secret).get("/me")["key"]["scopes"] == ["read", "contacts.write"]
    page = anna.client.get(PAGE).content.decode()
    assert secret not in page
    assert f"{secret[:12]}_…" in page
    assert "Last used" in page


def test_a_key_lasts_to_the_end_of_its_last_day(anna: Customer) -> None:
    day = timezone.localdate() + timedelta(days=7)
    anna.client.post(PAGE, SHOP | {"expires_on": day.isoformat()})
    (key,) = keys(anna)
    assert key.expires_at is not None
    with timezone.override("Europe/Berlin"):
        assert timezone.localtime(key.expires_at).date() == day
    with clock.frozen_at(key.expires_at + timedelta(seconds=1)):
        assert "Expired" in anna.client.get(PAGE).content.decode()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"name": ""}, "This field is required."),
        ({"scopes": []}, "Choose at least one permission for the key."),
        ({"scopes": ["everything"]}, "is not one of the available choices"),
        ({"expires_on": "2020-01-01"}, "Choose a date in the future."),
        ({"scopes": ["ask"]}, "Choose the forms this key may send confirmation requests for."),
        ({"scopes": ["ask"], "form_ids": ["12345678"]}, "is not one of the available choices"),
        ({"networks": "203.0.113.0/24\nshop.example"}, "“shop.example” isn&#x27;t an IP address or range."),
    ],
)
def test_what_is_missing_is_said(anna: Customer, wrong: dict[str, object], words: str) -> None:
    answer = anna.client.post(PAGE, SHOP | wrong)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert keys(anna) == []


def test_a_key_is_revoked(anna: Customer) -> None:
    anna.client.post(PAGE, SHOP)
    (key,) = keys(anna)
    page = followed(anna.client, f"{PAGE}{key.id}/revoke/", {})
    assert "has been revoked" in page
    assert "Revoked" in page
    (key,) = keys(anna)
    assert key.revoked_by_id == anna.owner.id
    assert anna.client.post(f"{PAGE}0/revoke/").status_code == 404


@pytest.mark.parametrize("role", [Role.EDITOR, Role.VIEWER])
def test_only_owners_make_and_revoke(anna: Customer, role: Role) -> None:
    anna.client.post(PAGE, SHOP)
    (key,) = keys(anna)
    ben = browser(person(anna.account_id, "Ben Becker", role))
    page = ben.get(PAGE).content.decode()
    assert "Shop" in page
    assert "Create key" not in page
    assert ben.post(PAGE, SHOP).status_code == 403
    assert ben.post(f"{PAGE}{key.id}/revoke/").status_code == 403
    assert [row.revoked_at for row in keys(anna)] == [None]


def test_a_key_whose_maker_left_the_owners_rests(anna: Customer) -> None:
    greta = person(anna.account_id, "Greta Graf")
    browser(greta).post(PAGE, SHOP)
    member_page = anna.client.get("/studio/settings/team/").content.decode()
    with tenancy.account(anna.account_id):
        place = greta.memberships.get()
    assert f"/studio/settings/team/{place.id}/role/" in member_page
    anna.client.post(f"/studio/settings/team/{place.id}/role/", {"role": "editor"})
    assert "Inactive: its creator can no longer have API keys" in anna.client.get(PAGE).content.decode()


def test_a_key_is_bound_to_forms_and_networks(anna: Customer) -> None:
    form_id, _code = add_form(anna)
    asks = SHOP | {"scopes": ["ask"], "form_ids": [str(form_id)], "daily_asks": "50", "networks": "203.0.113.7/24"}
    page = anna.client.post(PAGE, asks).content.decode()
    (key,) = keys(anna)
    assert (key.scopes, key.form_ids, key.daily_asks) == (["ask"], [form_id], 50)
    assert key.networks == ["203.0.113.0/24"]
    for words in ("Confirmation requests for: Website", "Up to 50 requests per day", "Only from 203.0.113.0/24"):
        assert words in page
    carla = sending_customer(people=0)
    assert carla.client.post(PAGE, asks).status_code == 422, "a stranger's form is no choice"
