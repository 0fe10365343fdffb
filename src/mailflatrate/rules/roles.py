"""The roles of an account's members, and what each may do; no other place defines that."""

from enum import StrEnum


class MemberRole(StrEnum):
    OWNER = "owner"
    ADMIN = "admin"
    EDITOR = "editor"
    AUTHOR = "author"
    VIEWER = "viewer"


class Permission(StrEnum):
    VIEW = "view"
    DRAFT = "draft"
    """Write campaigns, templates and images, send tests, ask a colleague to release."""
    RELEASE = "release"
    """Release, pause and cancel campaigns, alone or as the second person; RSS campaigns, which release themselves."""
    CONTACTS = "contacts"
    """Change lists, contacts, imports, segments, fields, tags, suppressions and sign-up forms."""
    EXPORT = "export"
    """Take personal data out of the account in files."""
    ERASE_MANY = "erase-many"
    """Erase many contacts at once."""
    SETUP = "setup"
    """Senders, imprint and brand; answer the operator."""
    MANAGE = "manage"
    TEAM = "team"
    """Invite members, change their roles, remove them: only below one's own role."""
    KEYS = "keys"
    """API keys, which then act for the member."""
    SECURITY = "security"
    """What everyone's sign-in and each release needs."""
    BIND = "bind"
    """Accept agreements on the account's behalf, and apply for it."""


_AUTHOR = frozenset({Permission.VIEW, Permission.DRAFT})
_EDITOR = _AUTHOR | {Permission.RELEASE, Permission.CONTACTS, Permission.SETUP}
_ADMIN = _EDITOR | {
    Permission.EXPORT,
    Permission.ERASE_MANY,
    Permission.MANAGE,
    Permission.TEAM,
    Permission.KEYS,
}
PERMISSIONS: dict[MemberRole, frozenset[Permission]] = {
    MemberRole.OWNER: frozenset(Permission),
    MemberRole.ADMIN: _ADMIN,
    MemberRole.EDITOR: _EDITOR,
    MemberRole.AUTHOR: _AUTHOR,
    MemberRole.VIEWER: frozenset({Permission.VIEW}),
}


WHOLE_ACCOUNT = frozenset(
    {Permission.ERASE_MANY, Permission.SETUP, Permission.TEAM, Permission.KEYS, Permission.SECURITY, Permission.BIND}
)
"""What concerns the whole account: no role gives it to a member who is limited to some of the lists."""


def may(role: str, permission: Permission) -> bool:
    """Return whether a member with this role may do this kind of work. An unknown role may do nothing."""
    return permission in PERMISSIONS.get(MemberRole(role), frozenset()) if role in set(MemberRole) else False


def roles_with(permission: Permission) -> tuple[MemberRole, ...]:
    return tuple(role for role in MemberRole if permission in PERMISSIONS[role])


def grantable_by(role: str) -> tuple[MemberRole, ...]:
    if not may(role, Permission.TEAM):
        return ()
    if role == MemberRole.OWNER:
        return tuple(MemberRole)
    order = list(MemberRole)
    return tuple(order[order.index(MemberRole(role)) + 1 :])
