"""Answers to the questions of a campaign, and the comments beside them."""

from typing import Annotated

from ninja import Query, Router, Schema
from pydantic import Field

from mailflatrate.apps.accounts.models import KeyScope
from mailflatrate.apps.tracking.models import PollComment
from mailflatrate.apps.tracking.poll_results import PollCommentInfo, PollResult, poll_comments, poll_results
from mailflatrate.entrypoints.api.v1.access_control import ApiRequest, endpoint
from mailflatrate.entrypoints.api.v1.schemas import Id, Page, PageQuery, before_id, page_of
from mailflatrate.entrypoints.presenters.lookups import find_campaign
from mailflatrate.mail.content.poll_links import PollKind

ROUTER = Router(tags=["Release and report"])


class PollAnswerInfo(Schema):
    """One answer, and how many people gave it."""

    answer: str
    people: int
    percent: Annotated[float, Field(description="of all who answered")]


class PollInfo(Schema):
    """A question with its answers. Each message counts once; no one is named."""

    question: str
    kind: PollKind
    people: int
    answers: list[PollAnswerInfo]
    score: Annotated[int | None, Field(description="the Net Promoter Score, -100 to 100; null: no scores or no answer")]
    groups: Annotated[
        dict[str, PollAnswerInfo], Field(description="promoters, passives and detractors; empty: no scores")
    ]


def _info(result: PollResult) -> PollInfo:
    return PollInfo(
        question=result.poll.question,
        kind=result.poll.kind,
        people=result.people,
        answers=[_answer(answer.label, answer.people, answer.percent) for answer in result.answers],
        score=result.score,
        groups={name: _answer(name, group.people, group.percent) for name, group in result.groups.items()},
    )


def _answer(label: str, people: int, percent: float) -> PollAnswerInfo:
    return PollAnswerInfo(answer=label, people=people, percent=round(percent, 2))


@endpoint(ROUTER, "get", "/campaigns/{campaign_id}/polls", scope=KeyScope.READ)
def list_polls(request: ApiRequest, campaign_id: Id) -> list[PollInfo]:
    """List a campaign's questions with the number of each answer."""
    return [_info(result) for result in poll_results(find_campaign(campaign_id))]


@endpoint(ROUTER, "get", "/campaigns/{campaign_id}/poll-comments", scope=KeyScope.READ)
def list_poll_comments(request: ApiRequest, campaign_id: Id, which: Query[PageQuery]) -> Page[PollCommentInfo]:
    """List the comments beside the answers, in no particular order."""
    campaign = find_campaign(campaign_id)
    rows = PollComment.objects.filter(campaign_id=campaign.id, id__gt=before_id(which.cursor) or 0)
    written = poll_comments(campaign, list(rows.order_by("id")[: which.limit + 1]))
    return page_of(written, which)
