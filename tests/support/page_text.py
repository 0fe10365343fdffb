"""Pages as tests compare them: without the line breaks that lay out a template."""

import re
from typing import Any

from django.http import HttpResponse
from django.test import Client

TOKEN = re.compile(
    r"(?P<kept><(pre|textarea|script|style)\b.*?</\2\s*>)|(?P<tag></?[a-zA-Z!](?:[^'\">]++|\"[^\"]*\"|'[^']*')*+>)"
    r"|(?P<text>[^<]++|<)",
    re.DOTALL,
)
TAG_BREAK, TAG_END = re.compile(r"\s*\n\s*"), re.compile(r"\s+(/?>)$")
TEXT_EDGE, TEXT_BREAK = re.compile(r"^\s*\n\s*|\s*\n\s*$"), re.compile(r"[ \t]*\n {2,}")


def unbroken(html: str) -> str:
    """Take out white space with a line break in it: all of it beside a tag, all but one space between words."""
    return TOKEN.sub(_token, html)


def _token(found: re.Match[str]) -> str:
    token = found[0]
    if found["tag"] is not None:
        is_laid_out = "\n" in token or token[-2].isspace() or token.endswith("/>")
        return TAG_END.sub(r"\1", TAG_BREAK.sub(" ", token)) if is_laid_out else token
    if found["text"] is not None and "\n" in token:
        return TEXT_BREAK.sub(" ", TEXT_EDGE.sub("", token))
    return token


def install() -> None:
    """Let every test client hand out pages without these breaks; other answers stay as they are."""
    make_request = Client.request

    def request(self: Client, **environ: Any) -> HttpResponse:
        response = make_request(self, **environ)
        if response.get("Content-Type", "").startswith("text/html") and not response.streaming:
            response.content = unbroken(response.content.decode()).encode()
        return response

    Client.request = request  # type: ignore[method-assign]
