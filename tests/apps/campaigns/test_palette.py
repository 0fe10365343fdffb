"""Every block of the visual editor on its whole way: MJML, compiled message, text part, checks."""

import re
from datetime import date

from selectolax.lexbor import LexborHTMLParser

from mailflatrate.apps.campaigns.gallery import blank_source
from mailflatrate.apps.campaigns.palette import (
    GROUPS,
    KINDS,
    NETWORKS,
    block_sources,
    shipped_picture,
    shipped_pictures,
    social_networks,
)
from mailflatrate.mail.content.campaign import (
    CompileContext,
    CompiledContent,
    ContentSource,
    SourceFormat,
    compile_content,
)
from mailflatrate.mail.content.compiler import lint_compiled
from mailflatrate.mail.html.brand_style import BrandStyle
from mailflatrate.mail.html.imprint import FooterImprint, FooterLine

IMPRINT = FooterImprint((FooterLine("", "Lindenhof GmbH"),), "Sie haben sich angemeldet.", "7XK2-9QPM", "de")
BRAND = BrandStyle(primary="#7a1f3d")
SECTION = re.compile(r"<mj-(?:section|wrapper)\b")


def compiled(block: str, language: str = "de") -> CompiledContent:
    """A campaign of this one block, below the account's name."""
    row = block if SECTION.match(block) else f"<mj-section><mj-column>{block}</mj-column></mj-section>"
    body = blank_source(language, BRAND, "<mj-spacer />").replace("</mj-body>", f"{row}</mj-body>")
    source = ContentSource(SourceFormat.MJML, body, "x", sent_on=date.min)
    return compile_content(source, CompileContext(IMPRINT, language=language))


def test_each_block_compiles_and_no_check_has_anything_to_say() -> None:
    """Nothing hidden, no unsupported style, no trap in dark mode, data tables with headings, in every brand."""
    for key, block in block_sources("de", BRAND).items():
        assert "[[" not in block, key
        letter = compiled(block)
        facts = lint_compiled(letter)
        faults = (facts.unsupported_css, facts.oversized_images, facts.images_without_alt, facts.dark_traps)
        assert not any((*faults, facts.hidden_text)), (key, faults, facts.hidden_text)
        page = LexborHTMLParser(letter.html.source)
        for table in page.css("table"):
            assert table.attributes.get("role") == "presentation" or table.css("th[scope]"), key
        for heading in page.css("h2, h3"):
            assert "margin:0" in (heading.attributes["style"] or ""), key
        wide = [node.attributes.get("width", "") for node in page.css("img")]
        assert all(width.isdigit() and int(width) <= 600 for width in wide), (key, wide)


def test_what_a_block_says_is_in_the_text_part_too() -> None:
    sources = block_sources("en", BRAND)
    text = {key: compiled(block, "en").text.source for key, block in sources.items()}
    assert "> Write the quote here." in text["quote"]
    assert "Item | Price" in text["table"]
    assert "Instagram (https://)" in text["social"]
    assert "First link (https://)" in text["menu"]
    assert text["video"].count("Watch the video") == 2, "the picture's description, and the link below it"
    assert "YOUR-CODE" in text["coupon"]
    assert "Put your own HTML here." in text["html"]
    assert "Heading\n-------" in text["background"]


def test_own_html_loses_what_no_message_may_contain() -> None:
    block = block_sources("en", BRAND)["html"].replace(
        "Put your own HTML here.", '<b onclick="a()">kept</b><script>gone()</script><form><input></form>'
    )
    html = compiled(block).html.source
    assert "<b>kept</b>" in html
    assert not re.search(r"onclick|gone\(\)|<form|<input", html)


def test_a_block_is_hidden_on_one_kind_of_screen_only_where_the_author_chose_so() -> None:
    text = '<mj-text css-class="%s">Only here</mj-text>'
    phone, desktop, none = (compiled(text % name) for name in ("mf-hide-phone", "sheet mf-hide-desktop", "sheet"))
    assert "@media (max-width:479px){.mf-hide-phone{display:none!important}}" in phone.html.source
    assert "mf-hide-desktop{" not in phone.html.source
    assert "@media (min-width:480px){.mf-hide-desktop{display:none!important}}" in desktop.html.source
    assert "mf-hide" not in none.html.source
    for letter in (phone, desktop):
        assert "Only here" in letter.text.source
        assert lint_compiled(letter).hidden_text == ()


def test_a_full_width_button_can_be_clicked_everywhere() -> None:
    sources = block_sources("en", BRAND)
    for key, display in (("button", "inline-block"), ("button_full", "block")):
        (link,) = LexborHTMLParser(compiled(sources[key], "en").html.source).css(".action a")
        assert (link.attributes["style"] or "").startswith(f"display:{display};"), key


def test_each_picture_of_ours_exists_and_is_small() -> None:
    """Icons are drawn for twice the width at which they show, and together weigh less than one photograph."""
    shown = set(re.findall(r"/m/shipped/([a-z-]+)\.png", " ".join(block_sources("en", BRAND).values())))
    assert shown | {f"social-{key}" for key in NETWORKS} <= shipped_pictures()
    for stem in shipped_pictures():
        data = shipped_picture(stem)
        assert data.startswith(b"\x89PNG")
        assert len(data) < 10_000
    assert [name for _, name, _ in social_networks()][:2] == ["Instagram", "Facebook"]
    assert all(url.endswith(f"/m/shipped/social-{key}.png") for key, _, url in social_networks())


def test_every_block_is_in_one_group() -> None:
    assert len(set(KINDS)) == len(KINDS) == sum(len(kinds) for kinds in GROUPS.values())
