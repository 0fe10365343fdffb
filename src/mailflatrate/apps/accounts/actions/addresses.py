"""Changes of a user's sign-in address. A change takes effect once the new mailbox has confirmed it."""

from collections.abc import Callable, Mapping
from datetime import timedelta

from django.core import signing
from django.db import IntegrityError
from django.urls import reverse
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from mailflatrate.apps.accounts.actions.notices import send_mail
from mailflatrate.apps.accounts.actions.people import house_account
from mailflatrate.apps.accounts.actions.second_factor import needs_second_factor
from mailflatrate.apps.accounts.errors import AccountError
from mailflatrate.apps.accounts.factors import has_second_factor
from mailflatrate.apps.accounts.models import AddressChange, NoticeKind, User
from mailflatrate.base import audit, clock, tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.settings import load_settings

LINK_WORKS = timedelta(hours=24)
CHANGES_KEPT = timedelta(days=30)
MOST_A_DAY = 5
_SALT = "mailflatrate sign-in address"


def _state(user: User) -> str:
    """What a link is bound to; a second factor that became necessary or was set up ends it, too."""
    factors = f"{needs_second_factor(user)} {has_second_factor(user)}"
    return salted_hmac(_SALT, f"{user.email} {user.password} {factors}", algorithm="sha256").hexdigest()[:32]


def find_change(user: User, token: str) -> AddressChange:
    """Return the open address change that a token was issued for, as this user is now. Raises AccountError."""
    words = _("This link is invalid or has expired. Sign in as the user who requested it, or request a new link.")
    try:
        change_id, state = signing.loads(token, salt=_SALT, max_age=LINK_WORKS)
    except (signing.BadSignature, ValueError):
        raise AccountError(words) from None
    change = AddressChange.objects.filter(id=change_id, user=user, confirmed_at=None).first()
    if change is None or state != _state(user):
        raise AccountError(words)
    return change


def ask_for_address(user: User, email: str, *, url: Callable[[str], str]) -> None:
    """Mail the new mailbox a link, or a note if it already signs in here, and tell the old one; the user learns
    nothing about others. The token ends when address, password or second factor change, or a factor becomes
    required. Raises AccountError after too many requests in one day.
    """
    now = clock.now()
    with tenancy.access():
        User.objects.select_for_update().get(id=user.id)
        if AddressChange.objects.filter(user=user, asked_at__gt=now - LINK_WORKS).count() >= MOST_A_DAY:
            raise AccountError(_("You've requested this several times today. Try again tomorrow."))
        change = AddressChange.objects.create(user=user, email=email, asked_at=now)
    is_taken = User.objects.filter(email=email).exists()
    send_mail(
        house_account().id,
        NoticeKind.ACCESS,
        email,
        "accounts/mail/address_in_use" if is_taken else "accounts/mail/address_confirm",
        {"url": url(signing.dumps([change.id, _state(user)], salt=_SALT))},
        language=user.language,
    )
    reset = load_settings().public_url + reverse("account_reset_password")
    _tell_old_mailbox(user, user.email, "accounts/mail/address_requested", {"url": reset})


def change_address(user: User, token: str) -> None:
    with tenancy.access():
        locked = User.objects.select_for_update().get(id=user.id)
        change, old = find_change(locked, token), locked.email
        locked.email = change.email
        try:
            locked.save(update_fields=["email"])
        except IntegrityError:
            raise AccountError(_("%(email)s already has a login here.") % {"email": change.email}) from None
        change.confirmed_at = clock.now()
        change.save(update_fields=["confirmed_at"])
        with tenancy.platform(PlatformReason.PERSON):
            audit.record("user.address_changed", by=audit.person(locked), subject=f"user:{locked.id}")
        _tell_old_mailbox(locked, old, "accounts/mail/address_changed", {})
    user.email = locked.email


def forget_changes() -> int:
    with tenancy.access():
        gone, _by_table = AddressChange.objects.filter(asked_at__lt=clock.now() - CHANGES_KEPT).delete()
        return gone


def _tell_old_mailbox(user: User, old: str, template: str, facts: Mapping[str, str]) -> None:
    send_mail(house_account().id, NoticeKind.ACCESS, old, template, facts, language=user.language)
