"""An invitation lets in the owner of the invited mailbox, once, in time, and nobody else."""

import re
import secrets

import pytest
from django.test import Client

from mailflatrate.apps.accounts.actions import invitations, keys, people
from mailflatrate.apps.accounts.actions import invitations as invitations_actions
from mailflatrate.apps.accounts.errors import AccountError
from mailflatrate.apps.accounts.models import Invitation, KeyScope, Membership, Notice, Role, User
from mailflatrate.apps.gate.notices import notice_facts
from mailflatrate.base import audit, clock, tenancy
from mailflatrate.base.audit.models import AuditEntry
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.settings.schema import load_settings
from support.customers import Customer, sending_customer
from support.people import messages_to

PEOPLE = "/studio/settings/team/"
PASSWORD = "bulbs-and-seeds-7"


@pytest.fixture
def anna(database: str) -> Customer:
    return sending_customer()


def address() -> str:
    return f"nina{secrets.randbelow(10**15)}@people.example"


def invited(anna: Customer, email: str, role: str = "editor", name: str = "Nina Neu") -> str:
    """Invite by the page; the link's path."""
    answer = anna.client.post(PEOPLE, {"name": name, "email": email, "role": role})
    assert answer.status_code == 303, answer.content.decode()
    return link_in(messages_to(email.lower())[-1])


def link_in(notice: Notice) -> str:
    found = re.search(re.escape(load_settings().public_url) + r"(/invitation/\S+)", notice.text)
    assert found is not None, notice.text
    return found.group(1)


def members_of(anna: Customer) -> dict[str, str]:
    with tenancy.account(anna.account_id):
        return dict(Membership.objects.values_list("user__email", "role"))


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def user_with(email: str, name: str = "Nina Nord") -> User:
    return people.create_user(email, name=name, password=PASSWORD)


def lines(anna: Customer) -> list[tuple[str, str]]:
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        rows = AuditEntry.objects.filter(account_id=anna.account_id, action__regex=r"^(invitation|member|api_key)\.")
        return list(rows.order_by("id").values_list("action", "actor"))


def test_nobody_belongs_to_an_account_by_being_invited(anna: Customer) -> None:
    """What an unproved address and an invitation opened before."""
    email = address()
    user = user_with(email)
    link = invited(anna, email)
    assert email not in members_of(anna)
    nina = browser(user)
    assert nina.get(f"/studio/accounts/{anna.account_id}/").status_code == 404
    assert nina.get("/studio/").status_code == 403
    assert nina.get(link).status_code == 200
    assert email not in members_of(anna), "opening the link changes nothing"
    assert nina.post(link).status_code == 303
    assert members_of(anna)[email] == "editor"
    assert nina.post(link).status_code == 422, "an invitation works once"
    assert lines(anna) == [("invitation.sent", anna.owner.email), ("invitation.accepted", email)]


def test_somebody_new_chooses_a_password_and_then_accepts(anna: Customer) -> None:
    email = address()
    link = invited(anna, email.upper(), "viewer")
    assert not User.objects.filter(email=email).exists()
    with tenancy.account(people.house_account().id):
        assert notice_facts(messages_to(email)[0]).recipient_is_user, "the gate lets the invitation out"
    nina = Client()
    assert "Choose a password" in nina.get(link).content.decode()
    assert nina.post(link).status_code == 200
    assert nina.post(link + "join/", {"name": "Nina", "password": "short"}).status_code == 422
    joined = nina.post(link + "join/", {"name": "Nina", "password": PASSWORD})
    assert (joined.status_code, joined.headers["Location"]) == (302, link)
    user = User.objects.get(email=email)
    assert user.check_password(PASSWORD)
    assert email not in members_of(anna), "a password is not an acceptance"
    assert nina.post(link).status_code == 303
    assert members_of(anna)[email] == "viewer"
    assert nina.get("/studio/").headers["Location"] == "/studio/agreements/", "she reads them first"


def test_a_stranger_with_the_link_stays_outside(anna: Customer) -> None:
    """A forwarded link: a signed-in user of another address, and nobody at all."""
    email = address()
    user_with(email)
    link = invited(anna, email)
    eve = user_with(address(), "Eve")
    assert "was sent to a different address" in browser(eve).get(link).content.decode()
    assert browser(eve).post(link).status_code == 422
    assert eve.email not in members_of(anna)
    visitor = Client()
    assert visitor.post(link + "join/", {"name": "Eve", "password": "eves-password-9"}).status_code == 303
    assert not User.objects.get(email=email).check_password("eves-password-9"), "a user keeps the password"
    assert visitor.get("/studio/").status_code == 302
    with pytest.raises(AccountError):
        invitations_actions.accept("x" * 43, user=eve)
    assert browser(eve).post("/invitation/x/").status_code == 422


def test_a_changed_address_is_not_an_invited_one(anna: Customer) -> None:
    """The address must be the one that the user signs in with now."""
    email = address()
    user = user_with(email)
    link = invited(anna, email)
    user.email = address()
    user.save(update_fields=["email"])
    assert browser(user).post(link).status_code == 422


def test_known_and_unknown_addresses_look_the_same_to_whoever_invites(anna: Customer) -> None:
    known, unknown = address(), address()
    user_with(known, "Secret Surname")
    pages = []
    for email in (known, unknown):
        invited(anna, email)
        page = anna.client.get(PEOPLE).content.decode()
        assert "Secret Surname" not in page
        row = re.search(r"Nina Neu.*?</tr>", page, re.DOTALL)
        assert row is not None
        pages.append(re.sub(r"[A-Za-z0-9]{64}|\d+", "", row.group().replace(email, "ADDRESS")))
        with tenancy.account(anna.account_id):
            Invitation.objects.get(email=email)
        anna.client.post(f"{PEOPLE}invitations/{_id(anna, email)}/withdraw/")
    assert pages[0] == pages[1]
    texts = [re.sub(r"/invitation/\S+", "", messages_to(email)[0].text) for email in (known, unknown)]
    assert texts[0] == texts[1]
    assert messages_to(known)[0].subject == messages_to(unknown)[0].subject


def _id(anna: Customer, email: str) -> int:
    with tenancy.account(anna.account_id):
        return Invitation.objects.get(email=email, withdrawn_at=None).id


def test_sent_again_the_first_link_ends_and_withdrawn_all_do(anna: Customer) -> None:
    email = address()
    first = invited(anna, email)
    page = f"{PEOPLE}invitations/{_id(anna, email)}/"
    assert (
        "You can resend the invitation"
        in anna.client.post(PEOPLE, {"name": "N", "email": email, "role": "editor"}).content.decode()
    )
    for _time in range(6):
        anna.client.post(f"{page}again/")
    sent = messages_to(email)
    assert len(sent) == 5, "five at most"
    last = link_in(sent[-1])
    assert Client().get(first).status_code == 422
    assert Client().get(last).status_code == 200
    assert anna.client.post(f"{page}withdraw/").status_code == 303
    assert Client().get(last).status_code == 422
    assert anna.client.post(f"{page}withdraw/").status_code == 404
    assert [action for action, _who in lines(anna)][-1] == "invitation.withdrawn"


def test_an_invitation_ends_after_a_week_and_may_be_made_again(anna: Customer) -> None:
    email = address()
    link = invited(anna, email)
    user = user_with(email)
    with tenancy.account(anna.account_id), tenancy.access():
        Invitation.objects.filter(email=email).update(expires_at=clock.now())
    assert browser(user).post(link).status_code == 422
    assert "Expired" in anna.client.get(PEOPLE).content.decode()
    assert browser(user).post(invited(anna, email)).status_code == 303


def test_what_a_former_owner_sent_ends(anna: Customer) -> None:
    ben = user_with(address(), "Ben")
    people.add_member(anna.account_id, ben, Role.OWNER)
    email = address()
    browser(ben).post(PEOPLE, {"name": "Nina", "email": email, "role": "owner"})
    link = link_in(messages_to(email)[0])
    with tenancy.account(anna.account_id):
        place = Membership.objects.get(user=ben)
    people.change_role(anna.account_id, place.id, Role.EDITOR, by=anna.owner)
    assert browser(user_with(email)).post(link).status_code == 422
    people.remove_member(anna.account_id, place.id, by=anna.owner)
    assert [action for action, _who in lines(anna)] == [
        "invitation.sent",
        "member.role_changed",
        "invitation.withdrawn",
        "member.removed",
    ]


def test_few_invitations_are_open_at_once(anna: Customer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(invitations, "MOST_OPEN", 2)
    for _number in range(2):
        invited(anna, address())
    answer = anna.client.post(PEOPLE, {"name": "N", "email": address(), "role": "editor"})
    assert (answer.status_code, "Too many invitations" in answer.content.decode()) == (422, True)


@pytest.mark.parametrize("role", [Role.EDITOR, Role.VIEWER])
def test_only_owners_invite(anna: Customer, role: Role) -> None:
    email = address()
    invited(anna, email)
    ben = user_with(address(), "Ben")
    people.add_member(anna.account_id, ben, role)
    client, page = browser(ben), f"{PEOPLE}invitations/{_id(anna, email)}/"
    for url in (PEOPLE, f"{page}again/", f"{page}withdraw/"):
        assert client.post(url, {"name": "E", "email": address(), "role": "owner"}).status_code == 403, url
    assert len(messages_to(email)) == 1


def test_carla_sees_and_touches_no_invitation_of_annas(anna: Customer) -> None:
    email = address()
    invited(anna, email)
    carla = sending_customer()
    page = f"{PEOPLE}invitations/{_id(anna, email)}/"
    assert email not in carla.client.get(PEOPLE).content.decode()
    for url in (f"{page}again/", f"{page}withdraw/"):
        assert carla.client.post(url).status_code == 404
    assert _id(anna, email)
    with tenancy.account(carla.account_id):
        assert not Invitation.objects.exists()


def test_keys_leave_lines_in_the_log(anna: Customer) -> None:
    made = keys.make_api_key(anna.account_id, "Shop", {KeyScope.READ}, expires_at=None, by=anna.owner)
    keys.revoke_api_key(anna.account_id, made.key.id, by=anna.owner)
    assert lines(anna) == [("api_key.made", anna.owner.email), ("api_key.revoked", anna.owner.email)]
    assert audit.person(anna.owner).kind is audit.ActorKind.CUSTOMER


def test_invitations_are_forgotten(anna: Customer) -> None:
    email = address()
    invited(anna, email)
    with tenancy.account(anna.account_id), tenancy.access():
        Invitation.objects.filter(email=email).update(expires_at=clock.now() - invitations.INVITATIONS_KEPT * 2)
    assert invitations_actions.forget_invitations() >= 1
    with tenancy.account(anna.account_id):
        assert not Invitation.objects.filter(email=email).exists()
