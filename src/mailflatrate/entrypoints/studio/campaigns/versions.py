"""The history of a draft: who wrote what and when, how it compares with the current draft, and restoring it."""

import difflib
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin

from mailflatrate.apps.campaigns import queries
from mailflatrate.apps.campaigns.actions import versions
from mailflatrate.apps.campaigns.actions.drafts import values_of
from mailflatrate.apps.campaigns.content.template_preview import written_message
from mailflatrate.apps.campaigns.draft_fields import DRAFT_FIELDS
from mailflatrate.apps.campaigns.errors import CampaignError
from mailflatrate.apps.campaigns.models import Campaign, CampaignState, CampaignVersion
from mailflatrate.entrypoints.presenters.language import language_name
from mailflatrate.entrypoints.presenters.lookups import find_campaign
from mailflatrate.entrypoints.presenters.segment_sentences import segment_sentences
from mailflatrate.entrypoints.presenters.writing_help import suggested_words
from mailflatrate.entrypoints.studio.access import StudioRequest, studio
from mailflatrate.entrypoints.studio.campaigns.forms import theme_choices
from mailflatrate.entrypoints.studio.common import page, whole_number
from mailflatrate.entrypoints.studio.content.message_frame import framed
from mailflatrate.entrypoints.ui.posts import perform, see_other
from mailflatrate.mail.liquid import MissingValue, RenderRefused, SourceRefused
from mailflatrate.rules.roles import Permission

AROUND_LINES = 2
MOST_LINES = 5_000
MOST_PAIRS = 100_000


@dataclass(frozen=True, slots=True)
class DiffLine:
    """A line of a comparison. `kind`: same, gone, new, or gap for omitted lines."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class VersionRow:
    version: CampaignVersion
    changed: list[str]
    is_present: bool

    @property
    def suggested(self) -> str:
        return suggested_words(self.version.suggested)

    @property
    def what(self) -> str:
        names = ", ".join(map(str, self.changed))
        if not self.version.taken_from:
            return names or _("first version")
        restored = _("version %(number)s restored") % {"number": self.version.taken_from}
        return f"{restored}: {names}" if names else restored


def faster(campaign: Campaign) -> CampaignVersion | None:
    return queries.versions(campaign.id).filter(aside=False).first()


def _find(campaign_id: int, version_id: int) -> CampaignVersion:
    return get_object_or_404(queries.versions(campaign_id), id=version_id)


def _changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Return the names of the fields that differ. One that an older version doesn't have yet was empty then."""
    return [name for name in DRAFT_FIELDS if (before.get(name) or None) != (after.get(name) or None)]


@studio("GET campaigns/<int:campaign_id>/versions/", "campaign-versions", Permission.DRAFT, limited=True)
def index(request: StudioRequest, campaign_id: int) -> HttpResponse:
    campaign = find_campaign(campaign_id)
    saved_versions = list(queries.versions(campaign_id))
    kept = [version for version in saved_versions if not version.aside]
    steps = []
    for version, older in zip(kept, [*kept[1:], None], strict=True):
        names = _changed(older.values, version.values) if older else []
        words = [str(DRAFT_FIELDS[name].label) for name in names]
        steps.append(VersionRow(version, words, version.number == campaign.version))
    aside = [version for version in saved_versions if version.aside and version.saved_by_id == request.user.id]
    context = {"campaign": campaign, "steps": steps, "aside": aside}
    return page(request, "studio/campaigns/versions.html", context)


@studio(
    "GET campaigns/<int:campaign_id>/versions/<int:version_id>/", "campaign-version", Permission.DRAFT, limited=True
)
def compare(request: StudioRequest, campaign_id: int, version_id: int) -> HttpResponse:
    campaign = find_campaign(campaign_id)
    version = _find(campaign_id, version_id)
    context = {
        "campaign": campaign,
        "version": version,
        "differences": differences(campaign, version.values),
        "editable": campaign.state == CampaignState.DRAFT,
        "mine": version.saved_by_id == request.user.id,
        "suggested": suggested_words(version.suggested),
    }
    return page(request, "studio/campaigns/version.html", context)


def differences(campaign: Campaign, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    present = values_of(campaign)
    return [
        {
            "label": str(DRAFT_FIELDS[name].label),
            "present": _as_text(name, present[name]),
            "other": _as_text(name, values.get(name)),
            "lines": _lines(present[name], values.get(name) or "") if DRAFT_FIELDS[name].is_long else [],
        }
        for name in _changed(present, values)
    ]


def _as_text(name: str, value: Any) -> str:
    if DRAFT_FIELDS[name].is_long:
        return ""
    return _WORDS.get(name, DRAFT_FIELDS[name].words)(value) or "–"


_WORDS: Mapping[str, Callable[[Any], str]] = {
    "conditions": lambda value: segment_sentences([value or []])[0],
    "theme": lambda value: str(dict(theme_choices())[value or ""]),
    "translations": lambda value: " · ".join(
        f"{language_name(row['language'])}: {row['subject']}" for row in value or []
    ),
}


def _lines(present: str, other: str) -> list[DiffLine]:
    """Compare line by line: lines only in the draft are gone, lines only in the version are new."""
    before, after = present.splitlines()[:MOST_LINES], other.splitlines()[:MOST_LINES]
    lines: list[DiffLine] = []
    # A line found m and n times costs m x n comparisons; with too many, both sides are shown whole.
    counts = Counter(after)
    if sum(counts[line] for line in before) > MOST_PAIRS:
        return [*(DiffLine("gone", text) for text in before), *(DiffLine("new", text) for text in after)]
    for group in difflib.SequenceMatcher(None, before, after, autojunk=False).get_grouped_opcodes(AROUND_LINES):
        if lines:
            lines.append(DiffLine("gap", ""))
        for verb, i1, i2, j1, j2 in group:
            if verb == "equal":
                lines += [DiffLine("same", text) for text in before[i1:i2]]
                continue
            lines += [DiffLine("gone", text) for text in before[i1:i2]]
            lines += [DiffLine("new", text) for text in after[j1:j2]]
    return lines


@xframe_options_sameorigin
@studio(
    "GET campaigns/<int:campaign_id>/versions/<int:version_id>/message/",
    "campaign-version-message",
    Permission.DRAFT,
    limited=True,
)
def version_message(request: StudioRequest, campaign_id: int, version_id: int) -> HttpResponse:
    version = _find(campaign_id, version_id)
    try:
        html = written_message(version.values, queries.brand_style(), request.account)
    except (SourceRefused, MissingValue, RenderRefused) as problem:
        return page(request, "studio/content/broken_message.html", {"problem": problem})
    return framed(request, html)


@studio(
    "POST campaigns/<int:campaign_id>/versions/<int:version_id>/take/",
    "campaign-version-take",
    Permission.DRAFT,
    limited=True,
    logs="campaign.edited",
)
def take(request: StudioRequest, campaign_id: int, version_id: int) -> HttpResponse:
    find_campaign(campaign_id)
    version = _find(campaign_id, version_id)
    return perform(
        request,
        lambda: versions.take_version(campaign_id, version.id, by=request.user),
        _("The campaign now uses this version. The previous content is under Versions."),
        reverse("studio:campaign-edit", args=[campaign_id]),
        refused=CampaignError,
        back=reverse("studio:campaign", args=[campaign_id]),
    )


@studio(
    "POST campaigns/<int:campaign_id>/versions/<int:version_id>/forget/",
    "campaign-version-forget",
    Permission.DRAFT,
    limited=True,
    logs="campaign.edited",
)
def forget(request: StudioRequest, campaign_id: int, version_id: int) -> HttpResponse:
    find_campaign(campaign_id)
    versions.forget_aside(campaign_id, _find(campaign_id, version_id).id, by=request.user)
    return see_other(reverse("studio:campaign-edit", args=[campaign_id]))


@studio("GET campaigns/<int:campaign_id>/edit/pulse/", "campaign-pulse", Permission.DRAFT, limited=True)
def pulse(request: StudioRequest, campaign_id: int) -> HttpResponse:
    """Return whether someone else has saved meanwhile; 204 if not."""
    campaign = find_campaign(campaign_id)
    seen, tab = whole_number(request.GET.get("seen")), request.GET.get("tab", "")
    newest = faster(campaign)
    own = campaign.version == seen or (bool(tab) and campaign.saved_tab == tab)
    if campaign.state != CampaignState.DRAFT or own or newest is None:
        return HttpResponse(status=204)
    return page(request, "studio/campaigns/newer_version.html", {"campaign": campaign, "faster": newest, "alone": True})
