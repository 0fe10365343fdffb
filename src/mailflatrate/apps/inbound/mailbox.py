"""Fetching mail by IMAP, for when abuse@ is not delivered to us. A message is stored, then marked as seen; after a
crash between the two it is fetched again, and taken only once, by the hash of its octets.
"""

import hashlib

import structlog

from mailflatrate.apps.inbound.intake import Arrival, store
from mailflatrate.apps.inbound.models import RawMail
from mailflatrate.base import tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.mail.reading import address
from mailflatrate.mail.reading.mime import split_headers
from mailflatrate.settings import load_settings
from mailflatrate.settings.schema import Settings
from mailflatrate.wire.imap import MailboxAccess, OpenMailbox, open_mailbox

log = structlog.get_logger("inbound")

VIA = "imap"
TOGETHER = 20
LARGEST_OCTETS = 30 * 1024 * 1024


def is_configured() -> bool:
    return bool(load_settings().imap_host)


def poll() -> int:
    """Import unseen messages in batches; return how many were new. Raises MailboxUnavailable."""
    settings = load_settings()
    taken = 0
    with open_mailbox(_access(settings)) as mailbox:
        while uids := mailbox.unseen(at_most=TOGETHER, largest_octets=LARGEST_OCTETS):
            taken += _take(mailbox, uids, settings.imap_address or f"abuse@{settings.service_domain}")
            mailbox.mark_seen(uids)
    if taken:
        log.info("mail taken from the mailbox", messages=taken)
    return taken


def _access(settings: Settings) -> MailboxAccess:
    return MailboxAccess(
        host=settings.imap_host or "",
        port=settings.imap_port,
        user=settings.imap_user or "",
        password=settings.imap_password or "",
        folder=settings.imap_folder,
        tls=settings.imap_tls,
    )


def _take(mailbox: OpenMailbox, uids: list[str], to: str) -> int:
    """Store what is not stored yet. The submitting host is unknown, so no host vouches for it (R-78)."""
    raws = {hashlib.sha256(raw).digest(): raw for uid in uids if (raw := mailbox.fetch(uid))}
    with tenancy.platform(PlatformReason.MAIL_IN):
        digests = RawMail.objects.filter(via=VIA, sha256__in=list(raws)).values_list("sha256", flat=True)
        before = {bytes(digest) for digest in digests}
    arrivals = [
        Arrival(via=VIA, peer="", envelope_from=_return_path(raw), envelope_to=to, raw=raw)
        for digest, raw in raws.items()
        if digest not in before
    ]
    if arrivals:
        store(arrivals)
    return len(arrivals)


def _return_path(raw: bytes) -> str:
    headers, _ = split_headers(raw[:65_536].replace(b"\r\n", b"\n"))
    return address.clean(headers.raw("return-path"))
