"""The habits that the product's English gave up, each with what to write instead and one example either way.

A row's `scopes` say where it counts: MESSAGES are the English texts of the catalog, PROSE is the documentation,
CODE is docstrings and comments. Patterns ignore case and see one text at a time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum


class Scope(StrEnum):
    """Where a text was found."""

    MESSAGES = "messages"
    PROSE = "docs"
    CODE = "code"


MESSAGES = frozenset({Scope.MESSAGES})
WRITTEN = frozenset({Scope.MESSAGES, Scope.PROSE})
EVERYWHERE = frozenset(Scope)


@dataclass(frozen=True, slots=True)
class Habit:
    """One habit. `wrong` must match the pattern, `right` must not."""

    key: str
    pattern: re.Pattern[str]
    instead: str
    wrong: str
    right: str
    scopes: frozenset[Scope] = EVERYWHERE


def _habit(
    key: str, pattern: str, instead: str, wrong: str, right: str, scopes: frozenset[Scope] = EVERYWHERE
) -> Habit:
    return Habit(key, re.compile(pattern, re.IGNORECASE), instead, wrong, right, scopes)


HABITS = (
    _habit("mend", r"\bmend(s|ed|ing)?\b", "fix", "Mend the record first.", "Fix the record first."),
    _habit(
        "no more",
        r"\b(any ?more|no more|not more)\b(?! (than|of|time|room|messages|space|letters|rows)\b)",
        "no longer",
        "It is not sent any more.",
        "It's no longer sent; no more than three remain.",
    ),
    _habit(
        "whoever",
        r"\bwho(so|m)?ever\b",
        "the person who, anyone who, or who",
        "Whoever asked gets an answer.",
        "The person who asked gets an answer.",
    ),
    _habit(
        "somebody",
        r"\b(some|every)body('s)?\b",
        "someone, everyone, or the people meant",
        "Somebody was faster.",
        "Someone else saved first.",
    ),
    _habit(
        "nobody",
        r"\bnobody('s)?\b",
        "no one, or say what is missing",
        "Nobody is here yet.",
        "No contacts yet.",
        WRITTEN,
    ),
    _habit(
        "by itself", r"\bby (itself|themselves)\b", "automatically", "It stops by itself.", "It stops automatically."
    ),
    _habit(
        "of ours",
        r"\b(person|people|rules?|keys?|tokens?|functions?|triggers?|languages?|pages?|files?|hosts?|one) of ours\b",
        "our",
        "A rule of ours stopped it.",
        "One of our rules stopped it.",
    ),
    _habit(
        "stands",
        r"\b(stands?|stood|standing) (in|here|there|at|on|under|beside|behind|before|above|below|after)\b",
        "is, shows or appears",
        "The ID stands in the header.",
        "The ID is in the header.",
    ),
    _habit(
        "standing",
        r"\bstandings?\b",
        "account status",
        "Your standing changed.",
        "Your account status changed.",
        WRITTEN,
    ),
    _habit("postbox", r"\bpostbox(es)?\b", "test inbox", "Look into the postbox.", "Open the test inbox."),
    _habit(
        "he",
        r"\b(he|him|his|himself)\b",
        "they, or the plural",
        "The reader finds his copy.",
        "Readers find their copy.",
    ),
    _habit(
        "fix a check",
        r"\bchecks? (still )?needs? fixing\b",
        "say that it hasn't passed; what it found is what needs fixing",
        "2 checks still need fixing.",
        "2 checks haven't passed yet.",
    ),
    _habit("please", r"\bplease\b", "leave it out", "Please try again.", "Try again.", MESSAGES),
    _habit(
        "simply",
        r"\bsimply\b|\bjust (click|press|enter|reply|send|choose)\b",
        "leave it out",
        "Simply reply.",
        "Reply.",
        MESSAGES,
    ),
    _habit("exclamation mark", r"\w!(\s|$)", "a full stop", "Welcome!", "Welcome. Use != for inequality.", WRITTEN),
    _habit(
        "letter",
        r"\bletters? (is|are|was|were|goes|go|left|leaves?|per)\b|\b(test|a|the|each|every|one) letter\b",
        "message",
        "Each letter is signed.",
        "Each message is signed in lowercase letters.",
    ),
    _habit(
        "mailing",
        r"\bmailings?\b(?!( |-)(id|list|address)s?\b)",
        "campaign, message or email",
        "The mailing was sent.",
        "The campaign was sent under its mailing ID.",
    ),
    _habit(
        "goes out",
        r"\b(goes|go|went|gone|going|comes|came|come) out\b|\bcomes? along\b",
        "is sent, is returned",
        "The campaign goes out now.",
        "The campaign is sent now.",
    ),
    _habit(
        "let go",
        r"\blet(s|ting)? (\w+ )?go\b",
        "remove, release or drop",
        "Quiet people are let go.",
        "Inactive contacts are removed.",
    ),
    _habit("in doubt", r"\bin doubt\b", "unknown result", "Three are in doubt.", "Three have an unknown result."),
    _habit("deed", r"\bdeeds?\b", "action", "The deed is kept in the log.", "The action is kept in the log."),
    _habit(
        "is no",
        r"(^|[”.;:,] |\b(this|that|it) )(is|was) no (?!longer\b|more\b|one\b)[a-z]+",
        "isn't a",
        "This is no address.",
        "This isn't an address; it's no longer used.",
        WRITTEN,
    ),
    _habit(
        "is no, in code",
        r"(?<!there )(?<!there\n)\b(is|are|was|were) no (?!(longer|more|one|other|need)\b|\w+er\b)[a-z]+",
        "isn't a",
        "The person is no operator.",
        "The person isn't an operator; there is no operator, and it is no larger than one.",
        frozenset({Scope.CODE}),
    ),
    _habit(
        "so many",
        r"(^|[.:;] )so (many|much|few|long|far)\b(?!.*\bthat\b)",
        "this many, or at most this many",
        "So many layers are undone.",
        "At most this many layers are undone.",
    ),
    _habit(
        "four eyes", r"\b(four[- ]eyes|second look)\b", "approval", "Four-eyes release is on.", "Approval is required."
    ),
    _habit("the house", r"\bthe house\b", "we, the service or the operator", "The house decides.", "We decide."),
    _habit(
        "British spelling",
        r"\b(colou?rs?(?<=our)|colours|favour\w*|behaviou?r(?<=our)|behaviours|centre|grey|cancelled|cancelling|"
        r"neighbour\w*|catalogues?|defence|licence|judgement|(after|to|back|up|down)wards|whilst|amongst|tunnelled|modelled|"
        r"(organ|recogn|author|normal|canonical|minim|maxim|summar|sanit|serial|special|general|initial|real|custom|"
        r"personal|central|local|util|optim|categor|synchron)is(e|es|ed|er|ing|ations?))\b",
        "American spelling",
        "The colour was recognised.",
        "The color was recognized.",
    ),
    _habit(
        "people meant",
        r"\b(persons?|a person|people) of ours\b|\ba person looks\b|\ba human being\b",
        "our team",
        "A person looks at it first.",
        "Our team reviews it first.",
    ),
    _habit(
        "rule id",
        r"\(R-\d+\)",
        "leave it out; the page shows the rule beside the sentence",
        "Not yet (R-90).",
        "Not yet.",
        MESSAGES,
    ),
)
