"""The pages on which an account sets up webhooks: each button, and what is refused."""

from datetime import timedelta

import pytest

from mailflatrate.apps.events.models import EndpointState, EventSetting, WebhookEndpoint
from mailflatrate.base import clock, tenancy
from mailflatrate.entrypoints.studio.trust.webhooks import TYPE_GROUPS, TYPE_WORDS
from support.customers import Customer

LIST = "/studio/webhooks/"


@pytest.fixture
def anna(database: str) -> Customer:
    assert database
    return Customer.vetted().signed_in()


def row(anna: Customer) -> WebhookEndpoint:
    with tenancy.account(anna.account_id):
        return WebhookEndpoint.objects.get()


def create(anna: Customer, **values: str | list[str]) -> WebhookEndpoint:
    answer = anna.client.post(f"{LIST}new/", {"url": "https://crm.lindenhof.example/hook", **values})
    assert answer.status_code == 200, answer.content.decode()[-2000:]
    assert "whsec_" in answer.content.decode()
    return row(anna)


def test_a_webhook_from_its_creation_to_its_end(anna: Customer) -> None:
    assert "No webhooks yet" in anna.page("webhooks/")
    one = create(anna, about="CRM", types=["contact.erased"])
    assert one.types == ["contact.erased"]
    here = f"{LIST}{one.id}/"
    assert "whsec_" not in anna.page(f"webhooks/{one.id}/"), "the secret is shown once"
    assert "Nothing delivered yet" in anna.page(f"webhooks/{one.id}/")
    anna.client.post(here, {"url": "https://crm.lindenhof.example/two", "about": "", "types": []})
    assert (row(anna).url, row(anna).types) == ("https://crm.lindenhof.example/two", [])
    before = one.secrets_sealed
    assert "whsec_" in anna.client.post(f"{here}secret/").content.decode()
    assert row(anna).secrets_sealed != before and row(anna).old_secret_until is not None
    anna.client.post(f"{here}switch/", {})
    assert row(anna).state == EndpointState.OFF
    anna.client.post(f"{here}switch/", {"on": "yes"})
    assert row(anna).state == EndpointState.ACTIVE
    generation = row(anna).generation
    since = (clock.now() - timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")
    anna.client.post(f"{here}replay/", {"since": since})
    assert row(anna).generation == generation + 1
    anna.client.post(f"{here}replay/", {"since": "2001-01-01T00:00"})
    assert row(anna).generation == generation + 1
    assert anna.client.post(f"{here}test/").status_code in (302, 303)
    anna.client.post(f"{here}delete/")
    with tenancy.account(anna.account_id):
        assert not WebhookEndpoint.objects.exists()


@pytest.mark.parametrize("url", ["", "nonsense", "http://crm.lindenhof.example/", "https://a:b@crm.lindenhof.example/"])
def test_what_is_no_address_is_refused_with_a_reason(anna: Customer, url: str) -> None:
    answer = anna.client.post(f"{LIST}new/", {"url": url})
    assert answer.status_code == 422
    assert "field-error" in answer.content.decode()
    with tenancy.account(anna.account_id):
        assert not WebhookEndpoint.objects.exists()


def test_events_for_each_message_are_switched(anna: Customer) -> None:
    for is_on in (True, False):
        anna.client.post(f"{LIST}messages/", {"on": "yes"} if is_on else {})
        with tenancy.account(anna.account_id):
            assert EventSetting.objects.get().per_message is is_on
    create(anna, types=["message.sent"])
    with tenancy.account(anna.account_id):
        assert EventSetting.objects.get().per_message, "choosing them switches them on"


def test_every_type_has_one_heading(anna: Customer) -> None:
    headed = [part for _heading, parts in TYPE_GROUPS for part in parts]
    assert sorted(headed) == sorted({each.value.partition(".")[0] for each in TYPE_WORDS})
    html = anna.page("webhooks/")
    assert all(html.count(f'value="{each.value}"') == 1 for each in TYPE_WORDS)
    assert html.count("<legend") == len(TYPE_GROUPS)
