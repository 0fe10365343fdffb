"""No shipped dependency forces a license on the project."""

import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).parents[2] / "deploy" / "licenses.py"


@pytest.fixture(scope="module")
def licenses() -> Any:
    spec = importlib.util.spec_from_file_location("licenses", SCRIPT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["licenses"] = module  # where its dataclass looks for its annotations
    sys.dont_write_bytecode, usual = True, sys.dont_write_bytecode
    spec.loader.exec_module(module)
    sys.dont_write_bytecode = usual
    return module


@pytest.mark.parametrize(
    ("words", "is_free"),
    [
        ("MIT", True),
        ("GPL-3.0-only OR MPL-2.0", True),
        ("GPL-3.0-only AND MIT", False),
        ("GNU Affero General Public License v3", False),
        ("LGPL-3.0-only", True),
        ("Commercial, use permitted", False),
        ("", False),
    ],
)
def test_license_of_alternatives_and_parts_is_read(licenses: Any, words: str, is_free: bool) -> None:
    assert licenses.Dependency("python", "example", "1", words, is_shipped=True).is_free is is_free


def test_shipped_dependencies_leave_the_license_open(licenses: Any, capsys: pytest.CaptureFixture[str]) -> None:
    code, printed = licenses.main(), capsys.readouterr()
    assert code == 0, printed.err
    lines = printed.out.splitlines()
    assert any(line.split()[:3] == ["shipped", "python", "Django"] for line in lines)
    assert any(line.split()[:3] == ["shipped", "npm", "htmx.org"] for line in lines)
