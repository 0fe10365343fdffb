"""The facts that the rules judge of a sign-up form and of the confirmation email that follows a sign-up."""

from dataclasses import dataclass
from datetime import datetime

from mailflatrate.rules.facts import AccountFacts, FromFacts
from mailflatrate.rules.forms.content import FormContent
from mailflatrate.rules.imprint import ImprintRecord


@dataclass(frozen=True, slots=True)
class ConfirmationFacts:
    account: AccountFacts
    imprint: ImprintRecord | None
    form_published: bool
    """A recorded request at a published form; or a subscriber's own request, from our page, to change the address."""
    requested_at: datetime | None
    token_expires_at: datetime | None
    now: datetime
    suppressed: bool
    """A complaint or a dead mailbox; an earlier unsubscribe doesn't count, the person may come back (R-16)."""
    address_refused_by: str
    """Rule id of the address decision, empty when accepted."""
    mails_to_address_last_day: int  # across all customers
    tracking: bool
    links: int
    from_line: FromFacts
    recipient_countries: frozenset[str] = frozenset()
    mails_of_form_last_hour: int = 0
    left_lately: bool = False  # someone else asks for a person who left a list a short while ago
    denied: bool = False  # the person answered "this was not me" to a request for the same list a short while ago


@dataclass(frozen=True, slots=True)
class FormFacts:
    content: FormContent
    imprint: ImprintRecord | None
    company: str
    list_open: bool
    recipient_countries: frozenset[str] = frozenset()
