"""The recipients of one campaign as a report lists them: by outcome, by address, page by page or all at once."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import QuerySet

from mailflatrate.apps.delivery.archive.lookup import of_campaign
from mailflatrate.apps.delivery.models import Chunk, DeliveryRecord, DeliveryState, Tally
from mailflatrate.apps.lists.models import Contact
from mailflatrate.base import tenancy

SLICE_ROWS = 2_000
MOST_FOUND = 500


@dataclass(frozen=True, slots=True)
class RecipientFilter:
    """Selects recipients: of one state (None: all), one kind of bounce or reason, with `search` in the address."""

    state: DeliveryState | None = None
    detail: str = ""
    search: str = ""


def recipients(campaign_id: int, wanted: RecipientFilter, *, after: int = 0) -> QuerySet[DeliveryRecord]:
    """Return the matching deliveries with IDs above `after`, with their contacts.

    Only chunks with that state are read.
    """
    rows = (
        DeliveryRecord.objects.filter(of_campaign(campaign_id), id__gt=after).select_related("contact").order_by("id")
    )
    if wanted.search:
        # From the person to the delivery: both steps have an index, whatever the size of the campaign.
        people = Contact.objects.filter(email__icontains=wanted.search).values_list("id", flat=True)
        rows = rows.filter(contact_id__in=list(people[:MOST_FOUND]))
    else:
        rows = rows.filter(chunk_id__in=_chunks(campaign_id, wanted))
    if wanted.state is not None:
        rows = rows.filter(state=wanted.state)
        if wanted.detail:
            column = "bounce" if wanted.state == DeliveryState.BOUNCED else "reason"
            rows = rows.filter(**{column: wanted.detail})
    return rows


def _chunks(campaign_id: int, wanted: RecipientFilter) -> list[int]:
    if wanted.state is None or wanted.state == DeliveryState.PENDING:  # the tallies do not count these
        return list(Chunk.objects.filter(campaign_id=campaign_id).values_list("id", flat=True))
    holding = Tally.objects.filter(campaign_id=campaign_id, state=wanted.state, count__gt=0)
    if wanted.detail and wanted.state in (DeliveryState.BOUNCED, DeliveryState.WITHHELD):
        holding = holding.filter(detail=wanted.detail)
    return list(holding.values_list("chunk_id", flat=True).distinct())


def detail_counts(campaign_id: int, state: DeliveryState) -> dict[str, int]:
    """Count a campaign's recipients in a state by kind of bounce, or by reason for skipping."""
    found: dict[str, int] = {}
    for detail, count in Tally.objects.filter(campaign_id=campaign_id, state=state).values_list("detail", "count"):
        found[detail] = found.get(detail, 0) + count
    return {detail: number for detail, number in sorted(found.items()) if number}


def all_recipients(account_id: int, campaign_id: int, wanted: RecipientFilter) -> Iterator[DeliveryRecord]:
    """Yield every recipient, in slices with a transaction each, so that exporting a million of them keeps no
    transaction open.
    """
    after = 0
    while True:
        with tenancy.account(account_id):
            rows = list(recipients(campaign_id, wanted, after=after)[:SLICE_ROWS])
        yield from rows
        if len(rows) < SLICE_ROWS:
            return
        after = rows[-1].id
