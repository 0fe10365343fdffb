"""Domain Connect: strangers, forged returns, lesser roles, and an owner who points us at other hosts."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from mailflatrate.apps.accounts.models import Role
from mailflatrate.apps.domains.actions import domains
from mailflatrate.apps.domains.models import SenderDomain
from mailflatrate.base import clock, tenancy
from mailflatrate.entrypoints.studio.trust import provider_setup as pages
from support.customers import Customer, sending_customer
from support.people import browser, person
from support.provider_setup import HTMX, Scene, provider_scene


@pytest.fixture(scope="module")
def anna(database: str) -> Customer:
    assert database
    return sending_customer(people=0)


@pytest.fixture
def scene(anna: Customer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    with provider_scene(anna, tmp_path, monkeypatch) as found:
        yield found


def checked(scene: Scene) -> object:
    with tenancy.account(scene.anna.account_id):
        return SenderDomain.objects.get(id=scene.domain.id).checked_at


def state_of(url: str) -> str:
    return parse_qs(urlsplit(url).query)["state"][0]


def test_a_stranger_has_no_part_in_it(scene: Scene) -> None:
    carla = sending_customer(people=0)
    state = state_of(scene.start())
    asked = len(scene.provider.api.asked)
    for page in ("provider/", f"provider/done/?state={state}"):
        assert carla.client.get(scene.here + page).status_code == 404
        assert Client().get(scene.here + page).status_code == 302
    assert carla.client.post(f"{scene.here}provider/setup/").status_code == 404
    assert len(scene.provider.api.asked) == asked
    assert checked(scene) is None


@pytest.mark.parametrize("role", [Role.VIEWER, Role.AUTHOR])
def test_roles_that_do_not_set_up_domains_are_refused(scene: Scene, role: Role) -> None:
    client = browser(person(scene.anna.account_id, "Ben", role))
    assert client.get(f"{scene.here}provider/").status_code == 403
    assert client.post(f"{scene.here}provider/setup/").status_code == 403
    assert client.get(f"{scene.here}provider/done/?state=x").status_code == 403
    assert "provider/" not in client.get(scene.here).content.decode()
    assert scene.provider.api.asked == []


def test_a_return_that_was_not_started_here_checks_nothing(scene: Scene) -> None:
    client = scene.anna.client
    done = f"{scene.here}provider/done/"
    assert client.get(done).status_code == 303, "nothing was started"
    state = state_of(scene.start())
    for forged in ("", "?state=", "?state=x", f"?state={state}x", f"?state={state[:-1]}", "?state=%00", "?state=ü"):
        assert client.get(done + forged).status_code == 303
    ben = browser(person(scene.anna.account_id, "Ben", Role.OWNER))
    assert ben.get(f"{done}?state={state}").status_code == 303, "another session of the same account"
    with tenancy.account(scene.anna.account_id):
        other = domains.add_domain("shop2.huber.at")
    assert client.get(f"/studio/senders/{other.id}/provider/done/?state={state}").status_code == 303
    with clock.frozen_at(clock.now() + pages.VALID_FOR + timedelta(seconds=1)):
        client.get(f"{done}?state={state}")
    assert checked(scene) is None
    client.get(f"{done}?state={state}")
    first = checked(scene)
    assert first is not None
    client.get(f"{done}?state={state}")
    assert checked(scene) == first, "a state counts once"


def test_searches_are_limited(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "MOST_LOOKUPS", 0)
    assert scene.anna.client.get(f"{scene.here}provider/").content == b""
    assert scene.provider.api.asked == []


def test_the_way_there_is_a_post_with_a_token(scene: Scene) -> None:
    careful = Client(enforce_csrf_checks=True)
    careful.force_login(scene.anna.owner)
    assert careful.post(f"{scene.here}provider/setup/", headers=HTMX).status_code == 403
    assert scene.anna.client.get(f"{scene.here}provider/setup/").status_code == 405


def test_a_provider_s_name_is_text(scene: Scene) -> None:
    scene.provider.host_zone("huber.at", providerDisplayName='"><script>alert(1)</script>')
    page = scene.anna.client.get(f"{scene.here}provider/").content.decode()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
