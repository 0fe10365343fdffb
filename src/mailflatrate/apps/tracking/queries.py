"""Clicks of a campaign."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Count, Q, Sum

from mailflatrate.apps.campaigns.models import Edition
from mailflatrate.apps.tracking.models import Click, ClickTotal


@dataclass(frozen=True, slots=True)
class LinkClicks:
    """One link of a campaign and how often people and machines followed it."""

    number: int
    url: str
    people: int
    machines: int


def clicks_of(edition: Edition) -> list[LinkClicks]:
    """Return clicks by link, in the order of the campaign."""
    rows = (
        Click.objects.filter(campaign_id=edition.campaign_id, edition_id=edition.id)
        .values("link_number")
        .annotate(people=Count("id", filter=Q(machine=False)), machines=Count("id", filter=Q(machine=True)))
    )
    found = {row["link_number"]: (row["people"], row["machines"]) for row in rows}
    old = ClickTotal.objects.filter(campaign_id=edition.campaign_id, edition_id=edition.id)
    for number, people, machines in old.values_list("link_number", "people", "machines"):
        fresh = found.get(number, (0, 0))
        found[number] = (fresh[0] + people, fresh[1] + machines)
    return [LinkClicks(link["number"], link["url"], *found.get(link["number"], (0, 0))) for link in edition.links]


def clicks_of_campaign(campaign_id: int) -> list[LinkClicks]:
    """Return clicks by target over all variants of a campaign, the most clicked first; `number` is its first link's."""
    found: dict[str, LinkClicks] = {}
    for edition in Edition.objects.filter(campaign_id=campaign_id, id__in=_clicked_editions(campaign_id)).order_by(
        "id"
    ):
        for link in clicks_of(edition):
            before = found.get(link.url, LinkClicks(link.number, link.url, 0, 0))
            found[link.url] = LinkClicks(
                before.number, link.url, before.people + link.people, before.machines + link.machines
            )
    return sorted(found.values(), key=lambda link: (-link.people, link.number))


def _clicked_editions(campaign_id: int) -> set[int]:
    fresh = Click.objects.filter(campaign_id=campaign_id).values_list("edition_id", flat=True).distinct()
    old = ClickTotal.objects.filter(campaign_id=campaign_id).values_list("edition_id", flat=True).distinct()
    return {*fresh, *old}


def clicked_urls(rows: Iterable[Click]) -> dict[tuple[int, int], str]:
    """Return the target of the link of each of these clicks, by (edition, number of the link)."""
    editions = Edition.objects.filter(id__in={row.edition_id for row in rows}).only("links")
    return {(edition.id, link["number"]): link["url"] for edition in editions for link in edition.links}


def clicks_by_campaign(campaign_ids: Sequence[int]) -> dict[int, int]:
    """Return the number of clicks by people for each campaign, including older clicks whose rows were deleted."""
    counted = dict.fromkeys(campaign_ids, 0)
    fresh = Click.objects.filter(campaign_id__in=campaign_ids, machine=False).values_list("campaign_id")
    old = ClickTotal.objects.filter(campaign_id__in=campaign_ids).values_list("campaign_id")
    for campaign_id, number in (*fresh.annotate(n=Count("id")), *old.annotate(n=Sum("people"))):
        counted[campaign_id] += number
    return counted


def clicks_by_variant(campaign_id: int) -> dict[int, int]:
    """Return the number of clicks by people for each variant of a campaign with an A/B test (R-108, R-110)."""
    variants = dict(Edition.objects.filter(campaign_id=campaign_id).values_list("id", "variant"))
    counted: dict[int, int] = {}
    fresh = Click.objects.filter(campaign_id=campaign_id, machine=False).values_list("edition_id")
    old = ClickTotal.objects.filter(campaign_id=campaign_id).values_list("edition_id")
    for edition_id, number in (*fresh.annotate(n=Count("id")), *old.annotate(n=Sum("people"))):
        variant = variants.get(edition_id, 0)
        counted[variant] = counted.get(variant, 0) + number
    return counted
