"""Counting clicks, without those of scanners and without naming people who did not consent."""

from mailflatrate.apps.campaigns.models import Edition
from mailflatrate.apps.delivery.models import DeliveryRecord
from mailflatrate.apps.lists.actions.contacts import record_activity
from mailflatrate.apps.lists.models import Contact
from mailflatrate.apps.tracking.models import Click
from mailflatrate.apps.tracking.scanners import ClientInfo, is_too_soon, mark_bursts
from mailflatrate.base import clock
from mailflatrate.rules.feedback.clicks import TOO_SOON


def record_click(*, edition_id: int, number: int, visitor: ClientInfo) -> str | None:
    """Count one click on link `number` of an edition; return its target, or None if there is no such link."""
    edition = Edition.objects.filter(id=edition_id).only("campaign_id", "links").first()
    target = _target(edition, number)
    if edition is None or target is None:
        return None
    now = clock.now()
    machine = visitor.is_machine or is_too_soon(edition.campaign_id, now)
    mark = visitor.mark(now)
    Click.objects.create(
        campaign_id=edition.campaign_id,
        edition_id=edition_id,
        link_number=number,
        machine=machine,
        at=now,
        visitor=mark,
    )
    if mark is not None:
        mark_bursts(edition.campaign_id, mark)
    return target


def record_personal_click(*, delivery_id: int, number: int, visitor: ClientInfo) -> str | None:
    """The person is recorded only while they consent (R-107), otherwise anonymously. None: there is no such link."""
    delivery = DeliveryRecord.objects.select_related("contact").filter(id=delivery_id).first()
    edition = Edition.objects.filter(id=delivery.edition_id or 0).only("links").first() if delivery else None
    target = _target(edition, number)
    if delivery is None or delivery.campaign_id is None or edition is None or target is None:
        return None
    now = clock.now()
    soon = delivery.settled_at is None or now - delivery.settled_at < TOO_SOON
    machine, mark = soon or visitor.is_machine, visitor.mark(now)
    agrees = delivery.contact is not None and delivery.contact.tracking and is_recorded(delivery)
    click = Click.objects.create(
        campaign_id=delivery.campaign_id,
        edition_id=edition.id,
        link_number=number,
        machine=machine,
        at=now,
        delivery_id=delivery.id if agrees else None,
        visitor=mark,
    )
    if mark is not None and mark_bursts(delivery.campaign_id, mark):
        click.refresh_from_db(fields=["machine"])
    if agrees and not click.machine:
        assert delivery.contact_id is not None
        record_activity(delivery.contact_id, now)
    return target


def is_recorded(delivery: DeliveryRecord) -> bool:
    """Whether the person agrees now, held until commit: a withdrawal or erasure waits for it, or it for them."""
    held = Contact.objects.select_for_update().filter(id=delivery.contact_id or 0, tracking_event_id__isnull=False)
    return held.values_list("id").first() is not None


def _target(edition: Edition | None, number: int) -> str | None:
    links = edition.links if edition else []
    return next((str(link["url"]) for link in links if link["number"] == number), None)
