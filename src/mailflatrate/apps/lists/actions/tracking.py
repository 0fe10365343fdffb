"""Consent to clicks by name: separate, never part of another one (R-107). Silence is a refusal; without it, clicks
can't be traced to a person, because all recipients get the same links (R-108).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from django.db import transaction
from django.utils.translation import gettext as _

from mailflatrate.apps.consent import ledger
from mailflatrate.apps.lists.errors import ListError
from mailflatrate.apps.lists.models import ConsentKind, Contact
from mailflatrate.base import clock
from mailflatrate.locale.texts import N_, translate

_WORDING = N_(
    "{sender} may record which links in its emails I follow and when, together with my email address, to see what "
    "interests me. I can withdraw this consent at any time on this page. I will receive the same emails either way."
)


def tracking_wording(sender: str, language: str) -> str:
    return translate(_WORDING, language).format(sender=sender)


@dataclass(frozen=True, slots=True)
class TrackingSignup:
    at: datetime
    ip: str | None
    details: Mapping[str, object]


@transaction.atomic
def choose_tracking(
    contact_id: int,
    *,
    agrees: bool,
    wording: str,
    language: str,
    source: str,
    ip: str | None,
    user_agent: str,
    signup: TrackingSignup | None = None,
) -> bool:
    """True if changed. `wording`: as shown, stored with its hash (R-28); `source`: the page. Raises ListError if
    unknown.
    """
    contact = Contact.objects.select_for_update().filter(id=contact_id).first()
    if contact is None:
        raise ListError(_("this contact doesn't exist"))
    if contact.tracking == agrees:
        return False
    now = clock.now()
    details = {
        **(signup.details if signup else {}),
        "wording": wording,
        "wording_sha256": sha256(wording.encode()).hexdigest(),
        "language": language,
    }
    evidence = ledger.EventEvidence(
        email=contact.email,
        signup_at=signup.at if signup else None,
        signup_ip=signup.ip if signup else None,
        source=source,
        confirmed_at=now,
        confirmed_ip=ip,
        user_agent=user_agent,
        details=details,
    )
    kind = ConsentKind.TRACKING_GRANTED if agrees else ConsentKind.TRACKING_WITHDRAWN
    event_id = ledger.append(contact.id, None, kind, now, evidence)
    contact.tracking_event_id = event_id if agrees else None
    contact.save(update_fields=["tracking_event_id"])
    return True
