"""Countdowns: `{{ "2026-12-24" days_left }}` becomes "3 days" when the campaign is compiled, the same for everyone: no
picture is fetched when a message is opened, so no one learns when that was.
"""

from __future__ import annotations

import re
from datetime import date

from mailflatrate.locale.texts import N_, translate
from mailflatrate.mail.author_mistakes import mistake
from mailflatrate.mail.source_errors import Lines, SourceError

_COUNTDOWN = re.compile(
    r"""\{\{-?\s*(?:"|'|&quot;|&#39;)(\d{4}-\d{2}-\d{2})(?:"|'|&quot;|&#39;)\s*\|\s*days_left\s*-?\}\}"""
)
_LAST_DAY, _ONE_DAY, _DAYS = N_("last day"), N_("1 day"), N_("{0} days")


def days_left(until: date, today: date, language: str) -> str:
    """On the day itself and later it's the last day."""
    days = (until - today).days
    if days <= 0:
        return translate(_LAST_DAY, language)
    return translate(_ONE_DAY if days == 1 else _DAYS, language).format(days)


def with_days_left(text: str, today: date | None, language: str) -> str:
    def replace(match: re.Match[str]) -> str:
        until = _day(match[1])
        return match.group() if until is None or today is None else days_left(until, today, language)

    return _COUNTDOWN.sub(replace, text)


def find_countdown_errors(text: str, today: date | None) -> list[SourceError]:
    """Sorted by line; without a day to count from, all of them."""
    lines, errors = Lines(text), []
    for match in _COUNTDOWN.finditer(text):
        until = _day(match[1])
        if today is None:
            errors.append(mistake(lines.at(match.start()), "countdown-without-day"))
        elif until is None:
            errors.append(mistake(lines.at(match.start()), "countdown-unreadable", match[1]))
        elif until < today:
            errors.append(mistake(lines.at(match.start()), "countdown-over", match[1]))
    return errors


def without_countdowns(text: str) -> str:
    return _COUNTDOWN.sub("0", text)


def _day(written: str) -> date | None:
    try:
        return date.fromisoformat(written)
    except ValueError:
        return None
