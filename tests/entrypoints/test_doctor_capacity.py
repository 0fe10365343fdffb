"""The doctor's arithmetic of database connections, and what it says of signatures."""

import pytest

from mailflatrate.entrypoints.boot.doctor_report import Level
from mailflatrate.entrypoints.cli.doctor.capacity import Demand, capacity_lines, judged
from mailflatrate.entrypoints.cli.doctor.host import host_lines
from mailflatrate.mail.signing.rsa_batch import find_signer
from mailflatrate.settings.schema import load_settings


@pytest.mark.parametrize(("allowed", "level"), [(97, Level.OK), (40, Level.WARNING), (33, Level.MISSING)])
def test_a_host_with_four_senders_is_measured_against_the_server(allowed: int, level: Level) -> None:
    demand = Demand(senders=4, workers=1, page_processes=1, listeners=1)
    assert demand.connections == 4 * 4 + 3 + 8 + 2 + 5
    found = judged(demand, allowed, in_use=11)
    assert found.level is level
    assert ("max_connections to 52" in found.fix) == (level is not Level.OK)


def test_web_processes_behind_a_pooler_need_its_connections_only() -> None:
    demand = Demand(senders=4, workers=1, page_processes=20, listeners=1, has_pooler=True)
    assert demand.connections == 4 * 4 + 3 + 2 + 5
    assert "and the pooler its pool" in judged(demand, 97, in_use=11).text


def test_the_server_is_asked(database: str) -> None:
    assert database
    (line,) = capacity_lines(load_settings())
    assert "the server allows 197" in line.text


@pytest.mark.slow
@pytest.mark.parametrize("enabled", [True, False])
def test_what_signs_on_this_host_is_named(enabled: bool) -> None:
    settings = load_settings().model_copy(update={"batch_signing": enabled})
    line = next(line for line in host_lines(settings) if line.topic == "signing")
    assert line.level is Level.OK
    assert line.text.startswith(find_signer(enabled=enabled).name)
    assert enabled or line.text.startswith("OpenSSL")
