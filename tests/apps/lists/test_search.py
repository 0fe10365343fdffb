"""The search for people: by the index, by going through those it does not know yet, and without it; one's own only."""

import psycopg
import pytest
from psycopg import errors

from mailflatrate.apps.lists import search
from mailflatrate.apps.lists.models import Contact, ContactText, SearchTodo
from mailflatrate.apps.segments.queries import contact_page
from mailflatrate.base import tenancy
from mailflatrate.settings.roles import app_url
from mailflatrate.settings.schema import load_settings
from support.cast import per_test
from support.customers import Customer, customer_with_list
from support.scope import rows
from support.sql import as_application

carla = per_test(lambda: customer_with_list("Carla", approved=False).with_people(1))


@pytest.fixture
def anna(monkeypatch: pytest.MonkeyPatch) -> Customer:
    """Enough people to ask the index."""
    monkeypatch.setattr(search, "SAMPLE", 5)
    return customer_with_list("Anna", approved=False).with_people(6)


def found(one: Customer, text: str) -> list[str]:
    with tenancy.account(one.account_id):
        return [row.email.partition("@")[0] for row in contact_page(search=text).rows]


def name(database: str, one: Customer, **values: str) -> None:
    with tenancy.account(one.account_id):
        first = Contact.objects.order_by("email")[0]
        changed = Contact.objects.filter(id=first.id)
        changed.update(**{key: value for key, value in values.items() if key != "email"})
    if "email" in values:  # which a contact keeps, but for the owner
        with psycopg.connect(database, autocommit=True) as owner:
            owner.execute("ALTER TABLE contact DISABLE TRIGGER contact_keeps_its_address")
            owner.execute("UPDATE contact SET email = %s WHERE id = %s", [values["email"], first.id])
            owner.execute("ALTER TABLE contact ENABLE TRIGGER contact_keeps_its_address")


@pytest.mark.parametrize("way", ["index", "not written yet", "no index"])
def test_people_are_found_by_parts_whatever_way_is_taken(
    database: str, anna: Customer, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    if way == "no index":
        monkeypatch.setattr(search, "_found", lambda text: None)
    name(database, anna, email="anke.zq-muster@kräuter.example", first_name="Łukasz 100%_", last_name="O'Neill\\")
    if way == "index":
        search.write_texts()
        with tenancy.account(anna.account_id):
            assert (ContactText.objects.count(), SearchTodo.objects.count()) == (Contact.objects.count(), 0)
    mine = ["anke.zq-muster"]
    for text in ("nke.zq", "KE.Z", "kräut", "łukasz", "o'neill", "100%_", "0%_ O'N", "neill\\", "zq", "mu", "o'", "a",
                 "łu"):  # fmt: skip
        assert mine[0] in found(anna, text), text
    for text in ("zebra", "uster@kräuter.example łuk", "%", "_", "qm", "x%y", "'; DROP TABLE contact; --", "\\"):
        assert found(anna, text) == [], text


def test_a_search_finds_nobody_of_another_account(database: str, anna: Customer, carla: Customer) -> None:
    name(database, anna, last_name="Zwiebelfisch")
    assert len(found(anna, "wiebelfi")) == 1
    assert found(carla, "wiebelfi") == []
    asked = "SELECT public.contact_matches(ARRAY['%%wiebelfi%%'], 10)"
    with psycopg.connect(app_url(load_settings()), autocommit=True) as eve:
        assert eve.execute(asked).fetchone() == (None,), "no account"
        eve.execute("SELECT set_config('mailflatrate.account_id', %s, false)", [str(anna.account_id)])
        assert eve.execute(asked).fetchone() == (None,), "an account without its pass"
        tenancy.enter_account(eve, carla.account_id, for_session=True)
        assert eve.execute(asked).fetchone() == ([],)
        eve.execute("SELECT set_config('mailflatrate.account_id', %s, false)", [str(anna.account_id)])
        assert eve.execute(asked).fetchone() == (None,), "another account's pass"


def test_a_text_that_many_have_is_found_page_by_page(anna: Customer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "MOST_FOUND", 3)
    with tenancy.account(anna.account_id):
        assert search._found("example") is None
        assert len(search.some_matching(Contact.objects.all(), "example")) == 4, "some of them, at once"
        page = contact_page(search="example", size=4)
        rest = contact_page(search="example", after=page.next, size=4)
        assert len(page.rows) == 4 and len(rest.rows) == Contact.objects.count() - 4


def test_a_name_is_gone_from_the_index_with_the_change(database: str, anna: Customer) -> None:
    name(database, anna, last_name="Zwiebelfisch")
    search.write_texts()
    assert len(found(anna, "wiebelfi")) == 1
    name(database, anna, last_name="Spargel")
    assert not rows(anna, ContactText).filter(said__contains="Zwiebelfisch").exists()
    assert (found(anna, "wiebelfi"), len(found(anna, "sparge"))) == ([], 1)
    search.write_texts()
    assert len(found(anna, "sparge")) == 1
    with tenancy.account(anna.account_id):
        Contact.objects.order_by("email")[0].delete()
        assert not ContactText.objects.filter(said__contains="Spargel").exists()


def test_raw_sql_writes_no_text(anna: Customer) -> None:
    search.write_texts()
    with as_application(anna, for_session=True) as eve:
        for deed in ("UPDATE contact_text SET said = 'x'", "DELETE FROM contact_text", "DELETE FROM search_todo"):
            with pytest.raises(errors.InsufficientPrivilege):
                eve.execute(deed)
