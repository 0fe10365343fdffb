"""Is nothing lost to the eye? Each newsletter before and after compiling, drawn by Chromium at 600 px, point by point.

    python bench/pixels.py [--show] [--every N] [--from K] [--keep FOLDER]

Prints one JSON object. Newsletters with content that no message may have (scripts, forms, frames) need a change and
are counted apart. Nothing is loaded: images are absent before and after. What we add ourselves, the imprint, is
below the message and is cut off. `--keep` writes the images of those that differ into a folder outside of the
repository.
"""

import io
import json
import re
import shutil
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from PIL import Image, ImageChops
from playwright.sync_api import Browser, Page, Route, sync_playwright

from compile import _CONTEXT, corpus_folder
from mailflatrate.mail.content.campaign import ContentSource, SourceFormat, compile_content
from mailflatrate.mail.liquid import SourceRefused

WIDTH_PX = 600
MOST_HEIGHT_PX = 8_000
WANTED_SHARE = 0.99
_NEEDS_CHANGE = re.compile(
    r"<(?:script|form|input|button|select|textarea|iframe|object|embed|video|audio|applet|base)\b"
    r"|\son[a-z]+\s*=\s*[\"']|expression\s*\(|javascript:",
    re.IGNORECASE,
)
_COMMENTS = re.compile(r"<!--.*?-->", re.DOTALL)
_DOCTYPE = re.compile(r"\s*(?:<!--.*?-->\s*)*<!doctype\b", re.IGNORECASE | re.DOTALL)
_VALUES = {"list": {"name": "News"}, "unsubscribe_url": "#", "preferences_url": "#", "web_url": "#"}


@dataclass(frozen=True, slots=True)
class Seen:
    """One newsletter: the share of points that are equal, and whether it holds what must be taken out."""

    name: str
    share: float
    needs_change: bool


def main() -> int:
    """Compare and print; 1 where one that needs no change differs."""
    folder = corpus_folder()
    if folder is None:
        print(json.dumps({"skipped": "no corpus: set MAILFLATRATE_CORPUS to a folder that holds newsletters_html/"}))
        return 0
    every, begin = int(_option("--every", "1")), int(_option("--from", "0"))
    keep = _option("--keep", "")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium-headless-shell") or shutil.which("chromium"),
            args=["--no-sandbox", "--disable-gpu"],
        )
        paths = sorted(folder.glob("*.html"))[begin::every]
        seen = [_compare(browser, path, Path(keep) if keep else None) for path in paths]
        browser.close()
    plain = [one for one in seen if not one.needs_change]
    below = sorted(one.name for one in plain if one.share < WANTED_SHARE)
    print(json.dumps({
        "newsletters": len(seen), "need_no_change": len(plain), "equal_enough": len(plain) - len(below), "below": below,
        "least_share": round(min((one.share for one in plain), default=1.0), 4), "wanted_share": WANTED_SHARE,
    }))  # fmt: skip
    if "--show" in sys.argv:
        for one in seen:
            print(one, file=sys.stderr)
    return 1 if below else 0


def _option(name: str, usual: str) -> str:
    return sys.argv[sys.argv.index(name) + 1] if name in sys.argv else usual


def _compare(browser: Browser, path: Path, keep: Path | None) -> Seen:
    text = path.read_bytes().decode("utf-8", "replace")
    try:
        compiled = compile_content(ContentSource(SourceFormat.HTML, text, "A newsletter"), _CONTEXT)
    except SourceRefused:
        text = text.replace("{{", "&#123;&#123;").replace("{%", "&#123;%")
        compiled = compile_content(ContentSource(SourceFormat.HTML, text, "A newsletter"), _CONTEXT)
    before, after = _draw(browser, text), _draw(browser, compiled.html.render(_VALUES))
    share = _equal_share(before, after)
    if keep is not None and share < WANTED_SHARE:
        keep.mkdir(parents=True, exist_ok=True)
        before.save(keep / f"{path.stem}-before.png")
        after.save(keep / f"{path.stem}-after.png")
    return Seen(path.name, share, bool(_NEEDS_CHANGE.search(_COMMENTS.sub("", text))))


def _draw(browser: Browser, html: str) -> Image.Image:
    context = browser.new_context(viewport={"width": WIDTH_PX, "height": 800}, java_script_enabled=False)
    page: Page = context.new_page()
    page.route("**/*", _answer)
    # Our messages all begin with a doctype; without one Chromium would draw the original by other rules.
    page.set_content(html if _DOCTYPE.match(html) else f"<!DOCTYPE html>{html}", wait_until="load")
    shot = page.screenshot(full_page=True)
    context.close()
    image = Image.open(io.BytesIO(shot)).convert("RGB")
    return image.crop((0, 0, min(image.width, WIDTH_PX), min(image.height, MOST_HEIGHT_PX)))


def _answer(route: Route) -> None:
    if route.request.resource_type == "image":
        route.fulfill(body=_square(), content_type="image/png")
    else:
        route.abort()


@cache
def _square() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 40), "#9a9a9a").save(out, "PNG")
    return out.getvalue()


def _equal_share(before: Image.Image, after: Image.Image) -> float:
    """Over the height of the original: what lies below is the imprint. An original that reaches the window's end ends
    where its own points do."""
    height = min(_painted_height(before), after.height)
    if height == 0:
        return 1.0
    box = (0, 0, WIDTH_PX, height)
    difference = ImageChops.difference(before.crop(box), after.crop(box)).convert("L")
    equal = difference.histogram()[0]
    return equal / (WIDTH_PX * height)


def _painted_height(image: Image.Image) -> int:
    """Return the lowest row that is not one color."""
    last = image.getpixel((0, image.height - 1))
    ground = Image.new("RGB", image.size, last)
    box = ImageChops.difference(image, ground).getbbox()
    return box[3] if box else 0


if __name__ == "__main__":
    sys.exit(main())
