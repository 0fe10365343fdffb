"""The tools that judge deploy/. `make tools` installs them; a test that needs a missing one is skipped."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BUILT = ROOT / "build" / "tools" / "bin"


def tool(name: str) -> str:
    """The path of a tool; without it the test is skipped with a message."""
    own = BUILT / name
    found = str(own) if own.exists() else shutil.which(name)
    if not found:
        pytest.skip(f"{name} is not here: run make tools")
    return found


def run(name: str, *arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run([tool(name), *arguments], cwd=cwd, capture_output=True, text=True, check=False)
