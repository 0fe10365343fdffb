"""Carrying Liquid unharmed through tools that only know HTML.

Every tag becomes a word of lower-case letters and digits, which is at home in text, in attribute values, in URLs,
in CSS and as an attribute of its own. Before a parser sees it, a block tag in text becomes a comment holding that
word, because HTML5 moves text out of tables (foster parenting) but leaves comments where they are. `restore` puts
the tags back.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import dataclass

LIQUID = re.compile(
    r"\{%-?\s*comment\s*-?%\}.*?\{%-?\s*endcomment\s*-?%\}"
    r"|\{%-?\s*raw\s*-?%\}(?P<raw>.*?)\{%-?\s*endraw\s*-?%\}"
    r"|(?P<tag>\{%.*?%\}|\{\{.*?\}\})",
    re.DOTALL,
)
_OPENING = re.compile(r"\{%-?\s*(?:if|unless|case|for|capture)\b")
_CLOSING = re.compile(r"\{%-?\s*end(?:if|unless|case|for|capture)\b")


@dataclass(frozen=True, slots=True)
class Protected:
    """`text` without any Liquid, and the tags its words stand for; `word` matches one word, its number in group 1."""

    text: str
    tags: tuple[str, ...]
    word: re.Pattern[str]

    def is_output(self, number: int) -> bool:
        """True for `{{ ... }}`, false for `{% ... %}`."""
        return self.tags[number].startswith("{{")

    def depth_change(self, number: int) -> int:
        """How the nesting of blocks changes at this tag: 1 for `if`, -1 for `endif`, 0 for the rest."""
        tag = self.tags[number]
        return 1 if _OPENING.match(tag) else -1 if _CLOSING.match(tag) else 0

    def restore_html(self, text: str, change: Callable[[str], str] = str) -> str:
        """Return HTML with its tags back, bare or as comment or attribute; `change` is applied to each tag."""
        return self._restore(text, change, "&#123;")

    def restore_text(self, text: str, change: Callable[[str], str] = str) -> str:
        """Return plain text with its tags back; `change` is applied to each tag."""
        return self._restore(text, change, LITERAL_BRACE)

    def _restore(self, text: str, change: Callable[[str], str], brace: str) -> str:
        # Braces that are still there were never Liquid: the author wrote them in `raw` or as `&#123;`.
        word = self.word.pattern
        return re.sub(
            rf'<!--{word}-->|{word}(?:="")?|\{{(?=[{{%])',
            lambda found: change(self.tags[int(found[1] or found[2])]) if found[1] or found[2] else brace,
            text,
        )


LITERAL_BRACE = '{{ "{" }}'
"""Liquid source that prints a brace."""


def protect(source: str, *, entities: bool, keep_lines: bool = False) -> Protected:
    """Replace the Liquid in `source`.

    `entities` says that the source is HTML, where a tag may be written with `&quot;`.

    `{% comment %}` blocks vanish. What stands between `raw` and `endraw` stays: for every later step it is text.
    With `keep_lines` every line of the text is the line of the source, for messages; such a text is not to be restored.
    """
    prefix = "lq"
    while prefix in source.lower():
        prefix += "q"
    tags: list[str] = []

    def replace(found: re.Match[str]) -> str:
        lines = "\n" * found.group().count("\n") if keep_lines else ""
        if not found["tag"]:
            return (found["raw"] or "") + lines
        tags.append(html.unescape(found["tag"]) if entities else found["tag"])
        return f"{prefix}{len(tags) - 1:05d}z{lines}"

    text = LIQUID.sub(replace, source)
    return Protected(text, tuple(tags), re.compile(rf"{prefix}(\d{{5}})z"))


def unescape_tags(source: str) -> str:
    """Return HTML source with the inside of its Liquid tags unescaped; lines stay where they are."""
    return LIQUID.sub(lambda found: html.unescape(found.group()), source)


def literal(text: str) -> str:
    """Return `text` as Liquid source that prints exactly `text`.

    For values of ours that an author did not write as Liquid.
    """
    if "{{" not in text and "{%" not in text:
        return text
    return re.sub(r"\{(?=[{%])", LITERAL_BRACE, text)
