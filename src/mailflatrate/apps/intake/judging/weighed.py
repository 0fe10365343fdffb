"""A row whose address was accepted."""

import json
from collections.abc import Mapping
from typing import NamedTuple

from mailflatrate.apps.intake.reading.portable_rows import LineSource
from mailflatrate.rules.addresses import AddressDecision
from mailflatrate.rules.contacts.timestamps import Moment

written_json = json.JSONEncoder(ensure_ascii=False, check_circular=False).encode


class Weighed(NamedTuple):
    """Its cells' values, and why it is held (empty: mailable)."""

    decision: AddressDecision
    reason: str
    signup_at: Moment | None
    signup: str
    signup_ip: str | None
    confirmed_at: Moment | None
    confirmed: str
    confirmed_ip: str | None
    source: str
    needs_review: bool
    contact: dict[str, str] | None
    line_source: LineSource | None = None


def details_of(line: int, weighed: Weighed, stated: Mapping[str, object]) -> str:
    """JSON: line, text and assumptions of ambiguous times, need for review, and `stated` (for all rows)."""
    open_signup = weighed.signup_at is not None and weighed.signup_at.assumed
    open_confirmed = weighed.confirmed_at is not None and weighed.confirmed_at.assumed
    if not (open_signup or open_confirmed or weighed.needs_review or weighed.contact or stated):
        return f'{{"line":{line}}}'
    details: dict[str, object] = {"line": line}
    if open_signup:
        details["signup_at"] = {"text": weighed.signup.strip(), "assumed": open_signup}
    if open_confirmed:
        details["confirmed_at"] = {"text": weighed.confirmed.strip(), "assumed": open_confirmed}
    if weighed.needs_review:
        details["review"] = "ageing"
    if weighed.contact is not None:
        details["last_contact"] = weighed.contact
    details |= stated
    return written_json(details)
