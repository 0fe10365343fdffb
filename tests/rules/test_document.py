"""The page for people says what the rules say."""

from pathlib import Path

from mailflatrate.rules.document import rules_markdown
from mailflatrate.rules.gate import all_rules

PAGE = Path(__file__).parents[2] / "docs" / "rules.md"


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text("utf-8") == rules_markdown()


def test_the_page_names_every_rule() -> None:
    page = rules_markdown()
    assert [key for key in all_rules() if f"`{key}`" not in page] == []
