"""Templates: short lines, and no white space of the template where the page shows it."""

import re
from pathlib import Path

import mailflatrate

TEMPLATES = Path(mailflatrate.__file__).parent / "entrypoints" / "web" / "templates"
OPENED = re.compile(
    r"<(?P<tag>[a-z][\w-]*)(?P<attributes>(?:\{%.*?%\}|\{\{.*?\}\}|\"(?:\{%.*?%\}|\{\{.*?\}\}|[^\"])*\"|'[^']*'|[^'\">{])*)>(?P<first>.?)",
    re.DOTALL,
)


def sources() -> dict[str, str]:
    """Every page's template by its name."""
    return {
        str(path.relative_to(TEMPLATES)): path.read_text(encoding="utf-8") for path in sorted(TEMPLATES.rglob("*.html"))
    }


def white_space_shown(source: str) -> list[str]:
    """Elements that show line breaks as they are, and begin with one of the template's own."""
    return [
        found["attributes"].strip()
        for found in OPENED.finditer(source)
        if "whitespace-pre" in found["attributes"] and found["first"].isspace()
    ]


def test_nine_lines_in_ten_are_short_and_none_is_a_page_wide() -> None:
    lengths = sorted(len(line) for source in sources().values() for line in source.splitlines())
    assert lengths[len(lengths) * 9 // 10] <= 100
    assert lengths[len(lengths) * 99 // 100] <= 120
    assert lengths[-1] <= 360


def test_a_template_is_short_enough_to_read() -> None:
    assert {name: lines for name, source in sources().items() if (lines := source.count("\n")) > 400} == {}


def test_no_line_break_of_a_template_is_shown_to_a_reader() -> None:
    """Put what a person wrote in a span of class `whitespace-pre-line` of its own."""
    assert {name: found for name, source in sources().items() if (found := white_space_shown(source))} == {}


def test_such_a_line_break_would_be_found() -> None:
    assert white_space_shown('<p class="whitespace-pre-line">\n  {{ text }}\n</p>')
    assert not white_space_shown('<p class="whitespace-pre-line">{{ text }}</p>')
