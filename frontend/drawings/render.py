"""Renders our drawings to the pictures of the gallery: `python frontend/drawings/render.py [NAME ...]`."""

import shutil
import sys
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

HERE = Path(__file__).parent
PICTURES = HERE.parents[1] / "src" / "mailflatrate" / "apps" / "campaigns" / "gallery" / "pictures"
COLORS = 64


def main(names: list[str]) -> None:
    """Render the named drawings, or all of them."""
    drawings = [HERE / f"{name}.svg" for name in names] or sorted(HERE.glob("*.svg"))
    with sync_playwright() as engines:
        browser = engines.chromium.launch(executable_path=shutil.which("chromium-headless-shell") or shutil.which("chromium"))
        page = browser.new_page()
        for drawing in drawings:
            svg = drawing.read_text(encoding="utf-8")
            page.set_content(f"<style>body{{margin:0}}svg{{display:block}}</style>{svg}")
            shot = Image.open(BytesIO(page.locator("svg").screenshot())).convert("RGB")
            few = shot.quantize(COLORS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
            few.save(PICTURES / f"{drawing.stem}.png", optimize=True)
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1:])
