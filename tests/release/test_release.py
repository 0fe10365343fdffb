"""One place names the version, and a tag is only made from a tree that is ready for it."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from mailflatrate import __version__
from mailflatrate.base.metrics import names
from mailflatrate.entrypoints.cli.main import cli

ROOT = Path(__file__).parents[2]
PARTS = ("deploy/release.py", "deploy/helm/mailflatrate/Chart.yaml", "src/mailflatrate/__init__.py", "CHANGELOG.md")
WAITING = """# Changelog

## Unreleased

- web: Pages are faster.
- lists: # signs stay.

## 0.0.9 - 2026-01-01

- old
"""


def git(root: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A repository with the files that name the version."""
    for part in PARTS:
        (tmp_path / part).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / part, tmp_path / part)
    (tmp_path / "CHANGELOG.md").write_text(WAITING, encoding="utf-8")
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "config", "user.name", "Otto")
    git(tmp_path, "config", "user.email", "otto@service.example")
    commit(tmp_path)
    return tmp_path


def commit(tree: Path) -> None:
    git(tree, "add", "--all")
    git(tree, "commit", "--quiet", "--message", "A step")


def release(tree: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "deploy/release.py", *arguments], cwd=tree, capture_output=True, text=True, check=False
    )


def test_every_part_names_the_version_of_the_source() -> None:
    assert CliRunner().invoke(cli, ["--version"]).output == f"mailflatrate {__version__}\n"
    assert release(ROOT, "version").stdout.strip() == __version__
    chart = (ROOT / "deploy" / "helm" / "mailflatrate" / "Chart.yaml").read_text(encoding="utf-8")
    assert f'appVersion: "{__version__}"' in chart.splitlines()
    assert 'version = { attr = "mailflatrate.__version__" }' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert [sample.labels for sample in names.BUILD.collect()[0].samples] == [{"version": __version__}]


def test_the_build_tools_of_a_release_are_those_of_development() -> None:
    locked = {name: (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8") for name in ("build", "dev")}
    assert locked["build"] in locked["dev"]


def test_the_changelog_can_be_released() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    headings = [line for line in text.splitlines() if line.startswith("## ")]
    assert len(headings) == len(set(headings))
    assert "## Unreleased" in headings or f"## {__version__} - " in text
    entries = [line for line in text.splitlines() if line.startswith("- ")]
    assert [entry for entry in entries if len(entry.split()) > 26] == [], "an entry has at most 25 words"


def test_a_prepared_tree_is_tagged_with_its_changes(tree: Path) -> None:
    assert release(tree, "prepare", "9.8.7").returncode == 0
    commit(tree)
    done = release(tree, "tag", "9.8.7")
    assert done.returncode == 0, done.stderr
    assert "git push" in done.stdout
    assert git(tree, "cat-file", "-t", "v9.8.7") == "tag", "annotated"
    message = git(tree, "tag", "--list", "v9.8.7", "--format=%(contents)")
    assert message.startswith("mailflatrate 9.8.7 - 20")
    assert "### Changed\n\n- web: Pages are faster.\n- lists: # signs stay." in message
    assert "old" not in message
    changelog = (tree / "CHANGELOG.md").read_text(encoding="utf-8")
    assert changelog.index("## Unreleased") < changelog.index("## 9.8.7 - ") < changelog.index("## 0.0.9")
    assert release(tree, "version").stdout.strip() == "9.8.7"


@pytest.mark.parametrize(
    ("prepared", "after", "asked", "why"),
    [
        (False, "", "9.8.7", "has no section 9.8.7"),
        (False, "", "0.0.9", "says"),
        (True, "dirty", "9.8.7", "not clean"),
        (True, "", "9.8.8", "says 9.8.7"),
        (True, "", "9.8", "not a version"),
        (True, "tagged", "9.8.7", "exists already"),
        (True, "undated", "9.8.7", "needs a date"),
        (True, "chart", "9.8.7", "Chart.yaml"),
    ],
)
def test_a_tree_that_is_not_ready_is_refused_with_the_reason(
    tree: Path, prepared: bool, after: str, asked: str, why: str
) -> None:
    if prepared:
        assert release(tree, "prepare", "9.8.7").returncode == 0
        commit(tree)
    changelog, chart = tree / "CHANGELOG.md", tree / "deploy" / "helm" / "mailflatrate" / "Chart.yaml"
    if after == "dirty":
        (tree / "left.txt").write_text("x", encoding="utf-8")
    elif after == "tagged":
        git(tree, "tag", "v9.8.7")
    elif after == "undated":
        text = changelog.read_text(encoding="utf-8")
        changelog.write_text(text.replace("## 9.8.7 - 2", "## 9.8.7 - soon 2"), encoding="utf-8")
    elif after == "chart":
        chart.write_text(
            chart.read_text(encoding="utf-8").replace("\nversion: 9.8.7", "\nversion: 9.8.6"), encoding="utf-8"
        )
    if after in ("undated", "chart"):
        commit(tree)
    tags = git(tree, "tag")
    for command in ("check", "tag"):
        done = release(tree, command, asked)
        assert done.returncode == 1
        assert why in done.stdout + done.stderr
    assert git(tree, "tag") == tags


def test_nothing_is_prepared_without_changes_or_twice(tree: Path) -> None:
    assert release(tree, "prepare", "9.8.7").returncode == 0
    assert "nothing under Unreleased" in release(tree, "prepare", "9.8.8").stderr
    assert "already" in release(tree, "prepare", "0.0.9").stderr


def test_the_locks_agree_with_each_other() -> None:
    """Image and package install several at once."""
    locked: dict[str, str] = {}
    for name in ("main", "s3", "traces", "build"):
        text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
        for package, version in re.findall(r"^([\w.-]+)==([^ ;\\]+)", text, re.MULTILINE):
            assert locked.setdefault(package, version) == version, f"{package} in {name}.txt"
    assert len(locked) > 50
