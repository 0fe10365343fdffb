"""The page after an unsubscribe: why, fewer emails or a pause instead, and undoing it. Each part is optional."""

from datetime import date, datetime, time, timedelta
from typing import Any, Final

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from mailflatrate.apps.inbound.actions.after_unsubscribe import StayingTerms, give_reason, offer_of, stay
from mailflatrate.apps.inbound.models import LeaveReason
from mailflatrate.apps.lists.actions.contacts import MAX_PAUSE_DAYS
from mailflatrate.apps.lists.errors import ListError
from mailflatrate.base.ids import key_ring
from mailflatrate.entrypoints.client import client_ip
from mailflatrate.entrypoints.public.pauses import PAUSES, pause_words
from mailflatrate.entrypoints.public.reader import PageReader
from mailflatrate.mail.identifiers.tokens import TokenPurpose

ACTS: Final = ("reason", "stay")
USUAL_PAUSE_DAYS: Final = 91
"""The day that the form suggests: in three months."""


def act(request: HttpRequest, recipient: PageReader) -> dict[str, Any]:
    if request.POST["act"] == "reason":
        chosen = request.POST.get("reason", "")
        if chosen not in LeaveReason.values:
            return {"problem": _("Choose a reason, or leave it. You're unsubscribed either way.")}
        given = give_reason(recipient.delivery, LeaveReason(chosen))
        return {"thanks": given, "asked_never": given and chosen == LeaveReason.NOT_ASKED}
    try:
        terms = _terms(request)
        stays = stay(
            recipient.delivery,
            terms,
            ip=client_ip(request),
            user_agent=request.headers.get("User-Agent", ""),
        )
    except ListError:
        return {"problem": _("Choose a day within the next year. You're unsubscribed until then.")}
    if not stays:
        return {"problem": _("It's too late to undo this here. To receive emails again, sign up again.")}
    return {"stays": True, "terms": terms, "terms_words": _terms_words(terms)}


def _terms(request: HttpRequest) -> StayingTerms:
    """Return what the form says. Raises ListError for a date that can't be read."""
    how = request.POST.get("how", "")
    if how == "pause":
        return StayingTerms(paused_until=day_begins(request.POST.get("until", "")))
    return StayingTerms(pause_days=PAUSES.get(how))


def day_begins(written: str) -> datetime:
    """Return when a day begins in the account's time zone, from its date (2026-11-28). Raises ListError."""
    try:
        return timezone.make_aware(datetime.combine(date.fromisoformat(written), time()))
    except (ValueError, OverflowError) as error:
        raise ListError(_("a pause ends on a day within the next year")) from error


def _terms_words(terms: StayingTerms) -> str:
    return pause_words(terms.pause_days) if terms.pause_days is not None else ""


def pause_bounds() -> dict[str, str]:
    today = timezone.localdate()
    return {
        "first": (today + timedelta(days=1)).isoformat(),
        "last": (today + timedelta(days=MAX_PAUSE_DAYS - 1)).isoformat(),
        "usual": (today + timedelta(days=USUAL_PAUSE_DAYS)).isoformat(),
    }


def choices(recipient: PageReader) -> dict[str, Any]:
    offer = offer_of(recipient.delivery)
    sealed = key_ring().seal(TokenPurpose.PREFERENCES, recipient.account.id, recipient.delivery.id)
    campaign = recipient.delivery.campaign
    return {
        "reasons": LeaveReason.choices if recipient.delivery.contact_id is not None else [],
        "undo_until": offer.until if offer else None,
        "fewer": [(key, pause_words(days)) for key, days in PAUSES.items() if days],
        "pause": pause_bounds(),
        "preferences_url": f"/p/{sealed}",
        "report_url": f"/report/?id={campaign.mailing_id}" if campaign and campaign.mailing_id else "/report/",
    }
