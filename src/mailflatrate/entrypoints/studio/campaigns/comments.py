"""Colleagues' comments on a campaign: a part of the compose page, and a page of its own."""

import hashlib
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _

from mailflatrate.apps.campaigns.actions import comments as comments_actions
from mailflatrate.apps.campaigns.errors import CampaignError
from mailflatrate.apps.campaigns.models import Campaign, CampaignComment, CampaignState, CommentPlace
from mailflatrate.apps.campaigns.queries import Thread, comment_threads
from mailflatrate.entrypoints.presenters.lookups import find_campaign
from mailflatrate.entrypoints.studio.access import StudioRequest, is_htmx, studio
from mailflatrate.entrypoints.studio.campaigns.reports.report import base_context
from mailflatrate.entrypoints.studio.common import page, whole_number
from mailflatrate.entrypoints.ui.posts import see_other
from mailflatrate.rules.roles import Permission, may


def comments_context(request: StudioRequest, campaign: Campaign) -> dict[str, Any]:
    threads = comment_threads(campaign.id)
    return {
        "comments_seen": _stamp(threads),
        "threads": [row for row in threads if row.first.resolved_at is None],
        "settled": [row for row in threads if row.first.resolved_at is not None],
        "places": CommentPlace.choices,
        "deletes_all": may(request.membership.role, Permission.TEAM),
    }


def _stamp(threads: list[Thread]) -> str:
    rows = [row for thread in threads for row in (thread.first, *thread.answers)]
    states = repr([(row.id, row.deleted_at, row.resolved_at) for row in rows])
    return hashlib.sha256(states.encode()).hexdigest()[:16]


def _find(campaign_id: int, comment_id: int) -> CampaignComment:
    return get_object_or_404(CampaignComment.objects, id=comment_id, campaign_id=campaign_id)


def _answer(request: StudioRequest, campaign: Campaign, *, error: str = "", anchor: str = "comments") -> HttpResponse:
    if is_htmx(request):
        context = {"campaign": campaign, "comment_error": error, **comments_context(request, campaign)}
        return page(request, "studio/campaigns/comments.html", context)
    if error:
        messages.error(request, error)
    return see_other(f"{reverse('studio:campaign-comments', args=[campaign.id])}#{anchor}")


def _news(request: StudioRequest, campaign: Campaign) -> HttpResponse:
    context = comments_context(request, campaign)
    if context["comments_seen"] == request.GET.get("seen"):
        return HttpResponse(status=204)
    return page(request, "studio/campaigns/comments.html", {"campaign": campaign, "keeps": True, **context})


@studio(
    "GET|POST campaigns/<int:campaign_id>/comments/",
    "campaign-comments",
    Permission.VIEW,
    limited=True,
    logs="comment.written",
)
def comments(request: StudioRequest, campaign_id: int) -> HttpResponse:
    campaign = find_campaign(campaign_id)
    if request.method != "POST" and is_htmx(request):
        return _news(request, campaign)
    if request.method != "POST":
        is_draft = campaign.state == CampaignState.DRAFT
        frame = {"campaign": campaign} if is_draft else base_context(campaign, "comments")
        context = {**frame, "is_draft": is_draft, **comments_context(request, campaign)}
        return page(request, "studio/campaigns/comments_page.html", context)
    about = request.POST.get("about", "")
    thread_id = whole_number(request.POST.get("thread"))
    if thread_id:
        _find(campaign_id, thread_id)
    try:
        row = comments_actions.write_comment(
            campaign_id,
            request.POST.get("text", ""),
            by=request.user,
            thread_id=thread_id or None,
            about=CommentPlace(about) if about in CommentPlace.values else CommentPlace.WHOLE,
        )
    except CampaignError as problem:
        return _answer(request, campaign, error=str(problem))
    return _answer(request, campaign, anchor=f"comment-{row.id}")


@studio(
    "POST campaigns/<int:campaign_id>/comments/<int:comment_id>/settle/",
    "campaign-comment-settle",
    Permission.VIEW,
    limited=True,
    logs="comment.settled",
)
def settle(request: StudioRequest, campaign_id: int, comment_id: int) -> HttpResponse:
    campaign, row = find_campaign(campaign_id), _find(campaign_id, comment_id)
    if row.thread_id is not None:
        raise Http404
    comments_actions.settle_thread(row.id, by=request.user, settled=request.POST.get("settled") == "yes")
    return _answer(request, campaign)


@studio(
    "POST campaigns/<int:campaign_id>/comments/<int:comment_id>/delete/",
    "campaign-comment-delete",
    Permission.VIEW,
    limited=True,
    logs="comment.deleted",
)
def take_back(request: StudioRequest, campaign_id: int, comment_id: int) -> HttpResponse:
    """Delete the text of a comment; the fact that there was one remains."""
    campaign, row = find_campaign(campaign_id), _find(campaign_id, comment_id)
    try:
        comments_actions.take_back_comment(row.id, by=request.user)
    except CampaignError as problem:
        return _answer(request, campaign, error=str(problem))
    if not is_htmx(request):
        messages.success(request, _("Comment deleted. Others can still see that there was one."))
    return _answer(request, campaign)
