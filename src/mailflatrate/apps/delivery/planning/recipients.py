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
    campaign_id: int, wanted: RecipientFilter, *, after: int = 0, most: int = SLICE_ROWS
) -> list[DeliveryRecord]:
    """By chunk and ID, behind `after`. Tallies limit the chunks read: a page takes as long at a million as at ten."""
    rows = (
        DeliveryRecord.objects.filter(of_campaign(campaign_id), _matching(wanted))
        .select_related("contact")
        .order_by("chunk_id", "id")
    )
    last = DeliveryRecord.objects.filter(id=after).values_list("chunk_id", flat=True).first() if after else None
    if last is not None:
        rows = rows.filter(Q(chunk_id=last, id__gt=after) | Q(chunk_id__gt=last))
    if wanted.search:
        # From the person to the delivery: both steps have an index, whatever the size of the campaign.
        people = Contact.objects.filter(email__icontains=wanted.search).values_list("id", flat=True)
        return list(rows.filter(contact_id__in=list(people[:MOST_FOUND]))[:most])
    found: list[DeliveryRecord] = []
    for chunks in _turns(_chunks(campaign_id, wanted, last or 0), most):
        found += rows.filter(chunk_id__in=chunks)[: most - len(found)]
        if len(found) == most:
            break
    return found


def _matching(wanted: RecipientFilter) -> Q:
    if wanted.state is None:
        return Q()
    column = "bounce" if wanted.state == DeliveryState.BOUNCED else "reason"
    return Q(state=wanted.state) & (Q(**{column: wanted.detail}) if wanted.detail else Q())


def _chunks(campaign_id: int, wanted: RecipientFilter, first: int) -> list[tuple[int, int]]:
    if wanted.state is None or wanted.state == DeliveryState.PENDING:  # the tallies do not count these
        chunks = Chunk.objects.filter(campaign_id=campaign_id, id__gte=first)
        return list(chunks.order_by("id").values_list("id", "size"))
    holding = Tally.objects.filter(campaign_id=campaign_id, state=wanted.state, count__gt=0, chunk_id__gte=first)
    if wanted.detail and wanted.state in (DeliveryState.BOUNCED, DeliveryState.WITHHELD):
        holding = holding.filter(detail=wanted.detail)
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
    found: dict[str, int] = {}
    for detail, count in Tally.objects.filter(campaign_id=campaign_id, state=state).values_list("detail", "count"):
        found[detail] = found.get(detail, 0) + count
    return {detail: number for detail, number in sorted(found.items()) if number}


def all_recipients(account_id: int, campaign_id: int, wanted: RecipientFilter) -> Iterator[DeliveryRecord]:
    """In slices, so that exporting a million keeps no transaction open."""
    after = 0
    while True:
        with tenancy.account(account_id):
            rows = recipients(campaign_id, wanted, after=after)
        yield from rows
        if len(rows) < SLICE_ROWS:
            return
        after = rows[-1].id
