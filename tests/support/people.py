"""The people around an account: who works for it, who watches over it, and their browsers."""

import secrets
from typing import Any

from django.conf import settings
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.test import Client

from mailflatrate.apps.accounts.actions import people
from mailflatrate.apps.accounts.models import Notice, Role, User
from mailflatrate.apps.accounts.session_store import SessionStore
from mailflatrate.base import tenancy


def operator(name: str = "Otto") -> User:
    """A person of the operator, without a second factor yet."""
    email = f"{name.lower()}{secrets.randbelow(10**15)}@service.example"
    return people.create_user(email, name=name, password=None, is_staff=True)


def person(account_id: int, name: str, role: Role = Role.OWNER) -> User:
    user = people.create_user(fresh_mailbox(name), name=name, password=None)
    people.add_member(account_id, user, role)
    return user


def browser(user: User) -> Client:
    """Return a user's browser, signed in; `Client.force_login` would make a session for a stranger first."""
    client, request = Client(), HttpRequest()
    request.session = SessionStore()
    login(request, user, settings.AUTHENTICATION_BACKENDS[0])
    request.session.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = request.session.session_key
    return client


def followed(client: Client, address: str, data: dict[str, Any]) -> str:
    """The page that a form leads to."""
    answer = client.post(address, data)
    assert answer.status_code == 303, answer.content
    return client.get(answer.headers["Location"]).content.decode()


def fresh_mailbox(name: str) -> str:
    """Return an address that nobody has yet, called after a person.

    What makes it unique are digits: drawn letters may spell a word that the rules take for a role, such as "ad".
    """
    return f"{name.split()[0].lower()}{secrets.randbelow(10**15)}@people.example"


def text(answer: HttpResponse, status: int = 200) -> str:
    assert answer.status_code == status, answer.content.decode()[:2000]
    return answer.content.decode()


def messages_to(email: str) -> list[Notice]:
    with tenancy.account(people.house_account().id):
        return list(Notice.objects.filter(recipient=email).order_by("id"))
