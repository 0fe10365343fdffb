"""Writing help in the editor: what can be asked, how far the model is, and suggestions to take, edit or discard."""

from collections.abc import Mapping
from typing import Any

from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mailflatrate.apps.campaigns.actions import writing
from mailflatrate.apps.campaigns.errors import CampaignError
from mailflatrate.apps.campaigns.models import TASK_LABELS, Campaign, WritingRequest, WritingState
from mailflatrate.apps.campaigns.variants import as_variant
from mailflatrate.apps.campaigns.writing import writing_help
from mailflatrate.apps.campaigns.writing.writing_questions import explained
from mailflatrate.base import clock
from mailflatrate.entrypoints.presenters.language import language_name, reading_language
from mailflatrate.entrypoints.presenters.lookups import find_campaign
from mailflatrate.entrypoints.presenters.panel import panel_of
from mailflatrate.entrypoints.presenters.writing_help import choices_of, problem_words, rows_of
from mailflatrate.entrypoints.studio.access import StudioRequest, studio
from mailflatrate.entrypoints.studio.campaigns.variants import asked_variant
from mailflatrate.entrypoints.studio.common import page, whole_number
from mailflatrate.entrypoints.ui.pages import NOTHING
from mailflatrate.entrypoints.ui.posts import refuse, succeed
from mailflatrate.mail.writing.questions import WritingTask
from mailflatrate.rules.gate.judge import params_in_words
from mailflatrate.rules.roles import Permission
from mailflatrate.settings import load_settings

PROBLEM = 422


@studio(
    "GET|POST campaigns/<int:campaign_id>/edit/writing-help/",
    "campaign-writing-help",
    Permission.DRAFT,
    limited=True,
    logs="writing_help.asked",
)
def ask(request: StudioRequest, campaign_id: int) -> HttpResponse:
    """Show what can be asked; a POST asks. Before an account's first use, say what is sent where. Only for htmx."""
    campaign = find_campaign(campaign_id)
    state = writing_help.help_state()
    if state is None:
        raise Http404
    if request.method != "POST" or state.is_off or not state.is_agreed:
        return _start(request, campaign)
    try:
        made = writing.request_writing(campaign.id, _order(request, campaign), by=request.user)
    except CampaignError as problem:
        return _start(request, campaign, error=str(problem))
    return _state(request, made)


@studio(
    "POST campaigns/<int:campaign_id>/edit/writing-help/agree/",
    "campaign-writing-help-agree",
    Permission.DRAFT,
    logs="writing_help.agreed",
)
def agree(request: StudioRequest, campaign_id: int) -> HttpResponse:
    campaign = find_campaign(campaign_id)
    try:
        writing_help.agree(by=request.user, shown_host=request.POST.get("host", ""))
    except CampaignError as problem:
        return _start(request, campaign, error=str(problem))
    return _start(request, campaign)


@studio(
    "GET|POST campaigns/<int:campaign_id>/edit/writing-help/<int:writing_id>/",
    "campaign-writing-help-one",
    Permission.DRAFT,
    limited=True,
    logs=NOTHING,
)
def one(request: StudioRequest, campaign_id: int, writing_id: int) -> HttpResponse:
    campaign = find_campaign(campaign_id)
    row = WritingRequest.objects.select_related("campaign").filter(id=writing_id, campaign_id=campaign.id).first()
    if row is None:
        raise Http404
    if request.method == "POST":
        writing.cancel_writing(campaign.id, row.id)
        return _start(request, campaign)
    return _state(request, row)


def _task(request: StudioRequest) -> WritingTask:
    name = (request.POST if request.method == "POST" else request.GET).get("task", "")
    return WritingTask(name) if name in {member.value for member in WritingTask} else WritingTask.IDEAS


def _order(request: StudioRequest, campaign: Campaign) -> writing.WritingOrder:
    """Return what the form asks for. For a check, its sentence's values stay here; the rule's text is what is sent."""
    task, values, finding = _task(request), dict[str, str](), ""
    if task is WritingTask.EXPLAIN:
        failed = {item.finding.key: item.finding for item in panel_of(campaign).open}
        finding = request.POST.get("check", "")
        if finding not in failed:
            raise CampaignError(_("This check is no longer open."))
        values = params_in_words(failed[finding], reading_language())
    return writing.WritingOrder(
        task=task,
        variant=asked_variant(request, campaign),
        keys=request.POST.getlist("text"),
        finding=finding,
        values=values,
        language=reading_language() if task is WritingTask.EXPLAIN else "",
    )


def _start(request: StudioRequest, campaign: Campaign, *, error: str = "") -> HttpResponse:
    state, variant, task = writing_help.help_state(), asked_variant(request, campaign), _task(request)
    text = as_variant(campaign, variant)
    tasks = [
        (task_kind.value, label)
        for task_kind, label in TASK_LABELS.items()
        if task_kind is not WritingTask.EXPLAIN and (task_kind is not WritingTask.TRANSLATE or campaign.translations)
    ]
    context = {
        "campaign": campaign,
        "state": state,
        "tasks": tasks,
        "task": task.value,
        "task_label": TASK_LABELS[task],
        "check": request.POST.get("check", ""),
        "variant": variant,
        "language": language_name(text.language),
        "choices": choices_of(text, task) if state and state.is_agreed else [],
        "may_agree": not request.membership.is_limited,
        "takes_pictures": load_settings().writing_pictures,
        "used_up": writing_help.used_up_words() if state and not state.left else "",
        "error": error,
    }
    return page(request, "studio/campaigns/writing_help_start.html", context, status=PROBLEM if error else 200)


def _state(request: StudioRequest, row: WritingRequest) -> HttpResponse:
    is_lost = row.is_under_way and row.created_at < clock.now() - writing.LOST_AFTER
    waits = row.is_under_way and not is_lost
    is_check = row.task == WritingTask.EXPLAIN.value
    problem = row.problem if row.state == WritingState.FAILED else "lost" if is_lost else ""
    context = {
        "campaign": row.campaign,
        "row": row,
        "waits": waits,
        "done": len(row.answers),
        "number": len(row.texts),
        "problem": problem_words(problem) if problem else "",
        "is_canceled": row.state == WritingState.CANCELLED,
        "explanation": explained(row) if is_check and row.state == WritingState.DONE else "",
        "rows": [] if is_check or waits else rows_of(row),
        "is_ideas": row.task == WritingTask.IDEAS.value,
        "host": load_settings().writing_host,
    }
    return page(request, "studio/campaigns/writing_help_state.html", context)


def take_posted(request: StudioRequest, campaign: Campaign, variant: int, here: str) -> HttpResponse:
    try:
        _campaign, lost = writing.take_suggestions(
            campaign.id,
            whole_number(request.POST["suggestion"]),
            _taken(request.POST),
            variant=variant,
            by=request.user,
        )
    except CampaignError as problem:
        return refuse(request, str(problem), here)
    if lost:
        words = ngettext(
            "%(number)d text has changed since you asked, so it was left as it is.",
            "%(number)d texts have changed since you asked, so they were left as they are.",
            lost,
        )
        return refuse(request, words % {"number": lost}, here)
    return succeed(request, _("Done. The previous text is under Versions."), here)


def _taken(posted: Any) -> Mapping[int, str]:
    chosen = {}
    for value in posted.getlist("take"):
        number, _dash, _at = value.partition("-")
        if number.isdecimal() and len(number) < 4:
            chosen[int(number)] = posted.get(f"suggested-{value}", "")
    return chosen
