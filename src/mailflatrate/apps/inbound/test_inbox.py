"""The test inbox, which plays other people's mail servers and keeps the messages it received, up to a limit."""

import re
from collections.abc import Sequence
from email import policy
from email.parser import BytesHeaderParser
from enum import StrEnum

from django.db import connection

from mailflatrate.apps.inbound.intake import Arrival, account_of
from mailflatrate.apps.inbound.models import InboxMessage
from mailflatrate.base import tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.mail.identifiers.verp import parse_recipient
from mailflatrate.settings import load_settings


def keep(arrivals: Sequence[tuple[Arrival, str]]) -> None:
    """Store messages, each with the behavior that its address requested (empty: received normally)."""
    rows = []
    for arrival, behaviour in arrivals:
        head = BytesHeaderParser(policy=policy.SMTP).parsebytes(arrival.raw)
        rows.append(
            InboxMessage(
                account_id=account_of(parse_recipient(arrival.envelope_from)),
                envelope_from=arrival.envelope_from[:320],
                envelope_to=arrival.envelope_to[:320],
                subject=str(head.get("Subject", "")),
                mailing_id=str(head.get("X-Mailing-ID", ""))[:12],
                behaviour=behaviour,
                raw=arrival.raw,
            )
        )
    with tenancy.platform(PlatformReason.TEST_INBOX):
        InboxMessage.objects.bulk_create(rows)


def trim() -> None:
    with tenancy.platform(PlatformReason.TEST_INBOX), connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM postbox_message WHERE id < "
            "(SELECT id FROM postbox_message ORDER BY id DESC OFFSET %s LIMIT 1)",
            [load_settings().test_inbox_limit],
        )


class MailboxBehavior(StrEnum):
    UNKNOWN = "x-550"
    BUSY = "x-421"
    TIMEOUT = "x-timeout"
    FULL = "x-full"
    BOUNCE = "x-bounce"
    COMPLAIN = "x-complain"
    VACATION = "x-vacation"
    UNSUBSCRIBE = "x-unsubscribe"
    ONE_CLICK = "x-oneclick"

    @classmethod
    def of(cls, address: str) -> "MailboxBehavior | None":
        """By the local part; a tag or number makes further addresses: `x-550+2@`, `x-full-7@`."""
        address_match = re.match(
            r"(x-(?:550|421|timeout|full|bounce|complain|vacation|unsubscribe|oneclick))(?:[-+.][^@]*)?@",
            address.lower(),
        )
        return cls(address_match.group(1)) if address_match else None
