"""Acting on returned mail: each stored message is read once, and reading it again changes nothing.

The steps for a message: find who it is about, say what it is, record it once, act on it once. What needs a person's
attention is marked for the abuse desk in the same transaction.
"""

from mailflatrate.apps.inbound.actions.claim_batch import claim_mails, release_mails
from mailflatrate.apps.inbound.actions.manual_review import WAKE_DESK, hand_to_desk, mark_taken, put_aside, put_away
from mailflatrate.apps.inbound.actions.process_batch import HANDED_IN, read_mail, read_together
from mailflatrate.apps.inbound.actions.stop_requests import complain, unsubscribe_delivery
from mailflatrate.apps.inbound.interpretation import source_of

__all__ = [
    "HANDED_IN",
    "WAKE_DESK",
    "claim_mails",
    "complain",
    "hand_to_desk",
    "mark_taken",
    "put_aside",
    "put_away",
    "read_mail",
    "read_together",
    "release_mails",
    "source_of",
    "unsubscribe_delivery",
]
