"""The states of an account. `vetting.account_status` has the moves between them."""

from enum import StrEnum


class AccountStatus(StrEnum):
    """What an account may do (R-01). Only ACTIVE and THROTTLED may send."""

    REGISTERED = "registered"
    SUBMITTED = "submitted"
    MORE_INFO = "more_info"
    APPROVED = "approved"
    REJECTED = "rejected"
    ACTIVE = "active"
    THROTTLED = "throttled"
    PAUSED = "paused"
    SUSPENDED = "suspended"
    CLOSED = "closed"

    @property
    def may_send(self) -> bool:
        return self in (AccountStatus.ACTIVE, AccountStatus.THROTTLED)
