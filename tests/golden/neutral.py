"""What no two builds or keys have in common, replaced by a name. All else is fixed where it comes from (`fixed`)."""

import re

from mailflatrate import __version__

_ASSET = re.compile(r"(/static/\S+?)[-.][\w-]{8,12}(\.(?:js|css|woff2|png|svg|webp))")
_NONCE = re.compile(r"'nonce-[^']+'")
_CSRF = re.compile(r'(X-CSRFToken"?: ?"?|csrftoken=)[A-Za-z0-9]{32,}')
_MAILING_ID = re.compile(r"\b[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z*~$=](?![\w-])")
_TOKEN = re.compile(r"(?<![\w/+=-])(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[A-Za-z0-9_-]{24,}(?![\w-])")
_PATH_TOKEN = re.compile(r"(?<=/)(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[A-Za-z0-9_-]{24,}(?=[/?#)\s\"'<.,;]|$)")
_HEX = re.compile(r"(?<![0-9a-f])[0-9a-f]{32,}(?![0-9a-f])")
_SIGNED = re.compile(r"(?<![\w-])\.?[\w-]{6,}:[\w-]{6}:[\w-]{43}(?![\w-])")
_KEY_ID = re.compile(r"(?<![\w-])(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])(?:[0-9a-f]{12}|[0-9a-f]{16})(?![\w-])")
_FRACTION = re.compile(r"(?<=\d\d:\d\d:\d\d)\.\d{3,6}(?=Z|\+)")
_LONG = re.compile(r"(?<![\w/+=-])[\w-]{60,}={0,2}(?![\w/+=-])", re.ASCII)
_DKIM_KEY = re.compile(r"(?<=; p=)([A-Za-z0-9+/]{60,})(\" \")?([A-Za-z0-9+/]+={0,2})")
_BASE64 = re.compile(r"[A-Za-z0-9+/]{60,}={0,2}(?:\s+[A-Za-z0-9+/]{20,}={0,2})*")
_VERSION = re.compile(rf"(?<![\w.]){re.escape(__version__)}(?![\w.])")


def _halves(key: re.Match[str]) -> str:
    # A key's second half is short: one in fifty has no + and no /, and would pass as a token.
    return f"‹base64›{key[2]}‹base64›" if key[2] else "‹base64›"


_STEPS = (
    (_ASSET, r"\1\2"),
    (_NONCE, "'nonce'"),
    (_CSRF, r"\1‹csrf›"),
    (_MAILING_ID, "‹mailing ID›"),
    (_FRACTION, ""),
    (_KEY_ID, "‹id›"),
    (_DKIM_KEY, _halves),
    (_LONG, "‹token›"),
    (_BASE64, "‹base64›"),
    (_SIGNED, "‹token›"),
    (_HEX, "‹token›"),
    (_PATH_TOKEN, "‹token›"),
    (_TOKEN, "‹token›"),
    (_VERSION, "‹version›"),
)


def neutral(text: str) -> str:
    """Replace what differs from build to build or from key to key."""
    for pattern, name in _STEPS:
        text = pattern.sub(name, text)
    return text
