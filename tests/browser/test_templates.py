"""Each of our templates as readers see it: wide and narrow, light and dark, with images and without."""

from collections.abc import Iterator
from typing import Any

import pytest

from mailflatrate.apps.campaigns.gallery import KEYS, LANGUAGES, gallery_template

pytestmark = pytest.mark.browser

WAYS = {"light": "", "dark": "&dark=1", "off": "&images=off", "phone": ""}
CONTRAST = """() => axe.run({
    runOnly: ['color-contrast', 'image-alt', 'link-name', 'document-title', 'html-has-lang'],
    resultTypes: ['violations'],
})"""


@pytest.fixture(scope="module")
def anna(visitor: Any) -> Iterator[Any]:
    """Anna, signed in."""
    with visitor("en", "letter", False) as found:
        found.sign_in("anna@lindenhof.example")
        yield found


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("key", KEYS)
def test_template(anna: Any, key: str, language: str, axe: str) -> None:
    """It fits the window, its pictures load, its words can be read in both schemes, without pictures it is whole."""
    page = anna.page
    for way, asked in WAYS.items():
        page.set_viewport_size({"width": 390 if way == "phone" else 680, "height": 900})
        anna.go(f"/studio/templates/ours/message/?key={key}&language={language}{asked}")
        anna.keep(f"template-{key}-{language}-{way}")
        assert anna.sideways() <= 0, way
        images = page.evaluate("[...document.images].map((one) => [one.naturalWidth, one.alt])")
        assert len(images) == len(gallery_template(key, language).pictures)
        assert all((width == 0) is (way == "off") and len(alt) > 10 for width, alt in images), way
        page.evaluate(axe)
        found = page.evaluate(CONTRAST)["violations"]
        assert [(one["id"], [node["target"] for node in one["nodes"]]) for one in found] == [], way
    page.set_viewport_size({"width": 1360, "height": 900})
