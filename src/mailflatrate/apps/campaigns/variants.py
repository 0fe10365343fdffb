"""Variants of one campaign differ in some fields and share the rest. The first is the draft's own fields; the others
are stored beside it. Languages (`translations`) are numbered in the same way.
"""

from collections.abc import Mapping
from copy import copy
from typing import Any

from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.rules.campaigns.ab_test import MOST_VARIANTS

FIELDS = ("subject", "preheader", "content", "text_override")
TEST_FIELDS = ("test_share", "test_hours", "test_metric")


def _others(campaign: Campaign) -> list[dict[str, Any]]:
    others: list[dict[str, Any]] = campaign.variants or campaign.translations
    return others


def variant_count(campaign: Campaign) -> int:
    return 1 + len(_others(campaign))


def share_of(campaign: Campaign) -> int:
    """Return the percentage of the audience that each variant gets. They add up to at most 100."""
    return max(1, min(campaign.test_share, 100 // variant_count(campaign)))


def people_each(campaign: Campaign, recipients: int) -> int:
    return recipients * share_of(campaign) // 100


def as_variant(campaign: Campaign, number: int) -> Campaign:
    """An unsaved copy; never save it. 0 is the first, which an unknown number gives, too."""
    if not 0 < number < variant_count(campaign):
        return campaign
    version = copy(campaign)
    for name, value in _others(campaign)[number - 1].items():
        setattr(version, name, value)
    return version


def all_variants(campaign: Campaign) -> list[Campaign]:
    return [as_variant(campaign, number) for number in range(variant_count(campaign))]


def written(campaign: Campaign, number: int, values: Mapping[str, Any]) -> dict[str, Any]:
    if not 0 < number < variant_count(campaign):
        return dict(values)
    own = {name: value for name, value in values.items() if name in FIELDS}
    others = [dict(other) for other in _others(campaign)]
    others[number - 1] |= own
    # Each text keeps its language; the form's is the one that the campaign itself is written in.
    shared = {name: value for name, value in values.items() if name not in (*FIELDS, "language")}
    return shared | {"variants" if campaign.variants else "translations": others}


def with_one_more(campaign: Campaign, number: int) -> list[dict[str, Any]]:
    """Return the variants with a copy of variant `number` appended, unless the maximum is reached."""
    if variant_count(campaign) >= MOST_VARIANTS:
        return list(campaign.variants)
    source = as_variant(campaign, number)
    return [*campaign.variants, {name: getattr(source, name) for name in FIELDS}]


def without(campaign: Campaign, number: int) -> dict[str, Any]:
    """Return the draft values that remove variant `number`; if that is the first, the second takes its place."""
    if not 0 <= number < variant_count(campaign) or not campaign.variants:
        return {}
    if number:
        return {"variants": [variant for at, variant in enumerate(campaign.variants, start=1) if at != number]}
    first, *others = campaign.variants
    return {**{name: first[name] for name in FIELDS}, "variants": others}
