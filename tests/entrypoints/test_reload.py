"""`make dev`: the pages restart for what a person changes, and not for what a start writes."""

import os
import shutil
from pathlib import Path

import pytest
from watchfiles import Change, DefaultFilter

from mailflatrate.entrypoints.cli.serve import _reload
from mailflatrate.locale import build


def restarts(path: str) -> bool:
    """Whether the server restarts for a change of this file, by the options that it gets."""
    given = _reload()
    asked = DefaultFilter(
        ignore_dirs=(*DefaultFilter.ignore_dirs, *given["reload_ignore_dirs"]),
        ignore_entity_patterns=(*DefaultFilter.ignore_entity_patterns, *given["reload_ignore_patterns"]),
    )
    return asked(Change.added, str(given["reload_paths"][0] / path))


@pytest.mark.parametrize("path", ["entrypoints/web/health.py", "locale/de/LC_MESSAGES/django.po", "rules/facts.py"])
def test_code_and_texts_restart_the_pages(path: str) -> None:
    assert restarts(path)


@pytest.mark.parametrize(
    "path",
    [
        "rules/__pycache__/facts.cpython-311.pyc",
        "rules/__pycache__/facts.cpython-311.pyc.140234866",
        "rules/facts.pyc.140234866",
        "entrypoints/ui/templates/404.html",
        "static/dist/manifest.json",
    ],
)
def test_what_python_writes_and_what_is_read_anew_does_not(path: str) -> None:
    assert not restarts(path)


def test_building_the_texts_does_not_restart_the_pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A start builds them, so it would restart once more for each text that changed."""
    texts = tmp_path / "de" / "LC_MESSAGES"
    texts.mkdir(parents=True)
    shutil.copy(build.FOLDER / "de" / "LC_MESSAGES" / "django.po", texts)
    written: list[str] = []
    replace = Path.replace

    def noted(self: Path, target: Path) -> Path:
        written.extend((self.name, target.name))
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", noted)
    monkeypatch.setattr(build, "FOLDER", tmp_path)
    build.build()
    assert written == [f"django.mo.{os.getpid()}", "django.mo"]
    assert not any(restarts(f"locale/de/LC_MESSAGES/{name}") for name in written)
