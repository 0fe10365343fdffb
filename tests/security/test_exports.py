"""Attacks on exports: another account, a lesser role, a key without the scope, raw SQL, a guessed download address."""

import psycopg
import pytest
from django.test import Client

from mailflatrate.apps.accounts.actions import people
from mailflatrate.apps.accounts.models import KeyScope, Role, User
from mailflatrate.apps.segments.actions import exports
from mailflatrate.apps.segments.exports.runner import run_export
from mailflatrate.apps.segments.models import Export, ExportContent, ExportFormat, ExportState
from mailflatrate.base import tenancy
from mailflatrate.base.storage import files as storage
from mailflatrate.settings.roles import app_url
from mailflatrate.settings.schema import load_settings
from support.api import program_of
from support.contact_files import file_of, line
from support.customers import Customer, customer_with_members, sending_customer
from support.people import browser

pytestmark = pytest.mark.usefixtures("database")
PASSWORD = "correct horse battery"
FORM = {"content": "contacts", "scope": "", "file_format": "csv"}


@pytest.fixture
def anna() -> Customer:
    made = customer_with_members()
    made.bring(file_of(line("dora@web.de")).getvalue())
    return made


@pytest.fixture
def carla() -> Customer:
    return customer_with_members("Carla")


def owner_of(anna: Customer) -> User:
    return User.objects.get(id=anna.client.session["_auth_user_id"])


def signed_in_now(client: Client) -> Client:
    """A browser whose user has just typed the password again."""
    client.post("/reauthenticate/", {"password": PASSWORD})
    return client


def with_password(anna: Customer) -> Client:
    """Another owner's browser; she can prove again who she is."""
    user = people.create_user(f"pw{anna.list_id}@lindenhof.example", name="Pia", password=PASSWORD)
    people.add_member(anna.account_id, user)
    return browser(user)


def ready(anna: Customer, content: ExportContent = ExportContent.CONTACTS) -> Export:
    with tenancy.account(anna.account_id):
        job = exports.start_export(content, ExportFormat.CSV, by=owner_of(anna), enqueue=False)
    run_export(anna.account_id, job.id)
    with tenancy.account(anna.account_id):
        found = Export.objects.get(id=job.id)
    assert found.state == ExportState.DONE
    return found


def test_an_owner_who_signed_in_just_now_gets_the_file_and_nobody_else(anna: Customer, carla: Customer) -> None:
    job = ready(anna)
    address = f"/studio/exports/{job.id}/file"
    pia = with_password(anna)
    refused = pia.get(address)
    assert (refused.status_code, refused.headers["Location"][:17]) == (302, "/reauthenticate/?"), "a session left open"
    answer = signed_in_now(pia).get(address)
    assert b"dora@web.de" in b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    assert answer.headers["Cache-Control"] == "no-store"
    editor = people.create_user(f"ed{job.id}@lindenhof.example", name="Ed", password=None)
    people.add_member(anna.account_id, editor, Role.EDITOR)
    for lesser in (signed_in_now(anna.ben), signed_in_now(browser(editor))):
        assert lesser.get(address).status_code == 403
        assert lesser.get("/studio/exports/new/").status_code == 403
        for path in ("new", f"{job.id}/cancel", f"{job.id}/delete"):
            assert lesser.post(f"/studio/exports/{path}/", FORM).status_code == 403
    assert signed_in_now(carla.client).get(address).status_code == 404
    for path in ("cancel", "delete"):
        assert carla.client.post(f"/studio/exports/{job.id}/{path}/").status_code == 404
    assert Client().get(address).headers["Location"].startswith("/login/")
    with tenancy.account(anna.account_id):
        assert storage.exists(job.file_path)


def test_an_export_begins_after_a_recent_sign_in_only(anna: Customer, carla: Customer) -> None:
    pia = with_password(anna)
    assert pia.post("/studio/exports/new/", FORM).status_code == 302
    with tenancy.account(anna.account_id):
        assert not Export.objects.exists()
    resumed = pia.post("/reauthenticate/?next=/studio/exports/new/", {"password": PASSWORD})
    assert (resumed.status_code, resumed.headers["Location"]) == (303, "/studio/exports/")
    with tenancy.account(anna.account_id):
        assert Export.objects.get().file_format == "csv", "what was asked for before is done now"
    foreign = {**FORM, "scope": f"list:{carla.list_id}"}
    assert pia.post("/studio/exports/new/", foreign).status_code == 422
    assert pia.post("/studio/exports/new/", {**FORM, "content": "everything"}).status_code == 422
    assert "Waiting" in anna.page("exports/")
    assert "Exports" in anna.page("exports/rows/")


def taken(anna: Customer) -> Export:
    """An export of Anna's, as its worker leaves it."""
    with tenancy.account(anna.account_id):
        job = exports.start_export(ExportContent.CONTACTS, ExportFormat.CSV, by=anna.owner, enqueue=False)
    run_export(anna.account_id, job.id)
    return job


def test_a_key_needs_the_scope_and_sees_its_own_account_alone() -> None:
    anna = sending_customer(people=1)
    job, shop = taken(anna), program_of(anna, [KeyScope.EXPORT])
    others = program_of(anna, set(KeyScope) - {KeyScope.EXPORT})
    for path in (f"/exports/{job.id}", f"/exports/{job.id}/file", "/exports"):
        assert path.endswith("/file") or shop.get(path)
        assert others.refused("GET", path) == (403, "scope-missing")
    assert b"contact_id" in shop.download(f"/exports/{job.id}/file")
    stranger = program_of(Customer.vetted("Möbelhaus Nordstern", "Carla Clausen"), [KeyScope.EXPORT])
    assert stranger.get("/exports")["items"] == []
    for method, path in (("GET", ""), ("GET", "/file"), ("POST", "/cancel"), ("DELETE", "")):
        assert stranger.refused(method, f"/exports/{job.id}{path}") == (404, "not-found")
    assert stranger.refused("POST", "/exports", {"content": "contacts", "list_id": anna.list_id})[0] == 422
    for path in ("/contacts", "/suppressions", "/lists"):
        assert shop.refused("GET", path) == (403, "scope-missing"), "the scope opens nothing else"


def test_the_api_answers_202_with_a_place_and_409_until_the_file_is_there() -> None:
    anna = sending_customer(people=1)
    shop = program_of(anna, [KeyScope.EXPORT])
    answer = shop.call("POST", "/exports", {"content": "proof"})
    assert answer.status_code == 202
    made = answer.json()  # type: ignore[attr-defined]  # the test client's
    assert answer.headers["Location"] == made["status_url"]
    assert made["status_url"].endswith(f"/api/v1/exports/{made['id']}")
    assert shop.refused("GET", f"/exports/{made['id']}/file") == (409, "state-conflict")
    run_export(anna.account_id, made["id"])
    done = shop.get(f"/exports/{made['id']}")
    assert (done["state"], done["percent"], done["format"]) == ("done", 100, "ndjson")
    assert len(shop.download(f"/exports/{made['id']}/file")) == done["file_bytes"]
    assert shop.call("DELETE", f"/exports/{made['id']}").status_code == 200
    assert shop.refused("GET", f"/exports/{made['id']}/file") == (409, "state-conflict")


def test_raw_sql_of_another_account_finds_neither_row_nor_file(anna: Customer, carla: Customer) -> None:
    job = ready(anna)
    with psycopg.connect(app_url(load_settings())) as application:
        tenancy.enter_account(application, carla.account_id)
        for table, condition in (("export", f"id = {job.id}"), ("stored_file", f"name = '{job.file_path}'")):
            assert application.execute(f"SELECT count(*) FROM {table} WHERE {condition}").fetchone() == (0,)
        assert application.execute(f"UPDATE export SET state = 'deleted' WHERE id = {job.id}").rowcount == 0
    with tenancy.account(carla.account_id), pytest.raises(storage.NotStored):
        storage.get(job.file_path)


def test_a_file_holds_its_own_account_alone(anna: Customer, carla: Customer) -> None:
    carla.bring(file_of(line("eve@gmx.de")).getvalue())
    for content in ExportContent:
        job = ready(anna, content)
        with tenancy.account(anna.account_id):
            assert b"eve@gmx.de" not in storage.get(job.file_path)
