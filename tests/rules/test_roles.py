"""The table of roles: each role below another may do less, and no one gives what they don't have."""

from itertools import pairwise

import pytest

from mailflatrate.apps.accounts import models
from mailflatrate.rules.roles import PERMISSIONS, MemberRole, Permission, grantable_by, may, roles_with
from mailflatrate.rules.sql import fill_in


def test_each_role_may_do_less_than_the_one_above() -> None:
    rights = [PERMISSIONS[role] for role in MemberRole]
    assert all(lower < upper for upper, lower in pairwise(rights))
    assert rights[0] == set(Permission)
    assert rights[-1] == {Permission.VIEW}


def test_an_author_writes_and_does_not_release() -> None:
    assert may("author", Permission.DRAFT)
    for held_back in (Permission.RELEASE, Permission.CONTACTS, Permission.EXPORT, Permission.SETUP):
        assert not may("author", held_back)


@pytest.mark.parametrize("unknown", ["", "OWNER", "root", "owner "])
def test_an_unknown_role_may_do_nothing(unknown: str) -> None:
    assert not any(may(unknown, each) for each in Permission)
    assert grantable_by(unknown) == ()


def test_roles_are_given_below_ones_own_except_by_owners() -> None:
    assert set(grantable_by(MemberRole.OWNER)) == set(MemberRole)
    assert grantable_by(MemberRole.ADMIN) == (MemberRole.EDITOR, MemberRole.AUTHOR, MemberRole.VIEWER)
    for role in (MemberRole.EDITOR, MemberRole.AUTHOR, MemberRole.VIEWER):
        assert grantable_by(role) == ()


def test_names_and_sql_come_from_the_same_table() -> None:
    assert set(models.Role.values) == {role.value for role in MemberRole}
    assert fill_in("{{roles(RELEASE)}}") == "('owner', 'admin', 'editor')"
    assert [role.value for role in roles_with(Permission.SECURITY)] == ["owner"]
