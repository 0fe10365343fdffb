"""The suppression list: look up and add addresses, never remove them (R-75)."""

from datetime import datetime
from typing import Annotated

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema
from pydantic import Field

from mailflatrate.apps.accounts.models import KeyScope
from mailflatrate.apps.suppression import queries
from mailflatrate.apps.suppression.actions import (
    SuppressionError,
    address_keys,
    suppress_all_by_hand,
    suppress_by_hand,
)
from mailflatrate.apps.suppression.models import IN_FORCE, Suppression
from mailflatrate.base.ids import MailboxKeys
from mailflatrate.entrypoints.api.v1.access_control import ApiRequest, endpoint
from mailflatrate.entrypoints.api.v1.problems import wrong
from mailflatrate.entrypoints.api.v1.schemas import (
    Address,
    Id,
    Page,
    PageQuery,
    RequestBodySchema,
    before_id,
    filled,
    page_of,
)
from mailflatrate.rules.contacts.suppression import SuppressionReason

ROUTER = Router(tags=["Suppression"])
MOST_ADDRESSES = 10_000


class SuppressionInfo(Schema):
    """An entry in the account's suppression list. Only a keyed hash of the address is stored (R-96)."""

    id: int
    reason: SuppressionReason
    since: datetime


class SuppressionQuery(PageQuery):
    """Filters for entries."""

    reason: SuppressionReason | None = None


class AddressRequest(RequestBodySchema):
    """An email address."""

    email: Address


class SuppressionLookup(Schema):
    """Whether the address is suppressed for this account, and why."""

    suppressed: bool
    reason: SuppressionReason | None
    since: datetime | None
    whole_platform: bool


class SuppressionResult(Schema):
    """The suppression. `fresh`: the address wasn't already suppressed for an equally strong reason."""

    id: int
    fresh: bool


class SuppressionBatch(RequestBodySchema):
    """Addresses to suppress."""

    emails: Annotated[list[Address], Field(min_length=1, max_length=MOST_ADDRESSES)]


class RefusedAddress(Schema):
    """An entry that isn't an email address: its position in `emails`, starting at 0."""

    index: int
    reason_code: Annotated[str, Field(description="always `not-an-address`")]


class SuppressionBatchResult(Schema):
    """How many addresses are newly suppressed, how many already were, and which entries aren't addresses."""

    added: int
    unchanged: int
    refused: list[RefusedAddress]


def _keys(email: str) -> MailboxKeys:
    try:
        return address_keys(email)
    except SuppressionError as error:
        raise wrong("email", _("not an email address")) from error


@endpoint(ROUTER, "get", "/suppressions", scope=KeyScope.READ)
def list_suppressions(request: ApiRequest, which: Query[SuppressionQuery]) -> Page[SuppressionInfo]:
    """List the account's active suppressions, newest first."""
    rows = queries.page(reason=which.reason, before_id=before_id(which.cursor), size=which.limit + 1)
    return page_of(rows, which, lambda row: filled(SuppressionInfo, row, since=row.created_at))


@endpoint(ROUTER, "post", "/suppressions/look-up", scope=KeyScope.READ, protects=True)
def look_up_suppression(request: ApiRequest, given: AddressRequest) -> SuppressionLookup:
    """Look up one address.

    It's a POST that changes nothing, so that the address doesn't appear in the logs of servers along the way.
    """
    row = queries.strongest(_keys(given.email).exact)
    return SuppressionLookup(
        suppressed=row is not None,
        reason=SuppressionReason(row.reason) if row else None,
        since=row.created_at if row else None,
        whole_platform=row is not None and row.account_id is None,
    )


@endpoint(ROUTER, "post", "/suppressions", scope=KeyScope.SUPPRESS, status=201, repeatable=True, protects=True)
def add_suppression(request: ApiRequest, given: AddressRequest) -> SuppressionResult:
    """Suppress an address. This takes effect immediately on every list. It can't be undone through the API: only a new
    double opt-in by the person or a reviewer can lift it, where the rules allow that (R-75).
    """
    keys = _keys(given.email)
    fresh = suppress_by_hand(keys.exact, source=request.caller.source, by=request.caller.user, mailbox_key=keys.mailbox)
    return SuppressionResult(id=queries.own_row(keys.exact).id, fresh=fresh)


@endpoint(ROUTER, "post", "/suppressions/batch", scope=KeyScope.SUPPRESS, repeatable=True, protects=True, batch=True)
def add_suppressions(request: ApiRequest, given: SuppressionBatch) -> SuppressionBatchResult:
    """Suppress many addresses at once.

    Up to 10,000, such as the opt-outs of your previous system; they needn't be contacts. Entries that aren't email
    addresses are reported and don't stop the others.
    """
    keys, refused = [], []
    for index, email in enumerate(given.emails):
        try:
            keys.append(address_keys(email))
        except SuppressionError:
            refused.append(RefusedAddress(index=index, reason_code="not-an-address"))
    added = suppress_all_by_hand(keys, source=request.caller.source, by=request.caller.user)
    return SuppressionBatchResult(added=added, unchanged=len(set(keys)) - added, refused=refused)


@endpoint(ROUTER, "get", "/suppressions/{suppression_id}", scope=KeyScope.READ)
def show_suppression(request: ApiRequest, suppression_id: Id) -> SuppressionInfo:
    """Show an entry of the account's suppression list. Entries that were lifted aren't found."""
    row = get_object_or_404(Suppression.objects.filter(IN_FORCE), id=suppression_id)
    return filled(SuppressionInfo, row, since=row.created_at)
