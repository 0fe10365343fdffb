"""Ids of the customer's own system: exported, read back by an import, and held once in an account."""

import json

import pytest

from mailflatrate.apps.consent.signing_keys import ensure_signing_key
from mailflatrate.apps.intake.models import Import
from mailflatrate.apps.lists.actions import contacts
from mailflatrate.apps.lists.models import Contact, RecordedChange
from mailflatrate.apps.segments.actions import exports
from mailflatrate.apps.segments.exports.runner import run_export
from mailflatrate.apps.segments.models import Export, ExportContent, ExportFormat
from mailflatrate.base import tenancy
from mailflatrate.base.storage import files as storage
from support.contact_files import HEADER, line
from support.customers import Customer, customer_with_list
from support.scope import within

IDS = {"dora": "crm-1", "emil": "=1+1", "fritz": "", "gerd": "'7"}


@pytest.fixture
def anna() -> Customer:
    ensure_signing_key()
    found = customer_with_list("Origin")
    rows = (f"{line(f'{name}@dora.example.com')};{own_id}" for name, own_id in IDS.items())
    job = found.bring("\n".join((f"{HEADER};External ID", *rows)))
    assert (job.state, job.accepted) == ("done", 4), job.refused
    return found


def ids(place: Customer) -> dict[str, str | None]:
    with tenancy.account(place.account_id):
        found = Contact.objects.values_list("email", "external_id")
        return {email.partition("@")[0]: own_id for email, own_id in found}


def exported(anna: Customer, content: ExportContent, file_format: ExportFormat) -> bytes:
    job = within(anna, exports.start_export, content, file_format, by=None, enqueue=False)
    run_export(anna.account_id, job.id)
    with tenancy.account(anna.account_id):
        return storage.get(Export.objects.get(id=job.id).file_path)


def unread(job: Import) -> dict[str, int]:
    found: dict[str, int] = job.terms.get("unread_values", {}).get("external-id", {})
    return found


@pytest.mark.parametrize(
    ("content", "file_format"),
    [*((ExportContent.CONTACTS, each) for each in ExportFormat), (ExportContent.PROOF, ExportFormat.NDJSON)],
)
def test_an_export_brings_them_to_another_account(
    anna: Customer, content: ExportContent, file_format: ExportFormat
) -> None:
    carried = exported(anna, content, file_format)
    if (content, file_format) == (ExportContent.CONTACTS, ExportFormat.NDJSON):
        rows = [json.loads(text) for text in carried.splitlines()]
        assert {row["email"].partition("@")[0]: row["external_id"] or "" for row in rows} == IDS
    moved = customer_with_list("Target")
    job = moved.bring(carried)
    assert job.state == "done", job.problem
    assert ids(moved) == {name: own_id or None for name, own_id in IDS.items()}
    assert unread(job) == {}


def test_an_id_that_someone_else_has_stays_there(anna: Customer) -> None:
    rows = {"dora": "crm-2", "emil": "crm-1", "hanna": "=1+1", "ida": "crm-3", "jo": "crm-3", "kim": "two words"}
    job = anna.bring(
        "\n".join((f"{HEADER};external_id", *(f"{line(f'{n}@dora.example.com')};{own}" for n, own in rows.items()))),
        slice_rows=100,
    )
    found = ids(anna)
    assert (found["dora"], found["emil"]) == ("crm-2", "=1+1")
    assert (found["hanna"], found["ida"], found["jo"], found["kim"]) == (None, "crm-3", None, None)
    assert unread(job) == {"taken": 3, "unusable": 1}
    page = anna.with_owner("Anna").signed_in().client.get(f"/studio/imports/{job.id}/").content.decode()
    assert "Another contact already has it." in page
    assert "Write it as one word" in page


def test_a_file_without_them_leaves_them(anna: Customer) -> None:
    anna.bring("\n".join((HEADER, line("dora@dora.example.com", "Dorothea"))))
    assert ids(anna)["dora"] == "crm-1"


def test_a_change_is_on_record(anna: Customer) -> None:
    dora = anna.contact("dora@dora.example.com")
    with tenancy.account(anna.account_id):
        contacts.change_contact(dora.id, first_name=None, last_name=None, attributes={}, external_id="crm-9")
        assert RecordedChange.objects.get(contact_id=dora.id).values == {"external-id": ["crm-1", "crm-9"]}


def test_the_contact_s_page_shows_and_changes_it(anna: Customer) -> None:
    client = anna.with_owner("Anna").signed_in().client
    dora, emil = (anna.contact(f"{name}@dora.example.com") for name in ("dora", "emil"))
    here = f"/studio/contacts/{dora.id}/"
    assert "crm-1" in client.get(here).content.decode()
    field = f"{here}fields/external-id/"
    assert 'value="crm-1"' in client.get(field).content.decode()
    assert client.post(field, {"field_external-id": "crm-8"}).status_code == 303
    assert ids(anna)["dora"] == "crm-8"
    for wrong in ("two words", "größe", "x" * 201, "=1+1"):
        assert client.post(field, {"field_external-id": wrong}).status_code == 422, wrong
    assert client.post(f"{here}edit/", {"external_id": "=1+1"}).status_code == 422
    assert client.post(f"{here}edit/", {"external_id": "a b"}).status_code == 422
    assert ids(anna)["dora"] == "crm-8"
    assert client.post(f"{here}edit/", {"first_name": "D", "external_id": ""}).status_code == 303
    assert ids(anna) == {**IDS, "dora": None, "fritz": None}
    assert client.post(f"/studio/contacts/{emil.id}/fields/external-id/", {}).status_code == 303
    assert ids(anna)["emil"] is None


def test_the_list_has_a_column_for_it(anna: Customer) -> None:
    page = anna.with_owner("Anna").signed_in().client.get("/studio/contacts/?columns=external_id").content.decode()
    assert "crm-1" in page
    assert "External ID" in page
