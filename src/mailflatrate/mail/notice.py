"""A message from the service itself: the subject and text of a notice in both parts."""

import html
import re
from typing import Final

from mailflatrate.mail.edition import EditionContent, EditionPart
from mailflatrate.mail.service_frame import ACCENT, PARAGRAPH, framed

_URL: Final = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:!?)]")


def notice_content(subject: str, text: str, language: str) -> EditionContent:
    """Return the content of a notice. The HTML part says the same as the text; its web addresses are links."""
    paragraphs = re.split(r"\n\s*\n", text.strip())
    body = "".join(f'<p style="{PARAGRAPH}">{_readable(paragraph)}</p>\n' for paragraph in paragraphs)
    return EditionContent(
        EditionPart.fixed(subject),
        EditionPart.fixed(framed(body, language=language, title=html.escape(subject))),
        EditionPart.fixed(f"{text.strip()}\n"),
        frozenset(),
    )


def _readable(paragraph: str) -> str:
    """Render a paragraph as HTML. URLs are found before escaping, so a quote or bracket after one stays outside."""
    pieces, position = [], 0
    for found in _URL.finditer(paragraph):
        url = html.escape(found.group())
        pieces += [
            html.escape(paragraph[position : found.start()]),
            f'<a href="{url}" style="color:{ACCENT}">{url}</a>',
        ]
        position = found.end()
    return "".join([*pieces, html.escape(paragraph[position:])]).replace("\n", "<br>")
