"""Finds words for forbidden sources in free text, in English and German (R-11). Pure; decides nothing."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from mailflatrate.locale.texts import N_, translate

AROUND_CHARACTERS = 40
MAX_HITS = 50
"""More is noise: fifty forbidden sources are enough to judge a text."""

_UMLAUTS = {"ä": "(?:ä|ae|a)", "ö": "(?:ö|oe|o)", "ü": "(?:ü|ue|u)", "ß": "(?:ß|ss)"}
_JOINT = r"[\s\-_./]{0,3}"

# Why the words of a group in `forbidden.toml` are forbidden.
_SENTENCES = {
    "bought": N_("Bought or rented addresses: consent is not sold along with a list."),
    "copied": N_("Addresses copied from websites or directories: no one there asked for email."),
    "partner": N_("Co-registration and addresses from partners: the consent did not name this sender."),
    "appended": N_("Appended or guessed addresses: the person provided other information, not this address."),
    "single": N_("Single opt-in or no confirmation: only confirmed sign-ups count here."),
    "oral": N_("Verbal consent and business cards: without written confirmation, there is no proof."),
    "customers": N_(
        "Existing customers: a purchase is not consent, and the existing-customer exception is not available here."
    ),
}


@dataclass(frozen=True, slots=True)
class ForbiddenHit:
    """`where` names the text, `before` and `after` are the words around, `group` is a key of `forbidden.toml`."""

    where: str
    found: str
    before: str
    after: str
    group: str
    rule: str

    def as_json(self) -> dict[str, str]:
        return {
            "where": self.where,
            "found": self.found,
            "before": self.before,
            "after": self.after,
            "group": self.group,
            "rule": self.rule,
        }


@dataclass(frozen=True, slots=True)
class _Group:
    key: str
    rule: str
    words: tuple[str, ...]


def find_forbidden(text: str, *, where: str = "") -> tuple[ForbiddenHit, ...]:
    hits = []
    for match in _pattern().finditer(text):
        assert match.lastgroup is not None  # every branch of the pattern is a named group
        group = _groups()[int(match.lastgroup[1:])]
        start, end = match.span()
        hits.append(
            ForbiddenHit(
                where=where,
                found=match[0],
                before=_tail(text[max(0, start - AROUND_CHARACTERS) : start], cut=start > AROUND_CHARACTERS),
                after=_head(text[end : end + AROUND_CHARACTERS], cut=end + AROUND_CHARACTERS < len(text)),
                group=group.key,
                rule=group.rule,
            )
        )
        if len(hits) == MAX_HITS:
            break
    return tuple(hits)


def scan_texts(texts: Mapping[str, str]) -> tuple[ForbiddenHit, ...]:
    return tuple(hit for where, text in texts.items() for hit in find_forbidden(text, where=where))[:MAX_HITS]


def group_sentence(key: str, language: str) -> str:
    return translate(_SENTENCES[key], language)


def _tail(text: str, *, cut: bool) -> str:
    text = " ".join(text.split(" ")[1:]) if cut and " " in text else text
    return re.sub(r"\s+", " ", text)


def _head(text: str, *, cut: bool) -> str:
    text = " ".join(text.split(" ")[:-1]) if cut and " " in text else text
    return re.sub(r"\s+", " ", text)


@cache
def _groups() -> tuple[_Group, ...]:
    table = tomllib.loads(Path(__file__).with_name("forbidden.toml").read_text("utf-8"))
    return tuple(
        _Group(group["key"], group["rule"], tuple(group["words"].strip().splitlines())) for group in table["group"]
    )


@cache
def _pattern() -> re.Pattern[str]:
    parts = []
    for number, group in enumerate(_groups()):
        words = sorted(group.words, key=len, reverse=True)
        parts.append(f"(?P<w{number}>{'|'.join(_word(word) for word in words)})")
    return re.compile(rf"(?<!\w)(?:{'|'.join(parts)})(?!\w)", re.IGNORECASE)


def _word(word: str) -> str:
    return _JOINT.join(_letters(part) for part in re.split(r"[\s\-]+", word.strip()))


def _letters(part: str) -> str:
    return "".join(r"\w*" if char == "*" else _UMLAUTS.get(char, re.escape(char)) for char in part.lower())
