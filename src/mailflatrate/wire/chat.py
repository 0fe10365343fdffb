"""Asks a language model by chat completions at the operator's endpoint, which may be in a private network. Redirects
aren't followed, so the key goes to that host only.
"""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from mailflatrate.mail.writing.answers import LARGEST_ANSWER_OCTETS, read_answer, request_body
from mailflatrate.mail.writing.mask import AnswerRefused
from mailflatrate.mail.writing.questions import ModelQuestion
from mailflatrate.wire.deadline import Deadline
from mailflatrate.wire.http_post import PostAnswer, post

WATCH_SECONDS: Final = 1.0
_OTHER_LIMIT: Final = "max_completion_tokens"


class ChatProblem(StrEnum):
    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    CANCELED = "canceled"
    KEY = "key"
    ADDRESS = "address"
    BUSY = "busy"
    FAILED = "failed"
    UNUSABLE = "unusable"


class ChatFailed(Exception):
    """There is no usable answer; `detail` is for the operator."""

    def __init__(self, problem: ChatProblem, detail: str = "") -> None:
        super().__init__(f"{problem.value}: {detail}" if detail else problem.value)
        self.problem = problem
        self.detail = detail


@dataclass(frozen=True, slots=True)
class ChatEndpoint:
    url: str
    model: str
    key: str | None = field(repr=False)
    seconds: float


def ask_model(
    endpoint: ChatEndpoint, question: ModelQuestion, is_wanted: Callable[[], bool] = lambda: True
) -> tuple[str, ...]:
    """Raises ChatFailed. `is_wanted` is asked once a second; as soon as it says no, the connection is cut."""
    answer = _ask(endpoint, request_body(question, endpoint.model), is_wanted)
    if answer.status == 400 and _OTHER_LIMIT.encode() in answer.body:
        answer = _ask(endpoint, request_body(question, endpoint.model, limit_name=_OTHER_LIMIT), is_wanted)
    if answer.status != 200:
        raise ChatFailed(_problem_of(answer.status), f"{answer.status} {_message(answer.body)}".strip())
    try:
        return read_answer(answer.body, question)
    except AnswerRefused as refused:
        raise ChatFailed(ChatProblem.UNUSABLE, str(refused)) from refused


def _ask(endpoint: ChatEndpoint, body: bytes, is_wanted: Callable[[], bool]) -> PostAnswer:
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    if endpoint.key:
        headers["Authorization"] = f"Bearer {endpoint.key}"
    deadline = Deadline(endpoint.seconds)
    url = f"{endpoint.url.rstrip('/')}/chat/completions"
    with ThreadPoolExecutor(1, thread_name_prefix="chat") as pool:
        asked = pool.submit(
            post, url, body, headers, seconds=endpoint.seconds, most_octets=LARGEST_ANSWER_OCTETS, deadline=deadline
        )
        is_cut = False
        while not wait([asked], timeout=WATCH_SECONDS).done:
            if not is_cut and not is_wanted():
                deadline.cut()
                is_cut = True
    try:
        answer = asked.result()
    except TimeoutError as problem:
        raise ChatFailed(ChatProblem.CANCELED if is_cut else ChatProblem.TIMEOUT) from problem
    except OSError as problem:
        raise ChatFailed(ChatProblem.CANCELED if is_cut else ChatProblem.UNREACHABLE, f"{problem}"[:200]) from problem
    if is_cut:
        raise ChatFailed(ChatProblem.CANCELED)
    return answer


def _problem_of(status: int) -> ChatProblem:
    if status in (401, 403):
        return ChatProblem.KEY
    if status in (404, 405) or 300 <= status < 400:
        return ChatProblem.ADDRESS
    return ChatProblem.BUSY if status in (429, 503, 529) else ChatProblem.FAILED


def _message(body: bytes) -> str:
    try:
        error = json.loads(body)["error"]
        return str(error["message"] if isinstance(error, dict) else error)[:200]
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""
