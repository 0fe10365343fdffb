"""Every change by a member appears in the account's activity log, and nothing that changed nothing does."""

import pytest
from django.http.response import HttpResponseBase

from mailflatrate.apps.accounts.actions import keys
from mailflatrate.apps.accounts.models import KeyScope
from mailflatrate.base.audit.account_log import AccountLogFilter, account_lines
from mailflatrate.entrypoints.api.v1.service import SERVICE
from mailflatrate.entrypoints.presenters.member_activity import API_CHANGES, OPERATIONS_THAT_COMPUTE
from mailflatrate.entrypoints.studio.trust.activity import KINDS
from mailflatrate.entrypoints.ui.activity_labels import WORDS
from mailflatrate.entrypoints.ui.pages import pages
from support.customers import Customer, sending_customer

pytestmark = pytest.mark.usefixtures("database")


def _actions(anna: Customer) -> list[str]:
    return [line.action for line in account_lines(anna.account_id, AccountLogFilter())]


@pytest.fixture
def anna() -> Customer:
    return sending_customer(people=1)


def test_every_code_has_words_and_a_kind() -> None:
    codes = {*(page.logs for page in pages().values() if page.logs), *API_CHANGES.values()}
    assert codes <= set(WORDS)
    prefixes = tuple(prefix for _label, found in KINDS.values() for prefix in found)
    assert [code for code in codes if not code.startswith(prefixes)] == []


def test_every_operation_that_writes_is_named() -> None:
    found = {
        operation["operationId"]
        for path in SERVICE.get_openapi_schema()["paths"].values()
        for method, operation in path.items()
        if method in ("post", "put", "patch", "delete") and operation.get("security")
    }
    assert found == {*API_CHANGES, *OPERATIONS_THAT_COMPUTE}


FORMS = (
    ("lists/new/", {"name": "Spring", "language": "de", "policy": "on"}, "list.created"),
    ("tags/new/", {"name": "vip", "color": "red"}, "tag.saved"),
    ("campaigns/new/", {"name": "Spring"}, "campaign.created"),
    ("settings/", {"language": "de", "time_zone": "Europe/Berlin", "colour": "#7a1f3d"}, "settings.changed"),
)


def _post(anna: Customer, path: str, data: dict[str, str]) -> HttpResponseBase:
    return anna.client.post(f"/studio/{path}", data)


@pytest.mark.parametrize(("path", "data", "action"), FORMS, ids=[each[0] for each in FORMS])
def test_a_change_appears_once_and_a_refused_one_does_not(
    anna: Customer, path: str, data: dict[str, str], action: str
) -> None:
    before = _actions(anna)
    answer = _post(anna, path, dict.fromkeys(data, ""))
    assert action not in _actions(anna)[: len(_actions(anna)) - len(before)], answer.status_code
    assert _post(anna, path, data).status_code == 303
    assert _actions(anna)[: len(_actions(anna)) - len(before)].count(action) == 1


def test_autosaved_edits_share_a_line(anna: Customer) -> None:
    campaign = anna.draft()
    path = f"campaigns/{campaign.id}/edit/"
    for subject in ("One", "Two", "Three"):
        values = {"name": campaign.name, "subject": subject, "sender": anna.sender_id, "list_ids": anna.list_id}
        values |= {"language": "en", "content_kind": campaign.content_kind, "content": campaign.content}
        assert anna.client.post(f"/studio/{path}", values).status_code == 303
    assert _actions(anna).count("campaign.edited") == 1


def test_a_program_is_named_with_its_person(anna: Customer) -> None:
    made = keys.make_api_key(anna.account_id, "Shop", {KeyScope.CONTACTS_WRITE}, expires_at=None, by=anna.owner)
    answer = anna.client.post(
        "/api/v1/tags",
        {"name": "vip"},
        content_type="application/json",
        headers={"Authorization": f"Bearer {made.secret}"},
    )
    assert answer.status_code == 201
    (line,) = [line for line in account_lines(anna.account_id, AccountLogFilter()) if line.action == "tag.saved"]
    assert (line.actor, line.details["through"]) == (anna.owner.email, made.key.label)
