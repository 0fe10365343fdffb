"""An account's activity log shows its own lines to its owners, and nothing of how operators work."""

import pytest
from django.test import Client

from mailflatrate.apps.accounts.models import Role
from mailflatrate.apps.lists.models import MailingList
from mailflatrate.base import audit, tenancy
from mailflatrate.base.audit.account_log import TOLD_ANYWAY, AccountLogFilter, account_lines
from mailflatrate.base.audit.models import AuditEntry
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.entrypoints.ui.activity_labels import WORDS
from mailflatrate.entrypoints.ui.activity_subjects import ActivitySubject, named
from support.customers import Customer, sending_customer
from support.desk import desk
from support.people import browser, person

pytestmark = pytest.mark.usefixtures("database")
PAGE, FILE = "/studio/settings/activity/", "/studio/settings/activity.csv"


@pytest.fixture(scope="module")
def anna(database: str) -> Customer:
    assert database
    made, otto = sending_customer(people=0), desk().user
    ben = person(made.account_id, "Ben Berger", Role.EDITOR)
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        lines = (
            ("list.archived", audit.person(ben), "=HYPERLINK(1)"),
            ("account.throttled", audit.person(otto), "Internal: looks like Eve"),
            ("case.noted", audit.person(otto), "The customer lies."),
            ("signals.asked", audit.person(otto), ""),
            ("measure.warn", audit.machine("stats.judge"), ""),
        )
        for action, by, reason in lines:
            audit.record(action, by=by, account_id=made.account_id, reason=reason, subject=f"list:{made.list_id}")
    return made


def _text(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return b"".join(answer.streaming_content).decode() if answer.streaming else answer.content.decode()


@pytest.mark.parametrize("path", [PAGE, FILE])
def test_an_owner_reads_who_did_what_and_no_work_of_the_desk(anna: Customer, path: str) -> None:
    text = _text(anna.client, path)
    for word in ("List archived", "Account throttled", "Automatic warning", "ben", "Service team"):
        assert word in text
    for secret in ("Internal: looks like Eve", "The customer lies", "Note added to a case", "otto", "signals.asked"):
        assert secret not in text


@pytest.mark.parametrize("path", [PAGE, FILE])
def test_nobody_else_does(anna: Customer, path: str) -> None:
    for role in (Role.EDITOR, Role.VIEWER):
        assert browser(person(anna.account_id, role.label, role)).get(path).status_code == 403
    assert Client().get(path).status_code == 302
    carla = Customer.bare("Carla's Cafe").with_owner("Carla Clausen")
    text = _text(browser(carla.owner), path)
    assert "List archived" not in text
    assert "ben" not in text
    for method in ("post", "put", "delete"):
        assert getattr(anna.client, method)(path).status_code == 405


def test_an_entry_names_what_it_is_about_and_links_to_it(anna: Customer) -> None:
    with tenancy.account(anna.account_id):
        mine = MailingList.objects.earliest("id")
    carla = Customer.bare("Carla's Cafe").with_owner("Carla Clausen")
    with tenancy.account(carla.account_id):
        hers = MailingList.objects.create(account_id=carla.account_id, name="Carla's guests")
    with tenancy.account(anna.account_id):
        found = named([f"list:{mine.id}", f"list:{hers.id}", "list:0", "list:²", "list:" + "9" * 30, "", "user:1"])
    assert found == {f"list:{mine.id}": ActivitySubject(mine.name, f"/studio/lists/{mine.id}/")}
    assert f'href="/studio/lists/{mine.id}/"' in _text(anna.client, PAGE)


def test_the_accounts_own_scope_reads_no_line_at_all(anna: Customer) -> None:
    with tenancy.account(anna.account_id):
        assert AuditEntry.objects.count() == 0
    assert account_lines(anna.account_id, AccountLogFilter())


def test_filters_and_the_file_are_the_same(anna: Customer) -> None:
    assert "Account throttled" not in _text(anna.client, f"{FILE}?kind=contacts")
    assert "List archived" in _text(anna.client, f"{FILE}?kind=contacts&q=ben")
    assert "List archived" not in _text(anna.client, f"{FILE}?q=carla")
    assert "List archived" not in _text(anna.client, f"{FILE}?until=2001-01-01")
    assert "List archived" in _text(anna.client, f"{PAGE}?since=2001-01-01")
    for odd in (
        "since=9999-12-31",
        "until=0001-01-01",
        "kind='; --",
        "q=%00",
        "before=x",
        "before=99999999999999999999",
    ):
        assert anna.client.get(f"{PAGE}?{odd}").status_code == 200, odd


def test_a_formula_in_a_reason_stays_text(anna: Customer) -> None:
    assert "'=HYPERLINK(1)" in _text(anna.client, FILE)


def test_the_log_is_paged_without_gaps(anna: Customer) -> None:
    every = [line.id for line in account_lines(anna.account_id, AccountLogFilter(), rows=1000)]
    paged: list[int] = []
    while page := account_lines(anna.account_id, AccountLogFilter(), before_id=paged[-1] if paged else 0, rows=2):
        paged += [line.id for line in page]
    assert paged == every == sorted(every, reverse=True)


@pytest.mark.parametrize("code", TOLD_ANYWAY)
def test_what_is_told_has_words(code: str) -> None:
    assert WORDS[code]
