"""The scripts' own tests, and what the front end depends on."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

FRONTEND = Path(__file__).parents[2] / "frontend"


def test_the_scripts_pass_their_own_tests() -> None:
    """node --test: reading and writing MJML for the visual editor."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node is not installed")
    files = sorted(str(path) for path in (FRONTEND / "test").glob("*.test.js"))
    assert files
    done = subprocess.run([node, "--test", *files], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout[-3000:]


def test_no_registry_address_is_committed() -> None:
    """ARCHITECTURE section 3: lock files hold versions and hashes, no addresses."""
    lock = (FRONTEND / "package-lock.json").read_text(encoding="utf-8")
    assert not re.search(r'"resolved"|https?://registry', lock)
    assert "grapesjs" in json.loads(lock)["packages"][""]["devDependencies"]
