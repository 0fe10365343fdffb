"""The Debian package: what it is made of, and with time and root, that it works in a fresh Debian."""

import json
import os
import re
import shutil
import subprocess

import pytest

from release.linters import ROOT

DEBIAN = ROOT / "deploy" / "debian"
UNITS = sorted((ROOT / "deploy" / "systemd").glob("*.service"))


def test_units_and_package_name_the_same_places() -> None:
    build = (DEBIAN / "build").read_text(encoding="utf-8")
    assert "s#/opt/mailflatrate/.venv/bin/#/usr/lib/mailflatrate/bin/#" in build
    assert UNITS
    for unit in UNITS:
        text = unit.read_text(encoding="utf-8")
        assert "ExecStart=/opt/mailflatrate/.venv/bin/mailflatrate " in text
        assert "EnvironmentFile=/etc/mailflatrate/mailflatrate.env" in text
        assert "User=mailflatrate" in text
        needs_owner = unit.name == "mailflatrate-backup.service"
        assert ("EnvironmentFile=/etc/mailflatrate/owner.env" in text) is needs_owner
        if "Type=notify" in text:
            assert "WatchdogSec=60" in text, "a process that hangs is restarted"
        else:
            assert unit.name in ("mailflatrate-backup.service", "mailflatrate-exporter.service"), (
                "neither sends nor listens"
            )
    for named in re.findall(r"(?<=[ /])deploy/[\w./-]+", build):
        assert list(ROOT.glob(named.rstrip("/") + "*")), named


@pytest.mark.parametrize("name", ["build", "try", "mailflatrate", "postinst", "prerm", "postrm"])
def test_its_scripts_can_be_read_by_their_shell(name: str) -> None:
    path = DEBIAN / name
    shell = "bash" if "bash" in path.read_text(encoding="utf-8").splitlines()[0] else "sh"
    done = subprocess.run([shell, "-n", path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert os.access(path, os.X_OK) is (name in ("build", "try", "mailflatrate"))


@pytest.mark.slow
@pytest.mark.skipif(not os.environ.get("RELEASE_TESTS"), reason="takes minutes: RELEASE_TESTS=1 runs it")
@pytest.mark.parametrize(("debian", "suite"), [("13", "trixie"), ("12", "bookworm")])
def test_the_package_works_in_a_fresh_debian(debian: str, suite: str) -> None:
    for tool in ("debootstrap", "dpkg-deb"):
        if os.geteuid() or not shutil.which(tool):
            pytest.skip(f"needs root and {tool}: apt-get install debootstrap")
    built = subprocess.run([DEBIAN / "build", debian], capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr[-4000:]
    package = ROOT / built.stdout.split()[-1]
    tried = subprocess.run([DEBIAN / "try", package, suite], capture_output=True, text=True, check=False)
    assert tried.returncode == 0, tried.stdout[-3000:] + tried.stderr[-3000:]
    assert f"The package works in {suite}." in tried.stdout
    report = next(line for line in tried.stdout.splitlines() if line.startswith("{") and '"ready"' in line)
    lines = {(line["topic"], line["level"]) for line in json.loads(report)["lines"]}
    assert ("database", "ok" if debian == "13" else "missing") in lines, (
        "Debian 12 has no PostgreSQL that is new enough"
    )
