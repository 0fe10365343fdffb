"""`make install` puts the program and its libraries in place, and nothing that only its development needs."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mailflatrate import __version__
from release.linters import ROOT

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not os.environ.get("RELEASE_TESTS"), reason="takes minutes: RELEASE_TESTS=1 runs it"),
]


def names(lock: str) -> set[str]:
    text = (ROOT / "requirements" / lock).read_text(encoding="utf-8")
    return {plain(name) for name in re.findall(r"^([\w.-]+)==", text, re.MULTILINE)}


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_only_what_runs_is_installed(tmp_path: Path) -> None:
    tree, place = tmp_path / "tree", tmp_path / "opt"
    for part in ("deploy", "requirements", "src", "pyproject.toml", "README.md"):
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, tree / part, ignore=shutil.ignore_patterns("__pycache__", "*.mo", "*.egg-info"))
        else:
            shutil.copy(source, tree / part)
    subprocess.run([tree / "deploy" / "install.sh", place, sys.executable], check=True)
    link = place / ".venv"
    assert link.is_symlink()
    run = link / "bin" / "mailflatrate"
    asked = subprocess.run([run, "--version"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert asked.stdout == f"mailflatrate {__version__}\n"
    listed = subprocess.run(
        [link / "bin" / "pip", "list", "--format", "freeze"], capture_output=True, text=True, check=True
    )
    installed = {plain(line.split("==")[0]) for line in listed.stdout.splitlines()}
    assert installed - {"pip"} <= names("main.txt") | {"mailflatrate"}
    assert not installed & (names("dev.txt") - names("main.txt"))
    package = next(link.glob("lib/python3*/site-packages/mailflatrate"))
    shipped = {path.relative_to(package) for path in package.rglob("*") if "__pycache__" not in path.parts}
    missing = {
        path.relative_to(tree / "src" / "mailflatrate")
        for path in (tree / "src" / "mailflatrate").rglob("*")
        if path.is_file() and path.name != ".gitkeep" and "__pycache__" not in path.parts
    } - shipped
    assert not missing, "templates, translations, the front end and lists are in the wheel"
    (place / ".venv").unlink()
    (place / ".venv").mkdir()
    refused = subprocess.run(
        [tree / "deploy" / "install.sh", place, sys.executable], capture_output=True, text=True, check=False
    )
    assert refused.returncode == 1
    assert "Move it away" in refused.stderr
