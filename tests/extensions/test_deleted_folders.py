"""Nothing imports an extension: without each of its folders, all the rest is there and works."""

import shutil
from pathlib import Path

import pytest

from architecture.migrations import PACKAGE
from support.source_tree import SourceTree

FOLDERS = sorted(path.name for path in (PACKAGE / "extensions").iterdir() if (path / "__init__.py").exists())
WORKS = """
import importlib, pkgutil
import mailflatrate
from click.testing import CliRunner
from django.core.management import call_command
for module in pkgutil.walk_packages(mailflatrate.__path__, "mailflatrate."):
    if not module.name.endswith((".__main__", ".inside")):
        importlib.import_module(module.name)
call_command("check")
from mailflatrate.entrypoints.cli.main import cli
print(CliRunner().invoke(cli, ["--help"]).output)
from mailflatrate.entrypoints.ui.pages import pages
print(len(pages()) > 400)
"""


def test_extensions_are_known() -> None:
    assert FOLDERS


@pytest.mark.slow
@pytest.mark.parametrize("folder", FOLDERS)
def test_rest_works_without_extension(tmp_path: Path, folder: str) -> None:
    tree = SourceTree(tmp_path)
    shutil.rmtree(tree.source / "mailflatrate" / "extensions" / folder)
    printed = tree.run(WORKS)
    assert "Print the table of settings." in printed
    assert printed.endswith("True\n")


@pytest.mark.parametrize("folder", FOLDERS)
def test_only_tests_of_an_extension_import_it(folder: str) -> None:
    tests = Path(__file__).parents[1]
    own = tests / "extensions"
    others = [path for path in tests.rglob("*.py") if own not in path.parents]
    assert [str(path) for path in others if f"mailflatrate.extensions.{folder}" in path.read_text("utf-8")] == []
