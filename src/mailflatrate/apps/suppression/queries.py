"""Reads of suppression: the account's own rows, and the platform's."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q, QuerySet

from mailflatrate.apps.suppression.models import IN_FORCE, LiftRequest, LiftState, Suppression
from mailflatrate.base import tenancy
from mailflatrate.base.ids import MailboxKeys
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.rules.contacts.suppression import STRENGTH, SuppressionReason, ends_by_sign_up, keeps_away

PAGE_ROWS = 50


@dataclass(frozen=True, slots=True)
class SuppressionRow:
    id: int
    reason: SuppressionReason
    source: str
    created_at: datetime
    whole_platform: bool
    address_key: bytes


def active_for(address_keys: list[bytes]) -> QuerySet[Suppression]:
    """Also the platform's. Raises NoAccount."""
    # The base manager, because platform rows carry no account; row-level security shows no other account's.
    return Suppression._base_manager.filter(
        IN_FORCE,
        Q(account_id=tenancy.current_account_id()) | Q(account_id__isnull=True),
        address_key__in=address_keys,
    )


def active_for_mailbox(keys: MailboxKeys) -> QuerySet[Suppression]:
    """For any spelling, also the platform's. Raises NoAccount."""
    return Suppression._base_manager.filter(
        IN_FORCE,
        Q(account_id=tenancy.current_account_id()) | Q(account_id__isnull=True),
        Q(address_key__in=keys) | Q(mailbox_key=keys.mailbox),
    )


def refused_mailboxes(keys: Collection[bytes]) -> set[bytes]:
    """By the last of `ids.mailbox_keys`."""
    own_or_all = Q(account_id=tenancy.current_account_id()) | Q(account_id__isnull=True)
    named = Q(address_key__in=keys) | Q(mailbox_key__in=keys)
    rows = Suppression._base_manager.filter(IN_FORCE, own_or_all, named).values_list("address_key", "mailbox_key")
    return {bytes(key) for row in rows for key in row if key is not None}


def ever_suppressed(address_key: bytes) -> QuerySet[Suppression]:
    """The account's, lifted ones too, and the platform's active ones."""
    own = Q(account_id=tenancy.current_account_id())
    return Suppression._base_manager.filter(own | (Q(account_id__isnull=True) & IN_FORCE), address_key=address_key)


def is_suppressed(address_key: bytes) -> bool:
    return active_for([address_key]).exists()


def strongest(address_key: bytes) -> Suppression | None:
    return strongest_of([address_key]).get(address_key)


def strongest_of(address_keys: Sequence[bytes]) -> dict[bytes, Suppression]:
    """Deciding rows; if two are equal, the account's own."""
    weakest_first = sorted(
        active_for(list(address_keys)),
        key=lambda row: (-STRENGTH.index(SuppressionReason(row.reason)), row.account_id is not None),
    )
    return {bytes(row.address_key): row for row in weakest_first}


def kept_away(address_keys: Sequence[bytes], now: datetime) -> set[bytes]:
    """Not even for a confirmation email, because an active row forbids it (R-75)."""
    return _kept_away(now, "address_key", address_keys)


def kept_away_mailboxes(mailbox_keys: Sequence[bytes], now: datetime) -> set[bytes]:
    """Another spelling is kept away: they aren't asked unless they ask themselves."""
    return _kept_away(now, "mailbox_key", mailbox_keys)


def _kept_away(now: datetime, column: str, keys: Sequence[bytes]) -> set[bytes]:
    own_or_all = Q(account_id=tenancy.current_account_id()) | Q(account_id__isnull=True)
    rows = Suppression._base_manager.filter(IN_FORCE, own_or_all, **{f"{column}__in": keys})
    return {
        bytes(getattr(row, column))
        for row in rows
        if keeps_away(row.reason, row.created_at, now, everywhere=row.account_id is None)
    }


def complained_elsewhere(address_key: bytes) -> bool:
    """About another account: the second applies everywhere (R-79). Not counted if others may have made it."""
    here = tenancy.current_account_id()
    with tenancy.platform(PlatformReason.MAIL_IN):
        rows = Suppression.objects.filter(IN_FORCE, address_key=address_key, reason=SuppressionReason.COMPLAINT)
        return rows.exclude(account_id=here).exclude(evidence__counts=False).exists()


def page(
    *, reason: SuppressionReason | None = None, before_id: int | None = None, size: int = PAGE_ROWS
) -> list[SuppressionRow]:
    """Active ones, newest first; `before_id`: the previous page's last."""
    rows = Suppression.objects.filter(IN_FORCE)
    if reason is not None:
        rows = rows.filter(reason=reason)
    if before_id is not None:
        rows = rows.filter(id__lt=before_id)
    return [
        SuppressionRow(
            id=row.id,
            reason=SuppressionReason(row.reason),
            source=row.source,
            created_at=row.created_at,
            whole_platform=row.account_id is None,
            address_key=bytes(row.address_key),
        )
        for row in rows.order_by("-id")[:size]
    ]


def own_row(address_key: bytes) -> Suppression:
    return Suppression.objects.get(IN_FORCE, address_key=address_key)


def in_force(suppression_id: int) -> Suppression | None:
    own = Q(account_id=tenancy.current_account_id()) | Q(account_id__isnull=True)
    return Suppression._base_manager.filter(IN_FORCE, own, id=suppression_id).first()


def needs_operator(row: Suppression) -> bool:
    """The person's new sign-up doesn't end it (R-75)."""
    return not ends_by_sign_up(row.reason, everywhere=row.account_id is None)


def lift_requests(size: int = PAGE_ROWS) -> list[LiftRequest]:
    return list(LiftRequest.objects.select_related("suppression", "asked_by").order_by("-id")[:size])


def waiting_lift_requests() -> QuerySet[LiftRequest]:
    """Of all accounts; in the platform scope."""
    return LiftRequest.objects.filter(state=LiftState.ASKED, suppression__lifted_at__isnull=True)


def counts() -> dict[SuppressionReason, int]:
    rows = Suppression.objects.filter(IN_FORCE).values_list("reason").annotate(rows=Count("id"))
    return {**dict.fromkeys(STRENGTH, 0), **{SuppressionReason(reason): count for reason, count in rows}}
