"""Standing, agreements, settings and the people of an account."""

import re
from zoneinfo import available_timezones

import pytest

from mailflatrate.apps.accounts.actions import account_status, people
from mailflatrate.apps.accounts.actions.account_status import Reasons
from mailflatrate.apps.accounts.models import Acceptance, Account, AccountStatus, Membership, Role, User
from mailflatrate.base import tenancy
from mailflatrate.entrypoints.presenters.time_zones import GROUPS
from support.customers import Customer
from support.people import browser, messages_to, person, text

pytestmark = pytest.mark.usefixtures("database")

PEOPLE = "/studio/settings/team/"


def membership_of(account_id: int, user: User) -> Membership:
    with tenancy.account(account_id):
        return Membership.objects.get(user=user)


def test_the_standing_is_said_with_its_reason(anna: Customer) -> None:
    assert "You can send campaigns once they pass their checks" in text(anna.client.get("/studio/settings/status/"))
    reasons = Reasons("complaints", "Three complaints in one hour.", rule="R-86")
    account_status.change_account_status(anna.account_id, AccountStatus.PAUSED, reasons, by=None, machine="test")
    page = text(anna.client.get("/studio/settings/status/"))
    assert "Sending is suspended for now" in page
    assert "Three complaints in one hour." in page


def test_who_accepted_what_and_when(anna: Customer) -> None:
    page = text(anna.client.get("/studio/settings/status/"))
    assert page.count("Accepted by Anna Lindner on") == 3
    assert 'name="accept"' not in page
    assert "<ol>" in page, "the text of the documents can be read"


def test_agreements_are_accepted_by_a_tick_that_nobody_made_before() -> None:
    customer = Customer.registered("Carla's Cafe")
    account_id, carla = customer.account_id, customer.owner
    client = browser(carla)
    page = text(client.get("/studio/settings/status/"))
    box = re.search(r'<input[^>]*name="accept"[^>]*>', page)
    assert box is not None
    assert "checked" not in box.group()
    documents = re.search(r'name="documents" value="([\d,]+)"', page)
    assert documents is not None
    url, shown = "/studio/settings/agreements/", {"documents": documents.group(1)}
    assert "Select the box" in text(client.post(url, shown), 422)
    assert "One of the texts has changed in the meantime" in text(
        client.post(url, {"documents": "1", "accept": "yes"}), 422
    )
    with tenancy.account(account_id):
        assert not Acceptance.objects.exists()
    answer = client.post(url, shown | {"accept": "yes"}, REMOTE_ADDR="192.0.2.7", headers={"User-Agent": "Browser/1"})
    assert answer.status_code == 303
    assert client.post(url, shown | {"accept": "yes"}).status_code == 303, "twice is once"
    with tenancy.account(account_id):
        rows = list(Acceptance.objects.select_related("document"))
    assert len(rows) == 3
    assert {row.ip for row in rows} == {"192.0.2.7"}
    assert {row.user_agent for row in rows} == {"Browser/1"}
    assert "192.0.2.7" in text(client.get("/studio/settings/status/"))


def test_settings_of_the_account(anna: Customer) -> None:
    url = "/studio/settings/"
    good = {"language": "de", "time_zone": "Europe/Vienna"}
    assert 'type="color"' not in text(anna.client.get(url)), "colors are chosen on the brand page"
    assert anna.client.post(url, good).status_code == 303
    with tenancy.account(anna.account_id):
        account = Account.objects.get(id=anna.account_id)
    assert (account.language, account.time_zone) == ("de", "Europe/Vienna")
    assert anna.client.post(url, good | {"time_zone": "Moon/Base"}).status_code == 422


def test_the_menu_of_time_zones_is_short_and_has_the_zone_in_use(anna: Customer) -> None:
    url = "/studio/settings/"
    names = [name for _region, group in GROUPS for name in group]
    assert set(names) <= available_timezones()
    assert len(names) == len(set(names)) < 120
    assert "America/Indiana/Knox" not in text(anna.client.get(url))
    assert anna.client.post(url, {"language": "de", "time_zone": "America/Indiana/Knox"}).status_code == 303
    page = text(anna.client.get(url))
    assert '<option value="America/Indiana/Knox" selected>' in page
    assert page.count("<optgroup") == len(GROUPS)


def test_an_invitation_is_open_until_it_is_accepted_and_speaks_the_accounts_language(anna: Customer) -> None:
    """tests/security/test_invitations.py walks the whole way."""
    people.change_settings(anna.account_id, language="de", time_zone="UTC")
    email = f"ben{anna.account_id}@people.example"
    invitation = {"name": "Ben Bauer", "email": email.upper(), "role": "editor"}
    assert anna.client.post(PEOPLE, invitation).status_code == 303
    assert "You can resend the invitation" in text(anna.client.post(PEOPLE, invitation), 422)
    assert "Pending invitations" in text(anna.client.get(PEOPLE))
    assert not User.objects.filter(email=email).exists()
    (letter,) = messages_to(email)
    assert "Anna Lindner" in letter.text
    assert "lädt Sie in das Konto" in letter.text
    assert "Gärtnerei Lindenhof" in letter.text
    mine = {"name": "A", "email": anna.owner.email, "role": "viewer"}
    assert "is already a member of this account" in text(anna.client.post(PEOPLE, mine), 422)


def test_somebody_of_another_account_keeps_name_and_password(anna: Customer) -> None:
    carla = Customer.registered("Carla's Cafe").owner
    carla.set_password("a-password-of-hers")
    carla.save()
    assert anna.client.post(PEOPLE, {"name": "X", "email": carla.email, "role": "viewer"}).status_code == 303
    carla.refresh_from_db()
    assert carla.check_password("a-password-of-hers")
    assert carla.name == "Carla Clausen"
    assert "Carla Clausen" not in text(anna.client.get(PEOPLE))
    (letter,) = messages_to(carla.email)
    assert "/invitation/" in letter.text


def test_roles_change_and_the_last_owner_stays(anna: Customer) -> None:
    ben = person(anna.account_id, "Ben", Role.EDITOR)
    his, hers = membership_of(anna.account_id, ben), membership_of(anna.account_id, anna.owner)
    for what, data in (("role", {"role": "viewer"}), ("remove", {})):
        anna.client.post(f"{PEOPLE}{hers.id}/{what}/", data)
        assert membership_of(anna.account_id, anna.owner).role == Role.OWNER
    assert "An account needs an owner" in text(anna.client.get(PEOPLE))
    assert anna.client.post(f"{PEOPLE}{his.id}/role/", {"role": "emperor"}).status_code == 404
    anna.client.post(f"{PEOPLE}{his.id}/role/", {"role": "owner"})
    assert membership_of(anna.account_id, ben).role == Role.OWNER
    assert browser(ben).post(f"{PEOPLE}{hers.id}/remove/").status_code == 303
    with tenancy.account(anna.account_id):
        assert not Membership.objects.filter(user=anna.owner).exists()
    assert anna.client.get("/studio/settings/status/").status_code == 403, "she is out at once"


@pytest.mark.parametrize("role", [Role.EDITOR, Role.VIEWER])
def test_only_owners_change(anna: Customer, role: Role) -> None:
    ben = person(anna.account_id, "Ben", role)
    client, hers = browser(ben), membership_of(anna.account_id, anna.owner)
    page = text(client.get(PEOPLE))
    assert "Invite a team member" not in page
    for url in ("team/", f"team/{hers.id}/role/", f"team/{hers.id}/remove/", "agreements/", ""):
        answer = client.post(f"/studio/settings/{url}", {"role": "viewer", "name": "E", "email": "eve@x.example"})
        assert answer.status_code == 403, url
    assert membership_of(anna.account_id, anna.owner).role == Role.OWNER
    assert not User.objects.filter(email="eve@x.example").exists()


def test_carla_reaches_nobody_of_annas(anna: Customer) -> None:
    customer = Customer.registered("Carla's Cafe")
    account_id, user = customer.account_id, customer.owner
    carla, hers = browser(user), membership_of(anna.account_id, anna.owner)
    for what in ("role", "remove"):
        assert carla.post(f"{PEOPLE}{hers.id}/{what}/", {"role": "viewer"}).status_code == 404
        assert anna.client.get(f"{PEOPLE}{hers.id}/{what}/").status_code == 405
    assert membership_of(anna.account_id, anna.owner).role == Role.OWNER
    assert anna.owner.email not in text(carla.get(PEOPLE))
    assert account_id != anna.account_id
