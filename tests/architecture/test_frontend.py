"""The scripts' own tests, and what the front end depends on."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from mailflatrate.apps.campaigns.gallery import gallery, source
from mailflatrate.apps.campaigns.palette import block_sources
from mailflatrate.mail.html.brand_style import BrandStyle

FRONTEND = Path(__file__).parents[2] / "frontend"


def gallery_sources() -> dict[str, str]:
    """The MJML of all our templates and blocks in English and German, by name."""
    found = {}
    for language in ("en", "de"):
        for template in gallery(language):
            found[f"{template.key} {language}"] = source(template, BrandStyle(), "https://example.org/{}.png".format)
        for key, block in block_sources(language, BrandStyle()).items():
            found[f"block {key} {language}"] = block
    return found


@pytest.mark.slow
def test_the_scripts_pass_their_own_tests(tmp_path: Path) -> None:
    """node --test: reading and writing MJML and texts for the visual editor."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node is not installed")
    files = sorted(str(path) for path in (FRONTEND / "test").glob("*.test.js"))
    assert files
    sources = tmp_path / "gallery.json"
    sources.write_text(json.dumps(gallery_sources()), encoding="utf-8")
    environment = os.environ | {"GALLERY_SOURCES": str(sources)}
    done = subprocess.run(
        [node, "--test", *files], capture_output=True, text=True, timeout=120, check=False, env=environment
    )
    assert done.returncode == 0, done.stdout[-3000:]


def test_no_registry_address_is_committed() -> None:
    """ARCHITECTURE section 3: lock files hold versions and hashes, no addresses."""
    lock = (FRONTEND / "package-lock.json").read_text(encoding="utf-8")
    assert not re.search(r'"resolved"|https?://registry', lock)
    assert "grapesjs" in json.loads(lock)["packages"][""]["dependencies"]
