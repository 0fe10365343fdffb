"""Countdowns in a campaign: `{{ "2026-12-24" | days_left }}` becomes "3 days" when the campaign is compiled.

The number is for the day on which the campaign is sent, and the same for everyone: no picture is fetched when a message
is opened, and no one learns when that was.
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
    """Return how much time is left at `today`; on the day itself and later it's the last day."""
    days = (until - today).days
    if days <= 0:
        return translate(_LAST_DAY, language)
    return translate(_ONE_DAY if days == 1 else _DAYS, language).format(days)


def with_days_left(text: str, today: date | None, language: str) -> str:
    """Return the text with each countdown as words; those that `find_countdown_errors` names stay."""

    def replace(match: re.Match[str]) -> str:
        until = _day(match[1])
        return match.group() if until is None or today is None else days_left(until, today, language)

    return _COUNTDOWN.sub(replace, text)


def find_countdown_errors(text: str, today: date | None) -> list[SourceError]:
    """Return the countdowns that can't be written, by line; without a day to count from, that is all of them."""
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
    """Return the text with a plain word for each countdown, so that the Liquid around it can be read."""
    return _COUNTDOWN.sub("0", text)


def _day(written: str) -> date | None:
    try:
        return date.fromisoformat(written)
    except ValueError:
        return None
