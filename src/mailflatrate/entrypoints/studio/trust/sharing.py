"""Sharing a domain's records with the person who manages its DNS: a zone file, and a page behind an expiring link."""

from datetime import date, timedelta
from typing import Final

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from mailflatrate.apps.domains.actions import domains
from mailflatrate.apps.domains.models import SenderDomain
from mailflatrate.apps.domains.records import zone_file
from mailflatrate.base import clock
from mailflatrate.base.ids import key_ring
from mailflatrate.mail.identifiers.tokens import TokenPurpose
from mailflatrate.settings import load_settings

LINK_DAYS: Final = 14
FIRST_DAY: Final = date(1970, 1, 1)


def last_day() -> date:
    return clock.now().date() + timedelta(days=LINK_DAYS)


def share_url(domain: SenderDomain) -> str:
    """Return the URL of the page with this domain's records; it needs no sign-in and works for 14 days."""
    days = (last_day() - FIRST_DAY).days
    number = domain.id if domain.share_number is None else domain.share_number
    token = key_ring().seal(TokenPurpose.DNS_RECORDS, domain.account_id, number, days)
    return load_settings().public_url + reverse("dns-records", args=[token])


def shared_domain(number: int) -> SenderDomain | None:
    return SenderDomain.objects.filter(Q(share_number=number) | Q(share_number=None, id=number)).first()


def mail_link(domain: SenderDomain, url: str) -> str:
    """Return a mailto: link with the message to the IT department; the person's own mail program sends it."""
    text = _(
        "Could you add a few DNS records to %(domain)s, so that we can send our newsletter from it? You'll find the "
        "records here until %(day)s:\n\n%(url)s"
    ) % {"domain": domain.name, "day": date_format(last_day(), "DATE_FORMAT"), "url": url}
    subject = _("DNS records for %(domain)s") % {"domain": domain.name}
    return f"mailto:?{urlencode({'subject': subject, 'body': text}).replace('+', '%20')}"


def zone_answer(request: HttpRequest, domain: SenderDomain) -> HttpResponse:
    answer = HttpResponse(
        zone_file(domain.name, domains.records_to_publish(domain)), content_type="text/plain; charset=utf-8"
    )
    answer.headers["Content-Disposition"] = f'attachment; filename="{domain.name}.zone.txt"'
    answer.headers["Cache-Control"] = "no-store"
    return answer
