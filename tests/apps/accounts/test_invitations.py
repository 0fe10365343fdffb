"""Invitations: one open per address, one use per link, and only for the address that got it."""

from datetime import timedelta

import pytest

from mailflatrate.apps.accounts.actions import invitations, people
from mailflatrate.apps.accounts.actions import invitations as invitations_actions
from mailflatrate.apps.accounts.errors import AccountError
from mailflatrate.apps.accounts.models import Invitation, Membership, Notice, Role, User
from mailflatrate.base import clock, tenancy
from mailflatrate.base.tenancy import PlatformReason
from support.customers import Customer
from support.people import fresh_mailbox, person
from support.scope import rows


def invited(anna: Customer, email: str, role: Role = Role.EDITOR, by: User | None = None) -> str:
    """Invite an address; the token in its link."""
    tokens: list[str] = []

    def url(token: str) -> str:
        tokens.append(token)
        return f"https://mail.example/join/{token}/"

    invitations_actions.invite(
        anna.account_id, email, name="Ben", role=role, language="en", by=by or anna.owner, url=url
    )
    (token,) = tokens
    return token


def role_of(anna: Customer, user: User) -> str:
    return rows(anna, Membership).filter(user=user).values_list("role", flat=True).first() or ""


def test_the_link_makes_the_invited_person_a_member_once(anna: Customer) -> None:
    email = fresh_mailbox("Ben")
    token = invited(anna, f"  {email.upper()} ")
    ben = invitations_actions.join(token, name="Ben", password="winterzwiebeln")
    assert ben.email == email
    assert role_of(anna, ben) == "", "a login alone gives access to nothing"
    invitations_actions.accept(token, user=ben)
    assert role_of(anna, ben) == Role.EDITOR
    with pytest.raises(AccountError, match="no longer open"):
        invitations_actions.accept(token, user=ben)
    with pytest.raises(AccountError, match="no longer open"):
        invitations_actions.find_invitation(token)


def test_another_person_with_the_link_is_refused(anna: Customer) -> None:
    token = invited(anna, fresh_mailbox("Ben"))
    eve = people.create_user(fresh_mailbox("Eve"), name="Eve", password=None)
    with pytest.raises(AccountError, match="different address"):
        invitations_actions.accept(token, user=eve)
    assert role_of(anna, eve) == ""


def test_only_a_hash_of_the_token_is_stored_and_the_mail_has_the_link(anna: Customer) -> None:
    email = fresh_mailbox("Ben")
    token = invited(anna, email)
    row = rows(anna, Invitation).get(email=email)
    assert token.encode() not in bytes(row.token_hash) and len(bytes(row.token_hash)) == 32
    with tenancy.account(people.house_account().id):
        assert f"/join/{token}/" in Notice.objects.get(recipient=email).text


def test_an_address_has_one_open_invitation_and_members_need_none(anna: Customer) -> None:
    email = fresh_mailbox("Ben")
    invited(anna, email)
    with pytest.raises(AccountError, match="already been invited"):
        invited(anna, email)
    with pytest.raises(AccountError, match="already a member"):
        invited(anna, anna.owner.email)


def test_an_account_that_is_not_vetted_can_write_to_three_strangers(anna: Customer) -> None:
    for _ in range(invitations.MOST_OPEN_UNVETTED):
        invited(anna, fresh_mailbox("Ben"))
    with pytest.raises(AccountError, match="Too many"):
        invited(anna, fresh_mailbox("Ben"))


def test_sending_again_replaces_the_link_and_has_an_end(anna: Customer) -> None:
    email = fresh_mailbox("Ben")
    first = invited(anna, email)
    links: list[str] = []
    invitation_id = rows(anna, Invitation).get(email=email).id

    def url(token: str) -> str:
        links.append(token)
        return token

    def again() -> None:
        invitations_actions.send_again(anna.account_id, invitation_id, by=anna.owner, url=url)

    for _ in range(invitations.MOST_SENDS - 1):
        again()
    with pytest.raises(AccountError, match="Withdraw it instead"):
        again()
    with pytest.raises(AccountError, match="no longer open"):
        invitations_actions.find_invitation(first)
    assert invitations_actions.find_invitation(links[-1]).id == invitation_id


def test_an_invitation_ends_after_a_week_and_makes_room(anna: Customer) -> None:
    email = fresh_mailbox("Ben")
    token = invited(anna, email)
    with clock.frozen_at(clock.now() + invitations.INVITATION_WORKS + timedelta(seconds=1)):
        with pytest.raises(AccountError, match="no longer open"):
            invitations_actions.find_invitation(token)
        assert invitations_actions.find_invitation(invited(anna, email)).email == email


@pytest.mark.parametrize("end", ["withdrawn", "inviter demoted", "inviter removed", "inviter blocked"])
def test_what_the_inviter_may_no_longer_give_nobody_gets(anna: Customer, end: str) -> None:
    nora = person(anna.account_id, "Nora")
    email = fresh_mailbox("Ben")
    token = invited(anna, email, Role.OWNER, by=nora)
    with tenancy.account(anna.account_id):
        invitation_id, membership_id = Invitation.objects.get(email=email).id, Membership.objects.get(user=nora).id
    if end == "withdrawn":
        invitations_actions.withdraw(anna.account_id, invitation_id, by=anna.owner)
    elif end == "inviter demoted":
        people.change_role(anna.account_id, membership_id, Role.VIEWER, by=anna.owner)
    elif end == "inviter removed":
        people.remove_member(anna.account_id, membership_id, by=anna.owner)
    else:
        with tenancy.access(), tenancy.platform(PlatformReason.OPERATOR_DESK):
            User.objects.filter(id=nora.id).update(is_active=False)
    with pytest.raises(AccountError, match="no longer open"):
        invitations_actions.join(token, name="Ben", password="winterzwiebeln")


def test_ended_invitations_are_forgotten_after_their_time_and_open_ones_stay(anna: Customer) -> None:
    old, new = fresh_mailbox("Ben"), fresh_mailbox("Ben")
    long_ago = clock.now() - invitations.INVITATIONS_KEPT - invitations.INVITATION_WORKS - timedelta(hours=1)
    with clock.frozen_at(long_ago):
        invited(anna, old)
    invited(anna, new)
    assert invitations_actions.forget_invitations() >= 1
    assert list(rows(anna, Invitation).values_list("email", flat=True)) == [new]
