"""Draw the pictures of the template gallery: python frontend/art/render.py (needs Chromium and Pillow)."""

import io
import re
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

HERE = Path(__file__).parent
THERE = HERE.parents[1] / "src" / "mailflatrate" / "apps" / "campaigns" / "gallery" / "pictures"

with sync_playwright() as playwright:
    browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
    page = browser.new_page()
    for drawing in sorted(HERE.glob("*.svg")):
        svg = drawing.read_text()
        width, height = (int(re.search(rf'{side}="(\d+)"', svg)[1]) for side in ("width", "height"))
        page.set_viewport_size({"width": width, "height": height})
        page.set_content(f'<body style="margin:0">{svg}</body>')
        image = Image.open(io.BytesIO(page.screenshot())).convert("RGB").quantize(48, dither=Image.Dither.NONE)
        image.save(THERE / f"{drawing.stem}.png", optimize=True)
    browser.close()
