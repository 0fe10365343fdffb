"""A copy of the source that a test may change, and programs that run with it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from django.conf import settings

from architecture.migrations import PACKAGE

SETUP = "import django; django.setup()\n"


class SourceTree:
    """A copy of the source, and the files that a recipe added or edited in it."""

    def __init__(self, folder: Path) -> None:
        self.source = folder / "src"
        ignored = shutil.ignore_patterns("__pycache__", "static", "*.po")
        shutil.copytree(PACKAGE, self.source / "mailflatrate", ignore=ignored)
        self.changed: set[str] = set()

    def add(self, path: str, text: str) -> None:
        """Add a file; a test is only counted."""
        self.changed.add(path)
        if not path.startswith("tests/"):
            file = self.source / "mailflatrate" / path
            file.write_text(text)

    def edit(self, path: str, *replaced: tuple[str, str]) -> None:
        text = (self.source / "mailflatrate" / path).read_text()
        for before, after in replaced:
            assert text.count(before) == 1, before
            text = text.replace(before, after)
        self.add(path, text)

    def run(self, code: str) -> str:
        """Return what a program prints that imports from the copy."""
        environment = {**os.environ, "PYTHONPATH": str(self.source), "DJANGO_SETTINGS_MODULE": settings.SETTINGS_MODULE}
        done = subprocess.run(
            [sys.executable, "-c", SETUP + code],
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout
