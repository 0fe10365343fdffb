"""How often messages come by a consent's wording (R-27): "about twice a month" is two in 30 days. A sentence without a
number promises nothing and limits nothing.
"""

import re
from dataclasses import dataclass

_DAYS = {
    "day": 1,
    "daily": 1,
    "tag": 1,
    "täglich": 1,
    "taeglich": 1,
    "jour": 1,
    "week": 7,
    "weekly": 7,
    "woche": 7,
    "wöchentlich": 7,
    "woechentlich": 7,
    "semaine": 7,
    "fortnight": 14,
    "fortnightly": 14,
    "biweekly": 14,
    "month": 30,
    "monthly": 30,
    "monat": 30,
    "monatlich": 30,
    "mois": 30,
    "quarter": 91,
    "quarterly": 91,
    "quartal": 91,
    "vierteljährlich": 91,
    "trimestre": 91,
    "year": 365,
    "yearly": 365,
    "jahr": 365,
    "jährlich": 365,
    "an": 365,
}
_TIMES = {
    "once": 1,
    "one": 1,
    "einmal": 1,
    "ein": 1,
    "eine": 1,
    "a": 1,
    "une": 1,
    "un": 1,
    "twice": 2,
    "two": 2,
    "zweimal": 2,
    "zwei": 2,
    "deux": 2,
    "three": 3,
    "thrice": 3,
    "dreimal": 3,
    "drei": 3,
    "trois": 3,
    "four": 4,
    "viermal": 4,
    "vier": 4,
    "quatre": 4,
    "five": 5,
    "fünfmal": 5,
    "fünf": 5,
    "cinq": 5,
    "six": 6,
    "sechsmal": 6,
    "sechs": 6,
}
_COUNTED = re.compile(
    r"\b(?P<times>\d{1,3}|[a-zäöü]+)(?:\s*(?:x|times|mal|fois|emails?|e-mails?|messages?|mails?|newsletters?))*"
    r"\s+(?:a|an|per|each|every|im|in der|in dem|pro|je|par|am)\s+(?P<span>[a-zäöü]+)\b"
)
_EVERY = re.compile(
    r"\b(?:every|alle)\s+(?P<number>\d{1,3}|[a-zäöü]+)\s+(?P<span>day|week|month|tag|woche|monat)(?:s|e|en|n)?\b"
)
_WORD = re.compile(r"[a-zäöü]+")
_LONGEST = 500


@dataclass(frozen=True, slots=True)
class Promise:
    messages: int
    days: int


def promise_in(sentence: str) -> Promise | None:
    """Return None if it has no number; of two numbers, the larger one counts."""
    text = " ".join(sentence[:_LONGEST].lower().split())
    if (every := _EVERY.search(text)) and (number := _number(every["number"])):
        return Promise(1, number * _DAYS[every["span"]])
    counted = [
        Promise(times, _DAYS[match["span"]])
        for match in _COUNTED.finditer(text)
        if match["span"] in _DAYS and (times := _number(match["times"]))
    ]
    if counted:
        return max(counted, key=lambda promise: promise.messages / promise.days)
    words = [word for word in _WORD.findall(text) if word in _DAYS and word.endswith(("ly", "lich"))]
    return Promise(1, min(_DAYS[word] for word in words)) if words else None


def _number(word: str) -> int:
    return int(word) if word.isdigit() else _TIMES.get(word, 0)
