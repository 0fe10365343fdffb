"""Behavior of test inbox addresses, requested by the local part (ARCHITECTURE section 8)."""

import re
from enum import StrEnum


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
        found = re.match(
            r"(x-(?:550|421|timeout|full|bounce|complain|vacation|unsubscribe|oneclick))(?:[-+.][^@]*)?@",
            address.lower(),
        )
        return cls(found.group(1)) if found else None
