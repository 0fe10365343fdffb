"""The person behind a token: the delivery it was sealed for, loaded within its account."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import Http404, HttpRequest
from django.utils import timezone
from django.utils.translation import get_language

from mailflatrate.apps.accounts.facts import structured_imprint
from mailflatrate.apps.accounts.models import Account
from mailflatrate.apps.campaigns.queries import brand_style, newest_imprint
from mailflatrate.apps.campaigns.translations import language_of
from mailflatrate.apps.delivery.models import DeliveryRecord
from mailflatrate.apps.delivery.queries import find_delivery
from mailflatrate.base import tenancy
from mailflatrate.base.ids import key_ring
from mailflatrate.locale.texts import known_language
from mailflatrate.mail.identifiers.tokens import TokenPurpose
from mailflatrate.rules.imprint import imprint_lines


@dataclass(frozen=True, slots=True)
class PageReader:
    """The recipient whom a page is for. `delivery.contact` may be None after erasure."""

    account: Account
    delivery: DeliveryRecord

    @property
    def language(self) -> str:
        campaign = self.delivery.campaign
        return language_of(campaign, self.delivery.edition_id) if campaign else self.account.language

    def context(self) -> dict[str, object]:
        imprint = structured_imprint(newest_imprint())
        language = known_language(get_language())
        place = self.delivery.mailing_list
        return {
            "customer": {
                "name": self.account.name,
                "text": place.public_name if place else "",
                "colour": self.account.colour,
                "logo_url": logo_path(),
            },
            "imprint_lines": imprint_lines(imprint, language) if imprint else (),
            "privacy_url": imprint.privacy_url if imprint else "",
            "imprint_url": "#imprint" if imprint else "",
            "rights_url": f"/d/{key_ring().seal(TokenPurpose.PRIVACY, self.account.id, self.delivery.id)}",
        }


def logo_path() -> str:
    return urlsplit(brand_style().logo_url).path


def page_language(request: HttpRequest, language_of_mail: str) -> str:
    for chosen in (request.GET.get("language"), request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME)):
        if chosen in dict(settings.LANGUAGES):
            return str(chosen)
    return language_of_mail


@contextmanager
def reader(purpose: TokenPurpose, token: str) -> Iterator[PageReader]:
    """Open the token's account, in its time zone. Raises Http404 if it wasn't sealed for this purpose."""
    claims = key_ring().open_token(purpose, token)
    if claims is None:
        raise Http404
    with tenancy.account(claims.account_id):
        related = ("campaign", "mailing_list", "consent_event__evidence")
        delivery = find_delivery(claims.account_id, claims.delivery_id, *related)
        account = Account.objects.filter(id=claims.account_id).first()
        if delivery is None or account is None:
            raise Http404
        with timezone.override(ZoneInfo(account.time_zone)):
            yield PageReader(account, delivery)
