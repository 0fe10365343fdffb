"""Whether a member may open a page of the studio, or change something with it. `rules.roles` defines the roles."""

from mailflatrate.apps.accounts.models import Membership
from mailflatrate.entrypoints.ui.pages import WebPage, pages
from mailflatrate.rules.roles import WHOLE_ACCOUNT, Permission, may


class MemberRights:
    """A member's permissions for templates: `rights.release`, `rights.export`."""

    def __init__(self, membership: Membership) -> None:
        lost = WHOLE_ACCOUNT if membership.is_limited else frozenset()
        for permission in Permission:
            setattr(self, permission.name.lower(), may(membership.role, permission) and permission not in lost)


def may_use(membership: Membership, page: WebPage, *, writes: bool) -> bool:
    if membership.is_limited and not page.limited:
        return False
    return may(membership.role, page.write if writes else page.read)


def may_open(membership: Membership, name: str, *, writes: bool) -> bool:
    return may_use(membership, pages()[f"studio:{name}"], writes=writes)
