"""The recipients of a campaign as its report lists them."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Q, Sum

from mailflatrate.apps.delivery.archive.lookup import of_campaign
from mailflatrate.apps.delivery.models import Chunk, DeliveryRecord, DeliveryState, Tally
from mailflatrate.apps.lists.models import Contact
from mailflatrate.base import tenancy

SLICE_ROWS = 2_000
MOST_FOUND = 500


@dataclass(frozen=True, slots=True)
class RecipientFilter:
    """State None: all."""

    state: DeliveryState | None = None
    detail: str = ""
    search: str = ""


def recipients(
    campaign_id: int, criteria: RecipientFilter, *, after: int = 0, most: int = SLICE_ROWS
) -> list[DeliveryRecord]:
    """By chunk and ID, behind `after`. Tallies limit the chunks read: a page takes as long at a million as at ten."""
    rows = (
        DeliveryRecord.objects.filter(of_campaign(campaign_id), _matching(criteria))
        .select_related("contact")
        .order_by("chunk_id", "id")
    )
    last = DeliveryRecord.objects.filter(id=after).values_list("chunk_id", flat=True).first() if after else None
    if last is not None:
        rows = rows.filter(Q(chunk_id=last, id__gt=after) | Q(chunk_id__gt=last))
    if criteria.search:
        # From the person to the delivery: both steps have an index, whatever the size of the campaign.
        people = Contact.objects.filter(email__icontains=criteria.search).values_list("id", flat=True)
        return list(rows.filter(contact_id__in=list(people[:MOST_FOUND]))[:most])
    records: list[DeliveryRecord] = []
    for chunks in _turns(_chunks(campaign_id, criteria, last or 0), most):
        records += rows.filter(chunk_id__in=chunks)[: most - len(records)]
        if len(records) == most:
            break
    return records


def _matching(criteria: RecipientFilter) -> Q:
    if criteria.state is None:
        return Q()
    column = "bounce" if criteria.state == DeliveryState.BOUNCED else "reason"
    return Q(state=criteria.state) & (Q(**{column: criteria.detail}) if criteria.detail else Q())


def _chunks(campaign_id: int, criteria: RecipientFilter, first: int) -> list[tuple[int, int]]:
    if criteria.state is None or criteria.state == DeliveryState.PENDING:  # the tallies do not count these
        chunks = Chunk.objects.filter(campaign_id=campaign_id, id__gte=first)
        return list(chunks.order_by("id").values_list("id", "size"))
    holding = Tally.objects.filter(campaign_id=campaign_id, state=criteria.state, count__gt=0, chunk_id__gte=first)
    if criteria.detail and criteria.state in (DeliveryState.BOUNCED, DeliveryState.WITHHELD):
        holding = holding.filter(detail=criteria.detail)
    counted = holding.values("chunk_id").annotate(matches=Sum("count"))
    return list(counted.order_by("chunk_id").values_list("chunk_id", "matches"))


def _turns(chunks: list[tuple[int, int]], most: int) -> Iterator[list[int]]:
    enough, turn, held = most, list[int](), 0
    for chunk_id, matches in chunks:
        turn.append(chunk_id)
        held += matches
        if held >= enough:
            yield turn
            enough, turn, held = 2 * enough, [], 0
    if turn:
        yield turn


def detail_counts(campaign_id: int, state: DeliveryState) -> dict[str, int]:
    """By kind of bounce, or reason for skipping."""
    counts: dict[str, int] = {}
    for detail, count in Tally.objects.filter(campaign_id=campaign_id, state=state).values_list("detail", "count"):
        counts[detail] = counts.get(detail, 0) + count
    return {detail: number for detail, number in sorted(counts.items()) if number}


def all_recipients(account_id: int, campaign_id: int, criteria: RecipientFilter) -> Iterator[DeliveryRecord]:
    """In slices, so that exporting a million keeps no transaction open."""
    after = 0
    while True:
        with tenancy.account(account_id):
            rows = recipients(campaign_id, criteria, after=after)
        yield from rows
        if len(rows) < SLICE_ROWS:
            return
        after = rows[-1].id
