"""The Helm chart: linted, rendered, valid for Kubernetes, and its pods start with settings that exist."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from mailflatrate.settings.schema import read_settings
from release.linters import ROOT, run

CHART = ROOT / "deploy" / "helm" / "mailflatrate"
SETTINGS = {
    "SERVICE_DOMAIN": "mailflatrate.example",
    "PUBLIC_URL": "https://mail.mailflatrate.example",
    "HELO_NAME": "mail.mailflatrate.example",
    "RELAY_HOST": "relay.example",
    "TRUSTED_PROXIES": "10.42.0.0/16",
    "INBOUND_RELAYS": "10.43.0.0/16",
}
EVERYTHING = {
    "settings": SETTINGS | {"STORAGE": "directory"},
    "secrets": {"more": ["relay_password"]},
    "storage": {"existingClaim": "files"},
    "withdrawals": {"existingClaim": "withdrawals"},
    "metrics": {"enabled": True, "serviceMonitor": True},
    "inbound": {"service": {"type": "LoadBalancer"}},
    "networkPolicy": {"prometheus": [{"namespaceSelector": {}}], "more": [{"ports": [{"port": 783}]}]},
    "sender": {"journal": {"storageClassName": "fast"}},
    "image": {"digest": "sha256:" + "0" * 64},
    "backup": {"enabled": True, "existingClaim": "backups"},
    "imagePullSecrets": [{"name": "registry"}],
    "ingress": {"className": "nginx"},
}
LEAST = {"settings": SETTINGS, "withdrawals": {"existingClaim": "withdrawals"}}
OWNERS = ("migrate", "backup")
SECRETS = {
    "app_database_url": "postgresql://mailflatrate_app:p@db/m",
    "owner_database_url": "postgresql://mailflatrate:p@db/m",
    "secret_key": "s" * 40,
    "token_keys": "a:" + "0" * 64,
    "relay_password": "p",
}


def helm(tmp_path: Path, command: str, values: dict[str, Any]) -> subprocess.CompletedProcess[str]:
    (tmp_path / "values.json").write_text(json.dumps(values), encoding="utf-8")
    options = ["template", "mail", str(CHART)] if command == "template" else ["lint", "--strict", str(CHART)]
    return run("helm", *options, "--values", str(tmp_path / "values.json"))


def rendered(tmp_path: Path, values: dict[str, Any]) -> dict[tuple[str, str], Any]:
    done = helm(tmp_path, "template", values)
    assert done.returncode == 0, done.stderr
    found = [each for each in yaml.safe_load_all(done.stdout) if each]
    return {(each["kind"], each["metadata"]["name"]): each for each in found}


def pods(objects: dict[tuple[str, str], Any]) -> dict[str, Any]:
    found = {}
    for (kind, name), each in objects.items():
        if kind in ("Deployment", "StatefulSet", "Job", "CronJob"):
            spec = each["spec"]["jobTemplate"]["spec"] if kind == "CronJob" else each["spec"]
            found[name.rpartition("-")[2]] = spec["template"]["spec"]
    return found


@pytest.mark.slow
@pytest.mark.parametrize("values", [LEAST, EVERYTHING], ids=["least", "everything"])
def test_its_tools_find_nothing(tmp_path: Path, values: dict[str, Any]) -> None:
    linted = helm(tmp_path, "lint", values)
    assert linted.returncode == 0, linted.stdout + linted.stderr
    (tmp_path / "objects.yaml").write_text(helm(tmp_path, "template", values).stdout, encoding="utf-8")
    for version in ("1.27", "1.33"):
        done = run("kubernetes-validate", "--strict", "--kubernetes-version", version, str(tmp_path / "objects.yaml"))
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("values", [LEAST, EVERYTHING], ids=["least", "everything"])
def test_every_pod_starts_with_settings_and_secrets_that_exist(tmp_path: Path, values: dict[str, Any]) -> None:
    found = pods(rendered(tmp_path, values))
    assert found.keys() == {"web", "worker", "sender", "inbound", "migrate", *({"backup"} & values.keys())}
    for name, pod in found.items():
        for container in pod["containers"]:
            environment = {}
            for variable in container["env"]:
                value = variable["value"]
                if value.startswith("/run/secrets/"):
                    mounted = [
                        each["name"] for each in container["volumeMounts"] if value.startswith(each["mountPath"] + "/")
                    ]
                    assert mounted, (name, value)
                    secret = tmp_path / Path(value).name
                    secret.write_text(SECRETS[secret.name], encoding="utf-8")
                    value = str(secret)
                environment[variable["name"]] = value
            settings = read_settings(environment)
            assert (settings.database_url is not None) is (name in OWNERS)
            assert settings.secret_key
            assert settings.token_keys


def test_no_pod_may_more_than_it_needs(tmp_path: Path) -> None:
    objects = rendered(tmp_path, EVERYTHING)
    for name, pod in pods(objects).items():
        assert pod["securityContext"]["runAsNonRoot"]
        assert pod["securityContext"]["runAsUser"] == 10001
        assert pod["automountServiceAccountToken"] is False
        assert pod["terminationGracePeriodSeconds"] == 20
        mounted = {volume["name"] for volume in pod["volumes"]}
        assert ("owner" in mounted) is (name in OWNERS), "only the migration and the backup have the owner's password"
        for container in pod["containers"]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }
            assert container["resources"]["limits"]["memory"]
            assert container["image"] == "mailflatrate@sha256:" + "0" * 64
        if name not in (*OWNERS, "web"):
            main = pod["containers"][0]
            assert "/tmp/alive" in main["livenessProbe"]["exec"]["command"][-1]
            assert [each["name"] for each in pod["containers"]] == [name, "exporter"]
    web = pods(objects)["web"]["containers"][0]
    assert web["livenessProbe"]["httpGet"]["path"] == "/healthz"
    assert web["readinessProbe"]["httpGet"]["path"] == "/readyz/web"
    for component in ("web", "worker", "sender", "inbound", *OWNERS):
        policy = objects["NetworkPolicy", f"mail-mailflatrate-{component}"]["spec"]
        assert policy["policyTypes"] == ["Ingress", "Egress"]
        ports = {port["port"] for rule in policy["ingress"] or [] for port in rule["ports"]}
        wanted = {"web": {"http"}, "inbound": {"lmtp", "smtp", "metrics"}, "migrate": set(), "backup": set()}
        assert ports == wanted.get(component, {"metrics"}), component


def test_a_sender_keeps_its_journal_and_the_migration_comes_first(tmp_path: Path) -> None:
    objects = rendered(tmp_path, LEAST)
    sender = objects["StatefulSet", "mail-mailflatrate-sender"]["spec"]
    assert [claim["metadata"]["name"] for claim in sender["volumeClaimTemplates"]] == ["data"]
    assert {"name": "data", "mountPath": "/data"} in sender["template"]["spec"]["containers"][0]["volumeMounts"]
    assert "data" not in {volume["name"] for volume in sender["template"]["spec"]["volumes"]}
    assert set(sender["persistentVolumeClaimRetentionPolicy"].values()) == {"Retain"}
    hooks = objects["Job", "mail-mailflatrate-migrate"]["metadata"]["annotations"]
    assert hooks["helm.sh/hook"] == "pre-install,pre-upgrade"
    for (kind, _name), each in objects.items():
        selected = (each.get("spec") or {}).get("selector")
        if kind == "Service":
            assert any(selected.items() <= pod.items() for pod in _labels(objects)), each["metadata"]["name"]


def _labels(objects: dict[tuple[str, str], Any]) -> list[dict[str, str]]:
    return [each["spec"]["template"]["metadata"]["labels"] for each in objects.values() if "template" in each["spec"]]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"PUBLIC_URL": "http://mail.example"}, "PUBLIC_URL"),
        ({"TRUSTED_PROXIES": ""}, "TRUSTED_PROXIES"),
        ({"RELAY_PASSWORD": "p"}, "RELAY_PASSWORD"),
        ({"SECRET_KEY": "s"}, "SECRET_KEY"),
        ({"INBOUND_RELAYS": ""}, "INBOUND_RELAYS"),
    ],
)
def test_values_that_would_not_work_or_are_secret_are_refused(tmp_path: Path, change: dict[str, str], why: str) -> None:
    done = helm(tmp_path, "template", LEAST | {"settings": SETTINGS | change})
    assert done.returncode != 0
    assert why in done.stderr


def test_what_people_withdrew_outlives_the_pods_of_the_workers(tmp_path: Path) -> None:
    worker = pods(rendered(tmp_path, LEAST))["worker"]
    environment = {each["name"]: each["value"] for each in worker["containers"][0]["env"]}
    (mount,) = [each for each in worker["containers"][0]["volumeMounts"] if each["name"] == "withdrawals"]
    assert mount["mountPath"] == environment["MAILFLATRATE_WITHDRAWALS_DIR"]
    (volume,) = [each for each in worker["volumes"] if each["name"] == "withdrawals"]
    assert volume["persistentVolumeClaim"] == {"claimName": "withdrawals"}
    for storage in ({}, {"STORAGE": "database"}, {"STORAGE": "directory"}):
        refused = helm(tmp_path, "template", {"settings": SETTINGS | storage})
        assert refused.returncode != 0
        assert "withdrawals.existingClaim" in refused.stderr
    bucket = pods(rendered(tmp_path, {"settings": SETTINGS | {"STORAGE": "s3"}}))["worker"]
    assert "withdrawals" not in {each["name"] for each in bucket["volumes"]}


def test_a_backup_each_night_is_off_until_it_has_a_volume(tmp_path: Path) -> None:
    assert ("CronJob", "mail-mailflatrate-backup") not in rendered(tmp_path, LEAST)
    refused = helm(tmp_path, "template", LEAST | {"backup": {"enabled": True}})
    assert refused.returncode != 0
    assert "existingClaim" in refused.stderr
    wanted = {"enabled": True, "existingClaim": "backups", "keep": 3, "withoutKeys": True}
    bucket = {"settings": SETTINGS | {"STORAGE": "s3"}, "backup": wanted}
    objects = rendered(tmp_path, bucket)
    job = objects["CronJob", "mail-mailflatrate-backup"]["spec"]
    assert job["concurrencyPolicy"] == "Forbid"
    pod = pods(objects)["backup"]
    (container,) = pod["containers"]
    assert container["args"] == ["backup", "create", "/backups", "--keep", "3", "--without-keys"]
    assert {"name": "backups", "mountPath": "/backups"} in container["volumeMounts"]
    (volume,) = [each for each in pod["volumes"] if each["name"] == "backups"]
    assert volume["persistentVolumeClaim"] == {"claimName": "backups"}
    egress = objects["NetworkPolicy", "mail-mailflatrate-backup"]["spec"]["egress"]
    assert {"port": 443} in [port for rule in egress for port in rule["ports"]]
