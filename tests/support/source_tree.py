"""A copy of the source that a test may change, and programs that run with it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from django.conf import settings
from django.test import Client

from architecture.migrations import PACKAGE
from mailflatrate.settings.schema import load_settings

SETUP = "import django; django.setup()\n"
VISIT = """
from django.conf import settings
from django.test import Client
settings.ALLOWED_HOSTS.append("testserver")
client = Client()
client.cookies[settings.SESSION_COOKIE_NAME] = {session!r}
answer = client.get({address!r})
assert answer.status_code == 200, answer.content.decode()[:2000]
print(answer.content.decode())
"""


class SourceTree:
    """A copy of the source, and the files that a recipe added or edited in it."""

    def __init__(self, folder: Path) -> None:
        self.source = folder / "src"
        ignored = shutil.ignore_patterns("__pycache__", "static", "*.po")
        shutil.copytree(PACKAGE, self.source / "mailflatrate", ignore=ignored)
        (self.source / "mailflatrate" / "static").symlink_to(PACKAGE / "static")
        self.changed: set[str] = set()

    def add(self, path: str, text: str) -> None:
        """Add a file; a test is only counted."""
        self.changed.add(path)
        if not path.startswith("tests/"):
            (self.source / "mailflatrate" / path).write_text(text)

    def edit(self, path: str, *replaced: tuple[str, str]) -> None:
        text = (self.source / "mailflatrate" / path).read_text()
        for before, after in replaced:
            assert text.count(before) == 1, before
            text = text.replace(before, after)
        self.add(path, text)

    def visit(self, client: Client, address: str) -> str:
        """Return the page that the copy shows in the session of `client`."""
        session = client.cookies[settings.SESSION_COOKIE_NAME].value
        return self.run(VISIT.format(session=session, address=address))

    def run(self, code: str) -> str:
        """Return what a program prints that imports from the copy, with the database of the tests."""
        done = subprocess.run(
            [sys.executable, "-c", SETUP + code],
            env={
                **{name: value for name, value in os.environ.items() if not name.startswith("MAILFLATRATE_")},
                "MAILFLATRATE_DATA_DIR": str(load_settings().data_dir),
                "MAILFLATRATE_LOG_LEVEL": "ERROR",
                "PYTHONPATH": f"{self.source}:{Path(__file__).parents[1]}",
                "DJANGO_SETTINGS_MODULE": settings.SETTINGS_MODULE,
            },
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout
