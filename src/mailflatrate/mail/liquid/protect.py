"""Carries Liquid through tools that only know HTML: every tag becomes a word of lower-case letters and digits, valid in
text, attributes, URLs and CSS, and in text before a parser a comment with that word, because HTML5 moves text out of
tables (foster parenting) but not comments. `restore` puts the tags back.
"""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Callable
from dataclasses import dataclass

from mailflatrate.mail.liquid.marks import LiquidMark, MarkKind, replace_marks

_OPENING = re.compile(r"\{%-?\s*(?:if|unless|case|for|capture)\b")
_CLOSING = re.compile(r"\{%-?\s*end(?:if|unless|case|for|capture)\b")


@dataclass(frozen=True, slots=True)
class ProtectedText:
    text: str
    tags: tuple[str, ...]
    word: re.Pattern[str]

    def is_output(self, number: int) -> bool:
        return self.tags[number].startswith("{{")

    def depth_change(self, number: int) -> int:
        """1 for `if`, -1 for `endif`, 0 for the rest."""
        tag = self.tags[number]
        return 1 if _OPENING.match(tag) else -1 if _CLOSING.match(tag) else 0

    def adding(self, tag: str) -> tuple[ProtectedText, str]:
        word = self.word.pattern.replace(r"(\d{5})", f"{len(self.tags):05d}")
        return ProtectedText(self.text, (*self.tags, tag), self.word), word

    def restore_html(self, text: str, change: Callable[[str], str] = str) -> str:
        return self._restore(text, change, "&#123;")

    def restore_text(self, text: str, change: Callable[[str], str] = str) -> str:
        return self._restore(text, change, LITERAL_BRACE)

    def _restore(self, text: str, change: Callable[[str], str], brace: str) -> str:
        # Braces that are still there were never Liquid: the author wrote them in `raw` or as `&#123;`.
        word = self.word.pattern
        return re.sub(
            rf'<!--{word}-->|{word}(?:="")?|\{{(?=[{{%])',
            lambda match: change(self.tags[int(match[1] or match[2])]) if match[1] or match[2] else brace,
            text,
        )


LITERAL_BRACE = '{{ "{" }}'
"""Liquid source that prints a brace."""


def protect(source: str, *, entities: bool, keep_lines: bool = False) -> ProtectedText:
    """`entities`: the source is HTML, where a tag may have `&quot;`. `{% comment %}` blocks vanish; what is between
    `raw` and `endraw` is text. With `keep_lines` lines match the source, for error messages; never restore such a text.
    """
    prefix = _prefix(source)
    tags: list[str] = []

    def replace(mark: LiquidMark) -> str:
        written = source[mark.start : mark.end]
        lines = "\n" * written.count("\n") if keep_lines else ""
        if mark.kind is MarkKind.COMMENT:
            return lines
        if mark.kind is MarkKind.RAW:
            return mark.inner + "\n" * (lines.count("\n") - mark.inner.count("\n"))
        tags.append(html.unescape(written) if entities else written)
        return f"{prefix}{len(tags) - 1:05d}z{lines}"

    text = replace_marks(source, replace)
    return ProtectedText(text, tuple(tags), re.compile(rf"{prefix}(\d{{5}})z"))


def _prefix(source: str) -> str:
    """Its letters come from the source's own hash, so nobody can forge it."""
    digest = hashlib.sha256(source.encode(errors="surrogatepass")).digest()
    return "lq" + "".join(chr(ord("a") + octet % 26) for octet in digest[:_PREFIX_LETTERS])


_PREFIX_LETTERS = 10


def unescape_tags(source: str) -> str:
    return replace_marks(source, lambda mark: html.unescape(source[mark.start : mark.end]))


def literal(text: str) -> str:
    if "{{" not in text and "{%" not in text:
        return text
    return re.sub(r"\{(?=[{%])", LITERAL_BRACE, text)
