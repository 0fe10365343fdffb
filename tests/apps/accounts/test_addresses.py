"""A sign-in address changes once its mailbox has said so, and nobody learns from it who else signs in here."""

import time
from datetime import timedelta

import pytest
from django.core import signing

from mailflatrate.apps.accounts.actions import addresses, people
from mailflatrate.apps.accounts.actions import addresses as addresses_actions
from mailflatrate.apps.accounts.errors import AccountError
from mailflatrate.apps.accounts.models import AddressChange, Notice, User
from mailflatrate.base import clock, tenancy
from support.cast import per_test
from support.people import fresh_mailbox

dora = per_test(lambda: people.create_user(fresh_mailbox("Dora"), name="Dora", password="winterzwiebeln"))


def asked(user: User, email: str) -> str:
    """Ask for another address; the token of the link."""
    tokens: list[str] = []
    addresses_actions.ask_for_address(
        user, email, url=lambda token: tokens.append(token) or f"https://mail.example/{token}"
    )
    return tokens[0]


def mails_to(email: str) -> list[str]:
    with tenancy.account(people.house_account().id):
        return [row.text for row in Notice.objects.filter(recipient=email).order_by("id")]


def test_the_new_mailbox_confirms_and_the_old_one_is_told(dora: User) -> None:
    old, new = dora.email, fresh_mailbox("Dora")
    token = asked(dora, new)
    assert User.objects.get(id=dora.id).email == old, "nothing changes before the click"
    assert any(token in text for text in mails_to(new))
    (heard,) = mails_to(old)
    assert token not in heard, "the old mailbox is told at once, and can't confirm"
    addresses_actions.change_address(dora, token)
    assert User.objects.get(id=dora.id).email == new
    assert len(mails_to(old)) == 2
    with pytest.raises(AccountError, match="invalid or has expired"):
        addresses_actions.change_address(dora, token)


def test_an_address_that_is_in_use_gets_no_link_and_the_asker_no_hint(dora: User) -> None:
    other = people.create_user(fresh_mailbox("Emil"), name="Emil", password=None)
    token = asked(dora, other.email)
    (text,) = mails_to(other.email)
    assert token not in text
    with pytest.raises(AccountError, match="already has a login"):
        addresses_actions.change_address(dora, token)
    assert User.objects.get(id=dora.id).email == dora.email


@pytest.mark.parametrize("what", ["another user", "a new password", "a changed token"])
def test_a_link_is_for_this_user_as_they_were_when_they_asked(dora: User, what: str) -> None:
    new = fresh_mailbox("Dora")
    token, user = asked(dora, new), dora
    if what == "another user":
        user = people.create_user(fresh_mailbox("Eve"), name="Eve", password=None)
    elif what == "a new password":
        with tenancy.access():
            dora.set_password("tulpen-und-tinte-7")
            dora.save(update_fields=["password"])
    else:
        token = f"{token[:-2]}{'A' if token[-2] != 'A' else 'B'}{token[-1]}"
    with pytest.raises(AccountError, match="invalid or has expired"):
        addresses_actions.change_address(user, token)
    assert not User.objects.filter(email=new).exists()


def test_a_link_works_for_a_day(dora: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """Signatures are timed by the machine's own clock."""
    token, signed_at = asked(dora, fresh_mailbox("Dora")), time.time()
    monkeypatch.setattr(signing.time, "time", lambda: signed_at + addresses.LINK_WORKS.total_seconds() + 60)
    with pytest.raises(AccountError, match="invalid or has expired"):
        addresses_actions.change_address(dora, token)
    monkeypatch.setattr(signing.time, "time", lambda: signed_at + addresses.LINK_WORKS.total_seconds() - 60)
    addresses_actions.change_address(dora, token)


def test_a_day_has_room_for_a_few_requests(dora: User) -> None:
    for _ in range(addresses.MOST_A_DAY):
        asked(dora, fresh_mailbox("Dora"))
    with pytest.raises(AccountError, match="several times today"):
        asked(dora, fresh_mailbox("Dora"))
    with clock.frozen_at(clock.now() + addresses.LINK_WORKS + timedelta(minutes=1)):
        assert asked(dora, fresh_mailbox("Dora"))


def test_old_requests_are_forgotten(dora: User) -> None:
    with clock.frozen_at(clock.now() - addresses.CHANGES_KEPT - timedelta(hours=1)):
        asked(dora, fresh_mailbox("Dora"))
    asked(dora, fresh_mailbox("Dora"))
    assert addresses_actions.forget_changes() >= 1
    assert AddressChange.objects.filter(user=dora).count() == 1
