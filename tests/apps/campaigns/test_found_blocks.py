"""Blocks made of what was found on other sites."""

from mailflatrate.apps.campaigns.content.found_blocks import item_rows, product_row
from mailflatrate.apps.campaigns.gallery import blank_source
from mailflatrate.mail.content.campaign import CompileContext, ContentSource, SourceFormat, compile_content
from mailflatrate.mail.html.brand_style import BrandStyle
from mailflatrate.mail.html.imprint import FooterImprint, FooterLine

IMPRINT = FooterImprint((FooterLine("", "Lindenhof GmbH"),), "You signed up.", "7XK2-9QPM", "en")
TULIPS = {
    "title": 'Tulips {{ contact.email }} <b> "red"',
    "text": "Said {% raw %}",
    "link": "https://shop.example/t?a=1&b='2'",
    "image": "https://media.example/m/1/a.png",
    "price": {"amount": "1299.5", "currency": "EUR"},
}


def compiled(rows: str) -> tuple[str, str]:
    body = blank_source("de", BrandStyle(), "<mj-spacer />").replace("</mj-body>", f"{rows}</mj-body>")
    found = compile_content(ContentSource(SourceFormat.MJML, body, "x"), CompileContext(IMPRINT, language="de"))
    return found.html.source, found.text.source


def test_a_product_says_what_was_found_and_runs_nothing_of_it() -> None:
    html, text = compiled(product_row(TULIPS, "de"))
    assert "1.299,50 €" in " ".join(text.split())
    assert "https://shop.example/t?a=1&b='2'" in text
    assert 'alt="Tulips (( contact.email )) &lt;b&gt; &quot;red&quot;"' in html
    assert "{{ contact.email" not in html + text
    assert "{% raw" not in html + text
    assert "<b>" not in html


def test_items_without_picture_price_or_link_are_whole_rows() -> None:
    bare = {"title": "News", "text": "", "link": "", "image": "", "price": {"amount": "", "currency": ""}}
    rows = item_rows([TULIPS, bare], "en")
    html, text = compiled(rows)
    assert rows.count("<mj-section") == 2
    assert "€1,299.50" in text
    assert "View product (https://shop.example" in text
    assert "News" in text
    assert html.count("<img") == 1
