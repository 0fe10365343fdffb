"""Answers in a campaign's source: `poll:?question=...&answer=...`, or `&score=9` from 0 to 10 (Net Promoter Score). A
link has its question, so copies have the whole poll. Compiling replaces it by the page on which the recipient sends
that answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Final
from urllib.parse import parse_qsl

from mailflatrate.mail.author_mistakes import mistake
from mailflatrate.mail.content.calendar_links import unescaped_link
from mailflatrate.mail.source_errors import Lines, SourceError

SCHEME: Final = "poll:?"
MOST_POLLS: Final = 5
"""Different questions of one campaign."""
FEWEST_ANSWERS, MOST_ANSWERS = 2, 6
SCORES: Final = tuple(str(score) for score in range(11))
LEAST_PROMOTER, LEAST_PASSIVE = 9, 7
"""The scores at which promoters and passives begin; the others are detractors."""
_LINK = re.compile(r"""poll:\?[^\s"'<>)]{0,4000}""")
_LONGEST = {"question": 200, "answer": 100, "score": 2, "comment": 1}
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class PollKind(StrEnum):
    """What a question asks for."""

    CHOICE = "choice"
    NPS = "nps"


class PollLinkError(ValueError):
    """`code` is a mistake of `author_mistakes`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class PollLink:
    question: str
    answer: str
    kind: PollKind
    with_comment: bool


@dataclass(frozen=True, slots=True)
class Poll:
    """Answers by number from 0, in the order of the message; scores in their own order."""

    question: str
    kind: PollKind
    answers: tuple[str, ...]
    with_comment: bool

    @property
    def words(self) -> str:
        return "\n".join((self.question, *self.answers))

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "answers": list(self.answers)}


def poll_from_json(stored: Mapping[str, Any]) -> Poll:
    return Poll(stored["question"], PollKind(stored["kind"]), tuple(stored["answers"]), stored["with_comment"])


def read_answer(link: str) -> PollLink:
    """Raises PollLinkError."""
    try:
        pairs = parse_qsl(link.removeprefix(SCHEME), keep_blank_values=True, max_num_fields=len(_LONGEST))
    except ValueError as problem:
        raise PollLinkError("poll-unreadable") from problem
    given = {name: " ".join(_CONTROL.sub(" ", value).split()) for name, value in pairs}
    if not given.keys() <= _LONGEST.keys() or any(len(value) > _LONGEST[name] for name, value in given.items()):
        raise PollLinkError("poll-unreadable")
    question, answer, score = (given.get(name, "") for name in ("question", "answer", "score"))
    if not question:
        raise PollLinkError("poll-questionless")
    if bool(answer) == bool(score) or (score and score not in SCORES):
        raise PollLinkError("poll-answerless")
    kind = PollKind.NPS if score else PollKind.CHOICE
    return PollLink(question, answer or score, kind, given.get("comment", "") == "1")


def polls_in(texts: Iterable[str]) -> tuple[Poll, ...]:
    """Complete polls by number from 0; none if there are too many. `find_poll_errors` names the others."""
    questions: dict[str, list[PollLink]] = {}
    for text in texts:
        for link, _at in _answers(text):
            if isinstance(link, PollLink):
                questions.setdefault(link.question, []).append(link)
    if len(questions) > MOST_POLLS:
        return ()
    return tuple(_poll(links) for links in questions.values() if _incomplete(links) is None)


def _poll(links: Sequence[PollLink]) -> Poll:
    first = links[0]
    named = dict.fromkeys(link.answer for link in links)
    answers = SCORES if first.kind is PollKind.NPS else tuple(named)
    return Poll(first.question, first.kind, answers, any(link.with_comment for link in links))


def with_answer_urls(text: str, polls: Sequence[Poll], variable: str) -> str:
    numbers = {poll.question: number for number, poll in enumerate(polls)}

    def replace(match: re.Match[str]) -> str:
        link = _read(match)
        poll = numbers.get(link.question) if isinstance(link, PollLink) else None
        if not isinstance(link, PollLink) or poll is None or link.answer not in polls[poll].answers:
            return match.group()
        return f"{{{{ {variable} }}}}/{poll}/{polls[poll].answers.index(link.answer)}"

    return _LINK.sub(replace, text)


def find_poll_errors(text: str) -> list[SourceError]:
    lines = Lines(text)
    errors: dict[tuple[str, str], SourceError] = {}
    begun: dict[str, tuple[int, list[PollLink]]] = {}
    for link, at in _answers(text):
        if isinstance(link, PollLink):
            begun.setdefault(link.question, (lines.at(at), []))[1].append(link)
        else:
            errors.setdefault((link, ""), mistake(lines.at(at), link))
    for question, (line, links) in begun.items():
        if code := _incomplete(links):
            errors[code, question] = mistake(line, code, question)
    mistakes = list(errors.values())
    if len(begun) > MOST_POLLS:
        mistakes.append(mistake(1, "too-many-polls", str(MOST_POLLS)))
    return sorted(mistakes, key=lambda error: error.line)


def _incomplete(links: Sequence[PollLink]) -> str | None:
    if len({link.kind for link in links}) > 1:
        return "poll-mixed"
    named = {link.answer for link in links}
    if links[0].kind is PollKind.NPS:
        return None if named == set(SCORES) else "poll-scores"
    return None if FEWEST_ANSWERS <= len(named) <= MOST_ANSWERS else "poll-answers"


def _answers(text: str) -> Iterator[tuple[PollLink | str, int]]:
    for match in _LINK.finditer(text):
        yield _read(match), match.start()


def _read(match: re.Match[str]) -> PollLink | str:
    try:
        return read_answer(unescaped_link(match))
    except PollLinkError as problem:
        return problem.code
