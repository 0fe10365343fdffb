"""A check that the language model of writing help answers, and in the form that the editor needs."""

from collections.abc import Iterator

from mailflatrate.entrypoints.boot.doctor_report import Line, ok, warning
from mailflatrate.mail.writing.questions import sample_question
from mailflatrate.settings.schema import Settings
from mailflatrate.wire.chat import ChatEndpoint, ChatFailed, ChatProblem, ask_model

_FIXES = {
    ChatProblem.KEY: "Check MAILFLATRATE_WRITING_KEY.",
    ChatProblem.ADDRESS: "Check MAILFLATRATE_WRITING_MODEL and MAILFLATRATE_WRITING_URL, which `/chat/completions` is "
    "added to.",
    ChatProblem.UNREACHABLE: "Check MAILFLATRATE_WRITING_URL and that this host can reach it.",
    ChatProblem.TIMEOUT: "Use a faster model, or raise MAILFLATRATE_WRITING_TIMEOUT_SECONDS.",
    ChatProblem.UNUSABLE: "Use a model that follows instructions and answers with JSON when asked to.",
}


def writing_lines(settings: Settings) -> Iterator[Line]:
    """Ask the model one question without any customer's text. Nothing is said if writing help is off."""
    if not settings.writing_url or not settings.writing_model:
        return
    place = f"{settings.writing_model} at {settings.writing_host}"
    target = ChatEndpoint(
        settings.writing_url, settings.writing_model, settings.writing_key, settings.writing_timeout_seconds
    )
    try:
        ask_model(target, sample_question())
    except ChatFailed as failed:
        fix = _FIXES.get(failed.problem, "Look at the log of that server.")
        yield warning("writing help", f"{place}: {failed}", fix)
    else:
        yield ok("writing help", f"{place} answers")
