"""A text beside its suggestion reads without markup."""

from mailflatrate.mail.writing.mask import TextForm, readable


def test_fields_are_names_and_paragraphs_lines() -> None:
    html = (
        '<h1>Bulbs &amp; more</h1>\n<p>Hi {{ contact.first_name | default: "there" }},<br>{% if x %}new{% endif %}</p>'
    )
    assert readable(html, TextForm.HTML) == "Bulbs & more\nHi ‹first_name›,\n‹…›new‹…›"
    assert readable("**Hi** {{ contact.city }}", TextForm.MARKDOWN) == "**Hi** ‹city›"
