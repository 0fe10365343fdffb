"""Counting clicks, honestly."""

import re

from mailflatrate.apps.campaigns.models import Edition
from mailflatrate.apps.tracking.models import Click

# Link scanners and previews that say who they are.
_MACHINES = re.compile(
    r"bot\b|crawl|spider|preview|scanner|proofpoint|mimecast|barracuda|safelinks|python-|curl|wget|headless",
    re.IGNORECASE,
)


def record_click(*, edition_id: int, number: int, head: bool, user_agent: str) -> str | None:
    """Count one click on link `number` of an edition; returns its target, or None where there is no such link.

    A HEAD, or a program that names itself, counts as a machine's.
    """
    edition = Edition.objects.filter(id=edition_id).only("campaign_id", "links").first()
    target = next((link["url"] for link in edition.links if link["number"] == number), None) if edition else None
    if edition is None or target is None:
        return None
    machine = head or not user_agent or _MACHINES.search(user_agent) is not None
    Click.objects.create(campaign_id=edition.campaign_id, edition_id=edition_id, link_number=number, machine=machine)
    return str(target)
