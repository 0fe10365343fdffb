"""Our Domain Connect template and the key of our links: what the commands print, and what the doctor looks for."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from mailflatrate.apps.domains import connect_template
from mailflatrate.entrypoints.boot.doctor_report import Level
from mailflatrate.entrypoints.cli.doctor.dns_records import _domain_connect
from mailflatrate.entrypoints.cli.main import cli
from mailflatrate.settings.schema import SettingsError, load_settings, read_settings
from support.dns_provider import FakeProvider, dns_provider
from support.provider_setup import domain_connect


@pytest.fixture
def provider(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeProvider]:
    with domain_connect(tmp_path, monkeypatch), dns_provider(tmp_path / "tls") as found:
        yield found


def test_the_template_keeps_to_the_fields_of_the_specification() -> None:
    template = connect_template.service_template(load_settings())
    identifier = re.compile(r"[A-Za-z0-9._-]{1,63}")
    assert identifier.fullmatch(template["providerId"])
    assert identifier.fullmatch(template["serviceId"])
    needed = {
        "TXT": {"host", "data", "ttl"},
        "MX": {"host", "pointsTo", "ttl", "priority"},
        "SPFM": {"host", "spfRules"},
    }
    optional = {"groupId", "essential", "type", "txtConflictMatchingMode", "txtConflictMatchingPrefix"}
    variables = set()
    for record in template["records"]:
        assert needed[record["type"]] <= set(record) <= needed[record["type"]] | optional
        variables |= {name for value in record.values() for name in re.findall(r"%([A-Za-z0-9_-]+)%", str(value))}
    assert variables == {"selector", "dkimkey"}
    reserved = {"domain", "host", "redirect_uri", "state", "providerName", "serviceName", "groupId", "sig", "key"}
    assert not variables & reserved


def test_the_shipped_template_is_what_the_command_prints(monkeypatch: pytest.MonkeyPatch) -> None:
    example = read_settings({"MAILFLATRATE_PUBLIC_URL": "https://mail.mailflatrate.example"})
    shipped = Path(__file__).parents[3] / "deploy/domain-connect/mailflatrate.example.campaigns.json"
    written = json.loads(shipped.read_text(encoding="utf-8"))
    assert written == connect_template.service_template(example)
    assert shipped.name == f"{written['providerId']}.{written['serviceId']}.json"
    monkeypatch.setattr("mailflatrate.entrypoints.cli.setup.load_settings", lambda: example)
    assert json.loads(CliRunner().invoke(cli, ["domains", "connect-template"]).stdout) == written


def test_the_key_s_records_are_printed_and_looked_for(provider: FakeProvider) -> None:
    signer = connect_template.link_signer()
    assert signer is not None
    said = CliRunner().invoke(cli, ["domains", "connect-key"]).stdout
    host = f"{signer.label}.mailflatrate.example"
    assert said.splitlines() == [f'{host}. TXT "{record}"' for record in signer.records]
    settings, resolver = load_settings(), provider.link.resolver
    assert [line.level for line in _domain_connect(settings, resolver)] == [Level.WARNING]
    provider.publish({host: {"TXT": list(signer.records)}})
    assert [line.level for line in _domain_connect(settings, resolver)] == [Level.OK]


def test_a_key_that_can_t_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "key.pem").write_text("no key")
    broken = load_settings().model_copy(update={"domain_connect_key": tmp_path / "key.pem"})
    monkeypatch.setattr(connect_template, "load_settings", lambda: broken)
    connect_template.link_signer.cache_clear()
    with pytest.raises(SettingsError, match="MAILFLATRATE_DOMAIN_CONNECT_KEY: can't use"):
        connect_template.link_signer()
