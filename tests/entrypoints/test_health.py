"""What a load balancer and Prometheus see."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import OperationalError, connection
from django.test import Client

from mailflatrate.apps.accounts.actions.people import create_account
from mailflatrate.apps.campaigns.actions.drafts import create_campaign
from mailflatrate.base import tenancy
from mailflatrate.entrypoints.public import media_hosts
from mailflatrate.settings import load_settings

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


def test_healthz_answers() -> None:
    answer = Client().get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_healthz_needs_no_database(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even where customers have hosts of their own, which are looked up before anything else."""
    changed = load_settings().model_copy(update={"media_host_target": "media.example"})
    monkeypatch.setattr(media_hosts, "load_settings", lambda: changed)
    with no_database():
        assert Client(headers={"host": "10.1.2.3"}).get("/healthz").json() == {"status": "ok"}
        with pytest.raises(OperationalError):
            Client(headers={"host": "10.1.2.3"}).get("/login/")
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
