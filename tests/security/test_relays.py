"""Relays are the operator's: no customer sees or adds one, and credentials leave the vault for one host only."""

import json
import secrets
from collections.abc import Iterator

import psycopg
import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from psycopg import errors

from mailflatrate.apps.accounts.models import Role
from mailflatrate.apps.delivery.relays.edit import RelayDraft, RelayError, add_relay, edit_relay
from mailflatrate.apps.delivery.relays.relay_cache import read_book
from mailflatrate.apps.delivery.relays.tables import Relay, StateChoice
from mailflatrate.base import audit, tenancy
from mailflatrate.base.audit.models import AuditEntry
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.entrypoints.api.v1.service import schema
from mailflatrate.mail.signing.vault import VaultError
from mailflatrate.rules.sending.relays import RelayState
from mailflatrate.settings.roles import APP_ROLE, ERASER_ROLE, PLATFORM_ROLE, app_url, owner_url
from mailflatrate.settings.schema import load_settings
from support.api import ROOT, program_of
from support.customers import Customer
from support.desk import Desk, desk
from support.people import browser, person

OTTO = audit.machine("tests.relays")
SECRET = "s3cret-of-the-relay"
PAGES = ("relays/", "relays/new/", "relays/{id}/")
DEEDS = ("relays/{id}/move/", "relays/{id}/remove/", "relays/{id}/test/", "relays/{id}/warm-up/")


@pytest.fixture
def relay(database: str) -> Iterator[Relay]:
    """A relay with a login, in no pool that other tests send through."""
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        made = add_relay(_draft(username="mta", password=SECRET, pool="quarantine"), by=OTTO)
        made.state = StateChoice.DISABLED
        made.save()
    yield made
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        Relay.objects.filter(id=made.id).delete()


@pytest.fixture
def otto(database: str) -> Desk:
    return desk()


def _draft(**changes: object) -> RelayDraft:
    values: dict[str, object] = {"name": f"mta-{secrets.token_hex(4)}", "host": "mta.example.net", "port": 587}
    return RelayDraft(**(values | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize("address", [*PAGES, *DEEDS])
def test_people_of_customers_and_strangers_find_no_page(relay: Relay, anna: Customer, address: str) -> None:
    path = f"/desk/{address.format(id=relay.id)}"
    for role in (Role.OWNER, Role.VIEWER):
        client = browser(person(anna.account_id, "Ben", role))
        answer = client.post(path, {"state": "active"}) if address in DEEDS else client.get(path)
        assert answer.status_code == 404
        assert SECRET.encode() not in answer.content
    answer = Client().post(path, {"state": "active"}) if address in DEEDS else Client().get(path)
    assert answer.status_code in {302, 404}


def test_no_key_of_the_api_reaches_relays(relay: Relay, anna: Customer) -> None:
    assert not [path for path in schema()["paths"] if "relay" in path.lower()]
    key = {"headers": {"Authorization": f"Bearer {program_of(anna).secret}"}}
    for path in (f"{ROOT}/relays", f"/desk/relays/{relay.id}/", "/desk/relays/"):
        answer = Client().get(path, **key)  # type: ignore[arg-type]
        assert answer.status_code in {302, 404}
        assert relay.name.encode() not in answer.content


SQL = (
    "SELECT * FROM relay",
    "SELECT credentials_sealed FROM relay",
    "SELECT * FROM relay_report",
    "UPDATE relay SET host = 'evil.example'",
    "UPDATE relay SET state = 'active'",
    "DELETE FROM relay",
    "SELECT * FROM sending_bucket",
    "UPDATE sending_bucket SET tokens = 1e9, factor = 1",
    "DELETE FROM sending_bucket",
    *(
        statement.format(table)
        for table in ("log_follower", "followed_message", "relay_count", "warm_up")
        for statement in ("SELECT * FROM {}", "DELETE FROM {}", "COPY {} TO STDOUT")
    ),
    "UPDATE log_follower SET place = '{}'",
    "UPDATE warm_up SET ended_at = now()",
    "INSERT INTO warm_up (key, step, began_at, used, answered, deferred, complaints, started_at)"
    " VALUES ('domain:1', 27, now(), 0, 0, 0, 0, now())",
    "INSERT INTO followed_message (follower_id, queue_id, account_id, delivery_id) VALUES ('mta-1', 'A', 1, 1)",
    "COPY relay TO STDOUT",
    "INSERT INTO relay (key, name, host, port, tls, kind, return_path, connections, sends_from, pool, weight,"
    " created_at, changed_at) VALUES (gen_random_uuid(), 'eve', 'evil.example', 25, 'never', 'other', 'own', 1, '[]',"
    " 'trusted', 100, now(), now())",
)


@pytest.mark.parametrize("statement", SQL)
@pytest.mark.parametrize("role", [APP_ROLE, PLATFORM_ROLE, ERASER_ROLE])
def test_raw_sql_in_the_scope_of_an_account_sees_and_changes_no_relay(
    relay: Relay, anna: Customer, role: str, statement: str
) -> None:
    with psycopg.connect(app_url(load_settings()), autocommit=True) as eve:
        tenancy.enter_account(eve, anna.account_id, for_session=True)
        eve.execute(f"SET ROLE {role}")
        try:
            if statement.startswith("COPY"):
                with eve.cursor().copy(statement) as copy:
                    assert not list(copy)
            else:
                assert eve.execute(statement).rowcount == 0
        except errors.InsufficientPrivilege:
            pass
    with psycopg.connect(owner_url(load_settings())) as owner:
        found = owner.execute("SELECT host, state FROM relay WHERE id = %s", [relay.id]).fetchone()
        assert found == ("mta.example.net", "disabled")
        assert owner.execute("SELECT 1 FROM relay WHERE name = 'eve'").fetchone() is None


def test_the_table_holds_no_password_and_a_moved_login_does_not_open(relay: Relay) -> None:
    with psycopg.connect(owner_url(load_settings())) as owner:
        row = owner.execute("SELECT relay::text FROM relay WHERE id = %s", [relay.id]).fetchone()
        assert row is not None
        assert SECRET not in row[0]
    assert relay.open() == ("mta", SECRET)
    for name, value in {"host": "evil.example", "port": 25, "tls": "opportunistic"}.items():
        kept = getattr(relay, name)
        setattr(relay, name, value)
        with pytest.raises(VaultError):
            relay.open()
        setattr(relay, name, kept)
    other = Relay(host=relay.host, port=relay.port, tls=relay.tls, credentials_sealed=relay.credentials_sealed)
    with pytest.raises(VaultError):
        other.open()


def test_a_host_that_was_changed_in_the_table_gets_neither_login_nor_mail(relay: Relay) -> None:
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        Relay.objects.filter(id=relay.id).update(host="evil.example", state=StateChoice.ACTIVE)
    spec = next(one for one in read_book(load_settings()).relays if one.number == relay.id)
    assert not spec.is_usable
    assert spec.state is RelayState.DISABLED
    assert spec.config.password is None


def test_a_login_in_the_clear_cannot_be_stored(relay: Relay) -> None:
    with pytest.raises(IntegrityError), transaction.atomic(), tenancy.platform(PlatformReason.OPERATOR_DESK):
        Relay.objects.filter(id=relay.id).update(credentials_sealed='["mta", "plain"]')


@pytest.mark.parametrize("change", [{"host": "evil.example"}, {"port": 25}, {"tls": "opportunistic"}])
def test_an_operator_cannot_point_a_saved_login_elsewhere(relay: Relay, change: dict[str, object]) -> None:
    draft = _draft(name=relay.name, pool="quarantine", **change)
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        with pytest.raises(RelayError) as refused:
            edit_relay(relay.id, draft, by=OTTO)
        assert refused.value.problems[0][0] == "password"
        assert Relay.objects.get(id=relay.id).open() == ("mta", SECRET)


def test_no_page_and_no_line_of_the_log_shows_the_login(relay: Relay, otto: Desk) -> None:
    for address in PAGES:
        shown = otto.page(address.format(id=relay.id))
        assert SECRET not in shown
        assert relay.credentials_sealed not in shown
    fields = {
        "name": relay.name, "host": relay.host, "port": 587, "tls": "required", "kind": "postfix", "pool": "new",
        "return_path": "own", "weight": 10, "connections": 3, "username": "mta2", "password": "another-secret",
    }  # fmt: skip
    answer = otto.client.post(f"/desk/relays/{relay.id}/", fields | {"weight": 0})
    assert answer.status_code == 422
    assert b"another-secret" not in answer.content
    assert otto.client.post(f"/desk/relays/{relay.id}/", fields).status_code == 303
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        changed = Relay.objects.get(id=relay.id)
        assert changed.open() == ("mta2", "another-secret")
        lines = AuditEntry.objects.filter(subject=f"relay:{relay.id}").order_by("id")
        assert [line.action for line in lines] == ["relay.added", "relay.changed"]
        told = json.dumps([line.details for line in lines])
    assert "secret" not in told
    assert "mta2" not in told
    assert lines[1].details["changed"]["pool"] == ["quarantine", "new"]
    assert "credentials" in lines[1].details["changed"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"host": "mta.example.net:25"}, "host"),
        ({"host": "a b"}, "host"),
        ({"host": "mta\r\nRCPT"}, "host"),
        ({"host": ""}, "host"),
        ({"host": "x" * 300}, "host"),
        ({"host": "1.2.3"}, "host"),
        ({"name": ""}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"port": 0}, "port"),
        ({"port": 70000}, "port"),
        ({"connections": 0}, "connections"),
        ({"connections": 10**9}, "connections"),
        ({"weight": 0}, "weight"),
        ({"per_hour": 0}, "per_hour"),
        ({"sends_from": ("nonsense",)}, "sends_from"),
        ({"sends_from": ("192.0.2.1",) * 65}, "sends_from"),
        ({"pool": "dedicated"}, "account_id"),
        ({"account_id": 1}, "account_id"),
        ({"pool": "dedicated", "account_id": 2**31 - 1}, "account_id"),
        ({"return_path": "provider"}, "return_path"),
        ({"username": "u"}, "password"),
        ({"password": "p"}, "username"),
        ({"username": "u", "password": "p", "tls": "never"}, "tls"),
        ({"username": "u", "password": "p" * 2000}, "password"),
    ],
)
def test_what_makes_no_sense_is_refused_at_its_field(database: str, change: dict[str, object], field: str) -> None:
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        with pytest.raises(RelayError) as refused:
            add_relay(_draft(**change), by=OTTO)
        assert field in [name for name, _text in refused.value.problems]
