"""The stranger's test, whole: Carla against every table and every studio address that Anna has rows for."""

import re
from collections.abc import Iterator

import psycopg
import pytest
from django.apps import apps
from django.db import connection
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from mailflatrate.base import tenancy
from mailflatrate.base.tenancy import PlatformReason, TenantModel
from mailflatrate.base.tenancy.policies import restricted
from mailflatrate.settings.roles import app_url
from mailflatrate.settings.schema import load_settings
from support.neighbours import Neighbours

TENANT_TABLES = sorted(m._meta.db_table for m in apps.get_models() if issubclass(m, TenantModel))
# What studio addresses with an ID change.
WATCHED = ["bulk_action", "campaign", "contact_field", "export", "import", "mailing_list", "membership", "segment"]
WATCHED += ["signup_form", "tag", "webhook_endpoint"]


@pytest.fixture(scope="module")
def neighbours(database: str) -> Neighbours:
    """Both accounts, made once."""
    assert database
    return Neighbours()


@pytest.fixture(scope="module")
def application(database: str) -> Iterator[psycopg.Connection]:
    """A connection of the application's role, for all tests that roll back."""
    assert database
    with psycopg.connect(app_url(load_settings())) as connection:
        yield connection


@pytest.fixture(scope="module")
def rows_of_anna(neighbours: Neighbours) -> list[str]:
    """Anna's rows before Carla tries anything; no test here changes them."""
    return _rows_of_anna(neighbours)


def test_anna_has_rows_in_every_tenant_table(neighbours: Neighbours) -> None:
    """Otherwise the tests below would prove nothing about the empty ones."""
    with tenancy.platform(PlatformReason.OPERATOR_DESK), connection.cursor() as cursor:
        mine = f"WHERE account_id = {neighbours.anna.account_id}"
        empty = []
        for table in TENANT_TABLES:
            cursor.execute(f'SELECT 1 FROM "{table}" {mine} LIMIT 1')
            empty += [] if cursor.fetchone() else [table]
    assert empty == []


@pytest.mark.parametrize("table", [*TENANT_TABLES, "account"])
def test_no_row_of_another_account_is_seen_or_touched(
    neighbours: Neighbours, application: psycopg.Connection, table: str
) -> None:
    """Raw SQL under the application role, without our managers."""
    theirs = "id" if table == "account" else "account_id"
    carla = neighbours.carla_account
    assert _visible(carla, table, f"{theirs} = {neighbours.anna.account_id}") == 0
    assert _visible(carla, table, f"{theirs} <> {carla}") == 0
    for statement in (f'UPDATE "{table}" SET {theirs} = {theirs}', f'DELETE FROM "{table}"'):
        tenancy.enter_account(application, carla)
        try:
            done = application.execute(f"{statement} WHERE {theirs} = {neighbours.anna.account_id}")
        except (psycopg.errors.InsufficientPrivilege, psycopg.errors.ObjectNotInPrerequisiteState):
            assert table in restricted(), "nobody may, not even Anna"
        else:
            assert done.rowcount == 0
        finally:
            application.rollback()


def test_without_a_scope_there_is_nothing_at_all(neighbours: Neighbours) -> None:
    """A forgotten scope fails closed."""
    with psycopg.connect(app_url(load_settings())) as application:
        for table in [*TENANT_TABLES, "account"]:
            shared = " WHERE account_id IS NOT NULL" if table == "suppression" else ""
            row = application.execute(f'SELECT count(*) FROM "{table}"{shared}').fetchone()
            assert row == (0,), table


def test_a_row_cannot_be_written_into_another_account(neighbours: Neighbours) -> None:
    """The policy checks what is written, too."""
    with psycopg.connect(app_url(load_settings())) as application:
        tenancy.enter_account(application, neighbours.carla_account)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            application.execute(
                "INSERT INTO segment (account_id, name, conditions, created_at) VALUES (%s, 'x', '[]', now())",
                [neighbours.anna.account_id],
            )


def test_every_model_manager_is_scoped(neighbours: Neighbours) -> None:
    """The first lock alone: no manager runs without an account, and each shows only the account's rows."""
    for model in apps.get_models():
        if not issubclass(model, TenantModel):
            continue
        with pytest.raises(tenancy.NoAccount):
            model.objects.count()
        with tenancy.account(neighbours.carla_account):
            assert model.objects.filter(account_id=neighbours.anna.account_id).count() == 0


def _visible(account_id: int, table: str, condition: str) -> int:
    with tenancy.account(account_id), connection.cursor() as cursor:
        cursor.execute(f'SELECT count(*) FROM "{table}" WHERE {condition}')
        return int(cursor.fetchone()[0])


def _studio_addresses() -> Iterator[tuple[str, URLPattern]]:
    def walk(prefix: str, entries: list[URLPattern | URLResolver]) -> Iterator[tuple[str, URLPattern]]:
        for entry in entries:
            if isinstance(entry, URLResolver):
                yield from walk(prefix + str(entry.pattern), entry.url_patterns)
            else:
                yield prefix + str(entry.pattern), entry

    return (pair for pair in walk("/", get_resolver().url_patterns) if pair[0].startswith("/studio/"))


ADDRESSES = sorted(route for route, _ in _studio_addresses())


@pytest.mark.parametrize("route", ADDRESSES)
def test_every_studio_address_wants_a_sign_in(database: str, route: str) -> None:
    """Nobody who is not signed in sees anything."""
    assert database
    address = re.sub(r"<int:\w+>", "1", route).replace("<slug:system>", "mailchimp").replace("<str:key>", "size")
    answer = Client().get(address)
    assert "<" not in address and answer.status_code in (302, 405), address
    if answer.status_code == 302:
        assert answer.headers["Location"].startswith("/login/")


@pytest.mark.parametrize("route", [route for route in ADDRESSES if "<int:" in route])
@pytest.mark.parametrize("method", ["get", "post"])
def test_every_id_of_anna_is_unknown_to_carla(
    neighbours: Neighbours, rows_of_anna: list[str], route: str, method: str
) -> None:
    """404 for reading and for writing; 405 where the address takes only the other method."""
    address = route.replace("<str:key>", "first_name")
    for name, value in neighbours.ids.items():
        address = address.replace(f"<int:{name}>", str(value))
    assert "<" not in address, "a new kind of id needs its row in Neighbours"
    answer = getattr(neighbours.carla, method)(address)
    assert answer.status_code in (404, 405), address
    assert _rows_of_anna(neighbours) == rows_of_anna


def _rows_of_anna(neighbours: Neighbours) -> list[str]:
    """Return what Carla could have changed: Anna's rows of each of these tables, whole."""
    rows = (f"(SELECT array_agg(t::text ORDER BY t.id) FROM {table} t)::text" for table in WATCHED)
    with tenancy.account(neighbours.anna.account_id), connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(rows)}")
        return list(cursor.fetchone())
