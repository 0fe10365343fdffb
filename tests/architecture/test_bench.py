"""Benches set Django up themselves, so they can be imported before it is."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("path", sorted([*ROOT.glob("bench/*.py"), *ROOT.glob("rig/*.py")]), ids=lambda path: path.stem)
def test_no_app_is_imported_at_the_top(path: Path) -> None:
    imported = [each for each in ast.parse(path.read_text()).body if isinstance(each, ast.ImportFrom)]
    assert [each.module for each in imported if (each.module or "").startswith("mailflatrate.apps")] == []
