"""The page on which a recipient answers a question of a message. GET and HEAD change nothing: scanners follow links."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation

from mailflatrate.apps.tracking.poll_answers import (
    LONGEST_COMMENT,
    AskedPoll,
    GivenAnswer,
    PollState,
    asked_poll,
    record_answer,
)
from mailflatrate.entrypoints.public.reader import PageReader, page_language, reader
from mailflatrate.entrypoints.ui.pages import public
from mailflatrate.mail.address import masked_address
from mailflatrate.mail.content.poll_links import PollKind
from mailflatrate.mail.identifiers.tokens import TokenPurpose
from mailflatrate.rules.limits import value as limit

IN_ARCHIVE = "archive"
"""In the place of a token: the address of an answer in a public archive, whose readers can't answer."""


@public("GET|POST q/<str:token>/<int:number>/<int:chosen>", "poll")
def answer(request: HttpRequest, token: str, number: int, chosen: int) -> HttpResponse:
    """Ask on GET, with the answer of the link chosen; on POST count the answer that was sent, once per message."""
    if token == IN_ARCHIVE:
        with translation.override(page_language(request, translation.get_language())):
            return _private(render(request, "public/poll.html", {"state": "archive", "customer": {"name": ""}}))
    with reader(TokenPurpose.POLL, token) as recipient:
        is_test = recipient.delivery.campaign_id is None and recipient.delivery.notice_id is not None
        asked = None if is_test else asked_poll(recipient.delivery, number)
        if not is_test and (asked is None or chosen >= len(asked.poll.answers)):
            raise Http404
        state = "test" if asked is None else asked.state.value
        if asked is not None and request.method == "POST":
            state = _record(request, recipient, asked)
        with translation.override(page_language(request, recipient.language)):
            context = {**recipient.context(), "state": state, **(_question(recipient, asked, chosen) if asked else {})}
            status = 410 if state == PollState.CLOSED else 200
            return _private(render(request, "public/poll.html", context, status=status))


def _record(request: HttpRequest, recipient: PageReader, asked: AskedPoll) -> str:
    sent = request.POST.get("answer", "")
    if not sent.isascii() or not sent.isdigit() or len(sent) > 2 or int(sent) >= len(asked.poll.answers):
        return asked.state.value
    comment = request.POST.get("comment", "").replace("\0", "")
    given = GivenAnswer(int(sent), comment, with_name="named" in request.POST and "nameless" not in request.POST)
    return record_answer(recipient.delivery, asked, given).value


def _question(recipient: PageReader, asked: AskedPoll, chosen: int) -> dict[str, object]:
    contact = recipient.delivery.contact
    return {
        "poll": asked.poll,
        "answers": list(enumerate(asked.poll.answers)),
        "chosen": chosen,
        "is_score": asked.poll.kind is PollKind.NPS,
        "longest": LONGEST_COMMENT,
        "open_days": round(limit("poll_open_days")),
        "name": masked_address(contact.email) if asked.may_name and contact is not None else "",
    }


def _private(response: HttpResponse) -> HttpResponse:
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
