"""A draft's texts have keys, and one that moved is still found."""

from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.campaigns.writing.writing_texts import texts_of, with_text, words_around

MARKDOWN = "# One\n\nTwo {{ contact.first_name }}\n\n![](https://a.example/b.png)\n\n{{ contact.city }}\n"


def test_texts_are_named_and_replaced_where_they_are_now() -> None:
    draft = Campaign(subject="Hello", preheader="", content=MARKDOWN, content_kind="markdown")
    assert [(one.key, one.shown) for one in texts_of(draft)] == [
        ("subject", "Hello"),
        ("text:1", "# One"),
        ("text:2", "Two"),
        ("picture:1", "https://a.example/b.png"),
    ]
    assert words_around(draft, "picture:1") == "Two"
    changed = with_text(draft, "text:1", "Two {{ contact.first_name }}", "Three")
    assert changed == {"content": MARKDOWN.replace("Two {{ contact.first_name }}", "Three")}
    assert with_text(draft, "text:9", "gone", "x") is None
    assert with_text(draft, "subject", "Old", "x") is None
