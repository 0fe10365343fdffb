"""The session storage keeps what Django's sessions ask of it: a row per cookie, none twice, and none that came back."""

from datetime import timedelta

import pytest
from django.contrib.sessions.backends.base import CreateError, UpdateError

from mailflatrate.apps.accounts.models import BrowserSession
from mailflatrate.apps.accounts.session_store import Browser, SessionStore, end_other_sessions, row_key, sessions_of
from mailflatrate.base import clock
from support.people import browser, operator


@pytest.fixture
def store() -> SessionStore:
    made = SessionStore()
    made.browser = Browser("192.0.2.7", "Firefox " * 100)
    made["seen"] = [1, "two"]
    made.save()
    return made


def opened(store: SessionStore) -> SessionStore:
    return SessionStore(store.session_key)


def test_what_was_saved_is_read_under_the_cookie_alone(store: SessionStore) -> None:
    assert opened(store)["seen"] == [1, "two"]
    row = BrowserSession.objects.get(key=row_key(str(store.session_key)))
    assert (row.ip, len(row.user_agent)) == ("192.0.2.7", 200)
    stranger = SessionStore("x" * 32)
    assert stranger.get("seen") is None and stranger.session_key is None, "an invented cookie is not kept"


def test_a_cookie_is_given_once(store: SessionStore) -> None:
    twin = SessionStore(store.session_key)
    with pytest.raises(CreateError):
        twin.save(must_create=True)
    assert opened(store)["seen"] == [1, "two"]


def test_a_session_that_was_ended_elsewhere_does_not_come_back(store: SessionStore) -> None:
    mine = opened(store)
    assert mine["seen"]
    store.delete()
    mine["seen"] = []
    with pytest.raises(UpdateError):
        mine.save()
    assert not SessionStore().exists(str(store.session_key))


def test_an_expired_session_is_empty_before_it_is_deleted(store: SessionStore) -> None:
    cookie = str(store.session_key)
    with clock.frozen_at(store.get_expiry_date() + timedelta(seconds=1)):
        assert SessionStore(cookie).get("seen") is None
        assert SessionStore().exists(cookie)
        SessionStore.clear_expired()
        assert not SessionStore().exists(cookie)


def test_a_person_s_other_sessions_are_listed_and_ended() -> None:
    otto, vera = operator(), operator("Vera")
    here, _there, theirs = browser(otto), browser(otto), browser(vera)
    assert len(sessions_of(otto)) == 2
    assert end_other_sessions(otto, str(here.session.session_key)) == 1
    assert [row.key for row in sessions_of(otto)] == [row_key(str(here.session.session_key))]
    assert [row.key for row in sessions_of(vera)] == [row_key(str(theirs.session.session_key))]
