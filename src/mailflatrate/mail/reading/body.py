"""The text that a machine wrote at the top of its notice, free of MIME, markup and the returned mail's parts."""

import html
import re

from mailflatrate.mail.reading.mime import Part

_BREAKS = re.compile(r"<(?:br|/p|/div|/tr|/li|/h\d|/td|hr|/blockquote)\b[^>]*>", re.I)
_INVISIBLE = re.compile(r"<(script|style|head)\b.*?</\1\s*>", re.S | re.I)
_MAILTO = re.compile(r"<a\b[^>]*href=[\"']?mailto:([^\"'>?\s]+)[^>]*>", re.I)
_TAG = re.compile(r"<(?!/?[^<>\s]+@)[!/a-zA-Z][^<>]{0,2000}>")
_QP_LEFTOVER = re.compile(r"=(?:\n|3D|20\n|2E)")

MAX_NOTICE = 48 * 1024


def html_to_text(markup: str) -> str:
    """Readable text of HTML, enough to find phrases and addresses; addresses in angle brackets survive."""
    text = _INVISIBLE.sub(" ", markup)
    text = re.sub(r"\s*\n\s*", " ", text)
    text = _BREAKS.sub("\n", text)
    text = _TAG.sub("", text)
    return html.unescape(text).replace("\xa0", " ")


def notice_text(message: Part) -> str:
    """The human-readable part of a notice: the text parts before the first returned message, at most `MAX_NOTICE`.

    A message that declares a multipart which is not there is read as it stands.
    """
    if message.notice is None:
        message.notice = _notice_text(message)
    return message.notice


def _notice_text(message: Part) -> str:
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
