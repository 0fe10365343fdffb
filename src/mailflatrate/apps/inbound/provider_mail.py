"""A provider's event as it is kept: in a row of its own among returned mail, and read like it."""

import json

from mailflatrate.base import child
from mailflatrate.mail.untrusted_mail import ForeignMail

VIA_HOOK = "hook"
"""`RawMail.via` of an event that a relay's provider posted."""


def wrap_event(provider: str, event: str) -> bytes:
    return f'{{"provider":{json.dumps(provider)},"event":{event}}}'.encode()


def read_wrapped_event(raw: bytes) -> ForeignMail:
    """Read a stored event. Raises ChildError."""
    found: ForeignMail = child.call("hook.event", raw)
    return found
