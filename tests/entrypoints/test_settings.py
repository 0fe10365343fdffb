"""Settings fail loudly, and the documentation says what the code does."""

import re
from pathlib import Path

import pytest

from mailflatrate.settings.schema import (
    FILE_SUFFIX,
    SECRETS,
    Settings,
    SettingsError,
    TlsMode,
    environment_name,
    read_settings,
    settings_table,
)

ROOT = Path(__file__).parents[2]


def test_an_empty_environment_gives_the_defaults() -> None:
    settings = read_settings({})
    assert settings.relay_host is None, "out of the box nothing leaves the machine"
    assert settings.relay_tls is TlsMode.OPPORTUNISTIC


def test_values_are_read_with_their_types() -> None:
    settings = read_settings({"MAILFLATRATE_RELAY_PORT": "10025", "MAILFLATRATE_RELAY_TLS": "required",
                              "DATABASE_URL": "postgresql://db/mail", "PATH": "/usr/bin"})  # fmt: skip
    assert (settings.relay_port, settings.relay_tls) == (10025, TlsMode.REQUIRED)
    assert settings.database_url == "postgresql://db/mail"


def test_an_empty_value_means_not_set() -> None:
    assert read_settings({"MAILFLATRATE_RELAY_HOST": ""}).relay_host is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MAILFLATRATE_RELAY_HSOT", "mail.example"),
        ("MAILFLATRATE_RELAY_PORT", "smtp"),
        ("MAILFLATRATE_RELAY_PORT", "70000"),
        ("MAILFLATRATE_RELAY_TLS", "sometimes"),
        ("MAILFLATRATE_PUBLIC_URL", "http://mail.example"),
        ("MAILFLATRATE_PUBLIC_URL", "https://mail.example/path"),
        ("MAILFLATRATE_CHUNK_SIZE", "0"),
        ("MAILFLATRATE_LOG_LEVEL", "LOUD"),
    ],
)
def test_a_mistake_stops_the_start_with_the_name_of_the_variable(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        read_settings({name: value})


def test_a_secret_is_not_repeated_in_the_error() -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings({"MAILFLATRATE_RELAY_PASSWORD": "winterzwiebeln", "MAILFLATRATE_RELAY_PORT": "winterzwiebeln"})
    assert "winterzwiebeln" not in str(caught.value)


def test_the_documented_table_is_the_one_of_the_code() -> None:
    documented = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    assert settings_table() in documented, "run: mailflatrate settings, and put its table into docs/settings.md"


def test_the_shipped_environments_name_settings_that_exist() -> None:
    known = {environment_name(field) for field in Settings.model_fields}
    known |= {environment_name(field) + FILE_SUFFIX for field in SECRETS}
    for path in [*ROOT.glob("deploy/**/*"), *ROOT.glob("docs/operations/*.md"), ROOT / "README.md"]:
        if path.is_file() and path.suffix != ".pyc":
            found = set(re.findall(r"\bMAILFLATRATE_[A-Z_]+[A-Z]\b", path.read_text(encoding="utf-8")))
            assert found <= known, path.name


def test_every_file_that_the_rfc_table_names_exists() -> None:
    text = (ROOT / "docs" / "rfc.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([a-z_0-9/]+\.py)`", text))
    assert len(named) > 20
    assert [name for name in sorted(named) if not (ROOT / "src" / "mailflatrate" / name).exists()] == []


def test_every_rfc_that_the_code_names_is_in_the_table() -> None:
    text = (ROOT / "docs" / "rfc.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"\b\d{4}\b", text))
    named = {
        number
        for path in (ROOT / "src" / "mailflatrate").rglob("*.py")
        for number in re.findall(r"RFC ?(\d{4})\b", path.read_text(encoding="utf-8"))
    }
    assert sorted(named - listed) == []
