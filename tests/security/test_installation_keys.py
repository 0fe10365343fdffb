"""A host whose keys are not the installation's refuses to start, and keys that are missing are not drawn anew."""

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from copies import Copies
from mailflatrate.entrypoints.cli.setup import bring_up_to_date
from mailflatrate.settings import fingerprints
from mailflatrate.settings.fingerprints import KeysDiffer, compare, demand_renewable
from mailflatrate.settings.roles import app_login, app_url
from mailflatrate.settings.schema import load_settings
from mailflatrate.settings.secrets import Secrets, load_secrets

OWN = Secrets("secret", "b:bb,a:aa")
SERVICES = {"jobs": ("worker", "--queues", "house"), "pages": ("web",), "listening": ("inbound",)}


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (Secrets("secret", "b:bb"), "installation's token key a is not on this host"),
        (Secrets("secret", "b:bb,a:ab"), "this host's token key a differs from the installation's"),
        (Secrets("another", "b:bb,a:aa"), "this host's secret key differs from the installation's"),
        (Secrets("secret", "c:cc,b:bb,a:aa"), "this host's token key c is new"),
    ],
)
def test_a_host_with_other_keys_is_told_which(other: Secrets, said: str) -> None:
    installation = fingerprints.fingerprints(OWN)
    with pytest.raises(KeysDiffer, match=said) as refused:
        compare(installation, fingerprints.fingerprints(other))
    assert not {"aa", "bb", "cc", "ab", "another"} & set(str(refused.value).replace(":", " ").split())


def test_the_same_keys_in_another_order_and_case_match() -> None:
    compare(fingerprints.fingerprints(OWN), fingerprints.fingerprints(Secrets("secret", "a:AA, b:BB")))
    compare({}, fingerprints.fingerprints(OWN))


def test_migrate_takes_up_a_new_key_and_never_loses_an_old_one_by_accident() -> None:
    installation = fingerprints.fingerprints(OWN)
    demand_renewable(installation, fingerprints.fingerprints(Secrets("new", "c:cc,b:bb,a:aa")), [])
    less = fingerprints.fingerprints(Secrets("secret", "b:bb"))
    with pytest.raises(KeysDiffer, match="token key a"):
        demand_renewable(installation, less, [])
    demand_renewable(installation, less, ["a"])


def test_a_fingerprint_does_not_tell_the_key_and_the_application_cannot_write_it(database: str) -> None:
    assert database
    with psycopg.connect(app_url(load_settings()), autocommit=True) as link:
        assert fingerprints.read(link) == fingerprints.fingerprints(load_secrets())
        for statement in ("SELECT * FROM kept.fingerprint", "DELETE FROM kept.fingerprint"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                link.execute(statement)
        row = link.execute("SELECT public.key_fingerprints()").fetchone()
    assert row is not None
    for key in (load_secrets().secret_key, load_secrets().token_keys.partition(":")[2]):
        assert key not in row[0]


@pytest.fixture
def environment(database: str, tmp_path: Path) -> Iterator[dict[str, str]]:
    """A second host of the installation: the application's URL, and a data folder of its own."""
    assert database
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MAILFLATRATE_")}
    yield {
        **kept,
        "MAILFLATRATE_APP_DATABASE_URL": app_login(load_settings()),
        "MAILFLATRATE_DATA_DIR": str(tmp_path),
        "MAILFLATRATE_INBOUND_SMTP_PORT": "0",
        "MAILFLATRATE_INBOUND_LMTP_PORT": "0",
        "MAILFLATRATE_TEST_INBOX_PORT": "0",
    }


@pytest.mark.slow
def test_every_service_refuses_to_start_with_other_token_keys(
    environment: dict[str, str], copies: Copies, tmp_path: Path
) -> None:
    keys = {
        "MAILFLATRATE_SECRET_KEY": load_secrets().secret_key,
        "MAILFLATRATE_TOKEN_KEYS": f"a:{secrets.token_hex(32)}",
    }
    for purpose, command in SERVICES.items():
        log = tmp_path / purpose
        process = copies.start(*command, purpose=purpose, log=log, environment=environment | keys)
        try:
            assert process.wait(60) == 2, log.read_text()
        finally:
            process.kill()
        assert "this host's token key a differs from the installation's" in log.read_text()


@pytest.mark.slow
def test_missing_keys_are_not_drawn_anew_on_a_second_host(environment: dict[str, str], tmp_path: Path) -> None:
    for command in SERVICES.values():
        done = subprocess.run(
            [sys.executable, "-m", "mailflatrate.entrypoints.cli.main", *command],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 2, done.stderr
        assert "Copy them from another host" in done.stdout + done.stderr
    assert not (tmp_path / "secrets.json").exists()
    assert not (tmp_path / "postgres").exists(), "nor does an embedded server appear"


def test_migrate_on_a_host_with_other_keys_changes_nothing(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert database
    other = Secrets(load_secrets().secret_key, f"a:{secrets.token_hex(32)}")
    monkeypatch.setattr("mailflatrate.entrypoints.cli.setup.load_secrets", lambda: other)
    with pytest.raises(KeysDiffer, match="--forget-token-key"):
        bring_up_to_date(load_settings())
    with psycopg.connect(database) as owner:
        assert fingerprints.read(owner) == fingerprints.fingerprints(load_secrets())
