"""The reasons why people with complete proof stay in quarantine until an operator has reviewed them."""

ORIGIN_WAITING = "origin_waiting"
"""The origin of the list is not approved yet (R-10)."""
IMPORT_HELD = "import_held"
"""The figures of the import are unusual (R-15)."""
AGEING = "ageing"
"""The consent is older than 12 months (R-13)."""
WAITING_REASONS = (ORIGIN_WAITING, IMPORT_HELD, AGEING)

ORIGIN_REJECTED = "origin_rejected"
IMPORT_REFUSED = "import_refused"
"""A reviewer's final decision."""

SAID_NO = "said_no"
"""The file says further down, or a file says later, that the person's mailbox is dead or blocked (R-16)."""
UNSUBSCRIBED_SINCE = "unsubscribed_since"
"""The person said no after giving the consent, while the import waited for a review."""
TOO_OLD = "too_old"
