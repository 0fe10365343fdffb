"""The compose page: one form that saves itself while it is being edited."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from mailflatrate.apps.automations.graphs import graph_of
from mailflatrate.apps.automations.models import Automation
from mailflatrate.apps.automations.queries import newest_version
from mailflatrate.apps.campaigns.actions import drafts, versions
from mailflatrate.apps.campaigns.content.campaign_content import content_hash, known_variables, source_of
from mailflatrate.apps.campaigns.content.child_compiler import merge_errors_in_child
from mailflatrate.apps.campaigns.content.convert import convert, same_source
from mailflatrate.apps.campaigns.content.link_tagging import adds_tags
from mailflatrate.apps.campaigns.content.locks import may_design
from mailflatrate.apps.campaigns.content.starting_content import is_starter, starter
from mailflatrate.apps.campaigns.coupons import pool_keys
from mailflatrate.apps.campaigns.draft_fields import COVERED
from mailflatrate.apps.campaigns.errors import LockedPart, NotEditable
from mailflatrate.apps.campaigns.models import Campaign, CampaignState, CampaignVersion, ContentKind
from mailflatrate.apps.campaigns.queries import attribute_names, brand_style, newest_imprint, sent_back
from mailflatrate.apps.campaigns.translations import taken_languages
from mailflatrate.apps.campaigns.variants import as_variant, written
from mailflatrate.apps.campaigns.writing.writing_help import is_installed
from mailflatrate.apps.delivery.planning.warm_up import plan_of
from mailflatrate.apps.gate.campaigns import promised_recipients
from mailflatrate.apps.gate.test_send import last_tests
from mailflatrate.apps.lists.errors import SegmentError
from mailflatrate.apps.lists.queries import list_table
from mailflatrate.apps.segments.conditions.checks import check_segment
from mailflatrate.apps.segments.conditions.tree import stored_form
from mailflatrate.apps.segments.limits import refuse_beyond_limit
from mailflatrate.apps.segments.models import Segment
from mailflatrate.apps.segments.queries import segments
from mailflatrate.base import tenancy
from mailflatrate.entrypoints.presenters.campaign_figures import goal_words
from mailflatrate.entrypoints.presenters.language import reading_language
from mailflatrate.entrypoints.presenters.link_visits import visits_context
from mailflatrate.entrypoints.presenters.lookups import find_campaign
from mailflatrate.entrypoints.presenters.outcomes import reasons, why_it_stands
from mailflatrate.entrypoints.presenters.panel import panel_of
from mailflatrate.entrypoints.presenters.writing_help import suggested_in
from mailflatrate.entrypoints.studio.access import StudioRequest, is_htmx, studio
from mailflatrate.entrypoints.studio.audience.segments.segment_builder import builder, changed_tree, posted_tree
from mailflatrate.entrypoints.studio.campaigns.approval import four_eyes_of
from mailflatrate.entrypoints.studio.campaigns.blocks import blocks_config
from mailflatrate.entrypoints.studio.campaigns.comments import comments_context
from mailflatrate.entrypoints.studio.campaigns.draft_review import draft_review_of
from mailflatrate.entrypoints.studio.campaigns.excluded import exclusions_of, posted_exclusions
from mailflatrate.entrypoints.studio.campaigns.forms import CampaignForm, TestForm, form_of, schedule_form
from mailflatrate.entrypoints.studio.campaigns.preview import PreviewState, preview_of
from mailflatrate.entrypoints.studio.campaigns.variants import (
    asked_variant,
    change_languages,
    change_variants,
    writing_of,
)
from mailflatrate.entrypoints.studio.campaigns.versions import faster
from mailflatrate.entrypoints.studio.campaigns.writing_help import take_posted
from mailflatrate.entrypoints.studio.common import page, whole_number
from mailflatrate.entrypoints.ui.documents import policy_in_force
from mailflatrate.entrypoints.ui.pages import NOTHING
from mailflatrate.entrypoints.ui.posts import refuse, see_other, succeed
from mailflatrate.mail.author_mistakes import in_words
from mailflatrate.mail.html.markdown_themes import DEFAULT_THEME
from mailflatrate.mail.liquid import SourceError
from mailflatrate.rules.automations.json_object import GraphRefused
from mailflatrate.rules.limits import value as limit
from mailflatrate.rules.roles import Permission
from mailflatrate.rules.sending.pace import pace_for
from mailflatrate.settings import load_settings


@dataclass(frozen=True, slots=True)
class SavedForm:
    """`seen` is the version shown; `aside`: someone else saved first, so this text was stored beside the draft."""

    form: CampaignForm
    conditions: Any
    audience_error: str
    seen: int
    aside: CampaignVersion | None = None
    variant: int = 0

    @property
    def complete(self) -> bool:
        return not self.form.errors and not self.audience_error and self.aside is None


def _save(request: StudioRequest, campaign_id: int) -> tuple[Campaign, SavedForm]:
    """Save all valid fields; the rest stay as they were. Raises NotEditable."""
    posted, campaign = request.POST, find_campaign(campaign_id)
    variant = asked_variant(request, campaign)
    form = CampaignForm(posted, languages_taken=taken_languages(campaign, variant))
    form.is_valid()
    values = form.writable_values()
    conditions, problem = posted_tree(posted), ""
    try:
        refuse_beyond_limit(conditions)
        values["conditions"] = stored_form(check_segment(conditions))
    except SegmentError as error:
        problem = str(error)
    values |= posted_exclusions(posted, campaign)
    seen = whole_number(posted["seen"]) if "seen" in posted else None

    def save(values: dict[str, Any]) -> versions.SavedDraft:
        return versions.save_draft(
            campaign_id,
            written(campaign, variant, values),
            by=request.user,
            seen=seen,
            aside_id=whole_number(posted.get("aside")),
            window=versions.Window(posted.get("tab", ""), whole_number(posted.get("turn"))),
        )

    try:
        draft = save(values)
    except LockedPart as locked:
        form.add_error("content", str(locked))
        draft = save({name: value for name, value in values.items() if name not in COVERED})
    version = seen if draft.aside and seen is not None else draft.campaign.version
    return draft.campaign, SavedForm(form, conditions, problem, version, draft.aside, variant)


def merge_errors(campaign: Campaign) -> list[SourceError]:
    return merge_errors_in_child(source_of(campaign), known_variables(attribute_names(), pool_keys()))


def _mistakes(errors: Sequence[SourceError]) -> list[dict[str, Any]]:
    language = reading_language()
    return [
        {"line": error.line, "message": in_words(error, language), "severity": "error"}
        for error in errors
        if not error.part
    ]


@tenancy.reading_once()
def _live_context(
    request: StudioRequest,
    campaign: Campaign,
    variant: int,
    *,
    audience_error: str = "",
    errors: Sequence[SourceError] | None = None,
) -> dict[str, Any]:
    if errors is None:
        errors = merge_errors(as_variant(campaign, variant))
    mistakes, settings = _mistakes(errors), load_settings()
    counted = promised_recipients(campaign)
    recipients = counted.recipients
    lasts = pace_for(campaign.per_hour).seconds_for(recipients) if campaign.per_hour else 0

    shown_hash = content_hash(campaign, newest_imprint())
    return {
        "campaign": campaign,
        "four_eyes": four_eyes_of(request, campaign, shown_hash),
        "draft_review": draft_review_of(request, campaign, shown_hash),
        "why_it_stands": why_it_stands(campaign),
        "sent_back": sent_back(campaign.id),
        "panel": panel_of(campaign),
        "recipients": recipients,
        "writing": writing_of(campaign, variant, recipients),
        "lasts_minutes": lasts // 60,
        "warm_up": plan_of(campaign, recipients),
        "writing_help": is_installed(),
        "lasts_hours": round(lasts / 3600),
        "left_out": counted.excluded,
        "skipped": reasons(counted.skipped),
        "audience_error": audience_error,
        "merge_errors": mistakes,
        "errors_json": json.dumps(mistakes),
        "shown_hash": shown_hash,
        "policy": policy_in_force(request.LANGUAGE_CODE or "en"),
        "saved_at": campaign.updated_at,
        "canary_size": settings.canary_size,
        "canary_percent": round(limit("canary_percent")),
        "canary_minutes": settings.canary_wait_seconds // 60,
    }


def _insertion(name: str) -> str:
    """Return what the picker inserts, with a default if a contact may have no value (R-52)."""
    may_be_empty = name.startswith("contact.") and name != "contact.email"
    return f'{{{{ {name} | default: "" }}}}' if may_be_empty else f"{{{{ {name} }}}}"


def _passages(attributes: frozenset[str]) -> list[tuple[str, str, str]]:
    """Return what the conditions menu inserts: its label, the text before the passage, and the text after it."""
    passages = [
        (_("Only for people with a first name"), "{% if contact.first_name %}", "{% endif %}"),
        (_("One text with the first name, another without it"), "{% if contact.first_name %}", "{% else %}{% endif %}"),
    ]
    for name in sorted(attributes)[:8]:
        word = _("Only for people whose “%(name)s” is …") % {"name": name}
        passages.append((word, f'{{% if contact.{name} == "…" %}}', "{% endif %}"))
    return passages


def _whole_context(request: StudioRequest, campaign: Campaign, saved: SavedForm) -> dict[str, Any]:
    chosen = {str(value) for value in saved.form["list_ids"].value() or []}
    attributes, text = attribute_names(), as_variant(campaign, saved.variant)
    view = PreviewState.of(request)
    preview, lists = preview_of(request, campaign, view), list_table()
    errors = preview.mistakes if view.variant == saved.variant else None
    return {
        **_live_context(request, campaign, saved.variant, audience_error=saved.audience_error, errors=errors),
        **comments_context(request, campaign),
        **visits_context(campaign.id),
        "suggested": suggested_in(campaign),
        "step": step_of_message(campaign),
        "form": saved.form,
        "tags_links": adds_tags(),
        "saved": saved,
        "chosen_lists": [row.name for row in lists if str(row.id) in chosen],
        "lists": [(row, str(row.id) in chosen) for row in lists],
        "builder": builder(saved.conditions),
        "segments": segments(),
        "exclusion_choices": exclusions_of(campaign),
        "goal_words": goal_words(campaign),
        "kinds": [(kind.value, kind.label) for kind in ContentKind],
        "may_design": may_design(request.user),
        "blocks": blocks_config(request, text) if campaign.content_kind == ContentKind.BLOCKS else None,
        "variables": [(name, _insertion(name)) for name in sorted(known_variables(attributes, pool_keys()))],
        "passages": _passages(attributes),
        "preview": preview,
        "schedule": schedule_form(campaign),
        "test_form": TestForm(initial={"recipients": [request.user.email]}),
        "last_tests": last_tests(campaign.id),
    }


@studio(
    "GET|POST campaigns/<int:campaign_id>/edit/",
    "campaign-edit",
    Permission.DRAFT,
    limited=True,
    logs="campaign.edited",
)
def edit(request: StudioRequest, campaign_id: int) -> HttpResponse:
    campaign = find_campaign(campaign_id)
    if campaign.state != CampaignState.DRAFT:
        return see_other(reverse("studio:campaign", args=[campaign_id]))
    if request.method != "POST":
        variant = asked_variant(request, campaign)
        text = as_variant(campaign, variant)
        form = form_of(text, taken_languages(campaign, variant))
        saved = SavedForm(form, campaign.conditions, "", campaign.version, variant=variant)
        with tenancy.reading_once():
            return page(request, "studio/campaigns/compose.html", _whole_context(request, campaign, saved))
    try:
        campaign, saved = _save(request, campaign_id)
    except NotEditable:
        message = _("This campaign is no longer a draft. Copy it to send something different.")
        return refuse(request, message, reverse("studio:campaign", args=[campaign_id]))
    if is_htmx(request):
        return _autosaved(request, campaign, saved)
    return _saved_page(request, campaign, saved)


def _autosaved(request: StudioRequest, campaign: Campaign, saved: SavedForm) -> HttpResponse:
    context = {
        **_live_context(request, campaign, saved.variant, audience_error=saved.audience_error),
        "form": saved.form,
        "saved": saved,
        "faster": faster(campaign) if saved.aside else None,
    }
    response = page(request, "studio/campaigns/autosaved.html", context, status=200)  # htmx shows nothing of a 422
    if saved.aside is None:
        response.headers["HX-Trigger"] = "saved"
    return response


def _saved_page(request: StudioRequest, campaign: Campaign, saved: SavedForm) -> HttpResponse:
    here = reverse("studio:campaign-edit", args=[campaign.id])
    kind, order, segment = (request.POST.get(name, "") for name in ("kind", "row", "use_segment"))
    if saved.aside is not None:
        context = _whole_context(request, campaign, saved) | {"faster": faster(campaign)}
        return page(request, "studio/campaigns/compose.html", context, status=409)
    if saved.variant:
        here = f"{here}?variant={saved.variant}"
    if request.POST.get("suggestion"):
        return take_posted(request, campaign, saved.variant, here)
    if request.POST.get("variants"):
        return change_variants(request, campaign, request.POST["variants"])
    if request.POST.get("languages"):
        return change_languages(request, campaign, request.POST["languages"], saved.variant)
    if kind in ContentKind.values:
        _change_kind(request, campaign, kind)
        return see_other(f"{here}#content-card")
    if segment:
        return _use_segment(request, campaign, here)
    if order or not saved.complete:
        problem = "" if order else saved.audience_error
        drawn = replace(saved, conditions=changed_tree(saved.conditions, order), audience_error=problem)
        status = 200 if order else 422
        return page(request, "studio/campaigns/compose.html", _whole_context(request, campaign, drawn), status=status)
    return succeed(request, _("Saved."), here)


def _change_kind(request: StudioRequest, campaign: Campaign, kind: str) -> None:
    """Switch to another content kind. Text is converted; an untouched starter is replaced with the other kind's."""
    before, language = campaign.content_kind, campaign.language
    values: dict[str, Any] = {"content_kind": kind}
    if kind == ContentKind.MARKDOWN and before != kind and not campaign.theme:
        values["theme"] = DEFAULT_THEME
    is_carried = not is_starter(campaign.content) and not same_source(before, kind)
    if is_carried:
        values["content"] = convert(campaign.content, before, kind, language=language, brand=brand_style())
    elif not same_source(before, kind):
        values["content"] = starter(kind, language, brand_style())
    if not same_source(before, kind):
        values |= {
            name: [
                {**text, "content": convert(text["content"], before, kind, brand=brand_style(), language=language)}
                for text in getattr(campaign, name)
            ]
            for name in ("variants", "translations")
        }
    try:
        drafts.update_campaign(campaign.id, values, by=request.user)
    except LockedPart as locked:
        messages.error(request, str(locked))
    else:
        if is_carried:
            messages.info(request, _("Your text was carried over. The previous version is under Versions."))


def _use_segment(request: StudioRequest, campaign: Campaign, here: str) -> HttpResponse:
    segment = Segment.objects.filter(id=whole_number(request.POST.get("segment"))).first()
    if segment is not None:
        drafts.update_campaign(campaign.id, {"conditions": segment.conditions}, by=request.user)
    return see_other(f"{here}#audience")


@studio(
    "POST campaigns/<int:campaign_id>/edit/audience/", "campaign-audience", Permission.DRAFT, limited=True, logs=NOTHING
)
def audience(request: StudioRequest, campaign_id: int) -> HttpResponse:
    """Return the builder's tree after a change of one part. Saves nothing."""
    campaign = find_campaign(campaign_id)
    tree = changed_tree(posted_tree(request.POST), request.POST.get("row", ""))
    return page(request, "studio/segments/tree.html", {"campaign": campaign, "builder": builder(tree)})


def step_of_message(campaign: Campaign) -> dict[str, Any] | None:
    automation = Automation.objects.filter(id=campaign.automation_id or 0).first()
    if automation is None:
        return None
    url = reverse("studio:automation_flow", args=[automation.id])
    try:
        steps = graph_of(newest_version(automation.id)).all_steps()
    except GraphRefused:
        return {"automation": automation, "url": url}
    key = next((step.id for step in steps if step.message_id == campaign.id), "")
    return {"automation": automation, "url": f"{url}?step={key}" if key else url}
