"""Counting clicks, honestly."""

import re
from datetime import timedelta

from mailflatrate.apps.campaigns.models import Edition
from mailflatrate.apps.delivery.models import Delivery
from mailflatrate.apps.lists.actions import record_activity
from mailflatrate.apps.tracking.models import Click
from mailflatrate.base import clock

# Link scanners and previews that say who they are.
_MACHINES = re.compile(
    r"bot\b|crawl|spider|preview|scanner|proofpoint|mimecast|barracuda|safelinks|python-|curl|wget|headless",
    re.IGNORECASE,
)

TOO_SOON = timedelta(seconds=30)
"""A click this soon after the delivery is a scanner's, not a reader's (R-110)."""


def record_click(*, edition_id: int, number: int, head: bool, user_agent: str) -> str | None:
    """Count one click on link `number` of an edition; returns its target, or None where there is no such link.

    A HEAD, or a program that names itself, counts as a machine's.
    """
    edition = Edition.objects.filter(id=edition_id).only("campaign_id", "links").first()
    target = _target(edition, number)
    if edition is None or target is None:
        return None
    machine = _is_machine(head=head, user_agent=user_agent)
    Click.objects.create(campaign_id=edition.campaign_id, edition_id=edition_id, link_number=number, machine=machine)
    return target


def record_personal_click(*, delivery_id: int, number: int, head: bool, user_agent: str) -> str | None:
    """Count one click on link `number` of one delivery; returns its target, or None where there is no such link.

    The person is kept with it only while he agrees to that, now (R-107); otherwise it is counted as anybody's.
    """
    delivery = Delivery.objects.select_related("contact").filter(id=delivery_id).first()
    edition = Edition.objects.filter(id=delivery.edition_id or 0).only("links").first() if delivery else None
    target = _target(edition, number)
    if delivery is None or delivery.campaign_id is None or edition is None or target is None:
        return None
    now = clock.now()
    soon = delivery.settled_at is None or now - delivery.settled_at < TOO_SOON
    machine = soon or _is_machine(head=head, user_agent=user_agent)
    agrees = delivery.contact is not None and delivery.contact.tracking
    Click.objects.create(
        campaign_id=delivery.campaign_id, edition_id=edition.id, link_number=number, machine=machine,
        delivery_id=delivery.id if agrees else None,
    )  # fmt: skip
    if agrees and not machine:
        assert delivery.contact_id is not None
        record_activity(delivery.contact_id, now)
    return target


def _target(edition: Edition | None, number: int) -> str | None:
    links = edition.links if edition else []
    return next((str(link["url"]) for link in links if link["number"] == number), None)


def _is_machine(*, head: bool, user_agent: str) -> bool:
    return head or not user_agent or _MACHINES.search(user_agent) is not None
