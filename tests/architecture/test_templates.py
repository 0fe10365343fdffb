"""Templates: short lines, and no white space of the template where the page shows it."""

import re
from pathlib import Path

import mailflatrate

TEMPLATES = Path(mailflatrate.__file__).parent / "entrypoints" / "ui" / "templates"
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


def test_nine_lines_in_ten_are_short() -> None:
    lengths = sorted(len(line) for source in sources().values() for line in source.splitlines())
    assert lengths[len(lengths) * 9 // 10] <= 100


def test_no_line_is_longer_than_a_line_of_code() -> None:
    """Those of pages and of emails; only an image within an address is longer."""
    package = Path(mailflatrate.__file__).parent
    paths = [path for kind in ("html", "txt") for path in sorted(package.rglob(f"templates/**/*.{kind}"))]
    assert len(paths) > 300
    long = [(path.name, line) for path in paths for line in path.read_text("utf-8").splitlines() if len(line) > 120]
    assert [(name, line) for name, line in long if 'href="data:' not in line] == []


def test_a_template_is_short_enough_to_read() -> None:
    assert {name: lines for name, source in sources().items() if (lines := source.count("\n")) > 400} == {}


def test_no_line_break_of_a_template_is_shown_to_a_reader() -> None:
    """Put what a person wrote in a span of class `whitespace-pre-line` of its own."""
    assert {name: found for name, source in sources().items() if (found := white_space_shown(source))} == {}


def test_such_a_line_break_would_be_found() -> None:
    assert white_space_shown('<p class="whitespace-pre-line">\n  {{ text }}\n</p>')
    assert not white_space_shown('<p class="whitespace-pre-line">{{ text }}</p>')
