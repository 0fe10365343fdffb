"""Nothing that grants access appears in a log line, no matter what writes the line."""

import io
import logging
import sys

import pytest
import structlog

from mailflatrate.mail.identifiers.tokens import TOKEN_LENGTH
from mailflatrate.settings.log_secrets import shorten
from mailflatrate.settings.logs import configure_logging
from mailflatrate.settings.schema import read_settings

TOKEN = "af83f7" + "0123456789abcdef" * 2 + "01"
HASH = "0123456789abcdef" * 4


def test_a_token_is_what_the_pattern_takes_for_one() -> None:
    assert len(TOKEN) == TOKEN_LENGTH


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        (f"Not Found: /w/{TOKEN}", TOKEN),
        (f"Not Found: /u/{TOKEN.upper()}?language=de", TOKEN.upper()),
        (f"GET https://mail.example/m/{TOKEN}/wall.png 404", TOKEN),
        (
            "Forbidden: /password/reset/key/2-dio987-0a1b2c3d4e5f60718293a4b5c6d7e8f9/",
            "dio987-0a1b2c3d4e5f60718293a4b5",
        ),
        ("Not Found: /apply/begin/.eJxlookslikeasigned:1tyuio:abc_DEF-123/", "lookslikeasigned:1tyuio:abc_DEF-123"),
        ("Not Found: /confirm/abcdefghijklmnop", "ghijklmnop"),
        ("Not Found: /s/abc-DEF_ghijklmnop", "ghijklmnop"),
        ("Authorization: Bearer mfk_abcdefgh_0123456789abcdefghjkmnpqrstvwxyz01234567", "0123456789abcdefghjkmnpqrst"),
        ("Cookie: __Host-sessionid=q1w2e3r4t5z6u7i8o9p0a1s2d3f4g5h6; x", "r4t5z6u7i8o9p0"),
        ("/somewhere?token=abcdefghijklmnop&x=1", "ghijklmnop"),
    ],
)
def test_secrets_are_cut(text: str, secret: str) -> None:
    told = shorten(text)
    assert secret not in told
    assert "…" in told


@pytest.mark.parametrize("text", [f"audit head {HASH}", "Not Found: /studio/campaigns/17/", "GET /f/autumn/ 200"])
def test_the_rest_stays_whole(text: str) -> None:
    assert shorten(text) == text


@pytest.mark.parametrize("form", ["json", "console"])
def test_every_way_into_the_log_is_covered(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ours, Django's and Granian's loggers, arguments, nested values and tracebacks."""
    told = io.StringIO()
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    monkeypatch.setattr(sys, "stderr", told)
    try:
        configure_logging(read_settings({"MAILFLATRATE_LOG_FORMAT": form}))
        structlog.get_logger("x").warning("seen", path=f"/p/{TOKEN}", deep={"list": [f"/u/{TOKEN}"]}, what={TOKEN})
        logging.getLogger("django.request").warning("Not Found: %s", f"/w/{TOKEN}", extra={"status_code": 404})
        for name in ("granian.access", "_granian", "procrastinate", "somebody.else"):
            logging.getLogger(name).warning('"GET /d/%(path)s"', {"path": TOKEN})
        try:
            raise ValueError(f"cannot read {TOKEN}")
        except ValueError:
            logging.getLogger("django.request").exception("failed")
            structlog.get_logger("x").exception("failed")
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        structlog.reset_defaults()
    assert told.getvalue().replace("\\u2026", "…").count("af83f7…") >= 9
    assert TOKEN not in told.getvalue()
