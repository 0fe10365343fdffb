"""A stolen password gives its owner no second factor, whichever way the thief tries."""

import re
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from click.testing import CliRunner
from django.test import Client
from django.urls import reverse

from mailflatrate.apps.accounts.actions import people, second_factor
from mailflatrate.apps.accounts.errors import AccountError
from mailflatrate.apps.accounts.factors import factor_link, is_factor_token
from mailflatrate.apps.accounts.models import Notice, Role, User
from mailflatrate.base import clock, tenancy
from mailflatrate.base.audit.account_log import AccountLogFilter, account_lines
from mailflatrate.entrypoints.cli.setup import second_factor_command
from mailflatrate.settings.schema import load_settings
from support.customers import Customer, sending_customer
from support.desk import sign_in_with_second_factor
from support.people import browser, operator, person

pytestmark = pytest.mark.usefixtures("database")
PASSWORD = "winterzwiebeln-7"
ADDING = ("/2fa/totp/activate/", "/2fa/webauthn/add/")
CHANGING = (
    "/2fa/totp/deactivate/",
    "/2fa/recovery-codes/",
    "/2fa/recovery-codes/generate/",
    "/2fa/recovery-codes/download/",
    "/2fa/webauthn/keys/1/edit/",
    "/2fa/webauthn/keys/1/remove/",
)


@pytest.fixture
def anna() -> Customer:
    return sending_customer(people=0)


@pytest.fixture
def ben(anna: Customer) -> User:
    user = person(anna.account_id, "Ben Berger", Role.EDITOR)
    user.set_password(PASSWORD)
    user.save()
    proved = Client()
    sign_in_with_second_factor(proved, anna.owner)
    assert proved.post(reverse("studio:security-second-factor"), {"wanted": "yes"}).status_code == 303
    return user


def _with_password(user: User) -> Client:
    client = Client()
    assert client.post("/login/", {"login": user.email, "password": PASSWORD}).status_code == 302
    client.post("/reauthenticate/", {"password": PASSWORD})
    return client


def _texts_to(email: str) -> list[str]:
    with tenancy.account(people.house_account().id):
        return [notice.text for notice in Notice.objects.filter(recipient=email).order_by("id")]


def _link_to(email: str) -> str:
    found = re.search(re.escape(load_settings().public_url) + r"(/2fa/mailbox/\S+)", _texts_to(email)[-1])
    assert found is not None
    return found[1]


def _enroll(client: Client) -> int:
    client.get("/2fa/totp/activate/")
    secret = client.session.get("mfa.totp.secret", "A" * 32)
    code = format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time())))
    return client.post("/2fa/totp/activate/", {"code": code}).status_code


def _has_factor(user: User) -> bool:
    return Authenticator.objects.filter(user=user).exists()


def test_a_password_alone_sets_up_nothing(ben: User) -> None:
    thief = _with_password(ben)
    for path in ADDING:
        assert "Send link" in thief.get(path).content.decode()
        assert thief.post(path, {"code": "000000"}).status_code == 403
    assert _enroll(thief) == 403
    assert not _has_factor(ben)
    assert thief.get("/studio/").status_code == 403


def test_the_mailbox_opens_it_for_the_session_that_opens_the_link(anna: Customer, ben: User) -> None:
    thief, own = _with_password(ben), _with_password(ben)
    assert thief.post("/2fa/mailbox/").status_code == 303
    link = _link_to(ben.email)
    assert own.get(link).status_code == 200
    assert _enroll(own) == 403, "opening the link is not enough, or a mail scanner would do it"
    assert own.post(link).status_code == 303
    assert _enroll(thief) == 403, "the thief asked for it, and the click is another session's"
    assert _enroll(own) == 302
    assert own.get("/studio/settings/team/").status_code in (200, 303), "303: the agreements come first"
    assert thief.get("/studio/").status_code == 302, "every other session has ended"
    assert not is_factor_token(link.rstrip("/").rsplit("/", 1)[1], ben), "the link ended with the first factor"
    lines = account_lines(anna.account_id, AccountLogFilter())
    assert "second_factor.added" in [line.action for line in lines]
    assert any("set up a first second factor" in text for text in _texts_to(anna.owner.email))
    assert any("second factor" in text for text in _texts_to(ben.email)[-1:])


@pytest.mark.parametrize("why", ["stranger", "late", "password", "address", "forged"])
def test_a_link_of_another_time_or_person_opens_nothing(ben: User, why: str, monkeypatch: pytest.MonkeyPatch) -> None:
    link = factor_link(ben).removeprefix(load_settings().public_url)
    client = _with_password(ben)
    if why == "stranger":
        client = browser(operator("Eve"))
    elif why == "late":
        assert client.post(link).status_code == 303
        later = clock.now() + timedelta(hours=1, minutes=1)
        monkeypatch.setattr(clock, "now", lambda: later)
        assert _enroll(client) == 403
        return
    elif why == "password":
        ben.set_password("something-else-7")
        ben.save()
        client = browser(ben)
    elif why == "address":
        ben.email = f"other{ben.id}@people.example"
        ben.save()
    else:
        link = link[:-4] + "abc/"
    assert client.post(link).status_code == 422
    assert _enroll(client) in (302, 403)
    assert not _has_factor(ben)


def test_the_address_that_gets_the_link_does_not_move_by_a_password(ben: User) -> None:
    thief = _with_password(ben)
    new = f"thief{ben.id}@people.example"
    assert thief.post("/email/", {"email": new, "password": PASSWORD}).status_code == 403
    assert _texts_to(new) == []


def test_a_session_from_before_the_factor_changes_nothing_about_it(anna: Customer) -> None:
    owner = anna.owner
    owner.set_password(PASSWORD)
    owner.save()
    old = _with_password(owner)
    sign_in_with_second_factor(Client(), owner)
    for path in (*CHANGING, *ADDING):
        for method in ("get", "post"):
            answer = getattr(old, method)(path)
            assert (answer.status_code, b"without your second factor" in answer.content) == (403, True), path
    assert old.post("/email/", {"email": "x@people.example", "password": PASSWORD}).status_code == 403


def test_an_operator_with_only_a_password_stays_outside_too() -> None:
    otto = operator("Otto")
    otto.set_password(PASSWORD)
    otto.save()
    thief = _with_password(otto)
    assert _enroll(thief) == 403
    assert thief.post("/email/", {"email": "x@people.example", "password": PASSWORD}).status_code == 403
    assert thief.get("/desk/").status_code == 403


def test_links_are_limited(ben: User) -> None:
    client = _with_password(ben)
    answers = [client.post("/2fa/mailbox/").status_code for _number in range(7)]
    assert answers == [303] * 5 + [429] * 2
    assert client.get("/2fa/mailbox/").status_code == 405
    assert Client().post("/2fa/mailbox/").status_code == 302


def test_a_lost_factor_is_removed_by_the_operator_and_the_mailbox_asked_again(anna: Customer) -> None:
    client = Client()
    sign_in_with_second_factor(client, anna.owner)
    for words in ([anna.owner.email], ["nobody@people.example", "--remove"]):
        assert CliRunner().invoke(second_factor_command, words).exit_code == 1
    assert _has_factor(anna.owner)
    with pytest.raises(AccountError, match="--remove"):
        second_factor.help_with_factor(anna.owner.email, remove=False)
    link = second_factor.help_with_factor(anna.owner.email, remove=True)
    assert not _has_factor(anna.owner)
    assert client.get("/studio/").status_code == 302
    assert is_factor_token(link.rstrip("/").rsplit("/", 1)[1], anna.owner)
