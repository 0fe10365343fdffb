"""Measures, complaints, questions, and reports of abuse. No response ever reveals who complained (R-80)."""

from datetime import datetime
from typing import Annotated, Any

from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile
from django.http import HttpRequest
from django.utils.datastructures import MultiValueDict
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema
from pydantic import Field

from mailflatrate.apps.abuse.actions.intake import find, take_page_report
from mailflatrate.apps.abuse.models import CaseQuestion, Complaint
from mailflatrate.apps.accounts.models import KeyScope
from mailflatrate.apps.inbound.models import Feedback, FeedbackKind
from mailflatrate.apps.stats.action_texts import LEVELS, need_of, remedy, sentence
from mailflatrate.apps.stats.models import Measure
from mailflatrate.entrypoints.api.v1.access_control import ApiRequest, endpoint, public
from mailflatrate.entrypoints.api.v1.problems import Code, Problem
from mailflatrate.entrypoints.api.v1.schemas import Page, PageQuery, RequestBodySchema, filled, newest_first
from mailflatrate.entrypoints.client import client_ip
from mailflatrate.entrypoints.presenters.abuse_report import ReportForm, given_of, sender_of, within_limits

ROUTER = Router(tags=["Abuse"])
LARGEST_MAIL_CHARACTERS = 5 * 1024 * 1024


class MeasureInfo(Schema):
    """An action taken because a limit was crossed, with its figures and how to fix it (R-09). Our team lifts it
    (R-90).
    """

    id: int
    campaign_id: int | None
    level_code: Annotated[str, Field(description="the level, for programs")]
    level: Annotated[str, Field(description="the same in words")]
    cause: str
    rule: str
    sentence: str
    remedy: str
    events: int
    base: int
    limit_percent: Annotated[
        float, Field(description="the limit that was crossed; a number of events if the cause starts with `new_`")
    ]
    at: datetime
    lifted_at: datetime | None


class ComplaintInfo(Schema):
    """A complaint about a campaign. We don't say who complained; they're already off your lists (R-79)."""

    id: int
    campaign_id: int | None
    at: datetime


class AbuseQuestion(Schema):
    """A question from the abuse desk to the account. Answer it on the account's pages, with evidence."""

    id: int
    case: str
    campaign_id: int | None
    text: str
    asked_at: datetime
    due_at: datetime
    answered_at: datetime | None
    settled_at: datetime | None


class AbuseReportRequest(RequestBodySchema):
    """A report of an unwanted message. `mail` works best: its tokens let us stop this sender's messages at once."""

    mail: Annotated[
        str, Field(max_length=LARGEST_MAIL_CHARACTERS, description="the whole message as received (RFC 5322)")
    ] = ""
    about: Annotated[
        str, Field(max_length=200_000, description="alternatively, the mailing ID or the message's header lines")
    ] = ""
    complaint: Complaint = Complaint.UNASKED
    text: Annotated[str, Field(max_length=8000, description="what happened, in your own words")] = ""
    reporter: Annotated[
        str, Field(max_length=254, description="your address, for our reply; never shared with the sender")
    ] = ""
    reporter_name: Annotated[str, Field(max_length=120)] = ""
    good_faith: Annotated[
        bool, Field(description="required for illegal content, together with text, name and address (DSA Art. 16)")
    ] = False


class AbuseReportResult(Schema):
    """The case opened for a report. `stopped`: this sender's messages to you have stopped. `asked`: if you received the
    message, we've emailed you a link that stops messages from all senders.
    """

    reference: str
    sender: str
    stopped: bool
    asked: bool


@endpoint(ROUTER, "get", "/measures", scope=KeyScope.READ)
def list_measures(request: ApiRequest, which: Query[PageQuery]) -> Page[MeasureInfo]:
    """List measures against the account and its campaigns, newest first."""
    return newest_first(Measure.objects.all(), which, _measure)


def _measure(row: Measure) -> MeasureInfo:
    need = need_of(row)
    return filled(
        MeasureInfo,
        row,
        level_code=need.level.name.lower(),
        level=_(LEVELS[need.level]),
        sentence=sentence(row),
        remedy=remedy(need),
    )


@endpoint(ROUTER, "get", "/complaints", scope=KeyScope.READ)
def list_complaints(request: ApiRequest, which: Query[PageQuery]) -> Page[ComplaintInfo]:
    """List complaints about the account's campaigns, newest first. They don't name anyone."""
    return newest_first(Feedback.objects.filter(kind=FeedbackKind.COMPLAINT), which, ComplaintInfo.model_validate)


@endpoint(ROUTER, "get", "/questions", scope=KeyScope.READ)
def list_questions(request: ApiRequest, which: Query[PageQuery]) -> Page[AbuseQuestion]:
    """List questions from the abuse desk, newest first."""
    return newest_first(CaseQuestion.objects.all(), which, lambda row: filled(AbuseQuestion, row, case=row.reference))


@public(ROUTER, "post", "/reports", status=201)
def report_abuse(request: HttpRequest, given: AbuseReportRequest) -> AbuseReportResult:
    """Report a message. Open to everyone, without a key: send the message itself, its headers, or its mailing ID. Each
    network can send a few an hour, more with the message itself. A token in the message stops this sender's
    messages at once; messages from everyone stop when the mailbox confirms.
    """
    ip = client_ip(request)
    files: MultiValueDict[str, UploadedFile[Any]] = MultiValueDict()
    if given.mail:
        files["file"] = SimpleUploadedFile("mail.eml", given.mail.encode())
    form = ReportForm({name: value for name, value in given.model_dump(mode="json").items() if name != "mail"}, files)
    if not form.is_valid():
        faults = [
            {"pointer": f"body.{'mail' if name == 'file' else name}", "message": " ".join(map(str, messages))}
            for name, messages in form.errors.items()
        ]
        raise Problem(Code.INVALID, more={"errors": faults})
    if not within_limits(ip, task_key=None, proved=find(form.raw()).proved):
        raise Problem(Code.RATE, headers={"Retry-After": "3600"})
    filed, match = take_page_report(given_of(form, ip, get_language() or "en"))
    return AbuseReportResult(
        reference=filed.case.reference,
        sender=sender_of(match),
        stopped=bool(filed.effect),
        asked=bool(filed.reporter) and match.campaign is not None,
    )
