"""What a load balancer and Prometheus see."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection
from django.test import Client

from mailflatrate.apps.accounts.actions import create_account
from mailflatrate.apps.campaigns.actions import create_campaign
from mailflatrate.base import tenancy

pytestmark = pytest.mark.usefixtures("database")


@contextmanager
def no_database() -> Iterator[None]:
    """The server's address leads nowhere for the block, as when its host is gone."""
    connection.close()
    kept = connection.settings_dict["HOST"]
    connection.settings_dict["HOST"] = "/nowhere"
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["HOST"] = kept


def figure(name: str) -> float:
    page = Client().get("/metrics").content.decode()
    found = re.search(rf"^{re.escape(name)} ([\d.e+]+)$", page, re.MULTILINE)
    return float(found[1]) if found else 0.0


def test_healthz_answers_while_the_database_does() -> None:
    answer = Client().get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_healthz_says_503_without_a_database_and_recovers() -> None:
    with no_database():
        answer = Client().get("/healthz")
    assert (answer.status_code, answer.json()["status"]) == (503, "unavailable")
    assert "/nowhere" not in answer.content.decode(), "strangers read this"
    assert Client().get("/healthz").status_code == 200


def test_metrics_count_over_all_accounts_and_name_nobody() -> None:
    before = figure('mailflatrate_campaigns{state="draft"}')
    for customer in ("Anna's Shop", "Carla's Cafe"):
        with tenancy.account(create_account(customer).id):
            create_campaign("Secret autumn sale", by=None, values={"subject": "Psst"})
    assert figure('mailflatrate_campaigns{state="draft"}') == before + 2
    page = Client().get("/metrics").content.decode()
    assert not re.search("Anna|Carla|Secret|Psst|@", page)


@pytest.mark.parametrize("path", ["/healthz", "/metrics"])
def test_nothing_is_written_by_them(path: str) -> None:
    assert Client().post(path).status_code == 405
