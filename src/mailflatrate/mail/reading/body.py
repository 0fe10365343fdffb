"""The text that a machine wrote at the top of its notice."""

import html
import re

from mailflatrate.mail.reading.mime import MimePart

_BREAKS = re.compile(r"<(?:br|/p|/div|/tr|/li|/h\d|/td|hr|/blockquote)\b[^<>]{0,500}>", re.I)
_INVISIBLE = re.compile(r"<(script|style|head)\b", re.I)
_TAG = re.compile(r"<(?!/?[^<>\s]+@)[!/a-zA-Z][^<>]{0,2000}>")

#: A cell that ends in a colon names what the next cell says.
_LABEL_CELL = re.compile(r"([:：])\s*(?:</[a-z]{1,6}>\s*){0,3}</t[hd]>\s*<td\b[^<>]{0,300}>", re.I)

_RUNS = tuple(character * 200 for character in ' \t\n-=_*<>:."')
_RUN = re.compile(r"([ \t\n=_*<>:.\"-])\1{199,}")
_MAX_LINE = 4000
_MAX_INVISIBLE = 50

MAX_NOTICE = 48 * 1024


def html_to_text(markup: str) -> str:
    """Convert HTML to text good enough to find phrases and addresses; addresses in angle brackets survive."""
    text = " ".join(line.strip() for line in _visible(markup).split("\n"))
    text = _BREAKS.sub("\n", _LABEL_CELL.sub(r"\1 ", text))
    text = _TAG.sub("", text)
    return html.unescape(text).replace("\xa0", " ")


def _visible(markup: str) -> str:
    """Return the markup without scripts, styles and head; an unclosed one swallows the rest, as in a browser."""
    kept: list[str] = []
    at = 0
    while match := _INVISIBLE.search(markup, at):
        kept.append(markup[at : match.start()])
        end = markup.lower().find(f"</{match[1].lower()}", match.end()) if len(kept) < _MAX_INVISIBLE else -1
        if end < 0:
            return " ".join(kept)
        close = markup.find(">", end)
        at = close + 1 if close >= 0 else len(markup)
    return " ".join([*kept, markup[at:]])


def notice_text(message: MimePart) -> str:
    """The text parts before the first returned message; a multipart without parts is read as plain text."""
    if message.notice is None:
        message.notice = _tamed(_notice_text(message))
    return message.notice


def _tamed(text: str) -> str:
    """Remove endless lines and runs, which make patterns slow; no notice has any."""
    if any(run in text for run in _RUNS):
        text = _RUN.sub(r"\1", text)
    lines = text.split("\n")
    if any(len(line) > _MAX_LINE for line in lines):
        text = "\n".join(line[:_MAX_LINE] for line in lines)
    return text


def _notice_text(message: MimePart) -> str:
    if not message.parts:
        text = message.text()
        if message.media_type == "text/html":
            text = html_to_text(text[: MAX_NOTICE * 2])
        return text[:MAX_NOTICE]
    collected: list[str] = []
    size = 0
    for part in message.walk()[1:]:
        if part.media_type.startswith("message/") or part.media_type == "text/rfc822-headers":
            break
        if part.parts or not (part.media_type.startswith("text/") or not part.media_type):
            continue
        if part.headers.raw("content-disposition").lower().startswith("attachment"):
            continue
        text = part.text()
        if part.media_type == "text/html":
            if collected:
                continue
            text = html_to_text(text[: MAX_NOTICE * 2])
        collected.append(text)
        size += len(text)
        if size > MAX_NOTICE:
            break
    return "\n".join(collected)[:MAX_NOTICE]
