"""Calendar files of sent campaigns: the same for every recipient, and frozen with the edition."""

from urllib.parse import urlsplit

from django.http import Http404, HttpRequest, HttpResponse

from mailflatrate.apps.campaigns.content.campaign_content import CALENDAR_PATH
from mailflatrate.apps.campaigns.models import Edition
from mailflatrate.base import tenancy
from mailflatrate.base.ids import key_ring
from mailflatrate.entrypoints.ui.pages import public
from mailflatrate.mail.content.calendar_file import calendar_file, event_uid
from mailflatrate.mail.content.calendar_links import read_event
from mailflatrate.mail.identifiers.tokens import TokenPurpose
from mailflatrate.settings import load_settings


@public(f"GET {CALENDAR_PATH}/<str:token>/event.ics", "calendar-file")
def event(_request: HttpRequest, token: str) -> HttpResponse:
    """Return the calendar file behind a token as a download. It names the event and no person."""
    claims = key_ring().open_token(TokenPurpose.CALENDAR, token)
    if claims is None:
        raise Http404
    with tenancy.account(claims.account_id):
        edition = Edition.objects.filter(id=claims.delivery_id).only("facts", "created_at").first()
    events = edition.facts.get("events", []) if edition is not None else []
    if edition is None or claims.extra >= len(events):
        raise Http404
    details = read_event(events[claims.extra])
    domain = urlsplit(load_settings().public_url).hostname or "localhost"
    uid = event_uid(claims.account_id, details, domain)
    answer = HttpResponse(
        calendar_file(details, uid=uid, created_at=edition.created_at), content_type="text/calendar; charset=utf-8"
    )
    answer.headers["Content-Disposition"] = 'attachment; filename="event.ics"'
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer
