"""Rows measured in a browser: what belongs beside a sentence stays there while there is room."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

import mailflatrate

PACKAGE = Path(mailflatrate.__file__).parent
STATE = PACKAGE / "entrypoints/ui/templates/studio/campaigns/progress_state.html"
SENTENCES = (
    "Our team will review it first, usually within two hours. Then it'll be sent automatically, and we'll email you.",
    "Our team will review it first. Then it'll be sent on 12 December 2026, 10:00, and we'll email you.",
)


@pytest.mark.parametrize("width", [768, 1024, 1280])
def test_withdraw_stays_beside_the_sentence_of_a_campaign_in_review(chromium: Browser, width: int) -> None:
    sheets = "".join(path.read_text() for path in (PACKAGE / "static/dist/assets").glob("app-*.css"))
    css = STATE.read_text().partition('<p class="')[2].partition('"')[0]
    page = chromium.new_page(viewport={"width": width, "height": 600})
    for sentence in SENTENCES:
        page.set_content(
            f"<style>{sheets}</style><div class='flex flex-wrap items-center gap-3'><span>Waiting for review</span>"
            f"<p class='{css}'>{sentence}</p><div><button class='btn btn-plain btn-sm'>Withdraw</button></div></div>"
        )
        text, button = page.locator("p").bounding_box(), page.locator("button").bounding_box()
        assert text is not None
        assert button is not None
        assert button["x"] >= text["x"] + text["width"]
    page.close()
