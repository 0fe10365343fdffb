"""Reads of landing pages."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, F, OuterRef

from mailflatrate.apps.forms.models import Form, LandingPage, LandingTakedown
from mailflatrate.apps.forms.queries import PublishedForm, published_form
from mailflatrate.base import tenancy
from mailflatrate.base.ids import key_ring
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.rules.forms.landing import LandingContent, LandingFacts, landing_from_json, landing_sha256

MOST_CODE = 16
MOST_LISTED = 200


@dataclass(frozen=True, slots=True)
class ShownLanding:
    content: LandingContent
    html: str
    css: str
    background: str

    @property
    def has_heading(self) -> bool:
        return "<h1" in self.html


@dataclass(frozen=True, slots=True)
class PublishedLanding:
    form: PublishedForm
    code: str
    number: int
    shown: ShownLanding


def published_landing(code: str) -> PublishedLanding | None:
    """None if visitors may not see it: an account that may not send, a takedown, content not frozen here. After a
    takedown of any page, what the account publishes isn't seen until that page is restored: it may be the same.
    Read at each visit, so a takedown works at once. Works in any scope or none.
    """
    if not 0 < len(code) <= MOST_CODE:
        return None
    with tenancy.platform(PlatformReason.PUBLIC_PAGE):
        earlier = LandingTakedown.objects.filter(
            account_id=OuterRef("account_id"), taken_down_at__lte=OuterRef("current__published_at")
        )
        page = (
            LandingPage.objects.select_related("current", "account", "form")
            .filter(code=code, is_published=True, takedown__isnull=True, current__page=F("id"))
            .exclude(Exists(earlier))
            .first()
        )
    if page is None or page.current is None or not page.account.may_send:
        return None
    stored: Mapping[str, Any] = page.current.content
    sealed = landing_sha256(stored).encode()
    form = published_form(page.form.code)
    if form is None or not key_ring().knows_content(sealed, bytes(page.current.seal)):
        return None
    landing = ShownLanding(landing_from_json(stored), stored["html"], stored["css"], stored["background"])
    return PublishedLanding(form, code, page.current.number, landing)


def landing_page_of(form_id: int) -> LandingPage | None:
    rows = LandingPage.objects.select_related("current", "form", "takedown", "form__current")
    return rows.filter(form_id=form_id).first()


def takedown_of(page: LandingPage) -> LandingTakedown | None:
    takedown = getattr(page, "takedown", None)
    return takedown if isinstance(takedown, LandingTakedown) else None


def landing_facts(content: LandingContent, form: Form, elsewhere: tuple[str, ...]) -> LandingFacts:
    published = form.current.content if form.current is not None else {}
    languages = tuple(published["content"]["languages"]) if published else ()
    texts = published["frozen"].get(content.language, {}) if published else {}
    is_whole = bool(texts.get("imprint")) and bool(published.get("privacy_url"))
    return LandingFacts(content, languages, is_whole, elsewhere, LandingTakedown.objects.exists())


@tenancy.needs_platform
def landing_pages_of_all(account_id: int | None = None) -> list[LandingPage]:
    rows = LandingPage.objects.select_related("current", "account", "form", "takedown").filter(current__isnull=False)
    if account_id is not None:
        rows = rows.filter(account_id=account_id)
    return list(rows.order_by("-current_id")[:MOST_LISTED])
