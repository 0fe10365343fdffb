"""Reads of deliveries. Progress is a sum over tallies, so it costs the same at any size."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from django.db.models import Sum

from mailflatrate.apps.accounts.models import NoticeKind
from mailflatrate.apps.campaigns.models import Campaign, CampaignState
from mailflatrate.apps.delivery.archive.lookup import of_campaign
from mailflatrate.apps.delivery.dropped_months import dropped_delivery
from mailflatrate.apps.delivery.models import (
    Attempt,
    Chunk,
    ChunkState,
    Delivery,
    DeliveryRecord,
    DeliveryState,
    LaneHold,
    Plan,
    Tally,
)
from mailflatrate.apps.delivery.relays.overview import mail_leaves_machine
from mailflatrate.apps.domains.queries import service_key_published
from mailflatrate.apps.lists.models import Contact
from mailflatrate.base import clock, tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.rules.sending.pace import Pace
from mailflatrate.settings.schema import load_settings

PAGE_ROWS = 50


@dataclass(frozen=True, slots=True)
class Progress:
    """`pending` includes those under way and `held` ones, by provider (R-90). By reason: `left_out` were not planned,
    `withheld` were stopped by the last check. `bounced_other` say nothing about the mailbox (R-70).
    """

    planned: int
    pending: int
    sent: int
    deferred: int
    bounced_hard: int
    bounced_soft: int
    bounced_other: int
    in_doubt: int
    cancelled: int
    withheld: Mapping[str, int]
    left_out: Mapping[str, int]
    held: Mapping[str, int]

    @property
    def withheld_total(self) -> int:
        return sum(self.withheld.values())

    @property
    def settled(self) -> int:
        return self.planned - self.pending - self.deferred

    @property
    def percent(self) -> int:
        return 100 * self.settled // self.planned if self.planned else 0


@dataclass(frozen=True, slots=True)
class PacedSending:
    per_turn: int
    next_at: datetime
    ends_at: datetime


def campaign_turns(campaign_id: int, waiting: int) -> PacedSending | None:
    """None if sent as fast as possible."""
    plan = Plan.objects.filter(campaign_id=campaign_id, per_turn__isnull=False).first()
    if plan is None or plan.per_turn is None or plan.turn_seconds is None:
        return None
    next_at = max(plan.next_turn_at, clock.now())
    lasts = Pace(plan.per_turn, plan.turn_seconds).seconds_for(waiting)
    return PacedSending(plan.per_turn, next_at, next_at + timedelta(seconds=lasts))


def waves_ahead(campaign_id: int) -> list[tuple[datetime, int]]:
    """Upcoming times with the number of people, if sent by time zone."""
    ahead = Chunk.objects.filter(campaign_id=campaign_id, state=ChunkState.READY, not_before__gt=clock.now())
    rows = ahead.values_list("not_before").annotate(people=Sum("size")).order_by("not_before")
    return [(at, people) for at, people in rows if at is not None]


def campaign_progress(campaign_id: int) -> Progress:
    """Raises Campaign.DoesNotExist for another account's."""
    planned, left_out = Campaign.objects.values_list("planned_count", "left_out").get(id=campaign_id)
    rows = Tally.objects.filter(campaign_id=campaign_id).values_list("state", "detail").annotate(n=Sum("count"))
    counts = {(state, detail): n for state, detail, n in rows if n}

    def of(state: DeliveryState) -> int:
        return sum(n for (kind, _), n in counts.items() if kind == state)

    bounced = {detail: n for (state, detail), n in counts.items() if state == DeliveryState.BOUNCED}
    return Progress(
        planned=planned,
        pending=planned - sum(counts.values()),
        sent=of(DeliveryState.SENT),
        deferred=of(DeliveryState.DEFERRED),
        bounced_hard=bounced.pop("hard", 0),
        bounced_soft=bounced.pop("soft", 0),
        bounced_other=sum(bounced.values()),
        in_doubt=of(DeliveryState.IN_DOUBT),
        cancelled=of(DeliveryState.CANCELLED),
        withheld=MappingProxyType(
            {detail: n for (state, detail), n in sorted(counts.items()) if state == DeliveryState.WITHHELD}
        ),
        left_out=MappingProxyType(dict(left_out)),
        held=MappingProxyType(
            {hold.provider: waiting_in_lane(campaign_id, hold.provider) for hold in held_lanes(campaign_id)}
        ),
    )


def held_lanes(campaign_id: int) -> list[LaneHold]:
    return list(LaneHold.objects.filter(campaign_id=campaign_id, released_at=None).order_by("held_at"))


def waiting_in_lane(campaign_id: int, provider: str) -> int:
    chunks = Chunk.objects.filter(campaign_id=campaign_id, provider=provider, state=ChunkState.READY)
    return Delivery.objects.filter(chunk_id__in=chunks.values("id"), state=DeliveryState.PENDING).count()


def unsent_after_end(campaign_id: int) -> int:
    """Certainly, by a journal found later."""
    ready = Chunk.objects.filter(campaign_id=campaign_id, campaign__state=CampaignState.SENT, state=ChunkState.READY)
    return Delivery.objects.filter(chunk_id__in=ready.values("id"), state=DeliveryState.PENDING).count()


def deliveries_of_contact(contact_id: int, limit: int = PAGE_ROWS) -> list[DeliveryRecord]:
    """Newest first."""
    rows = DeliveryRecord.objects.filter(contact_id=contact_id).select_related("campaign", "mailing_list")
    return list(rows.order_by("-id")[:limit])


def attempts_of(delivery_id: int) -> list[Attempt]:
    """Those that did not end in acceptance, in order."""
    return list(Attempt.objects.filter(delivery_id=delivery_id).order_by("number"))


@tenancy.needs_account
def find_delivery(account_id: int, delivery_id: int, *related: str) -> DeliveryRecord | None:
    """Finds what is left of it, too, once its month was dropped."""
    rows = DeliveryRecord.objects.select_related("contact", *related).filter(id=delivery_id, account_id=account_id)
    return rows.first() or dropped_delivery(account_id, delivery_id)


@tenancy.needs_account
def delivery_to(campaign_id: int, address_key: bytes) -> DeliveryRecord | None:
    contact = Contact.objects.filter(address_key=address_key).first()
    if contact is None:
        return None
    return DeliveryRecord.objects.filter(of_campaign(campaign_id), contact_id=contact.id).first()


def delivery_of_confirmation(request_id: int) -> Delivery | None:
    return Delivery.objects.filter(confirmation_id=request_id).first()


@dataclass(frozen=True, slots=True)
class HeldMail:
    domain: str
    waiting: int


def held_service_mail() -> HeldMail | None:
    """None if nothing waits: the record exists, or no mail leaves this machine."""
    settings = load_settings()
    if service_key_published(settings.service_domain):
        return None
    with tenancy.platform(PlatformReason.HOUSEKEEPING):
        if not mail_leaves_machine(settings):
            return None
        pending = Delivery.objects.filter(state=DeliveryState.PENDING, notice__isnull=False)
        return HeldMail(settings.service_domain, pending.exclude(notice__kind=NoticeKind.TEST).count())
