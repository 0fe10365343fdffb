"""Accounts and the people who work for them."""

from collections.abc import Collection
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from mailflatrate.apps.accounts.errors import AccountError
from mailflatrate.apps.accounts.models import Account, Invitation, Membership, Role, User
from mailflatrate.apps.accounts.queries import has_operator
from mailflatrate.apps.accounts.rights import member_may, role_of
from mailflatrate.base import audit, clock, tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.rules.roles import Permission, grantable_by


def create_account(name: str, *, country: str = "DE", language: str = "en", **fields: Any) -> Account:
    with tenancy.platform(PlatformReason.SETUP):
        return Account.objects.create(name=name, country=country, language=language, **fields)


def create_user(email: str, *, name: str, password: str | None, language: str = "en", is_staff: bool = False) -> User:
    """Create a user; `is_staff` gives access to the operator's desk. Raises AccountError if the address is taken."""
    if User.objects.filter(email=email.strip().lower()).exists():
        raise AccountError(_("%(email)s already has a login here.") % {"email": email})
    if not is_staff:
        return User.objects.create_user(email, password, name=name, language=language)
    with tenancy.platform(PlatformReason.SETUP):
        user = User.objects.create_user(email, password, name=name, language=language, is_staff=True)
        audit.record("staff.created", by=audit.machine("create-user"), subject=f"user:{user.id}", reason=user.email)
        return user


def add_member(account_id: int, user: User, role: Role = Role.OWNER) -> None:
    """Make a user a member of an account, or change an existing member's role."""
    with tenancy.account(account_id), tenancy.access():
        whole = {"list_ids": None} if role == Role.OWNER else {}
        Membership.objects.update_or_create(account_id=account_id, user=user, defaults={"role": role, **whole})


def change_settings(account_id: int, *, language: str, time_zone: str) -> None:
    with tenancy.account(account_id):
        Account.objects.filter(id=account_id).update(language=language, time_zone=time_zone)


def change_colour(account_id: int, colour: str) -> None:
    """Set the color (`#rrggbb`) of the account's public pages. The brand's settings choose it."""
    with tenancy.account(account_id):
        Account.objects.filter(id=account_id).update(colour=colour)


def change_role(account_id: int, membership_id: int, role: Role, *, by: User) -> None:
    """Raises AccountError unless `by` may give the old and the new role, or if no owner would be left."""
    with tenancy.account(account_id), tenancy.access():
        membership = _locked_membership(account_id, membership_id)
        before = membership.role
        refuse_above(by, before, role)
        if role is not Role.OWNER:
            _keep_an_owner(membership)
        membership.role = role
        if role is Role.OWNER:
            membership.list_ids = None
        membership.save(update_fields=["role", "list_ids"])
        _record("member.role_changed", membership, by, before=before, after=role.value)
        _end_invitations_of(membership.user, by, kept=grantable_by(role))


def limit_member(account_id: int, membership_id: int, list_ids: Collection[int] | None, *, by: User) -> None:
    """None: all (ADR 0048). Holds from the next request on, also for jobs they started. Raises AccountError for an
    owner, a role that `by` may not change, and if no list is chosen.
    """
    with tenancy.account(account_id), tenancy.access():
        membership = _locked_membership(account_id, membership_id)
        refuse_above(by, membership.role)
        limit = checked_limit(membership.role, list_ids)
        if membership.user_id == by.id:
            raise AccountError(_("You can't limit yourself. Ask another owner or admin."))
        if limit == membership.list_ids:
            return
        before, membership.list_ids = membership.list_ids, limit
        membership.save(update_fields=["list_ids"])
        _record("member.limited", membership, by, before=_said(before), after=_said(limit))
        if limit is not None:  # no one who is limited invites, and their invitations would not be limited
            _end_invitations_of(membership.user, by)


def checked_limit(role: str, list_ids: Collection[int] | None) -> list[int] | None:
    if list_ids is None:
        return None
    if role == Role.OWNER:
        raise AccountError(_("Owners always see all lists. Choose another role first."))
    if not list_ids:
        raise AccountError(_("Choose at least one list, or all lists."))
    return sorted(set(list_ids))


def give_list(user_id: int, list_id: int) -> None:
    """Add a list that a limited member created to those they see. Runs in the scope of the whole account."""
    with tenancy.access():
        membership = Membership.objects.select_for_update().get(user_id=user_id)
        before = membership.list_ids
        if before is None:
            return
        membership.list_ids = sorted({*before, list_id})
        membership.save(update_fields=["list_ids"])
        _record("member.limited", membership, membership.user, before=_said(before), after=_said(membership.list_ids))


def _said(list_ids: Collection[int] | None) -> str:
    return "all" if list_ids is None else ", ".join(f"list:{list_id}" for list_id in list_ids)


def remove_member(account_id: int, membership_id: int, *, by: User) -> None:
    """Remove a member's access to this account. Raises AccountError for the last owner, and for a role above `by`."""
    with tenancy.account(account_id), tenancy.access():
        membership = _locked_membership(account_id, membership_id)
        if membership.user_id != by.id:
            refuse_above(by, membership.role)
        _keep_an_owner(membership)
        _record("member.removed", membership, by, role=membership.role)
        _end_invitations_of(membership.user, by)
        membership.delete()


def _record(action: str, membership: Membership, by: User, **details: str) -> None:
    who = f"user:{membership.user_id}"
    audit.record(
        action,
        by=audit.person(by),
        account_id=membership.account_id,
        subject=who,
        reason=membership.user.email,
        details=details,
    )


def withdraw_invitation(invitation: Invitation, *, by: User) -> None:
    with tenancy.access():
        invitation.withdrawn_at = clock.now()
        invitation.save(update_fields=["withdrawn_at"])
        audit.record(
            "invitation.withdrawn",
            by=audit.person(by),
            account_id=invitation.account_id,
            subject=f"invitation:{invitation.id}",
            details={"role": invitation.role},
        )


def refuse_above(by: User, *roles: str) -> None:
    """Raise AccountError unless `by` may give all these roles in the current account."""
    role = role_of(by)
    if role is None or not member_may(by, Permission.TEAM) or not set(roles) <= set(grantable_by(role)):
        raise AccountError(_("You can only give, change and remove roles below your own."))


def _end_invitations_of(user: User, by: User, *, kept: Collection[str] = ()) -> None:
    """Withdraw invitations into roles that the user who sent them can no longer give."""
    open_ones = Invitation.objects.filter(invited_by=user, accepted_at=None, withdrawn_at=None)
    for invitation in open_ones.exclude(role__in=kept):
        withdraw_invitation(invitation, by=by)


def _locked_membership(account_id: int, membership_id: int) -> Membership:
    """Return the membership with the account row locked, so that two owners cannot remove each other at once."""
    Account.objects.select_for_update().get(id=account_id)
    return Membership.objects.get(id=membership_id)


def _keep_an_owner(membership: Membership) -> None:
    others = Membership.objects.filter(role=Role.OWNER).exclude(id=membership.id)
    if membership.role == Role.OWNER and not others.exists():
        raise AccountError(_("An account needs an owner. Make someone else an owner first."))


def house_account() -> Account:
    """Return the operator's own account. Raises AccountError before `mailflatrate migrate` and setup created it."""
    with tenancy.platform(PlatformReason.SETUP):
        house = Account.objects.filter(is_house=True).first()
    if house is None:
        raise AccountError("the service's own account is missing: run `mailflatrate migrate`")
    return house


_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('first operator', 0))"


def create_first_operator(email: str, *, name: str, password: str, language: str) -> User:
    """Of two simultaneous attempts one succeeds. Raises AccountError if there is an operator, even a blocked one."""
    with tenancy.platform(PlatformReason.SETUP):
        with connection.cursor() as cursor:
            cursor.execute(_LOCK)
        if has_operator():
            raise AccountError(_("This installation already has an operator. Ask them to add you."))
        return create_user(email, name=name, password=password, language=language, is_staff=True)
