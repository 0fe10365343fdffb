"""The model is asked at the operator's endpoint alone, in bounded time, and what it answers is read strictly."""

import threading
from typing import Any

import pytest

from mailflatrate.mail.writing.questions import sample_question
from mailflatrate.wire.chat import ChatEndpoint, ChatFailed, ChatProblem, ask_model
from support.language_model import KEY, LanguageModel, chat_answer, language_model

QUESTION = sample_question()


def endpoint(model: LanguageModel, seconds: float = 5.0) -> ChatEndpoint:
    return ChatEndpoint(model.url, "small-model", KEY, seconds)


def problem(model: LanguageModel, *, seconds: float = 5.0, **more: Any) -> ChatProblem:
    with pytest.raises(ChatFailed) as failed:
        ask_model(endpoint(model, seconds), QUESTION, **more)
    return failed.value.problem


def test_the_answer_comes_back_and_the_key_goes_along() -> None:
    with language_model() as model:
        assert ask_model(endpoint(model), QUESTION) == ("Short.",)
        assert model.headers[0][":path"] == "/v1/chat/completions"
        assert model.headers[0]["authorization"] == f"Bearer {KEY}"
        assert model.questions[0]["model"] == "small-model"


def test_each_refusal_has_its_name() -> None:
    with language_model() as model:
        for status, named in ((401, "key"), (404, "address"), (302, "address"), (429, "busy"), (500, "failed")):
            model.status, model.answer = status, lambda _text: {"error": {"message": "no"}}
            assert problem(model) == named
        model.status, model.answer = 200, lambda _text: b"<html>"
        assert problem(model) is ChatProblem.UNUSABLE
        model.answer = lambda _text: b"x" * 1_000_000
        assert problem(model) is ChatProblem.UNUSABLE, "only its beginning is read"
    assert problem(model) is ChatProblem.UNREACHABLE


def test_a_newer_name_of_the_limit_is_tried_when_the_endpoint_asks_for_it() -> None:
    with language_model() as model:

        def answer(_text: str) -> dict[str, Any]:
            model.status = 200 if len(model.received) > 1 else 400
            return chat_answer("Short.") if model.status == 200 else {"error": "use max_completion_tokens instead"}

        model.answer = answer
        assert ask_model(endpoint(model), QUESTION) == ("Short.",)
        assert ["max_tokens" in one for one in model.questions] == [True, False]


def test_a_silent_model_ends_at_its_limit_and_a_cancel_at_once() -> None:
    with language_model() as model:
        model.hold = threading.Event()
        assert problem(model, seconds=0.3) is ChatProblem.TIMEOUT
        assert problem(model, seconds=30, is_wanted=lambda: False) is ChatProblem.CANCELED
