"""Campaigns in a warm-up: most recently confirmed people first. `send.allowance` enforces the daily limits."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Count

from mailflatrate.apps.campaigns.models import Campaign, CampaignState
from mailflatrate.apps.delivery.models import Chunk, Delivery, DeliveryState, Plan, Tally
from mailflatrate.apps.delivery.relays import warm_up_limits
from mailflatrate.apps.delivery.relays.relay_cache import RelayBook, read_book
from mailflatrate.apps.delivery.relays.tables import WarmUp
from mailflatrate.base import audit, clock, tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.rules.sending.relays import RelayState, Stream
from mailflatrate.rules.sending.warm_up import PlannedDay, WarmUpDay, chunk_sizes, planned_days
from mailflatrate.settings.schema import load_settings

KNOWN_FOR = timedelta(days=90)
ENGINE = audit.machine("warm_up")

_RECENT_FIRST = """
WITH ranked AS (
    SELECT d.id, row_number() OVER (ORDER BY s.confirmed_at DESC NULLS LAST, d.id) AS rank
    FROM delivery d
    LEFT JOIN subscription s ON s.account_id = d.account_id AND s.mailing_list_id = d.mailing_list_id
        AND s.contact_id = d.contact_id
    WHERE d.account_id = %(account_id)s AND d.chunk_id = ANY(%(chunks)s::bigint[]) AND d.state = 'pending'
), places AS (
    SELECT id, sum(size) OVER (ORDER BY number) - size AS before, sum(size) OVER (ORDER BY number) AS upto
    FROM unnest(%(fresh)s::bigint[], %(numbers)s::int[], %(sizes)s::int[]) AS t(id, number, size)
)
UPDATE delivery d SET chunk_id = p.id
FROM ranked r JOIN places p ON r.rank > p.before AND r.rank <= p.upto
WHERE d.id = r.id AND d.account_id = %(account_id)s
"""


@dataclass(frozen=True, slots=True)
class WarmUpPlan:
    days: list[PlannedDay]
    new_domain: bool
    new_relays: bool
    is_stopped: bool

    @property
    def count(self) -> int:
        return len(self.days)

    @property
    def shown(self) -> list[PlannedDay]:
        return self.days[:7]

    @property
    def more(self) -> int:
        return len(self.days[7:])

    @property
    def ends_at(self) -> datetime:
        return self.days[-1].at


def begin_domain(campaign: Campaign) -> None:
    """If it was not used lately and warm-ups are configured."""
    key = _domain_key(campaign)
    if not load_settings().warm_up_domains or key is None:
        return
    is_known = _is_known(campaign)
    with tenancy.platform(PlatformReason.RELAYS):
        if WarmUp.objects.filter(key=key).exists():
            return
        if is_known:
            warm_up_limits.end(key, by=ENGINE, reason="mail was sent from it before")
        else:
            warm_up_limits.start(key, by=ENGINE)


def _is_known(campaign: Campaign) -> bool:
    since = clock.now() - KNOWN_FOR
    earlier = Campaign.objects.filter(sender__domain_id=_domain_id(campaign), state=CampaignState.SENT)
    return earlier.filter(finished_at__gt=since).exclude(id=campaign.id).exists()


def keys_of(campaign_id: int) -> list[str]:
    campaign = Campaign.objects.select_related("sender").filter(id=campaign_id).first()
    key = _domain_key(campaign) if campaign is not None else None
    return [key] if key else []


def plan_of(campaign: Campaign, people: int) -> WarmUpPlan | None:
    """None if no warm-up limits it."""
    domain, relays = _warming(campaign)
    days = planned_days([*domain, *relays], people, clock.now())
    if not days:
        return None
    stopped = any(day.is_stopped for day in (*domain, *relays))
    return WarmUpPlan(days, bool(domain), bool(relays), stopped)


def put_recent_first(campaign: Campaign, plan: Plan) -> None:
    """New chunks, if a warm-up limits it. A campaign in waves, or with variants, keeps its parts."""
    if campaign.local_at is not None or campaign.variants:
        return
    domain, relays = _warming(campaign)
    days = [*domain, *relays]
    if not days:
        return
    old = list(Chunk.objects.filter(campaign_id=campaign.id).values_list("id", flat=True))
    # Fewer than planned where a restore in mid-planning gave some an unknown result: they keep their chunk.
    waiting = Delivery.objects.filter(chunk_id__in=old, state=DeliveryState.PENDING).count()
    if not planned_days(days, waiting, clock.now()):
        return
    sizes = chunk_sizes(waiting, min(day.step for day in days), load_settings().chunk_size)
    numbers = range(plan.next_chunk, plan.next_chunk + len(sizes))
    fresh = Chunk.objects.bulk_create(
        [
            Chunk(account_id=campaign.account_id, campaign_id=campaign.id, number=number, size=size)
            for number, size in zip(numbers, sizes, strict=True)
        ]
    )
    with connection.cursor() as cursor:
        cursor.execute(_RECENT_FIRST, {
            "account_id": campaign.account_id, "chunks": old, "fresh": [chunk.id for chunk in fresh],
            "numbers": list(numbers), "sizes": sizes,
        })  # fmt: skip
    plan.next_chunk += len(sizes)
    _clear_out(old, plan)
    if plan.canary_size:  # the first of them is the canary now: a step is no larger than one
        Chunk.objects.filter(id=fresh[0].id).update(number=0)
        plan.canary_size = fresh[0].size
    plan.save(update_fields=["next_chunk", "canary_size"])


def _clear_out(chunk_ids: list[int], plan: Plan) -> None:
    """Chunks with results keep their tally, too."""
    kept = dict(Delivery.objects.filter(chunk_id__in=chunk_ids).values_list("chunk_id").annotate(rows=Count("id")))
    counted = set(Tally.objects.filter(chunk_id__in=chunk_ids).values_list("chunk_id", flat=True))
    Chunk.objects.filter(id__in=set(chunk_ids) - kept.keys() - counted).delete()
    for chunk in Chunk.objects.filter(id__in=chunk_ids):
        chunk.size = kept.get(chunk.id, 0)
        if not chunk.number:  # number 0 is the canary's, and another chunk is the canary now
            chunk.number = plan.next_chunk
            plan.next_chunk += 1
        chunk.save(update_fields=["size", "number"])


def note_complaint(campaign_id: int | None) -> None:
    if campaign_id is None:
        return
    keys = keys_of(campaign_id) + _relay_keys(tenancy.current_account_id())
    with tenancy.platform(PlatformReason.RELAYS):
        warm_up_limits.tell({key: warm_up_limits.WarmUpReturn(complaints=1) for key in keys})


def note_deferrals(by_campaign: Mapping[int, int]) -> None:
    deferrals: dict[str, int] = {}
    for campaign_id, number in by_campaign.items():
        for key in keys_of(campaign_id):
            deferrals[key] = deferrals.get(key, 0) + number
    with tenancy.platform(PlatformReason.RELAYS):
        warm_up_limits.tell({key: warm_up_limits.WarmUpReturn(deferred=number) for key, number in deferrals.items()})


def _warming(campaign: Campaign) -> tuple[list[WarmUpDay], list[WarmUpDay]]:
    """Its domain's, and its pool's if all its relays are warming up."""
    taking = _taking(read_book(load_settings()), campaign.account_id)
    with tenancy.platform(PlatformReason.RELAYS):
        relays = warm_up_limits.warming(taking)
    together = [_together(list(relays.values()))] if relays and len(relays) == len(taking) else []
    return _domain_day(campaign), together


def _domain_day(campaign: Campaign) -> list[WarmUpDay]:
    """Also one that starts to with this campaign."""
    key = _domain_key(campaign)
    if not load_settings().warm_up_domains or key is None:
        return []
    with tenancy.platform(PlatformReason.RELAYS):
        has_row = WarmUp.objects.filter(key=key).exists()
        days = list(warm_up_limits.warming([key]).values())
    return days if has_row or _is_known(campaign) else [WarmUpDay(0, clock.now())]


def _together(days: list[WarmUpDay]) -> WarmUpDay:
    """Each carries at least what the smallest carries."""
    return min(days, key=lambda day: (day.left, day.step))


def _relay_keys(account_id: int) -> list[str]:
    return _taking(read_book(load_settings()), account_id)


def _taking(book: RelayBook, account_id: int) -> list[str]:
    if book.is_empty:
        return []
    members = book.members(book.pool_for(Stream.CAMPAIGN, account_id))
    return [warm_up_limits.relay_key(member.number) for member in members if member.state is RelayState.ACTIVE]


def _domain_id(campaign: Campaign) -> int | None:
    return campaign.sender.domain_id if campaign.sender is not None else None


def _domain_key(campaign: Campaign) -> str | None:
    domain_id = _domain_id(campaign)
    return warm_up_limits.domain_key(domain_id) if domain_id else None
