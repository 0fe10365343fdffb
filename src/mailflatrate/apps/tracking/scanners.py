"""Distinguishes scanners from readers before a click counts, and again before clicks decide anything (R-110)."""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv6Address, ip_address

import structlog
from django.db import connection

from mailflatrate.base import clock, tenancy
from mailflatrate.rules.feedback.clicks import (
    BURST,
    BURST_OF_TWO,
    MOST_NEEDED,
    SHIPPED,
    TOO_SOON,
    Networks,
    is_mostly_fresh,
    networks_in,
)
from mailflatrate.settings.schema import load_settings
from mailflatrate.settings.secrets import load_secrets

log = structlog.get_logger("tracking")

# Link scanners and previews that say who they are.
_MACHINES = re.compile(
    r"bot\b|crawl|spider|preview|scanner|proofpoint|mimecast|barracuda|safelinks|python-|curl|wget|headless",
    re.IGNORECASE,
)
WINDOW_SECONDS = 600


@dataclass(frozen=True, slots=True)
class ClientInfo:
    head: bool
    user_agent: str
    ip: str | None = None
    prefetch: bool = False

    @property
    def is_machine(self) -> bool:
        """Return whether the visitor is a machine, judged by the request and its network, whatever name it gives."""
        named = not self.user_agent or _MACHINES.search(self.user_agent) is not None
        return self.head or self.prefetch or named or self.ip in _data_centres()

    def mark(self, now: datetime) -> bytes | None:
        """The same for ten minutes, so that a burst of clicks can be attributed to one visitor."""
        if self.ip is None:
            return None
        address = ip_address(self.ip)
        place = int(address) >> 64 if isinstance(address, IPv6Address) else int(address)
        window = int(now.timestamp()) // WINDOW_SECONDS
        key = load_secrets().secret_key.encode()[:64]
        return hashlib.blake2b(
            f"{address.version} {place} {window}".encode(), digest_size=8, key=key, person=b"click visitor"
        ).digest()


def _data_centres() -> Networks:
    """Return the operator's list; the shipped one if it is missing or unreadable, because links must keep working."""
    own = load_settings().data_centres
    if own is not None:
        try:
            return networks_in(own)
        except (OSError, ValueError) as problem:
            log.warning("the list of data centers can't be read", path=str(own), problem=str(problem)[:200])
    return networks_in(SHIPPED)


_SENT = """
SELECT coalesce(sum(size) FILTER (WHERE greatest(claimed_at, heartbeat_at) > %s), 0), coalesce(sum(size), 0)
FROM chunk WHERE account_id = %s AND campaign_id = %s AND claimed_at IS NOT NULL
"""


def is_too_soon(campaign_id: int, now: datetime) -> bool:
    """Return whether an anonymous click comes so soon after delivery that it must be a scanner's."""
    with connection.cursor() as cursor:
        cursor.execute(_SENT, [now - TOO_SOON, tenancy.current_account_id(), campaign_id])
        return is_mostly_fresh(*cursor.fetchone())


# All clicks of a visitor who follows more links at once than a person could, the earlier ones included.
_BURSTS = """
UPDATE click c SET machine = true
FROM edition e CROSS JOIN LATERAL (
    SELECT least(jsonb_array_length(e.links), %(most)s) AS needed,
        CASE WHEN jsonb_array_length(e.links) = 2 THEN %(short)s ELSE %(long)s END * interval '1 second' AS span
) w
WHERE e.id = c.edition_id AND e.account_id = c.account_id AND c.account_id = %(account_id)s
  AND c.campaign_id = %(campaign_id)s AND c.visitor IS NOT NULL
  AND (%(visitor)s::bytea IS NULL OR c.visitor = %(visitor)s) AND NOT c.machine AND w.needed >= 2
  AND (SELECT count(DISTINCT o.link_number) FROM click o
       WHERE o.account_id = c.account_id AND o.edition_id = c.edition_id AND o.visitor = c.visitor
         AND o.at BETWEEN c.at - w.span AND c.at + w.span) >= w.needed
"""


def mark_bursts(campaign_id: int, visitor: bytes | None = None) -> int:
    """Clicks on all links at once, as scanners do; of one `visitor`, or all. Idempotent."""
    with connection.cursor() as cursor:
        cursor.execute(
            _BURSTS,
            {
                "account_id": tenancy.current_account_id(),
                "campaign_id": campaign_id,
                "visitor": visitor,
                "short": BURST_OF_TWO.total_seconds(),
                "long": BURST.total_seconds(),
                "most": MOST_NEEDED,
            },
        )
        return int(cursor.rowcount)


def forget_visitors() -> int:
    """Delete visitor marks whose ten minutes are over; return how many. Covers all accounts."""
    before = clock.now().timestamp() - 2 * WINDOW_SECONDS
    with tenancy.platform(tenancy.PlatformReason.HOUSEKEEPING), connection.cursor() as cursor:
        cursor.execute("UPDATE click SET visitor = NULL WHERE visitor IS NOT NULL AND at < to_timestamp(%s)", [before])
        return int(cursor.rowcount)
