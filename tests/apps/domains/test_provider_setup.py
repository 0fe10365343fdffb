"""A domain's page offers "Set up at <provider>": the way there and back, with a provider that keeps to the rules."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from mailflatrate.apps.domains.actions import domains
from mailflatrate.settings.schema import load_settings
from support.cast import per_module
from support.customers import Customer, sending_customer
from support.provider_setup import HTMX, Scene, provider_scene
from support.scope import within

anna = per_module(sending_customer, people=0)


@pytest.fixture
def scene(anna: Customer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    with provider_scene(anna, tmp_path, monkeypatch) as found:
        yield found


def returned(client: Client, address: str) -> str:
    """The page that a person sees after returning from the provider."""
    answer = client.get(address)
    assert answer.status_code == 303
    return client.get(answer.headers["Location"]).content.decode()


def test_the_whole_way(scene: Scene) -> None:
    client = scene.anna.client
    assert f'hx-get="{scene.here}provider/"' in client.get(scene.here).content.decode()
    assert scene.provider.api.asked == [], "the page doesn't wait for the provider"
    offer = client.get(f"{scene.here}provider/").content.decode()
    assert "Set up at Provider &amp; Sons" in offer
    assert "dc.provider.example" in offer
    url = scene.start()
    assert url.startswith("https://dc.provider.example/sync/v2/domainTemplates/providers/mailflatrate.example/")
    parameters = scene.agree(url)
    assert (parameters["domain"], parameters["host"], parameters["groupId"]) == (
        "huber.at",
        "news",
        "dkim,bounce,dmarc",
    )
    back = urlsplit(parameters["redirect_uri"])
    assert f"{back.scheme}://{back.netloc}" == load_settings().public_url
    page = returned(client, f"{back.path}?state={parameters['state']}")
    assert "All records are set up." in page
    assert "You can send campaigns from this domain" in page
    assert "provider/" not in page, "a domain that is set up isn't offered again"
    again = client.post(f"{scene.here}provider/setup/", headers=HTMX)
    assert again.headers["HX-Redirect"] == scene.here


def test_a_policy_of_their_own_stays(scene: Scene) -> None:
    scene.provider.publish({"_dmarc.news.huber.at": {"TXT": ["v=DMARC1; p=reject"]}})
    parameters = scene.agree(scene.start())
    assert parameters["groupId"] == "dkim,bounce"
    assert scene.provider.zone["_dmarc.news.huber.at"] == {"TXT": ["v=DMARC1; p=reject"]}
    scene.provider.publish({"_dmarc.news.huber.at": {"TXT": ["v=DMARC1; p=reject", "v=DMARC1; p=none"]}})
    assert "dmarc" not in parse_qs(urlsplit(scene.start()).query).get("groupId", [""])[0]


@pytest.mark.slow
def test_what_the_return_says_is_not_believed(scene: Scene) -> None:
    client = scene.anna.client
    state = parse_qs(urlsplit(scene.start()).query)["state"][0]
    page = returned(client, f"{scene.here}provider/done/?state={state}")
    assert "We can&#x27;t see all records yet" in page
    state = parse_qs(urlsplit(scene.start()).query)["state"][0]
    words = "error=access_denied&error_description=<script>alert(1)</script>user_cancel"
    page = returned(client, f"{scene.here}provider/done/?state={state}&{words}")
    assert "didn&#x27;t set up the records" in page
    assert "<script>alert" not in page
    parameters = scene.agree(scene.start())
    page = returned(client, f"{scene.here}provider/done/?error=server_error&state={parameters['state']}")
    assert "All records are set up." in page, "the DNS decides, not the error"


def test_a_provider_that_is_gone_is_said(scene: Scene) -> None:
    scene.provider.api.answers.clear()
    assert scene.anna.client.get(f"{scene.here}provider/").content == b""
    answer = scene.anna.client.post(f"{scene.here}provider/setup/")
    assert answer.headers["Location"] == scene.here
    assert "doesn&#x27;t respond right now" in scene.anna.client.get(scene.here).content.decode()


def test_without_a_key_nothing_is_offered(anna: Customer) -> None:
    domain = within(anna, domains.add_domain, "shop.huber.at")
    assert "provider/" not in anna.client.get(f"/studio/senders/{domain.id}/").content.decode()
    assert anna.client.get(f"/studio/senders/{domain.id}/provider/").content == b""
