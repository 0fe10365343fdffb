"""The report's answers to a campaign's questions, and the comments beside them."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _

from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.tracking.models import PollComment
from mailflatrate.apps.tracking.poll_answers import delete_comment
from mailflatrate.apps.tracking.poll_results import LEAST_RECIPIENTS, poll_comments, poll_results, shows_answers
from mailflatrate.entrypoints.presenters.lookups import find_campaign
from mailflatrate.entrypoints.presenters.polls import SCORE_GROUP_WORDS, answer_lines, comment_lines
from mailflatrate.entrypoints.studio.access import StudioRequest, studio
from mailflatrate.entrypoints.studio.campaigns.reports.report import base_context
from mailflatrate.entrypoints.studio.common import page
from mailflatrate.entrypoints.ui.csv_lines import csv_line
from mailflatrate.entrypoints.ui.posts import perform
from mailflatrate.rules.roles import Permission

SHOWN_COMMENTS = 100


def _find(campaign_id: int) -> Campaign:
    campaign = find_campaign(campaign_id)
    if campaign.started_at is None:
        raise Http404
    return campaign


@studio("GET campaigns/<int:campaign_id>/answers/", "campaign-answers", Permission.VIEW, limited=True)
def answers(request: StudioRequest, campaign_id: int) -> HttpResponse:
    campaign = _find(campaign_id)
    rows = PollComment.objects.filter(campaign_id=campaign.id)
    newest = list(rows.order_by("-day", "-id")[: SHOWN_COMMENTS + 1])
    context: dict[str, Any] = {
        **base_context(campaign, "answers"),
        "results": [
            (poll_result, [(SCORE_GROUP_WORDS[name], group) for name, group in poll_result.groups.items()])
            for poll_result in poll_results(campaign)
        ],
        "written": poll_comments(campaign, newest[:SHOWN_COMMENTS]),
        "least": "" if shows_answers(campaign.id) else LEAST_RECIPIENTS,
        "has_more": len(newest) > SHOWN_COMMENTS,
        "shown": SHOWN_COMMENTS,
        "may_delete": not request.membership.is_limited,
    }
    return page(request, "studio/campaigns/answers.html", context)


@studio("GET campaigns/<int:campaign_id>/answers.csv", "campaign-answers-csv", Permission.VIEW, limited=True)
def download_answers(request: StudioRequest, campaign_id: int) -> HttpResponse:
    campaign = _find(campaign_id)
    return _csv(campaign, "answers", answer_lines(poll_results(campaign)))


@studio(
    "GET campaigns/<int:campaign_id>/answers/comments.csv",
    "campaign-answer-comments-csv",
    Permission.VIEW,
    limited=True,
)
def download_comments(request: StudioRequest, campaign_id: int) -> HttpResponse:
    campaign = _find(campaign_id)
    rows = list(PollComment.objects.filter(campaign_id=campaign.id).order_by("day", "id"))
    return _csv(campaign, "comments", comment_lines(poll_comments(campaign, rows)))


def _csv(campaign: Campaign, subject: str, lines: Iterable[Sequence[str]]) -> HttpResponse:
    response = HttpResponse("\ufeff" + "".join(map(csv_line, lines)), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{campaign.mailing_id}-{subject}.csv"'
    response.headers["Cache-Control"] = "no-store"
    return response


@studio(
    "POST campaigns/<int:campaign_id>/answers/comments/<int:comment_id>/delete/",
    "campaign-answer-comment-delete",
    Permission.DRAFT,
    logs="campaign.answer_comment_deleted",
)
def delete(request: StudioRequest, campaign_id: int, comment_id: int) -> HttpResponse:
    """Delete a comment: a person may have written what no one should keep. The answer stays counted."""
    campaign = _find(campaign_id)
    row = get_object_or_404(PollComment.objects, id=comment_id, campaign_id=campaign.id)
    here = reverse("studio:campaign-answers", args=[campaign.id])
    return perform(request, lambda: delete_comment(row.id, by=request.user), _("Comment deleted."), here, refused=())
