"""Every address of the studio against every role: opened and changed as the table says, refused otherwise."""

import re
from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from mailflatrate.apps.accounts.models import Role
from mailflatrate.entrypoints.web.studio.page_rights import PAGE_RIGHTS
from mailflatrate.rules.roles import may
from support.customers import sending_customer
from support.people import browser, person

pytestmark = pytest.mark.usefixtures("database")
UNKNOWN_ID = "987654321"


def _patterns(patterns: list[URLPattern | URLResolver], prefix: str) -> Iterator[tuple[str, str]]:
    for each in patterns:
        route = prefix + str(each.pattern)
        if isinstance(each, URLResolver):
            yield from _patterns(each.url_patterns, route)
        elif each.name and route.startswith("/studio/"):
            yield each.name, re.sub(r"<int:\w+>", UNKNOWN_ID, route).replace("<slug:system>", "brevo")


def _studio() -> dict[str, str]:
    return dict(_patterns(get_resolver().url_patterns, "/"))


def test_every_address_says_what_it_needs_and_no_other_is_named() -> None:
    assert set(_studio()) == set(PAGE_RIGHTS)


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
    for name, path in _studio().items():
        needed = PAGE_RIGHTS[name].read if method == "get" else PAGE_RIGHTS[name].write
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
