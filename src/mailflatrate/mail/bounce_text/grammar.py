"""A small grammar for replies: the nearest noun says what a reply is about, the predicate what is wrong with it.
"Mailbox dora does not exist" and "URL not found" have the same predicate and different nouns. `grammar.toml` has the
words of some thirty languages. Linear in the length of the text.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache

from mailflatrate.mail.bounce_text.grammar_words import GrammarVocabulary, Words, vocabulary
from mailflatrate.mail.reading.values import BounceReason

_STEM = 3
_SECOND = 2
_REACH = 6
_GAP = 4
_EAST_REACH = 16
_MAX_TOKENS = 450
_MAX_CLAUSE = 80
_LETTERS = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ð": "d", "ı": "i", "ß": "ss", "æ": "ae", "œ": "oe"})
_APOSTROPHE = re.compile(r"(?<=\w)['’`´](?=\w)")
_ELISION = re.compile(r"\b(l|d|qu|un|all|dell|nell|sull|dall)['’](?=\w)")
_TOKEN = re.compile(r"[^\W_]+|[.;:,!?\n|]")
_EASTERN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_ENDS = frozenset(".;!?\n|")
_PAUSES = frozenset(":,")
_SENDER_REACH = 3
_SCOPE = 8
#: What follows is asked or supposed, not stated: "cannot tell whether the user exists".
_SUPPOSED = frozenset({"whether", "if", "unless", "mean", "ob", "falls", "wenn", "si", "se"})
_NEGATED = frozenset({"not", "no", "non", "isnt", "wasnt", "never", "nicht", "keine", "kein", "pas"})
#: After these a server, list or message is only the place where something is missing.
_PLACES = frozenset(
    {
        "on", "in", "at", "by", "from", "within", "among", "of", "auf", "im", "bei", "dem", "sur", "dans", "en",
        "chez", "su", "nel", "nella", "sul", "na", "neste", "nesta", "op", "w", "we", "ve", "v", "pa", "hos", "u",
        "sa", "numa",
    }
)  # fmt: skip


class Noun(StrEnum):
    RECIPIENT = "recipient"
    DOMAIN = "domain"
    SENDER = "sender"
    OTHER = "other"


class PredicateMeaning(StrEnum):
    ABSENT = "absent"
    WEAK = "weak"
    NONE = "none"
    HELD = "held"
    FULL = "full"
    PASSING = "passing"
    TEMPORARY = "temporary"


_ADVERBS = frozenset({PredicateMeaning.PASSING, PredicateMeaning.TEMPORARY})
_REASONS: dict[tuple[Noun, PredicateMeaning], BounceReason] = {
    (Noun.RECIPIENT, PredicateMeaning.ABSENT): BounceReason.USERUNKNOWN,
    (Noun.RECIPIENT, PredicateMeaning.WEAK): BounceReason.USERUNKNOWN,
    (Noun.RECIPIENT, PredicateMeaning.NONE): BounceReason.USERUNKNOWN,
    (Noun.RECIPIENT, PredicateMeaning.HELD): BounceReason.SUSPEND,
    (Noun.RECIPIENT, PredicateMeaning.FULL): BounceReason.MAILBOXFULL,
    (Noun.DOMAIN, PredicateMeaning.ABSENT): BounceReason.HOSTUNKNOWN,
    (Noun.DOMAIN, PredicateMeaning.NONE): BounceReason.HOSTUNKNOWN,
    (Noun.SENDER, PredicateMeaning.ABSENT): BounceReason.REJECTED,
    (Noun.SENDER, PredicateMeaning.HELD): BounceReason.REJECTED,
}


def fold(text: str) -> str:
    """Lower case without accents; text and vocabulary are folded alike."""
    text = text.lower()
    if text.isascii():
        return text
    kept = "".join(mark for mark in unicodedata.normalize("NFD", text) if unicodedata.category(mark) != "Mn")
    return unicodedata.normalize("NFC", kept).translate(_LETTERS)


@dataclass(frozen=True, slots=True)
class _Phrase:
    words: tuple[str, ...]
    noun: Noun | None
    says: PredicateMeaning | None

    def length_at(self, tokens: list[str], at: int) -> int:
        position = at
        words = self.words
        index = 0
        while index < len(words):
            if words[index] == "..":
                index += 1
                limit = min(position + _GAP, len(tokens) - 1)
                while position <= limit and not _same(words[index], tokens[position]):
                    if tokens[position] in _ENDS:
                        return 0
                    position += 1
                if position > limit:
                    return 0
            elif position >= len(tokens) or not _same(words[index], tokens[position]):
                return 0
            index += 1
            position += 1
        return position - at


def _same(word: str, token: str) -> bool:
    return token.startswith(word[:-1]) if word[-1] == "*" else token == word


class _Lexicon:
    def __init__(self, words: GrammarVocabulary) -> None:
        self._exact: dict[tuple[str, str], list[_Phrase]] = {}
        self._stems: dict[tuple[str, str], list[_Phrase]] = {}
        for language in words.languages:
            for noun in Noun:
                self._file(getattr(language, noun), noun, None)
            for says in PredicateMeaning:
                if says not in _ADVERBS:
                    self._file(getattr(language, says), None, says)
        self._file(words.passing, None, PredicateMeaning.PASSING)
        self._file(words.temporary, None, PredicateMeaning.TEMPORARY)
        for filed in (*self._exact.values(), *self._stems.values()):
            filed.sort(key=lambda phrase: (-len(phrase.words), -sum(map(len, phrase.words))))

    def _file(self, phrases: Words, noun: Noun | None, says: PredicateMeaning | None) -> None:
        for text in dict.fromkeys(phrases):
            words = tuple(fold(text).split())
            second = "" if len(words) == 1 or words[1] == ".." else words[1][:_SECOND]
            stem = words[0].endswith("*")
            table = self._stems if stem else self._exact
            table.setdefault((words[0][:_STEM] if stem else words[0], second), []).append(_Phrase(words, noun, says))

    def at(self, tokens: list[str], position: int) -> tuple[_Phrase, int] | None:
        token = tokens[position]
        second = tokens[position + 1][:_SECOND] if position + 1 < len(tokens) else ""
        best: tuple[_Phrase, int] | None = None
        for table, first in ((self._exact, token), (self._stems, token[:_STEM])):
            for key in ((first, second), (first, "")) if second else ((first, ""),):
                for phrase in table.get(key, ()):
                    length = phrase.length_at(tokens, position)
                    if length and (best is None or length > best[1]):
                        best = (phrase, length)
        return best


@cache
def _lexicon() -> _Lexicon:
    return _Lexicon(vocabulary())


@dataclass(frozen=True, slots=True)
class ReplyMeaning:
    reasons: frozenset[BounceReason]
    foreign: bool


@dataclass(frozen=True, slots=True)
class _GrammarMatch:
    start: int
    end: int
    phrase: _Phrase


@lru_cache(maxsize=512)
def read_sentences(text: str) -> ReplyMeaning:
    """In `text`, addresses are written as "addr", hosts as "hostname"."""
    folded = _APOSTROPHE.sub("", _ELISION.sub(r"\1 ", fold(text)))
    reasons: set[BounceReason] = set()
    passing = weak = foreign = temporary = False
    for clause in _clauses(_TOKEN.findall(folded)[:_MAX_TOKENS]):
        statements = list(_statements(clause))
        ends = any(says is PredicateMeaning.TEMPORARY for _, says in statements)
        passing = passing or ends
        for noun, says in statements:
            if says in _ADVERBS:
                passing = True
                continue
            if ends and noun in (Noun.RECIPIENT, Noun.DOMAIN):
                temporary = True
            weak = weak or (noun is Noun.RECIPIENT and says is PredicateMeaning.WEAK)
            foreign = foreign or (
                noun in (Noun.OTHER, Noun.SENDER) and says in (PredicateMeaning.ABSENT, PredicateMeaning.NONE)
            )
            reason = _REASONS.get((noun, says)) if noun else None
            if reason is not None:
                reasons.add(reason)
    if temporary or (weak and passing and BounceReason.USERUNKNOWN in reasons):
        reasons -= {BounceReason.USERUNKNOWN, BounceReason.HOSTUNKNOWN}
        reasons.add(BounceReason.ONHOLD)
    if not folded.isascii() and _EASTERN.search(folded):
        reasons |= _told_east(folded)
    return ReplyMeaning(frozenset(reasons), foreign)


def _clauses(tokens: list[str]) -> Iterator[list[str]]:
    clause: list[str] = []
    for token in tokens:
        # No sentence is this long; within one every noun is weighed against every predicate.
        if token in _ENDS or len(clause) >= _MAX_CLAUSE:
            if clause:
                yield clause
            clause = []
        else:
            clause.append(token)
    if clause:
        yield clause


def _statements(clause: list[str]) -> Iterator[tuple[Noun | None, PredicateMeaning]]:
    nouns: list[_GrammarMatch] = []
    predicates: list[_GrammarMatch] = []
    lexicon = _lexicon()
    at = 0
    while at < len(clause):
        match = lexicon.at(clause, at)
        if match is None:
            at += 1
            continue
        phrase, length = match
        if phrase.noun:
            nouns.append(_GrammarMatch(at, at + length, phrase))
        else:
            predicates.append(_GrammarMatch(at, at + length, phrase))
            if ".." in phrase.words:
                nouns += _nouns_within(clause, at + 1, at + length)
        at += length
    senders = [noun for noun in nouns if noun.phrase.noun is Noun.SENDER]
    for predicate in predicates:
        says = predicate.phrase.says
        assert says is not None
        if says in _ADVERBS:
            if _NEGATED.isdisjoint(clause[max(0, predicate.start - 2) : predicate.start]):
                yield None, says
            continue
        if not _SUPPOSED.isdisjoint(_scope(clause, predicate)):
            continue
        noun = _subject(clause, nouns, predicate)
        if noun is not None:
            first = min(noun.start, predicate.start)
            # "We take no mail from unknown users" is about the sender.
            of_sender = clause[first - 1 : first] == ["from"] or any(
                _gap(noun, sender) <= _SENDER_REACH for sender in senders
            )
            yield (Noun.SENDER if of_sender else noun.phrase.noun), says


def _scope(clause: list[str], predicate: _GrammarMatch) -> list[str]:
    before = clause[max(0, predicate.start - _SCOPE) : predicate.start]
    pauses = [index for index, token in enumerate(before) if token in _PAUSES]
    return before[pauses[-1] + 1 :] if pauses else before


def _nouns_within(clause: list[str], start: int, end: int) -> list[_GrammarMatch]:
    matches = []
    for at in range(start, end):
        match = _lexicon().at(clause, at)
        if match is not None and match[0].noun and at + match[1] <= end:
            matches.append(_GrammarMatch(at, at + match[1], match[0]))
    return matches


def _gap(match: _GrammarMatch, other: _GrammarMatch) -> int:
    return max(match.start - other.end, other.start - match.end)


def _is_place(clause: list[str], noun: _GrammarMatch) -> bool:
    return noun.phrase.noun is Noun.OTHER and any(
        token in _PLACES for token in clause[max(0, noun.start - 2) : noun.start]
    )


def _subject(clause: list[str], nouns: list[_GrammarMatch], predicate: _GrammarMatch) -> _GrammarMatch | None:
    nearest: _GrammarMatch | None = None
    least = _REACH + 1
    heads = {noun.start for noun in nouns if noun.phrase.noun is Noun.OTHER}
    for noun in nouns:
        if _is_place(clause, noun):
            continue
        after = noun.start >= predicate.end
        if after and noun.end in heads:
            # "No recipient list", "bad email content": the last word of a compound is what is meant.
            continue
        between = clause[predicate.end : noun.start] if after else clause[noun.end : predicate.start]
        pauses = sum(token in _PAUSES for token in between)
        distance = len(between) + 2 * pauses
        if predicate.phrase.says is PredicateMeaning.NONE and (not after or distance > 1):
            continue
        if predicate.phrase.says is PredicateMeaning.WEAK and after and distance > 1:
            continue
        if pauses and (distance > _REACH - 2 or (after and between[0] not in _PAUSES)):
            continue
        if distance < least or (distance == least and not after):
            nearest, least = noun, distance
    return nearest


_EAST_NOUNS = (Noun.SENDER, Noun.OTHER, Noun.DOMAIN, Noun.RECIPIENT)
_EAST_SAYS = (PredicateMeaning.ABSENT, PredicateMeaning.HELD, PredicateMeaning.FULL)


@cache
def _east(kind: Noun | PredicateMeaning) -> Words:
    return tuple(sorted(map(fold, getattr(vocabulary().east, kind)), key=len, reverse=True))


def _told_east(text: str) -> set[BounceReason]:
    places = [(at, noun) for noun in _EAST_NOUNS for word in _east(noun) if (at := text.find(word)) >= 0]
    reasons: set[BounceReason] = set()
    for says in _EAST_SAYS:
        for word in _east(says):
            at = text.find(word)
            if at < 0:
                continue
            near = [(abs(at - place), noun) for place, noun in places if abs(at - place) <= _EAST_REACH]
            if any(noun is Noun.SENDER for _, noun in near):
                reasons.add(BounceReason.REJECTED)
            elif near and (reason := _REASONS.get((min(near, key=lambda pair: pair[0])[1], says))):
                reasons.add(reason)
    return reasons
