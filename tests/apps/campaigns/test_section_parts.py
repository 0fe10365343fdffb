"""Parts that take the full width."""

from mailflatrate.apps.campaigns.gallery.families import FAMILIES
from mailflatrate.apps.campaigns.gallery.markup import PartSource
from mailflatrate.apps.campaigns.gallery.section_parts import SECTION_PARTS

WORDS = {
    "url": "https://example.org/page",
    "a": "Leaves",
    "a_text": "In winter.",
    "a_more": "Read on",
    "alt_leaf": "A twig",
    "least": "No",
    "most": "Yes",
}


def made(kind: str, *slots: str, family: str = "journal") -> str:
    return SECTION_PARTS[kind](PartSource(FAMILIES[family], WORDS, slots))


def test_a_story_s_picture_and_words_lead_to_the_same_page() -> None:
    story = made("story", "leaf", "a")
    assert story.count('href="https://example.org/page/a"') == 2
    assert 'src="[[picture:leaf]]" alt="A twig"' in story


def test_each_number_of_a_scale_has_its_own_link() -> None:
    scale = made("scale", "least", "most")
    assert [f'?answer={number}"' in scale for number in range(1, 7)] == [True] * 5 + [False]
    assert "<mj-group>" in scale, "side by side on a phone, too"


def test_families_decide_about_masthead_and_first_picture() -> None:
    assert "[[brand]]" in made("masthead")
    assert "[[brand_centered]]" in made("masthead", family="shop")
    assert 'css-class="band"' in made("masthead", family="table")
    assert "border-radius" in made("hero", "leaf")
    assert "border-radius" not in made("hero", "leaf", family="poster")
