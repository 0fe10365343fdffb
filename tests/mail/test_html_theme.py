"""Markdown in our own theme: only the styles it needs, and a title that reads well."""

import pytest

from mailflatrate.mail.content.campaign import CompileContext, ContentSource, SourceFormat, compile_content
from mailflatrate.mail.html.imprint import FooterImprint, FooterLine

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
