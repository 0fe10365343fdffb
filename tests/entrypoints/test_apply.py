"""Applying from outside: the address is proved first, what is written is kept, a link opens one application."""

import re
import secrets
from itertools import count
from typing import Any

import pytest
from django.test import Client

from mailflatrate.apps.accounts.actions import people, vetting
from mailflatrate.apps.accounts.models import (
    Acceptance,
    Account,
    AccountStatus,
    Applicant,
    Application,
    DecisionKind,
    Membership,
    Notice,
    User,
)
from mailflatrate.apps.gate.notices import notice_facts
from mailflatrate.base import clock, tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.entrypoints.apply import session
from support.customers import RECORD
from support.desk import desk
from support.people import browser

pytestmark = pytest.mark.usefixtures("database")
NETWORKS = count(1)
"""Each visitor comes from another network, so that no limit for one is met by chance."""
LINK = re.compile(r"https://[^/\s]+(/apply/begin/\S+)")


def address(name: str = "anna") -> str:
    return f"{name}{secrets.randbelow(10**15)}@lindenhof.example"


def letters(email: str) -> list[Notice]:
    with tenancy.account(people.house_account().id):
        return list(Notice.objects.filter(recipient=email).order_by("id"))


def ask(client: Client, email: str, **more: str) -> Any:
    number = next(NETWORKS)
    return client.post(
        "/apply/",
        {"email": email, "website_2": "", **more},
        REMOTE_ADDR=f"10.{number // 250}.{number % 250}.7",
    )


def link_of(email: str) -> str:
    found = LINK.search(letters(email)[-1].text)
    assert found is not None
    return found.group(1)


def begun(client: Client, email: str, company: str = "Gärtnerei Lindenhof") -> None:
    ask(client, email)
    said = {"responsible_person": "Anna Lindner", "legal_name": company, "country": "DE"}
    answer = client.post(link_of(email), said)
    assert answer["Location"] == "/apply/form/sending/"


def write_all(client: Client) -> None:
    company = (
        "responsible_person",
        "country",
        "vat_id",
        "legal_name",
        "street",
        "postcode",
        "city",
        "register_number",
        "phone",
        "website",
        "imprint_url",
        "sector",
        "business_model",
    )
    sending = (
        "sending_history",
        "previous_provider",
        "leaving_reason",
        "monthly_volume",
        "cadence",
        "form_url",
        "sample_mailing",
    )
    rows = {
        "rows": "2",
        "list0-name": "Newsletter",
        "list0-size": "1949",
        "list1-name": "",
        "list1-size": "",
        "list0-collection": "Double opt-in on our page",
        "list1-collection": "",
    }
    for step, names, more, to in (("company", company, {}, "sending"), ("sending", sending, rows, "submit")):
        answer = client.post(f"/apply/form/{step}/", {name: RECORD[name] for name in names} | more)
        assert answer.status_code == 303, answer.content.decode()[-2000:]
        assert answer["Location"] == f"/apply/form/{to}/"


def hand_in(client: Client, **values: Any) -> Any:
    page = client.get("/apply/form/submit/").content.decode()
    boxes = re.findall(r'<input[^>]*name="accept"[^>]*>', page)
    assert len(boxes) == 3
    assert not any("checked" in box for box in boxes), "nothing is ticked by itself"
    ids = [re.search(r'value="(\d+)"', box)[1] for box in boxes]  # type: ignore[index]
    return client.post(
        "/apply/form/submit/",
        {"accept": ids, "password": "", **values},
        REMOTE_ADDR="192.0.2.77",
        headers={"User-Agent": "Browser/2"},
    )


def the_account(email: str) -> Account:
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        return Membership.objects.select_related("account").get(user__email=email).account


def test_from_the_first_page_to_the_desk_and_into_the_studio() -> None:
    email, client = address(), Client()
    assert "Check your inbox" in ask(client, email.upper()).content.decode()
    assert not User.objects.filter(email=email).exists(), "nothing is made before the address is proved"
    link = link_of(email)
    assert "We've verified your address" in client.get(link).content.decode()
    assert not User.objects.filter(email=email).exists(), "looking changes nothing"
    begun(client, email)
    write_all(client)
    late = hand_in(client, password="12345")
    assert late.status_code == 422
    assert hand_in(client, accept=[]).status_code == 422
    done = hand_in(
        client, password="bulbs-and-seeds-9", representatives="Anna Lindner", privacy_url="lindenhof.example/p"
    )
    assert done["Location"] == "/studio/lists/first/", "whoever chose the first password is signed in"
    account = the_account(email)
    assert account.status == AccountStatus.SUBMITTED
    with tenancy.account(account.id):
        rows = list(Acceptance.objects.select_related("document"))
        assert sorted(row.document.kind for row in rows) == ["anti_spam_policy", "data_processing", "terms"]
        assert {(row.ip, row.user_agent, row.user.email) for row in rows} == {("192.0.2.77", "Browser/2", email)}
        assert Application.objects.get().lists == [
            {"name": "Newsletter", "size": 1949, "collection": "Double opt-in on our page"}
        ]
    assert client.get("/apply/form/company/")["Location"] == "/apply/", "it does not change any more"
    assert "already has an account here" in client.get(link).content.decode()

    otto = desk()
    assert "Gärtnerei Lindenhof GmbH" in otto.page("applications/")
    url = f"/desk/applications/{account.id}/decide/"
    assert otto.client.post(url, {"kind": "ask", "text": ""}).status_code == 422
    assert otto.client.post(url, {"kind": "ask", "text": "Where is your form?"}).status_code == 303
    user = User.objects.get(email=email)
    anna = browser(user)
    assert "Where is your form?" in anna.get("/studio/settings/status/").content.decode()
    assert anna.post("/apply/resume/")["Location"] == "/apply/form/company/"
    assert "Where is your form?" in anna.get("/apply/form/sending/").content.decode()
    kept = {
        name: RECORD[name]
        for name in ("sending_history", "previous_provider", "leaving_reason", "monthly_volume", "cadence")
    }
    rows = {"rows": "1", "list0-name": "Newsletter", "list0-size": "1949", "list0-collection": "Double opt-in"}
    anna.post("/apply/form/sending/", {**kept, **rows, "form_url": "lindenhof.example/form", "sample_mailing": "Hello"})
    assert hand_in(anna)["Location"] == "/apply/done/"
    assert "https://lindenhof.example/form" in otto.page(f"applications/{account.id}/")
    assert otto.client.post(url, {"kind": "approve", "note": "Phoned them."}).status_code == 303
    assert the_account(email).status == AccountStatus.ACTIVE
    assert "You can send campaigns once they pass their checks" in anna.get("/studio/settings/status/").content.decode()
    assert anna.post("/apply/resume/")["Location"] == "/studio/settings/status/"


@pytest.mark.parametrize("local", ["info", "Office", "no-reply", "newsletter", "abuse"])
def test_role_addresses_do_not_apply(local: str) -> None:
    answer = ask(Client(), f"{local}@lindenhof.example")
    assert answer.status_code == 422
    assert not letters(f"{local.lower()}@lindenhof.example")


@pytest.mark.parametrize("email", ["anna@mailinator.com", "anna@localhost", "anna", "anna@lindenhof", ""])
def test_other_addresses_that_do_not_apply(email: str) -> None:
    assert ask(Client(), email).status_code == 422


def test_a_known_address_gets_the_same_page_and_another_letter() -> None:
    known, unknown = address("known"), address("unknown")
    people.create_user(known, name="Known", password=None)
    pages = [ask(Client(), email).content.decode().replace(email, "X") for email in (known, unknown)]
    strip = re.compile(r'csrfmiddlewaretoken[^>]*|"X-CSRFToken": "[^"]*"')
    assert strip.sub("", pages[0]) == strip.sub("", pages[1])
    assert "already has a login here" in letters(known)[-1].text
    assert "/apply/begin/" not in letters(known)[-1].text


@pytest.mark.slow
def test_an_address_gets_few_letters_and_robots_none() -> None:
    email = address()
    for _ in range(5):
        assert "Check your inbox" in ask(Client(), email).content.decode()
    assert len(letters(email)) == 3
    robot = address("rosa")
    assert "Check your inbox" in ask(Client(), robot, website_2="https://spam.example").content.decode()
    assert letters(robot) == []
    one_client = [address(f"n{number}") for number in range(25)]
    for each in one_client:
        Client().post("/apply/", {"email": each, "website_2": ""}, REMOTE_ADDR="10.9.9.9")
    assert sum(len(letters(each)) for each in one_client) == 20


def test_the_letter_may_go_to_an_applicant_and_to_nobody_else() -> None:
    """R-32: notices go to users of the service, and to a person who asked for this one."""
    email = address()
    ask(Client(), email)
    notice = letters(email)[-1]
    assert notice_facts(notice).recipient_is_user
    notice.recipient = address("stranger")
    assert not notice_facts(notice).recipient_is_user
    with clock.frozen_at(clock.now() + vetting.UNPROVED_KEPT * 2):
        assert vetting.forget_unproved() >= 1
    assert not Applicant.objects.filter(email=email).exists()


def test_what_was_written_is_kept_and_the_link_leads_back() -> None:
    email, client = address(), Client()
    begun(client, email)
    answer = client.post("/apply/form/company/", {"website": "nonsense", "phone": "+49 431 1234", "country": "DE"})
    assert answer.status_code == 422
    later = Client()
    assert "are saved. Continue wherever you like." in later.get(link_of(email)).content.decode()
    assert later.post(link_of(email))["Location"] == "/apply/form/company/"
    page = later.get("/apply/form/company/").content.decode()
    assert "+49 431 1234" in page
    assert "nonsense" not in page
    refused = hand_in(later)
    assert refused.status_code == 422
    assert "Still missing" in refused.content.decode()
    assert the_account(email).status == AccountStatus.REGISTERED


def test_links_are_bound_and_end(monkeypatch: pytest.MonkeyPatch) -> None:
    email = address()
    ask(Client(), email)
    link = link_of(email)
    for forged in (link[:-3] + "xx/", "/apply/begin/abc/", link.replace("/begin/", "/begin/x")):
        assert Client().get(forged).status_code == 404
        assert Client().post(forged, {"responsible_person": "E", "legal_name": "E"}).status_code == 404
    monkeypatch.setattr(session, "LINK_SECONDS", -1)
    assert "This link has expired or is incomplete" in Client().get(link).content.decode()
    assert not User.objects.filter(email=email).exists()


def test_a_stranger_writes_nothing_and_sees_nothing() -> None:
    """Without the session there is no form; with Carla's there is only Carla's; a viewer or editor does not hand in."""
    anna_mail, carla_mail, anna, carla = address(), address("carla"), Client(), Client()
    begun(anna, anna_mail)
    begun(carla, carla_mail, "Möbelhaus Nordstern")
    anna.post("/apply/form/company/", {"legal_name": "Lindenhof GmbH", "country": "DE"})
    for path in ("company", "sending", "submit"):
        for method in ("get", "post"):
            assert getattr(Client(), method)(f"/apply/form/{path}/")["Location"] == "/apply/"
        assert "Lindenhof GmbH" not in carla.get(f"/apply/form/{path}/").content.decode()
    carla.post("/apply/form/company/", {"legal_name": "Nordstern GmbH", "country": "DE"})
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        assert Application.objects.get(account=the_account(anna_mail)).legal_name == "Lindenhof GmbH"
    assert Client().post("/apply/resume/")["Location"].startswith("/login/")
    assert "sessionid" not in str(Client().get("/apply/").cookies)
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        assert not anna.session.get("_auth_user_id"), "the link signs nobody in"


def test_asking_again_while_it_is_decided_leads_to_the_door() -> None:
    email, client = address(), Client()
    begun(client, email)
    write_all(client)
    hand_in(client)
    vetting.decide_application(the_account(email).id, DecisionKind.REJECT, by=desk().user, text="We know you.")
    ask(Client(), email)
    assert "already has a login here" in letters(email)[-1].text
