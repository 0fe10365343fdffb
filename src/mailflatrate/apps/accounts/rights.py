"""Checks for actions: what a member may do in the current account. `rules.roles` defines it."""

from django.core.exceptions import PermissionDenied

from mailflatrate.apps.accounts.models import Membership, User
from mailflatrate.rules.roles import WHOLE_ACCOUNT, MemberRole, Permission, roles_with


class NotPermitted(PermissionDenied):
    pass


def member_may(user: User, permission: Permission) -> bool:
    mine = Membership.objects.filter(user=user, role__in=roles_with(permission))
    return (mine.filter(list_ids=None) if permission in WHOLE_ACCOUNT else mine).exists()


def require(user: User, permission: Permission) -> None:
    """Raise NotPermitted unless the user has this permission in the current account."""
    if not member_may(user, permission):
        raise NotPermitted(f"this role lacks the permission {permission.value}")


def role_of(user: User) -> MemberRole | None:
    role = Membership.objects.filter(user=user).values_list("role", flat=True).first()
    return MemberRole(role) if role else None
