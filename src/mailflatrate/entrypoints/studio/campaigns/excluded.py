"""Exclusions of a campaign: the options on the compose page, and the posted selection."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.http import QueryDict

from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.lists.models import MailingList
from mailflatrate.apps.segments.models import Segment
from mailflatrate.entrypoints.studio.common import whole_number

MOST_CAMPAIGNS = 50
POSTED = "leaves_out"
"""A hidden field that says that the boxes were on the page: one that is not ticked posts nothing."""


@dataclass(frozen=True, slots=True)
class Exclusions:
    lists: list[dict[str, Any]]
    segments: list[dict[str, Any]]
    campaigns: list[dict[str, Any]]

    @property
    def names(self) -> list[str]:
        return [option["name"] for option in (*self.lists, *self.segments, *self.campaigns) if option["chosen"]]

    @property
    def offers(self) -> bool:
        return bool(self.lists or self.segments or self.campaigns)


def exclusions_of(campaign: Campaign) -> Exclusions:
    """Return a draft's options and its selection. A segment that was deleted stays in the drafts that exclude it."""
    lists = MailingList.objects.filter(archived_at=None) | MailingList.objects.filter(id__in=campaign.excluded_list_ids)
    kept = {segment["id"]: segment["name"] for segment in campaign.excluded_segments}
    present = dict(Segment.objects.order_by("name").values_list("id", "name"))
    return Exclusions(
        lists=_choices(lists.order_by("name").values_list("id", "name"), campaign.excluded_list_ids),
        segments=_choices((kept | present).items(), list(kept)),
        campaigns=_campaigns(campaign),
    )


def _campaigns(campaign: Campaign) -> list[dict[str, Any]]:
    out = Campaign.objects.filter(started_at__isnull=False).exclude(id=campaign.id).order_by("-started_at")
    newest = list(out.values_list("id", flat=True)[:MOST_CAMPAIGNS])
    offered_campaigns = out.filter(Q(id__in=newest) | Q(id__in=campaign.excluded_mailing_ids))
    return _choices(offered_campaigns.values_list("id", "name"), campaign.excluded_mailing_ids)


def _choices(pairs: Any, chosen: Sequence[int]) -> list[dict[str, Any]]:
    return [{"id": number, "name": name, "chosen": number in chosen} for number, name in pairs]


def posted_exclusions(data: QueryDict, campaign: Campaign) -> dict[str, Any]:
    """Empty if the page had no boxes. A segment is stored as its conditions now: they are confirmed for the policy."""
    if POSTED not in data:
        return {}
    asked = {
        name: [whole_number(value) for value in data.getlist(name)] for name in ("x_list", "x_segment", "x_campaign")
    }
    lists = MailingList.objects.filter(id__in=asked["x_list"])
    present = {row.id: row for row in Segment.objects.filter(id__in=asked["x_segment"])}
    kept = {segment["id"]: segment for segment in campaign.excluded_segments}
    campaigns = Campaign.objects.filter(id__in=asked["x_campaign"], started_at__isnull=False).exclude(id=campaign.id)
    return {
        "excluded_list_ids": sorted(lists.values_list("id", flat=True)),
        "excluded_segments": [
            _snapshot(present[number]) if number in present else kept[number]
            for number in sorted(set(asked["x_segment"]))
            if number in present or number in kept
        ],
        "excluded_mailing_ids": sorted(campaigns.values_list("id", flat=True)),
    }


def _snapshot(segment: Segment) -> dict[str, Any]:
    return {"id": segment.id, "name": segment.name, "conditions": segment.conditions}
