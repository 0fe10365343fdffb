"""Why people with complete proof wait in quarantine for a review."""

ORIGIN_WAITING = "origin_waiting"
"""R-10: the list's origin is not approved yet."""
IMPORT_HELD = "import_held"
"""R-15: the import's figures are unusual."""
AGEING = "ageing"
"""R-13: older than 12 months."""
WAITING_REASONS = (ORIGIN_WAITING, IMPORT_HELD, AGEING)

ORIGIN_REJECTED = "origin_rejected"
IMPORT_REFUSED = "import_refused"
"""A reviewer's final decision."""

SAID_NO = "said_no"
"""Further down, or in a later file: the mailbox is dead or blocked (R-16)."""
UNSUBSCRIBED_SINCE = "unsubscribed_since"
"""After the consent, while the import waited for a review."""
TOO_OLD = "too_old"
