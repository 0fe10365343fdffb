"""Mail intake: which addresses are ours, and the raw store that is written before we reply 250."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from mailflatrate.apps.domains.models import SenderDomain
from mailflatrate.apps.inbound import arrival_journal
from mailflatrate.apps.inbound.models import RawMail
from mailflatrate.base import clock, jobs, tenancy
from mailflatrate.base.ids import key_ring
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.mail.identifiers.tokens import TokenClaims, TokenPurpose
from mailflatrate.mail.identifiers.verp import InboundAddress, RecipientKind, parse_recipient
from mailflatrate.settings import load_settings

PURPOSES = {
    RecipientKind.BOUNCE: TokenPurpose.VERP,
    RecipientKind.UNSUBSCRIBE: TokenPurpose.UNSUBSCRIBE,
    RecipientKind.CASE: TokenPurpose.CASE,
}


@dataclass(frozen=True, slots=True)
class Arrival:
    """One message for one of our addresses, as received. `also_to`: other recipients of the same message."""

    via: str
    peer: str
    envelope_from: str
    envelope_to: str
    raw: bytes
    also_to: tuple[str, ...] = ()


def our_domains() -> frozenset[str]:
    """Return the domains we accept mail for: the service's own, its bounce host and every sender domain's (R-76)."""
    with tenancy.platform(PlatformReason.MAIL_IN):
        own = load_settings().service_domain
        names = {own, *SenderDomain.objects.values_list("name", flat=True).distinct()}
        return frozenset({own, *(f"bounce.{name}" for name in names)})


def account_of(address: InboundAddress) -> int | None:
    """Return the account that a genuine token in the address names; None without a token, or without an account."""
    claims = claims_of(address)
    return claims.account_id or None if claims else None


def claims_of(address: InboundAddress) -> TokenClaims | None:
    """Return the claims of a genuine token in the address. A report at the desk has no account: `account_id` is 0."""
    purpose = PURPOSES.get(address.kind)
    return key_ring().open_token(purpose, address.token or "") if purpose else None


def refusal(recipient: str, domains: frozenset[str]) -> str | None:
    """None: it is ours (RFC 5321 section 3.3). A forged token is refused, so that guessing reaches no one (R-55)."""
    address = parse_recipient(recipient)
    if address.domain and address.domain not in domains:
        return "550 5.7.1 We do not take mail for this domain"
    if address.kind is RecipientKind.OTHER:
        return "550 5.1.1 No such address here"
    if address.kind in PURPOSES and claims_of(address) is None:
        return "550 5.1.1 No such address here"
    return None


READ_SHARDS = 2
"""How many jobs read at once; a message's id says which of them reads it, so that no two read the same one."""


def wake_readers(shards: Iterable[int] = range(READ_SHARDS)) -> None:
    """Once this transaction is committed; a job reads everything that waits in its shard."""
    for shard in sorted(shards):
        key = f"inbound.read_new:{shard}"
        jobs.wake("inbound.read_new", jobs.JobQueue.INBOUND, once=key, lock=key, lane=shard)


def store(arrivals: Sequence[Arrival]) -> list[int]:
    """In one transaction; reading is enqueued afterward. This host's journal has them, too, when this returns."""
    now = clock.now()
    with tenancy.platform(PlatformReason.MAIL_IN):
        stored = _store(arrivals, now)
        transaction.on_commit(lambda: arrival_journal.write([_noted(arrival, now) for arrival in arrivals]))
    return stored


def restore(about: dict[str, Any], raw: bytes) -> bool:
    at = datetime.fromisoformat(about.pop("at"))
    arrival = Arrival(**{**about, "also_to": tuple(about["also_to"])}, raw=raw)
    with tenancy.platform(PlatformReason.MAIL_IN):
        row = _row(arrival, arrival.envelope_to, at, raw=b"")
        same = RawMail.objects.filter(received_at=at, sha256=row.sha256, envelope_to=row.envelope_to)
        if row.account_id is not None:  # its index begins with the account
            same = same.filter(account_id=row.account_id)
        return not same.exists() and bool(_store([arrival], at))


def _noted(arrival: Arrival, at: datetime) -> arrival_journal.Arrived:
    about = asdict(arrival)
    return {name: about[name] for name in about if name != "raw"} | {"at": at.isoformat()}, arrival.raw


@tenancy.needs_platform
def _store(arrivals: Sequence[Arrival], now: datetime) -> list[int]:
    """Store messages; each further recipient gets a separate row that refers to the row with the content."""
    rows = [_row(arrival, arrival.envelope_to, now, raw=arrival.raw) for arrival in arrivals]
    stored = RawMail.objects.bulk_create(rows)
    stored += RawMail.objects.bulk_create(
        _row(arrival, recipient, now, raw=b"", content_of=row)
        for arrival, row in zip(arrivals, rows, strict=True)
        for recipient in arrival.also_to
    )
    wake_readers({row.id % READ_SHARDS for row in stored})
    return [row.id for row in stored]


def _row(arrival: Arrival, recipient: str, now: datetime, *, raw: bytes, content_of: RawMail | None = None) -> RawMail:
    return RawMail(
        account_id=account_of(parse_recipient(recipient)),
        via=arrival.via,
        peer=arrival.peer,
        envelope_from=arrival.envelope_from[:320],
        envelope_to=recipient[:320],
        raw=raw,
        content_of=content_of,
        sha256=hashlib.sha256(arrival.raw).digest(),
        received_at=now,
    )
