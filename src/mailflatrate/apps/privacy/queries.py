"""Reads of data requests, and of what is shown to a person."""

from typing import Any

from django.db.models import QuerySet

from mailflatrate.apps.accounts.models import Account
from mailflatrate.apps.lists.models import Contact
from mailflatrate.apps.privacy.models import DataRequestKind, DataRequestState, PrivacyRequest
from mailflatrate.apps.privacy.stored_data import stored_about
from mailflatrate.base import tenancy
from mailflatrate.base.tenancy import PlatformReason

PAGE_ROWS = 50


def shown_to_person(request: PrivacyRequest) -> list[dict[str, Any]]:
    """What every customer concerned stores about the person, each account opened separately; outside of any scope."""
    places = [(request.account_id, request.contact_id or 0)]
    if request.everywhere:
        with tenancy.platform(PlatformReason.PERSON):
            places += known_elsewhere(request)
    visible = []
    for account_id, contact_id in places:
        with tenancy.account(account_id):
            stored = stored_about(contact_id, language=request.language, to_mailbox=True)
        if stored is not None:
            visible.append(stored)
    return visible


@tenancy.needs_platform
def known_elsewhere(request: PrivacyRequest) -> list[tuple[int, int]]:
    """Account and contact; asks account by account, because the key of contacts begins with the account."""
    accounts = list(Account.objects.exclude(id=request.account_id).values_list("id", flat=True))
    rows = Contact.objects.filter(account_id__in=accounts, address_key=bytes(request.address_key))
    return list(rows.order_by("account_id").values_list("account_id", "id"))


def corrections(contact_id: int) -> list[str]:
    """Return a person's confirmed statements about what is wrong in their data, newest first."""
    rows = PrivacyRequest.objects.filter(
        contact_id=contact_id, kind=DataRequestKind.CORRECTION, state=DataRequestState.DONE
    )
    return [note for values in rows.order_by("-id").values_list("values", flat=True) if (note := values.get("note"))]


def requests(*, contact_id: int | None = None, open_only: bool = False) -> QuerySet[PrivacyRequest]:
    rows = PrivacyRequest.objects.select_related("account", "started_by").order_by("-id")
    if contact_id is not None:
        rows = rows.filter(contact_id=contact_id)
    if open_only:
        rows = rows.filter(state__in=[DataRequestState.ASKED, DataRequestState.CONFIRMED])
    return rows
