"""A recipient's row as facts. The sender has a connection of its own; its statement takes the columns from here."""

from datetime import datetime
from typing import Any, NamedTuple

from mailflatrate.apps.campaigns.recipients import LAST_CONTACT, RESTS_UNTIL
from mailflatrate.apps.suppression.facts import strongest_fact
from mailflatrate.base.ids import address_key
from mailflatrate.mail.address import domain_of, local_part_of
from mailflatrate.rules import sql
from mailflatrate.rules.addresses import is_refused_role
from mailflatrate.rules.contacts.audience_states import ConsentKind, OriginState, SubscriptionState
from mailflatrate.rules.recipient_facts import RecipientFacts

# delivery d, its contact c, subscription s, consent event e, evidence v, list l, suppressions own and everywhere.
COLUMNS = f"""
    d.id, d.decision_id, d.contact_id, d.mailing_list_id, d.attempts, d.consent_event_id,
    c.email, c.first_name, c.last_name, c.attributes, c.soft_bounces,
    s.state, e.kind, e.mailing_list_id, e.occurred_at, v.source,
    {LAST_CONTACT}, l.public_name, l.origin_state,
    own.reason, everywhere.reason, c.tracking_event_id IS NOT NULL, {RESTS_UNTIL},
    c.address_key, {sql.consent_ended("e")}, l.archived_at IS NOT NULL
"""
JOINS = f"""
    LEFT JOIN contact c ON c.id = d.contact_id AND c.account_id = d.account_id
    LEFT JOIN subscription s ON s.account_id = d.account_id AND s.mailing_list_id = d.mailing_list_id
        AND s.contact_id = d.contact_id
    LEFT JOIN consent_event e ON e.id = d.consent_event_id AND e.account_id = d.account_id
    LEFT JOIN consent_evidence v ON v.event_id = d.consent_event_id AND v.account_id = d.account_id
    LEFT JOIN mailing_list l ON l.id = d.mailing_list_id AND l.account_id = d.account_id
    {sql.suppression_joins("d.account_id", "c.address_key")}
"""


class RecipientRow(NamedTuple):
    """One row of the claim, in the order of COLUMNS. Contact, subscription and list are None once they were erased."""

    delivery_id: int
    decision_id: int
    contact_id: int | None
    list_id: int | None
    attempts: int
    consent_event_id: int | None
    email: str | None
    first_name: str | None
    last_name: str | None
    attributes: dict[str, Any] | None
    soft_bounces: int | None
    subscription: str | None
    consent_kind: str | None
    consent_list_id: int | None
    consent_at: datetime | None
    consent_source: str | None
    last_contact_at: datetime | None
    list_name: str | None
    origin: str | None
    suppressed_here: str | None
    suppressed_everywhere: str | None
    tracking: bool
    rests_until: datetime | None = None
    address_key: bytes | None = None
    consent_ended: bool = False
    list_archived: bool = False


_SUBSCRIPTIONS = {state.value: state for state in SubscriptionState}
_CONSENTS = {kind.value: kind for kind in ConsentKind}
_CONFIRMED = ConsentKind.CONFIRMED.value
# Contacts who confirmed here do not depend on an import into the same list: (state, confirmed here) -> fact.
_ORIGINS = {(state.value, confirmed): state for state in OriginState for confirmed in (False, True)}
_ORIGINS[OriginState.WAITING.value, True] = OriginState.FORM


def load_tables() -> None:
    """Load the tables of names now, because it takes a third of a second, which would delay a campaign."""
    is_refused_role("office", "people.example")


def recipient_facts(row: RecipientRow) -> RecipientFacts:
    # In one step: this runs a million times per campaign, and a lookup by name costs more than one by tuple index.
    (
        _, _, _, list_id, _, consent_event_id, email, _, _, _, _, subscription, consent_kind, consent_list_id,
        consent_at, _, last_contact_at, _, origin, here, everywhere, _, rests_until, key, ended, archived,
    ) = row  # fmt: skip
    suppressed = None
    if here is not None or everywhere is not None:
        suppressed = strongest_fact(here, everywhere)
    return RecipientFacts(
        suppressed,
        _SUBSCRIPTIONS.get(subscription or "") if _is_key_of(key, email) else None,
        _CONSENTS.get(consent_kind or ""),
        consent_event_id,
        consent_list_id,
        list_id or 0,
        consent_at,
        last_contact_at,
        _ORIGINS.get((origin or "", consent_kind == _CONFIRMED)),
        # Tier 2 is confirmed on a list only after a reviewer let it in, so there is no need to look for it.
        1 if is_refused_role(local_part_of(email or ""), domain_of(email or "")) else 0,
        role_released=True,
        consent_ended=ended,
        rests_until=rests_until,
        list_archived=archived,
    )


def _is_key_of(key: bytes | None, email: str | None) -> bool:
    """The database can't compute these keys: another address's key wasn't made by us, proves no consent (ADR 0010)."""
    return key is not None and email is not None and address_key(email) == key
