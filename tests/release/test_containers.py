"""Image and compose file: they name what exists, trust what they should, and their own tools find nothing."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest
import yaml

from mailflatrate.settings import postgres
from mailflatrate.settings.schema import SettingsError, read_settings
from release.linters import ROOT, run

DEPLOY = ROOT / "deploy"
DOCKERFILES = (DEPLOY / "Dockerfile", DEPLOY / "postfix" / "Dockerfile")
PROCESSES = ("web", "worker", "sender", "inbound", "follower")
OWNERS = ("migrate", "backup")
MADE_BY_THE_BUILD = {"/opt/mailflatrate", "/src/src/mailflatrate/static/dist"}


def instructions(path: Path) -> list[tuple[str, str]]:
    """Instructions of a Dockerfile with their arguments, continuation lines joined."""
    text = re.sub(r"^\s*#.*\n", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE).replace("\\\n", " ")
    return [(line.split()[0], line.split(maxsplit=1)[1]) for line in text.splitlines() if line.strip()]


def is_ignored(path: str) -> bool:
    """Whether .dockerignore keeps a path from the builder: the last pattern that fits it or a folder above decides."""
    ignored = False
    for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines():
        pattern = line.strip().removeprefix("!")
        if not pattern or pattern.startswith("#"):
            continue
        expression = re.escape(pattern).replace(r"\*\*/", "(.*/)?").replace(r"\*", "[^/]*")
        if re.fullmatch(f"{expression}(/.*)?", path):
            ignored = not line.startswith("!")
    return ignored


@pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: path.parent.name)
def test_a_dockerfile_copies_what_exists_and_is_sent(path: Path) -> None:
    copied = [words.split() for name, words in instructions(path) if name == "COPY"]
    sources = [word for words in copied for word in words[:-1] if not word.startswith("--")]
    assert len(sources) > 3
    for source in sources:
        if source not in MADE_BY_THE_BUILD:
            assert (ROOT / source).exists(), source
            assert not is_ignored(source.removesuffix("/")), source


@pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: path.parent.name)
def test_bases_are_exact_versions(path: Path) -> None:
    arguments = dict(words.split("=", 1) for name, words in instructions(path) if name == "ARG")
    bases = {
        re.sub(r"\$\{(\w+)\}", lambda found: arguments[found[1]], words.split()[0])
        for name, words in instructions(path)
        if name == "FROM"
    }
    assert bases
    for base in bases:
        assert re.fullmatch(r"[\w./-]+:\d+\.\d+(\.\d+)?-[\w-]+", base), base


def test_the_image_runs_what_is_installed_as_a_number_and_is_watched() -> None:
    parts = instructions(DOCKERFILES[0])
    final = parts[max(number for number, (name, _) in enumerate(parts) if name == "FROM") :]
    assert ("USER", "10001:10001") in final
    assert any(name == "HEALTHCHECK" and "/tmp/alive" in words for name, words in final)
    assert "MAILFLATRATE_LIFE_FILE=/tmp/alive" in dict(final)["ENV"]
    commands = " ".join(words for name, words in parts if name == "RUN")
    assert re.search(r"--require-hashes\s+-r requirements/s3.txt -r requirements/traces.txt ", commands + " ")
    assert "dev.txt" not in commands
    assert not re.search(r"install[^&]* (-e|--editable) ", commands)
    assert {"libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0", "libcrypto-mb11"} <= set(
        re.findall(r"lib[\w.-]+", " ".join(words for name, words in final if name == "RUN"))
    )


@pytest.mark.parametrize("path", [
    ".git/config", "tests/conftest.py", "var/secrets.json", "frontend/node_modules/vite/index.js", "bench/run.py",
    "deploy/mailflatrate.env", "deploy/.env", "deploy/secrets/token_keys", "deploy/postfix/own.key",
    "build/tools/bin/helm",
    "src/mailflatrate/__pycache__/x.pyc", "src/mailflatrate/static/dist/manifest.json", "src/mailflatrate/key.pem",
])  # fmt: skip
def test_what_the_image_must_not_know_is_not_sent(path: str) -> None:
    assert is_ignored(path)


@pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: path.parent.name)
def test_the_linter_finds_nothing(path: Path) -> None:
    done = run("hadolint", str(path))
    assert done.returncode == 0, done.stdout


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A copy of deploy/ that was set up as its compose file says."""
    folder = tmp_path_factory.mktemp("compose") / "deploy"
    shutil.copytree(DEPLOY, folder, ignore=shutil.ignore_patterns("secrets", "*.env", ".env"))
    shutil.copy(folder / "compose" / "env.example", folder / ".env")
    subprocess.run([folder / "compose" / "draw-secrets"], check=True)
    yield folder


@pytest.fixture(scope="module")
def compose(installation: Path) -> dict[str, Any]:
    """The compose file with the variables of the example."""
    values = dict(
        line.split("=", 1)
        for line in (installation / ".env").read_text(encoding="utf-8").splitlines()
        if line and not line.startswith("#")
    )
    text = re.sub(
        r"\$\{(\w+)(?::([-?])([^}]*))?\}",
        lambda found: values.get(found[1]) or (found[3] if found[2] == "-" else pytest.fail(found[1])),
        (installation / "compose.yaml").read_text(encoding="utf-8"),
    )
    loaded = yaml.safe_load(text)
    assert isinstance(loaded, dict)
    return loaded


def network_of(compose: dict[str, Any], name: str, service: str) -> Any:
    """What a service says about a network; fails where it is not in it."""
    joined = compose["services"][service]["networks"]
    assert name in joined, f"{service} is not in {name}"
    return joined[name] if isinstance(joined, dict) else {}


def test_compose_takes_the_file(installation: Path) -> None:
    done = run("docker-compose", "--file", "compose.yaml", "config", "--quiet", cwd=installation)
    assert done.returncode == 0, done.stderr
    assert not done.stderr


def test_the_style_of_yaml() -> None:
    rules = (
        "{extends: default, rules: {line-length: {max: 132}, braces: {max-spaces-inside: 1}, document-start: disable,"
        " comments: {min-spaces-from-content: 2}, truthy: disable}}"
    )
    done = run("yamllint", "--strict", "-d", rules, "deploy/compose.yaml", "deploy/helm/mailflatrate/values.yaml",
               "deploy/helm/mailflatrate/Chart.yaml", "deploy/monitoring/prometheus.yml")  # fmt: skip
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", [*PROCESSES, *OWNERS])
def test_each_process_starts_with_settings_that_exist(installation: Path, compose: dict[str, Any], name: str) -> None:
    image = dict(re.findall(r"(MAILFLATRATE_\w+)=(\S+)", dict(instructions(DOCKERFILES[0])[::-1]).get("ENV", "")))
    service = compose["services"][name]
    files = {
        f"/run/secrets/{secret}": installation / compose["secrets"][secret]["file"] for secret in service["secrets"]
    }
    environment = {**image, **{key: str(value) for key, value in service["environment"].items()}}
    named = {key: value for key, value in environment.items() if value.startswith("/run/secrets/")}
    assert named.keys() == {key for key in environment if key.endswith("_FILE") and key != "MAILFLATRATE_LIFE_FILE"}
    assert set(named.values()) == set(files), "each secret is used, and each that is used is there"
    settings = read_settings(environment | {key: str(files[value]) for key, value in named.items()})
    assert settings.secret_key
    assert settings.token_keys
    assert (settings.database_url is not None) is (name in OWNERS), "nobody else knows the owner"
    assert (settings.app_database_url or "").startswith("postgresql://mailflatrate_app:")
    assert settings.public_url == "https://mail.mailflatrate.example"


def test_secrets_are_drawn_once_and_shut(installation: Path) -> None:
    folder = installation / "secrets"
    before = {path.name: path.read_text() for path in folder.iterdir()}
    subprocess.run([installation / "compose" / "draw-secrets"], check=True)
    assert {path.name: path.read_text() for path in folder.iterdir()} == before
    assert len(before["secret_key"]) == 64
    assert folder.stat().st_mode & 0o077 == 0
    if os.geteuid() == 0:
        assert {path.stat().st_mode & 0o077 for path in folder.iterdir()} == {0}
        assert (folder / "token_keys").stat().st_uid == 10001
    for path in ("deploy/secrets/token_keys", "deploy/.env", "deploy/mailflatrate.env"):
        asked = subprocess.run(["git", "check-ignore", "--quiet", path], cwd=ROOT, check=False, capture_output=True)
        assert asked.returncode in (0, 128), f"git would take {path}"  # 128: no repository


def test_every_file_that_compose_names_exists(installation: Path, compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        if "build" in service:
            assert (ROOT / service["build"]["dockerfile"]).is_file(), name
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert source in compose["volumes"] or (installation / source).is_file(), (name, source)
        for network in service["networks"]:
            assert network in compose["networks"]
    for secret in compose["secrets"].values():
        assert (installation / secret["file"]).stat().st_size > 20


def test_neighbours_are_trusted_by_their_address_and_strangers_are_not(compose: dict[str, Any]) -> None:
    settings = compose["services"]["web"]["environment"]
    proxy = network_of(compose, "edge", "proxy")["ipv4_address"]
    postfix = network_of(compose, "mail", "postfix")["ipv4_address"]
    assert settings["MAILFLATRATE_TRUSTED_PROXIES"] == proxy
    assert settings["MAILFLATRATE_INBOUND_RELAYS"] == settings["MAILFLATRATE_RELAY_HOST"] == postfix
    for service in ("web", "proxy"):
        network_of(compose, "edge", service)
    for service in ("sender", "inbound", "postfix"):
        network_of(compose, "mail", service)
    for service in (*PROCESSES, *OWNERS, "database"):
        network_of(compose, "data", service)
    assert [name for name, service in compose["services"].items() if "ports" in service] == ["postfix", "proxy"]
    assert compose["networks"]["data"]["internal"]
    assert compose["networks"]["mail"]["internal"]
    lists = ("TRUSTED_PROXIES", "METRICS_NETWORKS", "INBOUND_RELAYS")
    trusted = [each for name in lists for each in settings[f"MAILFLATRATE_{name}"].split(",")]
    for network in compose["networks"].values():
        for config in (network or {}).get("ipam", {}).get("config", []):
            gateway = ip_address(config["gateway"])  # as which Docker may show anybody
            assert not any(gateway in ip_network(each) for each in trusted)
            for address in (proxy, postfix):
                assert ip_address(address) != gateway


def test_every_service_is_watched_and_told_to_end_in_time(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        watched = "healthcheck" in service or "build" in service  # both images that are built have a HEALTHCHECK
        assert watched, name
        if name in PROCESSES:
            assert service["stop_grace_period"] == "20s"
            assert service["depends_on"]["migrate"]["condition"] == "service_completed_successfully"
            assert service["read_only"]
            assert service["cap_drop"] == ["ALL"]
    assert all("HEALTHCHECK" in dict(instructions(path)) for path in DOCKERFILES)


@pytest.mark.slow
def test_the_relay_takes_mail_from_senders_alone(tmp_path: Path, compose: dict[str, Any]) -> None:
    if not shutil.which("postconf"):
        pytest.skip("Postfix is not here: run make tools")
    folder = tmp_path / "postfix"
    shutil.copytree(DEPLOY / "postfix", folder)
    service = compose["services"]["postfix"]
    environment = {**service["environment"], "CONFIGURATION": str(folder), "PATH": os.environ["PATH"] + ":/usr/sbin"}
    for _ in range(2):  # a container that is restarted
        subprocess.run([folder / "start", "--configure"], env=environment, check=True)
    asked = subprocess.run(["postconf", "-c", folder, "-P"], capture_output=True, text=True, check=True).stdout
    overrides = dict(
        line.split(" = ", 1) if " = " in line else (line.removesuffix(" ="), "") for line in asked.splitlines()
    )
    assert overrides["smtp/inet/smtpd_relay_restrictions"] == "reject_unauth_destination", "port 25 relays for nobody"
    assert overrides["smtp/inet/smtpd_recipient_restrictions"].startswith("reject_unauth_destination")
    listeners = subprocess.run(["postconf", "-c", folder, "-M"], capture_output=True, text=True, check=True).stdout
    assert [line.split()[0] for line in listeners.splitlines() if line.split()[1] == "inet"] == [
        "smtp",
        f"{service['environment']['RELAY_ADDRESS']}:10025",
    ]
    clients = service["environment"]["RELAY_CLIENTS"].split()
    network = compose["networks"]["mail"]["ipam"]["config"][0]
    assert clients == [f"!{network['gateway']}", network["subnet"]]
    settings = subprocess.run(["postconf", "-c", folder, "-n"], capture_output=True, text=True, check=True).stdout
    assert "relay_transport = lmtp:inet:[inbound]:2424" in settings
    if os.geteuid() == 0:
        subprocess.run(["postconf", "-c", folder, "-e", "maillog_file=/dev/stdout"], check=True)  # no log of this host
        subprocess.run(["postfix", "-c", folder, "check"], check=True, capture_output=True)


def test_the_proxy_takes_its_file(compose: dict[str, Any]) -> None:
    text = (DEPLOY / "compose" / "Caddyfile").read_text(encoding="utf-8")
    assert set(re.findall(r"(?:http://|reverse_proxy )(\w+:\d+)", text)) == {"web:8000"}
    if not shutil.which("caddy"):
        pytest.skip("caddy is not here: apt-get install caddy")
    environment = {**os.environ, **compose["services"]["proxy"]["environment"]}
    done = subprocess.run(
        ["caddy", "validate", "--adapter", "caddyfile", "--config", DEPLOY / "compose" / "Caddyfile"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_an_image_without_a_database_says_which_setting_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "_WHEEL", None)
    with (
        pytest.raises(SettingsError, match="set MAILFLATRATE_APP_DATABASE_URL"),
        postgres.EmbeddedPostgres(tmp_path).owned(),
    ):
        pass
    assert not list(tmp_path.glob("postgres/*"))
