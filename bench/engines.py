"""Do our templates look the same to every reader? Each one, drawn by Chromium, Gecko and WebKit, in pieces.

    python bench/engines.py [--width 600] [--only KEY] [--keep FOLDER]

Needs `firefox-esr`, `webkit2gtk-driver` and `xvfb` of Debian beside Chromium; an engine that isn't there is named.
Prints one JSON object. A picture is compared with Chromium's in squares of 20 pixels: the edges of letters differ
everywhere, but a missing picture, a lost background or a column in another place doesn't. Heights are compared apart.
`--keep` writes the pictures into a folder outside of the repository.
"""

from __future__ import annotations

import argparse
import base64
import io
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any

from PIL import Image, ImageChops

from free_ports import free_port
from measure import machine

WINDOW_PX, TALL_PX = 900, 9_000
SQUARE_PX = 20
SAME = 40
"""How far the mean color of a square may be from Chromium's, of 255, in each channel."""
MOST_ROWS = 20
"""How far a row may have moved, in quarters of a square: five squares, the height of four lines."""
WANTED_SHARE, WANTED_HEIGHT = 0.97, 0.05
_MINI = Path("/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser")
_DISPLAY = ":97"
# WebKitGTK answers before it has painted: its pictures are those of the page before.
_PAINTED = """const done = arguments[0];
Promise.all([...frames[0].document.images].map(one => one.decode().catch(() => 0))).then(
    () => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 150))))"""


class Engine(ABC):
    """A browser that draws a file in a window that is tall enough for the whole message."""

    @abstractmethod
    def __init__(self, stack: ExitStack) -> None:
        """Start the browser; the stack ends it."""

    @abstractmethod
    def draw(self, page: Path) -> Image.Image:
        """Return the picture of a page."""


class Chromium(Engine):
    """By Playwright."""

    def __init__(self, stack: ExitStack) -> None:
        from playwright.sync_api import sync_playwright

        playwright = stack.enter_context(sync_playwright())
        found = shutil.which("chromium-headless-shell") or shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox", "--hide-scrollbars"])
        stack.callback(browser.close)
        self._page = browser.new_page(viewport={"width": WINDOW_PX, "height": TALL_PX})

    def draw(self, page: Path) -> Image.Image:
        """Return the picture of a page."""
        self._page.goto(page.as_uri())
        return _image(self._page.screenshot())


class Gecko(Engine):
    """By Marionette, which Firefox speaks itself: a length, a colon, and JSON."""

    def __init__(self, stack: ExitStack) -> None:
        profile = Path(stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
        port = free_port()
        profile.joinpath("user.js").write_text(f'user_pref("marionette.port", {port});\n', encoding="utf-8")
        command = ["firefox-esr", "--headless", "--marionette", "--no-remote", "--profile", str(profile)]
        sizes = {"MOZ_HEADLESS_WIDTH": str(WINDOW_PX), "MOZ_HEADLESS_HEIGHT": str(TALL_PX)}
        _start(stack, command, sizes | {"HOME": str(profile)})
        self._socket = stack.enter_context(_connected(port))
        self._read()
        self._ask("WebDriver:NewSession", {})
        self._ask("WebDriver:SetWindowRect", {"width": WINDOW_PX, "height": TALL_PX})
        inner = self._ask("WebDriver:ExecuteScript", {"script": "return [innerWidth, innerHeight]", "args": []})
        wider, taller = WINDOW_PX - inner["value"][0], TALL_PX - inner["value"][1]
        self._ask("WebDriver:SetWindowRect", {"width": WINDOW_PX + wider, "height": TALL_PX + taller})

    def draw(self, page: Path) -> Image.Image:
        """Return the picture of a page."""
        self._ask("WebDriver:Navigate", {"url": page.as_uri()})
        shot = self._ask("WebDriver:TakeScreenshot", {"full": False, "hash": False})
        return _image(base64.b64decode(shot["value"]))

    def _ask(self, name: str, values: dict[str, Any]) -> Any:
        said = json.dumps([0, 1, name, values]).encode()
        self._socket.sendall(str(len(said)).encode() + b":" + said)
        _kind, _number, error, result = self._read()
        if error:
            raise SystemExit(f"Firefox: {error}")
        return result

    def _read(self) -> Any:
        digits = b""
        while (one := self._socket.recv(1)) != b":":
            digits += one
        left, pieces = int(digits), []
        while left:
            pieces.append(self._socket.recv(left))
            left -= len(pieces[-1])
        return json.loads(b"".join(pieces))


class WebKit(Engine):
    """WebKitGTK, by its driver (W3C WebDriver), on a display of its own."""

    def __init__(self, stack: ExitStack) -> None:
        _start(stack, ["Xvfb", _DISPLAY, "-screen", "0", f"1400x{TALL_PX + 400}x24", "-nolisten", "tcp"], {})
        port = free_port()
        _start(
            stack,
            ["WebKitWebDriver", f"--port={port}"],
            {"DISPLAY": _DISPLAY, "WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS": "1"},
        )
        self._base = f"http://127.0.0.1:{port}/session"
        _connected(port).close()
        browser = {"binary": str(_MINI), "args": ["--automation"]}
        made = self._ask("", {"capabilities": {"alwaysMatch": {"webkitgtk:browserOptions": browser}}})
        self._base += f"/{made['sessionId']}"
        stack.callback(self._ask, "", None, "DELETE")
        self._ask("/window/rect", {"width": WINDOW_PX, "height": TALL_PX})
        inner = self._ask("/execute/sync", {"script": "return [innerWidth, innerHeight]", "args": []})
        wider, taller = WINDOW_PX - inner[0], TALL_PX - inner[1]
        self._ask("/window/rect", {"width": WINDOW_PX + wider, "height": TALL_PX + taller})

    def draw(self, page: Path) -> Image.Image:
        """Return the picture of a page."""
        self._ask("/url", {"url": page.as_uri()})
        self._ask("/execute/async", {"script": _PAINTED, "args": []})
        return _image(base64.b64decode(self._ask("/screenshot", None, "GET")))

    def _ask(self, path: str, values: dict[str, Any] | None, method: str = "POST") -> Any:
        body = None if values is None else json.dumps(values).encode()
        request = urllib.request.Request(self._base + path, body, {"Content-Type": "application/json"}, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:  # our own loopback address
            return json.load(answer)["value"]


ENGINES: dict[str, tuple[type[Engine], tuple[str, ...]]] = {
    "gecko": (Gecko, ("firefox-esr",)),
    "webkit": (WebKit, ("WebKitWebDriver", "Xvfb", str(_MINI))),
}


def main() -> int:
    """Draw, compare and print; 1 if a template looks different in one of the engines."""
    parser = argparse.ArgumentParser(description="our templates in three engines")
    parser.add_argument("--width", type=int, default=600)
    parser.add_argument("--only", default="")
    parser.add_argument("--keep", type=Path)
    options = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        pages = list(_pages(folder, options.only, options.width))
        chromium = Chromium(stack)
        usual = {page.stem: _keep(chromium.draw(page), page.stem, "chromium", options) for page in pages}
        found: dict[str, Any] = {}
        for name, (engine, needs) in ENGINES.items():
            if not all(shutil.which(need) for need in needs):
                found[name] = "not installed"
                continue
            drawing = engine(stack)
            drawn = {page.stem: _keep(drawing.draw(page), page.stem, name, options) for page in pages}
            found[name] = _judged(usual, drawn)
    print(json.dumps({"templates": len(pages), "width": options.width, **found, "machine": machine()}))
    return int(any(isinstance(each, dict) and each["different"] for each in found.values()))


def _pages(folder: Path, only: str, width: int) -> Iterator[Path]:
    """Write each of our templates in each of its languages as a page with its pictures; yield the files.

    It is in a frame of the width, because no window of Firefox or WebKit is as narrow as a phone.
    """
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mailflatrate.settings.django")
    import django

    django.setup()
    from mailflatrate.apps.campaigns.gallery import picture_file
    from mailflatrate.mail.html.brand_style import BrandStyle
    from support.gallery_messages import (  # type: ignore[import-not-found]
        compiled,
        template_source,
        written,
    )

    for key, language in written():
        if only and key != only:
            continue
        html = compiled(template_source(key, language, BrandStyle()), language).html.render(_values(language) | _LINKS)
        for stem in {piece.split(".png")[0] for piece in html.split("https://media.example/")[1:]}:
            html = html.replace(f"https://media.example/{stem}.png", picture_file(stem).as_uri())
        page = folder / f"{key}-{language}.html"
        frame = f'<iframe srcdoc="{escape(html)}" style="width:{width}px;height:{TALL_PX}px;border:0"></iframe>'
        page.write_text(f"<!DOCTYPE html><body style='margin:0'>{frame}", encoding="utf-8")
        yield page


def _values(language: str) -> dict[str, object]:
    from mailflatrate.apps.campaigns.content.personalization import NO_DEFAULTS, recipient_values

    return recipient_values(
        email="dora@example.org",
        first_name="Dora",
        last_name="Beispiel",
        attributes={},
        account_name="Lindenhof",
        list_name="News",
        mailing_id="7XK2-9QPM",
        subscribed_at=datetime(2026, 3, 1, tzinfo=UTC),
        source="Website",
        language=language,
        defaults=NO_DEFAULTS,
    )


_LINKS = {"unsubscribe_url": "#", "preferences_url": "#", "web_url": "#"}


def _judged(usual: dict[str, Image.Image], drawn: dict[str, Image.Image]) -> dict[str, Any]:
    shares, heights, different = [], [], []
    for name, picture in usual.items():
        share, height = _alike(picture, drawn[name])
        shares.append(share)
        heights.append(height)
        if share < WANTED_SHARE or height > WANTED_HEIGHT:
            different.append(name)
    return {
        "least_share": round(min(shares), 4),
        "most_height": round(max(heights), 4),
        "different": sorted(different),
    }


def _alike(one: Image.Image, other: Image.Image) -> tuple[float, float]:
    """Return the share of squares of like color, and by which share of the height the two differ.

    A line that breaks elsewhere moves what follows, so that each row of squares may find its like a little higher or
    lower.
    """
    tall, other_tall = _painted(one), _painted(other)
    rows, others = _rows(one, tall), _rows(other, other_tall)
    shares = []
    for place, row in enumerate(rows):
        near = others[max(0, place - MOST_ROWS) : place + MOST_ROWS + 1]
        shares.append(max((_same(row, each) for each in near), default=0.0))
    return sum(shares) / len(shares), abs(tall - other_tall) / tall


def _rows(picture: Image.Image, tall: int) -> list[Image.Image]:
    """Return the rows of squares, each as an image one point high, from every quarter of a square."""
    width, step = picture.width, SQUARE_PX // 4
    return [
        picture.crop((0, top, width, top + SQUARE_PX)).resize((width // SQUARE_PX, 1), Image.Resampling.BOX)
        for top in range(0, max(1, tall - SQUARE_PX), step)
    ]


def _same(one: Image.Image, other: Image.Image) -> float:
    pairs = zip(one.tobytes(), other.tobytes(), strict=True)  # three bytes a square
    near = [abs(a - b) <= SAME for a, b in pairs]
    return sum(all(near[place : place + 3]) for place in range(0, len(near), 3)) / (len(near) / 3)


def _painted(picture: Image.Image) -> int:
    """Return the lowest row that isn't one color."""
    ground = Image.new("RGB", picture.size, picture.getpixel((0, picture.height - 1)))
    box = ImageChops.difference(picture, ground).getbbox()
    return box[3] if box else picture.height


def _keep(picture: Image.Image, name: str, engine: str, options: argparse.Namespace) -> Image.Image:
    picture = picture.crop((0, 0, options.width, picture.height))
    if options.keep is not None:
        options.keep.mkdir(parents=True, exist_ok=True)
        picture.crop((0, 0, picture.width, _painted(picture))).save(options.keep / f"{name}-{engine}.png")
    return picture


def _image(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data)).convert("RGB")


def _start(stack: ExitStack, command: list[str], environment: dict[str, str]) -> None:
    process = subprocess.Popen(
        command, env=os.environ | environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    stack.callback(process.wait)
    stack.callback(process.terminate)


def _connected(port: int) -> socket.socket:
    """Return a connection to a program that has just been started; wait up to a minute for it."""
    ends = time.monotonic() + 60
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=60)
        except OSError:
            if time.monotonic() > ends:
                raise
            time.sleep(0.1)


if __name__ == "__main__":
    sys.exit(main())
