"""Event webhooks of relays: their addresses, and the relays that have none."""

from mailflatrate.apps.delivery.relays.edit import RelayDraft, edit_relay
from mailflatrate.apps.delivery.relays.hook_tables import RelayHook
from mailflatrate.apps.delivery.relays.hooks import rotate_hook, without_hook
from mailflatrate.apps.delivery.relays.tables import Relay, StateChoice
from mailflatrate.base import audit, tenancy
from mailflatrate.base.tenancy import PlatformReason
from support.provider_events import hooked_relay
from support.scope import within

OTTO = audit.machine("tests.hooks")


def test_an_address_is_replaced_with_a_day_for_the_provider() -> None:
    with hooked_relay("sendgrid") as relay:
        address = within(PlatformReason.RELAYS, rotate_hook, relay.relay_id, by=OTTO)
        body, headers = relay.signed({"event": "open"})
        assert relay.post(body, headers) == 200
        assert relay.post(body, headers, address.path) == 200
        now = within(PlatformReason.RELAYS, rotate_hook, relay.relay_id, by=OTTO, at_once=True)
        assert [relay.post(body, headers, path) for path in (relay.path, address.path, now.path)] == [404, 404, 200]


def test_a_password_ends_with_its_address() -> None:
    with hooked_relay("brevo") as relay:
        address = within(PlatformReason.RELAYS, rotate_hook, relay.relay_id, by=OTTO)
        body, headers = relay.signed({"event": "opened"})
        assert relay.post(body, headers) == 404
        assert relay.post(body, headers, address.path) == 401
        assert address.url("https://news.example").startswith("https://mailflatrate:")


def test_doctor_names_relays_that_keep_bounces_to_themselves() -> None:
    with hooked_relay("brevo") as relay, tenancy.platform(PlatformReason.RELAYS):
        row = Relay.objects.get(id=relay.relay_id)
        Relay.objects.filter(id=row.id).update(state=StateChoice.DRAINING)
        assert row.name not in [one.name for one in without_hook()]
        draft = RelayDraft(row.name, row.host, row.port, kind="mailjet", pool=row.pool)
        edit_relay(row.id, draft, by=OTTO)
        assert not RelayHook.objects.filter(relay=row).exists(), "an address belongs to one provider"
        assert row.name in [one.name for one in without_hook()]
