"""Themes of Markdown: what they add, and that a text without one stays as it was.

Markdown in our own theme: only the styles it needs, and a title that reads well.
"""

import pytest

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
from mailflatrate.mail.html.markdown_themes import THEMES

IMPRINT = FooterImprint((FooterLine("", "Anna Muster GmbH"),), "You signed up.", "7XK2-9QPM", "en")
LOGO = BrandStyle(logo_url="https://media.example/logo.png", logo_width=900)
VALUES = {
    "account": {"name": "Anna & Co"},
    **dict.fromkeys(("unsubscribe_url", "preferences_url", "web_url"), "https://go.example/x"),
}
CALL = "**[Book](https://a.example/book)**"
FIGURE = "![A garden](https://a.example/garden.png)"


def compiled(text: str, theme: str, brand: BrandStyle) -> CompiledContent:
    source = ContentSource(SourceFormat.MARKDOWN, text, "Subject", theme=theme)
    return compile_content(source, CompileContext(IMPRINT, brand=brand, language="en"))


def html(text: str, theme: str = "classic", brand: BrandStyle | None = None) -> str:
    return compiled(text, theme, brand or BrandStyle()).html.render(VALUES)


@pytest.mark.parametrize("theme", THEMES)
def test_each_theme_adds_a_header_and_a_footer_and_no_check_has_anything_to_say(theme: str) -> None:
    for brand in (BrandStyle(primary="#7a1f3d"), LOGO):
        made = compiled(f"# Hello\n\n{FIGURE}\n\n{CALL}\n", theme, brand)
        page = made.html.render(VALUES)
        assert page.count("Anna &amp; Co") == 2, "in the header and in the footer"
        assert ">View in your browser</a>" in page
        assert ('width="200"' in page) == bool(brand.logo_url), "a logo is never wider than its place"
        facts = lint_compiled(made)
        faults = (facts.unsupported_css, facts.oversized_images, facts.images_without_alt, facts.dark_traps)
        assert not any((*faults, facts.hidden_text)), faults
        assert "Book (https://a.example/book)" in made.text.render(VALUES)


def test_only_bold_links_alone_in_a_paragraph_are_buttons_and_only_pictures_alone_are_wide() -> None:
    assert html(CALL).count('class="action" align="center"') == 1
    assert html(f"{CALL} {CALL}\n{CALL}").count('class="action" align="center"') == 3
    for text in (f"Now {CALL}", "[Book](https://a.example/)", "**Book**", f"{CALL} or not"):
        assert '<table role="presentation" class="action"' not in html(text), text
    assert 'class="figure"' in html(FIGURE)
    assert 'class="figure"' in html(f"[{FIGURE}](https://a.example/)")
    assert 'class="figure"' not in html(f"Look {FIGURE}")


def test_without_a_theme_a_text_looks_as_it_did() -> None:
    plain = html(f"{CALL}\n\n{FIGURE}", theme="")
    assert plain == html(f"{CALL}\n\n{FIGURE}", theme="unknown")
    for added in ("action", "figure", "mast", "foot", "Anna &amp; Co", "View in your browser"):
        assert added not in plain.partition("</p></td>")[0], added


CONTEXT = CompileContext(FooterImprint((FooterLine("", "Anna Muster GmbH"),), "You signed up.", "7XK2-9QPM", "en"))


def markdown(text: str, subject: str = "Subject") -> str:
    source = ContentSource(SourceFormat.MARKDOWN, text, subject)
    links = dict.fromkeys(("unsubscribe_url", "preferences_url", "web_url"), "https://go.example/x")
    return compile_content(source, CONTEXT).html.render({"contact": {"first_name": "Dora"}, **links})


@pytest.mark.parametrize(
    ("text", "kept", "dropped"),
    [
        ("Hello", (), ("td.letter h1", "blockquote", "td.letter pre", "td.letter th", "td.letter hr")),
        ("# Hello\n\n`x`", ("td.letter h1", "td.letter code"), ("td.letter h2", "td.letter pre", "blockquote")),
        ("> Hello\n\n---", ("blockquote", "td.letter hr"), ("td.letter h1", "td.letter th")),
        ("|a|b|\n|-|-|\n|c|d|", ("td.letter th", "td.letter td"), ("td.letter hr", "blockquote")),
    ],
)
def test_a_message_carries_only_the_styles_its_text_uses(
    text: str, kept: tuple[str, ...], dropped: tuple[str, ...]
) -> None:
    html = markdown(text)
    dark = html.partition("prefers-color-scheme: dark")[2].partition("</style>")[0]
    assert [each for each in kept if each not in dark] == []
    assert [each for each in dropped if each in html.partition("<body")[0]] == []


@pytest.mark.parametrize(
    ("subject", "title"),
    [
        ("{{ contact.first_name }}, your order", "Your order"),
        ("Your order, {{ contact.first_name }}!", "Your order!"),
        ("Dear {{ contact.first_name }}, hello", "Dear, hello"),
        ("News for {{ contact.first_name }} only", "News for only"),
        ("... and now", "... and now"),
        ("News", "News"),
    ],
)
def test_a_title_does_not_begin_with_the_punctuation_of_a_name_that_is_left_out(subject: str, title: str) -> None:
    assert f"<title>{title}</title>" in markdown("Hello", subject)
