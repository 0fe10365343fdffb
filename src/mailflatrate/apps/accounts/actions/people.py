"""Accounts and the people who work for them."""

from typing import Any

from django.utils.translation import gettext as _

from mailflatrate.apps.accounts.errors import AccountError
from mailflatrate.apps.accounts.models import Account, Membership, Role, User
from mailflatrate.base import audit, tenancy
from mailflatrate.base.tenancy import PlatformReason


def create_account(name: str, *, country: str = "DE", language: str = "en", **fields: Any) -> Account:
    """A new account, applied for and not active (R-01)."""
    with tenancy.platform(PlatformReason.SETUP):
        return Account.objects.create(name=name, country=country, language=language, **fields)


def create_user(email: str, *, name: str, password: str | None, language: str = "en", is_staff: bool = False) -> User:
    """A person who signs in; `is_staff`: at the operator's desk. Raises AccountError when the address is taken."""
    if User.objects.filter(email=email.strip().lower()).exists():
        raise AccountError(_("%(email)s signs in here already.") % {"email": email})
    if not is_staff:
        return User.objects.create_user(email, password, name=name, language=language)
    with tenancy.platform(PlatformReason.SETUP):
        user = User.objects.create_user(email, password, name=name, language=language, is_staff=True)
        audit.record("staff.created", by=audit.machine("create-user"), subject=f"user:{user.id}", reason=user.email)
        return user


def add_member(account_id: int, user: User, role: Role = Role.OWNER) -> None:
    """Let a user work for an account; repeated, it sets the role."""
    with tenancy.account(account_id):
        Membership.objects.update_or_create(account_id=account_id, user=user, defaults={"role": role})


def change_settings(account_id: int, *, language: str, time_zone: str, colour: str) -> None:
    """Language, time zone (IANA name) and colour (`#rrggbb`) that the account's pages and mailings begin with."""
    with tenancy.account(account_id):
        Account.objects.filter(id=account_id).update(language=language, time_zone=time_zone, colour=colour)


def invite(account_id: int, email: str, *, name: str, role: Role, language: str) -> Membership:
    """Take a person into an account; one who is new here gets no password and sets it by a link.

    Raises AccountError when he works for the account already.
    """
    with tenancy.account(account_id):
        user = User.objects.filter(email=email.strip().lower()).first()
        if user is None:
            user = create_user(email, name=name, password=None, language=language)
        elif Membership.objects.filter(user=user).exists():
            raise AccountError(_("%(email)s works for this account already.") % {"email": user.email})
        return Membership.objects.create(user=user, role=role)


def change_role(account_id: int, membership_id: int, role: Role) -> None:
    """Give a member another role. Raises AccountError where nobody would be owner any more."""
    with tenancy.account(account_id):
        membership = _locked_membership(account_id, membership_id)
        if role is not Role.OWNER:
            _keep_an_owner(membership)
        membership.role = role
        membership.save(update_fields=["role"])


def remove_member(account_id: int, membership_id: int) -> None:
    """Let a person work for this account no more. Raises AccountError for the last owner."""
    with tenancy.account(account_id):
        membership = _locked_membership(account_id, membership_id)
        _keep_an_owner(membership)
        membership.delete()


def _locked_membership(account_id: int, membership_id: int) -> Membership:
    """The account's row is locked, so that two owners cannot remove each other at the same moment."""
    Account.objects.select_for_update().get(id=account_id)
    return Membership.objects.get(id=membership_id)


def _keep_an_owner(membership: Membership) -> None:
    others = Membership.objects.filter(role=Role.OWNER).exclude(id=membership.id)
    if membership.role == Role.OWNER and not others.exists():
        raise AccountError(_("An account needs an owner. Make somebody else an owner first."))


def house_account() -> Account:
    """The operator's own account. Raises AccountError before `mailflatrate migrate` and set-up made one."""
    with tenancy.platform(PlatformReason.SETUP):
        house = Account.objects.filter(is_house=True).first()
    if house is None:
        raise AccountError("the operator's own account is missing: run `mailflatrate migrate`")
    return house
