"""Previews of a campaign with the data of one real reader at a time."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from mailflatrate.apps.accounts.models import Account
from mailflatrate.apps.campaigns.content.personalization import recipient_values
from mailflatrate.apps.campaigns.coupons import pool_keys, sample_codes
from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.campaigns.queries import audience_of
from mailflatrate.apps.campaigns.recipients import may_get, parameters_of
from mailflatrate.apps.lists.fields import defaults
from mailflatrate.apps.lists.models import Contact, Subscription
from mailflatrate.apps.lists.queries import UNSUPPRESSED
from mailflatrate.base import tenancy
from mailflatrate.mail.links import LINK_VARIABLES


@dataclass(frozen=True, slots=True)
class Neighbors:
    """A reader of the audience with the IDs of the previous and next reader; None at the ends."""

    contact: Contact
    previous_id: int | None
    next_id: int | None


def neighbours(campaign: Campaign, contact_id: int = 0) -> Neighbors | None:
    """The audience's first if the id is not in it; None for an empty audience. Raises SegmentError."""
    neighbour = _neighbour(campaign, "c.id = %s", "ASC", contact_id) if contact_id else None
    neighbour = neighbour or _neighbour(campaign, "c.id > %s", "ASC", 0)
    if neighbour is None:
        return None
    return Neighbors(
        contact=Contact.objects.get(id=neighbour),
        previous_id=_neighbour(campaign, "c.id < %s", "DESC", neighbour),
        next_id=_neighbour(campaign, "c.id > %s", "ASC", neighbour),
    )


def among(campaign: Campaign, ids: Sequence[int], contact_id: int = 0) -> Neighbors | None:
    """`ids` are ascending. None if there are no readers, or the first one no longer exists."""
    if not ids:
        return None
    at = ids.index(contact_id) if contact_id in ids else 0
    contact = Contact.objects.filter(id=ids[at]).first()
    if contact is None:
        return None
    return Neighbors(contact, ids[at - 1] if at else None, ids[at + 1] if at + 1 < len(ids) else None)


def audience_sql(campaign: Campaign) -> tuple[str, list[Any]]:
    """Return an SQL condition on `contact c` for a draft's audience, and its values. Raises SegmentError."""
    where, values = audience_of(campaign).members_sql()
    reached, more = _positional(may_get("%(list_ids)s"), parameters_of(campaign))
    return (
        f"c.account_id = %s AND {where} AND {UNSUPPRESSED} AND {reached}",
        [tenancy.current_account_id(), *values, *more],
    )


def _positional(statement: str, parameters: Mapping[str, Any]) -> tuple[str, list[Any]]:
    used: list[Any] = []

    def place(match: re.Match[str]) -> str:
        used.append(parameters[match[1]])
        return "%s"

    return re.sub(r"%\((\w+)\)s", place, statement), used


def _neighbour(campaign: Campaign, place: str, order: str, contact_id: int) -> int | None:
    where, values = audience_sql(campaign)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT c.id FROM contact c WHERE {where} AND {place} ORDER BY c.id {order} LIMIT 1",  # noqa: S608  constants
            [*values, contact_id],
        )
        row = cursor.fetchone()
    return int(row[0]) if row else None


def sample_values(campaign: Campaign, account: Account, contact: Contact | None, *, bare: bool) -> dict[str, object]:
    """As the engine will use them; invented without a contact. `bare`: optional fields empty. Our links do nothing."""
    subscription = None
    if contact is not None:
        subscription = (
            Subscription.objects.filter(contact=contact, mailing_list_id__in=campaign.list_ids, state="confirmed")
            .select_related("mailing_list", "consent_event__evidence")
            .first()
        )
    event = subscription.consent_event if subscription else None
    evidence = getattr(event, "evidence", None)
    person = contact if contact is not None and not bare else None
    values = recipient_values(
        email=contact.email if contact else "dora@example.org",
        first_name=person.first_name if person else "" if bare else "Dora",
        last_name=person.last_name if person else "" if bare else "Beispiel",
        attributes=person.attributes if person else {},
        account_name=account.name,
        list_name=subscription.mailing_list.public_name if subscription else "…",
        mailing_id=campaign.mailing_id,
        subscribed_at=event.occurred_at if event else account.created_at,
        source=evidence.source if evidence and evidence.source else "…",
        language=campaign.language,
        defaults={} if bare else defaults(),
        coupons=sample_codes(pool_keys()),
    )
    return {**values, **dict.fromkeys(LINK_VARIABLES.values(), "#")}


def with_names(values: dict[str, object], lacking: Iterable[str]) -> dict[str, object]:
    """With a name in brackets, as `[contact.city]`, for each in `lacking`, so that the message reads in full."""
    named = dict(values)
    for variable in lacking:
        head, _dot, field = variable.partition(".")
        if not field:
            named[head] = f"[{variable}]"
            continue
        existing = named.get(head)
        named[head] = {**(existing if isinstance(existing, Mapping) else {}), field: f"[{variable}]"}
    return named
