"""Actions on landing pages: the customer's edit, publish and unpublish, the operators' takedown."""

from django.db import transaction
from django.utils.translation import gettext as _

from mailflatrate.apps.accounts.models import User
from mailflatrate.apps.forms.actions.form_edits import new_code
from mailflatrate.apps.forms.errors import FormError
from mailflatrate.apps.forms.landing_pages import landing_facts, landing_page_of
from mailflatrate.apps.forms.models import Form, LandingPage, LandingTakedown, LandingVersion
from mailflatrate.base import audit, clock, tenancy
from mailflatrate.base.ids import key_ring
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.mail.content.landing_page import CompiledPage
from mailflatrate.rules.forms.landing import (
    MAX_DESCRIPTION,
    MAX_SOURCE,
    MAX_TITLE,
    LandingContent,
    LandingFault,
    landing_faults,
    landing_sha256,
)


@tenancy.needs_account
@transaction.atomic
def save_landing_page(form_id: int, content: LandingContent) -> LandingPage:
    """Visitors see the published version. Raises FormError."""
    form = Form.objects.select_for_update(of=("self",)).filter(id=form_id).first()
    if form is None:
        raise FormError(_("this form doesn't exist"))
    if len(content.title) > MAX_TITLE or len(content.description) > MAX_DESCRIPTION:
        raise FormError(_("shorten the title and the description"))
    if len(content.source.encode()) > MAX_SOURCE:
        raise FormError(_("the page is too long"))
    page, is_new = LandingPage.objects.get_or_create(
        form=form, defaults={"account_id": form.account_id, "code": new_code(), "draft": content.as_json()}
    )
    if not is_new and page.draft != content.as_json():
        page.draft, page.changed_at = content.as_json(), clock.now()
        page.save(update_fields=["draft", "changed_at"])
    return page


@tenancy.needs_account
@transaction.atomic
def publish_landing_page(
    form_id: int, content: LandingContent, compiled: CompiledPage, elsewhere: tuple[str, ...], *, by: User | None
) -> list[LandingFault]:
    """Return what prevents it. `elsewhere`: images not ours. Raises FormError if the draft changed meanwhile."""
    page = _locked(form_id)
    if page.draft != content.as_json():
        raise FormError(_("the draft was changed meanwhile; look at it and publish it again"))
    faults = landing_faults(landing_facts(content, page.form, elsewhere))
    if faults:
        return faults
    frozen = {**content.as_json(), "html": compiled.html, "css": compiled.css, "background": compiled.background}
    digest = landing_sha256(frozen)
    newest = LandingVersion.objects.filter(page=page).order_by("-number").first()
    if newest is None or newest.sha256 != digest:
        newest = LandingVersion.objects.create(
            page=page,
            number=newest.number + 1 if newest else 1,
            content=frozen,
            sha256=digest,
            seal=key_ring().content_seal(digest.encode()),
            published_at=clock.now(),
            published_by=by,
        )
    page.current, page.is_published = newest, True
    page.save(update_fields=["current", "is_published"])
    return []


@tenancy.needs_account
@transaction.atomic
def unpublish_landing_page(form_id: int) -> None:
    """Its draft and versions stay. Raises FormError."""
    page = _locked(form_id)
    page.is_published = False
    page.save(update_fields=["is_published"])


def take_down_landing_page(page_id: int, *, by: User, reason: str) -> None:
    """Its customer can't publish it again. Raises FormError."""
    reason = _checked(by, reason)
    with tenancy.platform(PlatformReason.OPERATOR_DESK), transaction.atomic():
        page = LandingPage.objects.filter(id=page_id).first()
        if (
            page is None
            or not LandingTakedown.objects.get_or_create(
                page=page, defaults={"account_id": page.account_id, "reason": reason}
            )[1]
        ):
            raise FormError(_("this page is down already"))
        _record("landing_page.taken_down", page, by, reason)


def restore_landing_page(page_id: int, *, by: User, reason: str) -> None:
    """Raises FormError."""
    reason = _checked(by, reason)
    with tenancy.platform(PlatformReason.OPERATOR_DESK), transaction.atomic():
        page = LandingPage.objects.filter(id=page_id).first()
        if page is None or not LandingTakedown.objects.filter(page=page).delete()[0]:
            raise FormError(_("this page isn't down"))
        _record("landing_page.restored", page, by, reason)


def _locked(form_id: int) -> LandingPage:
    page = landing_page_of(form_id)
    if page is None or not LandingPage.objects.select_for_update(of=("self",)).filter(id=page.id).exists():
        raise FormError(_("this form has no landing page"))
    page.refresh_from_db(fields=["draft", "is_published"])
    return page


def _checked(by: User, reason: str) -> str:
    reason = " ".join(reason.split())
    if not by.is_staff:
        raise FormError(_("only operators can do this"))
    if len(reason) < 3:
        raise FormError(_("say why; the reason is kept in the audit log"))
    return reason[:1_000]


def _record(code: str, page: LandingPage, by: User, reason: str) -> None:
    audit.record(
        code,
        by=audit.person(by),
        account_id=page.account_id,
        subject=f"form:{page.form_id}",
        reason=reason,
        details={"page": page.code, "version": page.current.number if page.current else None},
    )
