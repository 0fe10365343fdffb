"""All messages of an automation, beside its flow and what people agreed to, for colleagues to read it through."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from mailflatrate.apps.automations.actions.approval import messages_in
from mailflatrate.apps.automations.actions.draft_review import ask_draft_review, withdraw_draft_review
from mailflatrate.apps.automations.checking import problems_of
from mailflatrate.apps.automations.errors import AutomationError
from mailflatrate.apps.automations.models import AutomationVersion, VersionState
from mailflatrate.apps.automations.queries import newest_version
from mailflatrate.apps.campaigns.content.campaign_content import content_hash
from mailflatrate.apps.campaigns.errors import CampaignError
from mailflatrate.apps.campaigns.queries import comment_threads, newest_draft_review, newest_imprint
from mailflatrate.apps.forms.queries import ConsentWording, consent_wordings
from mailflatrate.apps.gate.draft_review import waits_as_draft
from mailflatrate.entrypoints.presenters.lookups import find_automation
from mailflatrate.entrypoints.studio.access import StudioRequest, studio
from mailflatrate.entrypoints.studio.automations.flow import Flow, FlowRow, flow_of
from mailflatrate.entrypoints.studio.automations.message_checks import MessageChecks, checks_in, without_repetition
from mailflatrate.entrypoints.studio.campaigns.draft_review import SHOWN, WITHDRAWN, DraftReview
from mailflatrate.entrypoints.studio.campaigns.preview import PreviewState, preview_of
from mailflatrate.entrypoints.studio.common import page
from mailflatrate.entrypoints.ui.content_policy import ANY_HOST, allow
from mailflatrate.entrypoints.ui.posts import perform
from mailflatrate.rules.automations.promises import Promise, promise_in
from mailflatrate.rules.automations.steps import Send
from mailflatrate.rules.roles import Permission

MOST_PREVIEWS = 20
"""Messages that are rendered on the page; those after them are opened one by one."""


@studio("GET automations/<int:automation_id>/messages/", "automation_messages", Permission.VIEW)
def messages(request: StudioRequest, automation_id: int) -> HttpResponse:
    automation = find_automation(automation_id)
    version = newest_version(automation_id)
    version.automation = automation
    is_draft = version.state == VersionState.DRAFT
    flow = flow_of(version, automation.mailing_list.name, problems=problems_of(version) if is_draft else ())
    wordings = consent_wordings(automation.mailing_list_id)
    language = request.LANGUAGE_CODE or ""
    shared, checked = without_repetition(checks_in(version))
    context = {
        "shared": shared,
        "automation": automation,
        "draft": version,
        "is_draft": is_draft,
        "flow": flow,
        "read": _read(request, flow, checked),
        "most": most_messages(flow.rows),
        "wordings": sorted(wordings, key=lambda wording: wording.language != language),
        "promise": _promise_words(wordings),
        "draft_review": _draft_review(request, version) if is_draft else None,
    }
    return page(request, "studio/automations/messages.html", context)


@studio(
    "POST automations/<int:automation_id>/messages/review/",
    "automation_draft_review",
    Permission.DRAFT,
    logs="campaign.draft_review_asked",
)
def ask_review(request: StudioRequest, automation_id: int) -> HttpResponse:
    find_automation(automation_id)
    withdraws = request.POST.get("withdraw") == "yes"
    return perform(
        request,
        partial(withdraw_draft_review if withdraws else ask_draft_review, automation_id, by=request.user),
        str(WITHDRAWN if withdraws else SHOWN),
        reverse("studio:automation_messages", args=[automation_id]),
        refused=(AutomationError, CampaignError),
    )


def _draft_review(request: StudioRequest, version: AutomationVersion) -> DraftReview | None:
    campaigns = messages_in(version)
    if not (request.account.supervised and campaigns):
        return None
    answers = [newest_draft_review(campaign.id) for campaign in campaigns]
    imprint = newest_imprint()
    unchanged = all(
        answer is not None and answer.content_hash == content_hash(campaign, imprint)
        for campaign, answer in zip(campaigns, answers, strict=True)
    )
    given = [answer for answer in answers if answer is not None]
    answer = next((review for review in given if not review.approved), given[0] if given else None)
    return DraftReview(any(map(waits_as_draft, campaigns)), answer, unchanged)


def _read(request: StudioRequest, flow: Flow, checked: Sequence[MessageChecks]) -> list[dict[str, Any]]:
    allow(request, inline_styles=True, images_from=(ANY_HOST,))  # the frames of the messages are part of the page
    by_campaign = {message_checks.campaign.id: message_checks for message_checks in checked}
    previews: list[dict[str, Any]] = []
    for step, way in steps_with_message(flow.rows, (flow.entry.title,)):
        checks = by_campaign.get(step.campaign_id or 0)
        is_shown = checks is not None and len(previews) < MOST_PREVIEWS
        preview = preview_of(request, checks.campaign, PreviewState()).message if checks and is_shown else None
        previews.append(
            {"step": step, "way": way, "checks": checks, "preview": preview, "comments": _open_threads(checks)}
        )
    return previews


def _open_threads(checks: MessageChecks | None) -> int:
    threads = comment_threads(checks.campaign.id) if checks is not None else []
    return sum(thread.first.resolved_at is None for thread in threads)


def steps_with_message(rows: Sequence[FlowRow], since: tuple[str, ...]) -> Iterator[tuple[FlowRow, tuple[str, ...]]]:
    """Each with the titles of what people passed since the message before; `since`: before the first of these steps."""
    for row in rows:
        if row.kind == Send.kind:
            yield row, since
            since = ()
        elif row.arms:
            for arm in row.arms:
                yield from steps_with_message(arm.rows, (*since, f"{row.title}: {arm.label}"))
            sends = most_messages((row,)) > 0
            since = (_("After: %(step)s") % {"step": row.title},) if sends else (*since, row.title)
        else:
            since = (*since, row.title)


def most_messages(rows: Sequence[FlowRow]) -> int:
    return sum((row.kind == Send.kind) + max((most_messages(arm.rows) for arm in row.arms), default=0) for row in rows)


def _promise_words(wordings: Sequence[ConsentWording]) -> str:
    """Return the strictest frequency that the wordings promise, as text; empty if none has a number (R-27)."""
    promises = [promise for wording in wordings if (promise := promise_in(wording.text)) is not None]
    if not promises:
        return ""
    strictest = min(promises, key=lambda promise: promise.messages / promise.days)
    emails = ngettext("%(number)s email", "%(number)s emails", strictest.messages) % {"number": strictest.messages}
    return _("At most %(emails)s %(span)s") % {"emails": emails, "span": _span(strictest)}


def _span(promise: Promise) -> str:
    named = {
        1: pgettext("frequency", "a day"),
        7: pgettext("frequency", "a week"),
        30: pgettext("frequency", "a month"),
        365: pgettext("frequency", "a year"),
    }
    other = ngettext("in %(days)s day", "in %(days)s days", promise.days) % {"days": promise.days}
    return named.get(promise.days, other)
