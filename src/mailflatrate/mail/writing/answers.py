"""The chat-completions format: a question as a request, and a strict reading of the answer, which is foreign bytes."""

import json
import re
from typing import Any, Final

from mailflatrate.mail.writing.mask import AnswerRefused
from mailflatrate.mail.writing.questions import ModelQuestion

LARGEST_ANSWER_OCTETS: Final = 256 * 1024
LONGEST_CONTENT: Final = 40_000
MOST_TOKENS: Final = 4_000
_THOUGHT: Final = re.compile(r"\A\s*<think>.*?</think>", re.DOTALL)
_FENCE: Final = re.compile(r"\A```[a-z]{0,10}\s*(.*?)\s*```\Z", re.DOTALL)


def request_body(question: ModelQuestion, model: str, *, limit_name: str = "max_tokens") -> bytes:
    """Return the JSON to post. `limit_name`: newer models call the limit `max_completion_tokens`."""
    content: Any = question.text
    if question.picture:
        content = [
            {"type": "text", "text": question.text},
            {"type": "image_url", "image_url": {"url": question.picture}},
        ]
    messages = [{"role": "system", "content": question.rules}, {"role": "user", "content": content}]
    asked = {"model": model, "messages": messages, "stream": False, limit_name: MOST_TOKENS}
    return json.dumps(asked, ensure_ascii=False).encode()


def read_answer(body: bytes, question: ModelQuestion) -> tuple[str, ...]:
    """Return the suggestions of an answer. Raises AnswerRefused for anything but what was asked for."""
    try:
        choice = json.loads(body)["choices"][0]
        content = choice["message"]["content"]
        ended = choice.get("finish_reason")
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError) as problem:
        raise AnswerRefused("format") from problem
    if ended == "length":
        raise AnswerRefused("cut")
    if not isinstance(content, str) or len(content) > LONGEST_CONTENT:
        raise AnswerRefused("format")
    content = _THOUGHT.sub("", content).strip()
    fenced = _FENCE.match(content)
    try:
        suggestions = json.loads(fenced[1] if fenced else content)["suggestions"]
    except (ValueError, KeyError, TypeError, RecursionError) as problem:
        raise AnswerRefused("format") from problem
    if not isinstance(suggestions, list) or len(suggestions) < question.count:
        raise AnswerRefused("format")
    texts = suggestions[: question.count]
    if not all(isinstance(text, str) and text.strip() for text in texts):
        raise AnswerRefused("empty")
    if any(len(text) > question.longest for text in texts):
        raise AnswerRefused("long")
    return tuple(text.strip() for text in texts)
