"""The account setting that requires a second factor of everyone who works for it."""

from collections.abc import Collection

from django.urls import reverse
from django.utils.translation import gettext as _

from mailflatrate.apps.accounts.actions.notices import send_mail, tell_people
from mailflatrate.apps.accounts.actions.people import house_account
from mailflatrate.apps.accounts.errors import AccountError
from mailflatrate.apps.accounts.factors import factor_link, has_second_factor, remove_factors
from mailflatrate.apps.accounts.models import Account, Membership, NoticeKind, Role, User
from mailflatrate.apps.accounts.queries import memberships
from mailflatrate.apps.accounts.rights import member_may
from mailflatrate.base import audit, tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.rules.roles import Permission
from mailflatrate.settings import load_settings


def require_second_factor(
    account_id: int, is_required: bool, *, by: User, proved: bool, without: Collection[User] = ()
) -> None:
    """No grace period: sessions without a factor see only how to set one up; `without` are told. Raises AccountError
    unless an owner who signed in with one (`proved`) does it: a thief with only a password must neither lock the
    others out nor remove the requirement.
    """
    with tenancy.account(account_id):
        account = Account.objects.select_for_update().get(id=account_id)
        if not member_may(by, Permission.SECURITY):
            raise AccountError(_("Only owners can change this."))
        if account.second_factor == is_required:
            return
        if not proved:
            raise AccountError(_("Set up your own second factor and sign in with it first."))
        with tenancy.access():
            Account.objects.filter(id=account_id).update(second_factor=is_required)
        action = "second_factor.required" if is_required else "second_factor.optional"
        audit.record(action, by=audit.person(by), account_id=account_id)
    if is_required:
        _tell_those_without(account_id, without, by)


def _tell_those_without(account_id: int, without: Collection[User], by: User) -> None:
    with tenancy.account(account_id):
        account = Account.objects.get(id=account_id)
    url = load_settings().public_url + reverse("mfa_index")
    facts = {"person": by, "account": account.name, "url": url}
    tell_people(NoticeKind.ACCESS, without, "accounts/mail/factor_required", facts)


def needs_second_factor(user: User) -> bool:
    return user.is_staff or any(row.account.second_factor for row in memberships(user))


def send_factor_link(user: User) -> None:
    facts = {"url": factor_link(user)}
    send_mail(
        house_account().id, NoticeKind.ACCESS, user.email, "accounts/mail/factor_link", facts, language=user.language
    )


def announce_first_factor(user: User) -> None:
    own_memberships = memberships(user)
    tell_people(NoticeKind.ACCESS, [user], "accounts/mail/factor_added", {})
    with tenancy.platform(PlatformReason.PERSON):
        audit.record("second_factor.added", by=audit.person(user), subject=f"user:{user.id}")
        for row in own_memberships:
            audit.record(
                "second_factor.added", by=audit.person(user), account_id=row.account_id, subject=f"user:{user.id}"
            )
        others = Membership.objects.filter(account_id__in=[row.account_id for row in own_memberships], role=Role.OWNER)
        owners = list(others.filter(user__is_active=True).exclude(user=user).select_related("user", "account"))
    for owner in owners:
        facts = {"person": user, "account": owner.account.name}
        tell_people(NoticeKind.TEAM, [owner.user], "accounts/mail/factor_of_member", facts)


def help_with_factor(email: str, *, remove: bool) -> str:
    """The link to set up a first factor, for the command line; `remove` deletes lost ones. Raises AccountError."""
    user = User.objects.filter(email=email.strip().lower(), is_active=True).first()
    if user is None:
        raise AccountError("No one signs in with this address.")
    if remove:
        remove_factors(user)
    elif has_second_factor(user):
        raise AccountError("They have a second factor. If it is lost, run this with --remove.")
    return factor_link(user)
