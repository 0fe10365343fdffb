"""The code of the release before, beside that of today: which commit it is, and its processes."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from release.linters import ROOT


def git(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)


def baseline() -> str:
    newest = git("describe", "--tags", "--abbrev=0", "--match", "v*", "HEAD^").stdout.strip()
    commit = os.environ.get("PREVIOUS") or newest
    if not commit:
        pytest.skip("nothing was released yet: PREVIOUS names a commit to upgrade from")
    if git("merge-base", "--is-ancestor", commit, "HEAD").returncode:
        pytest.skip(f"the history of this checkout does not reach back to {commit}: git fetch --unshallow --tags")
    return commit


@dataclass(frozen=True)
class Version:
    """A tree whose processes can be started, with the libraries of this environment."""

    tree: Path
    settings: dict[str, str]

    def environment(self) -> dict[str, str]:
        """Return what its processes see, and nothing from our environment."""
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("MAILFLATRATE_", "DATABASE_"))
        }
        path = f"{self.tree / 'src'}:{self.tree / 'rig'}"
        return {**kept, **self.settings, "PYTHONPATH": path, "DJANGO_SETTINGS_MODULE": "mailflatrate.settings.django"}

    def run(self, *command: str) -> str:
        """Run a Python program to its end; what it printed."""
        done = subprocess.run(
            [sys.executable, *command],
            cwd=self.tree,
            env=self.environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-6000:]
        return done.stdout

    @contextmanager
    def process(self, log: Path, *command: str) -> Iterator[subprocess.Popen[bytes]]:
        """One of its processes, until the block ends."""
        with log.open("ab") as out:
            started = subprocess.Popen(
                [sys.executable, "-m", "mailflatrate.entrypoints.cli.main", *command],
                cwd=self.tree,
                env=self.environment(),
                stdout=out,
                stderr=out,
            )
            try:
                yield started
            finally:
                started.terminate()
                started.wait(30)


def extract(commit: str, folder: Path) -> Path:
    """Extract the tree of a commit, with our built files: pages need them, and they are no part of the promise."""
    folder.mkdir()
    archive = subprocess.run(["git", "archive", commit], cwd=ROOT, capture_output=True, check=True).stdout
    subprocess.run(["tar", "-x", "-C", folder], input=archive, check=True)
    built = ROOT / "src" / "mailflatrate" / "static" / "dist"
    if not built.exists():
        pytest.skip("the front end is not built: run make build")
    shutil.copytree(built, folder / "src" / "mailflatrate" / "static" / "dist")
    return folder
