"""Every address of the studio against every role: opened and changed as the page declares, refused otherwise."""

import re

import pytest
from django.test import Client

from mailflatrate.apps.accounts.models import Role
from mailflatrate.entrypoints.ui.pages import WebPage, pages
from mailflatrate.rules.roles import may
from support.customers import sending_customer
from support.people import browser, person

pytestmark = pytest.mark.usefixtures("database")
UNKNOWN_ID = "987654321"


STUDIO = {
    name: page for name, page in pages().items() if name.startswith("studio:") and name != "studio:choose-account"
}


def _path(page: WebPage) -> str:
    return "/studio/" + re.sub(r"<int:\w+>", UNKNOWN_ID, page.route).replace("<slug:system>", "brevo")


@pytest.fixture(scope="module")
def clients(database: str) -> dict[Role, Client]:
    assert database
    anna = sending_customer(people=0)
    rest = {role: browser(person(anna.account_id, f"Ben {role.label}", role)) for role in Role if role != Role.OWNER}
    return {Role.OWNER: anna.client, **rest}


@pytest.mark.slow
@pytest.mark.parametrize("method", ["get", "post"])
def test_every_role_gets_its_pages_and_no_others(clients: dict[Role, Client], method: str) -> None:
    """The role with the fewest rights that suffices is let in, the next one below is refused (rights are nested)."""
    for name, page in STUDIO.items():
        path, needed = _path(page), page.read if method == "get" else page.write
        admitted = [role for role in Role if may(role.value, needed)]
        if len(admitted) == len(Role):
            continue
        for role in list(Role)[len(admitted) : len(admitted) + 1]:
            answer = getattr(clients[role], method)(path)
            if answer.status_code == 405:
                continue
            assert answer.status_code == 403, (name, method, role)
            assert "Your role" in answer.content.decode(), (name, method, role)
        answer = getattr(clients[admitted[-1]], method)(path)
        assert answer.status_code != 403, (name, method, admitted[-1])
