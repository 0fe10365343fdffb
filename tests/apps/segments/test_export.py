"""Export files: contacts, suppressions and proof in each format, with progress, cancel and an end of their time."""

import csv
import io
import json
import tracemalloc
import zipfile
from datetime import timedelta
from typing import Any

import openpyxl
import pytest
from django.db import connection

from mailflatrate.apps.accounts.models import Role, User
from mailflatrate.apps.lists.actions import consent, lists
from mailflatrate.apps.lists.errors import ExportProblem
from mailflatrate.apps.lists.models import Contact
from mailflatrate.apps.privacy.actions.erasure import erase_person
from mailflatrate.apps.segments.actions import exports, segments
from mailflatrate.apps.segments.exports.file_formats import XlsxWriter, open_writer
from mailflatrate.apps.segments.exports.runner import KEPT_DAYS, run_export
from mailflatrate.apps.segments.jobs import sweep_exports
from mailflatrate.apps.segments.models import Export, ExportContent, ExportFormat, ExportState
from mailflatrate.base import audit, clock, tenancy
from mailflatrate.base.storage import files as storage
from mailflatrate.base.tenancy import PlatformReason
from support.customers import Customer, customer_with_list
from support.people import person
from support.scope import within

HEADER = "email;Vorname;Nachname;Anmeldezeit;Anmelde-IP;Bestätigt am;Bestätigungs-IP;Quelle;Stadt;Status"
ROW = "{email};{name};Meyer;2026-10-01T10:00:00Z;192.0.2.1;2026-10-01T10:05:00Z;192.0.2.1;https://a.example/;{town};{state}"
DOMAIN = "briefkasten-lindenhof.de"
CONTACTS, PROOF, SUPPRESSIONS = ExportContent.CONTACTS, ExportContent.PROOF, ExportContent.SUPPRESSIONS
CSV, XLSX, NDJSON = ExportFormat.CSV, ExportFormat.XLSX, ExportFormat.NDJSON


def row(name: str, *, town: str = "Kiel", state: str = "confirmed") -> str:
    return ROW.format(email=f"{name.lower()}@{DOMAIN}", name=name, town=town, state=state)


@pytest.fixture
def anna() -> Customer:
    """Three people on a list: Dora and Emil are confirmed, Fritz said no. Dora's town would run in a spreadsheet."""
    found = customer_with_list("Export")
    dora = row("Dora", town="=cmd|'/c calc'!A1")
    job = found.bring("\n".join((HEADER, dora, row("Emil", town="+49 431"), row("Fritz", state="unsubscribed"))))
    assert (job.state, job.accepted) == ("done", 2), job.refused
    return found


@pytest.fixture
def owner(anna: Customer) -> User:
    return person(anna.account_id, "Anna", Role.OWNER)


def export(anna: Customer, owner: User, content: ExportContent, file_format: ExportFormat, **scope: Any) -> Export:
    """Ask for an export and let the worker write it."""
    job = within(anna, exports.start_export, content, file_format, by=owner, enqueue=False, **scope)
    run_export(anna.account_id, job.id)
    with tenancy.account(anna.account_id):
        return Export.objects.get(id=job.id)


def content_of(anna: Customer, owner: User, job: Export) -> bytes:
    with tenancy.account(anna.account_id), exports.open_export(job.id, by=owner) as file:
        return file.read()


def csv_rows(octets: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(octets.decode("utf-8-sig"))))


def sheet_rows(octets: bytes) -> list[tuple[Any, ...]]:
    book = openpyxl.load_workbook(io.BytesIO(octets), read_only=True)
    return [tuple(cell or "" for cell in line) for sheet in book for line in sheet.iter_rows(values_only=True)]


def test_a_segment_of_any_is_exported_once_and_whole(anna: Customer, owner: User) -> None:
    anyone = {
        "match": "any",
        "items": [
            {"field": "first_name", "op": "equals", "value": "Dora"},
            {"field": "first_name", "op": "equals", "value": "Emil"},
        ],
    }
    chosen = within(anna, segments.save_segment, "Dora or Emil", anyone)
    job = export(anna, owner, CONTACTS, NDJSON, segment_id=chosen.id)
    people = [json.loads(line)["email"] for line in content_of(anna, owner, job).decode().splitlines()]
    assert people == [f"dora@{DOMAIN}", f"emil@{DOMAIN}"]


def test_contacts_in_each_format_say_the_same(anna: Customer, owner: User) -> None:
    as_csv = csv_rows(content_of(anna, owner, export(anna, owner, CONTACTS, CSV)))
    assert [(line["email"], line["state"]) for line in as_csv] == [
        (f"dora@{DOMAIN}", "confirmed"),
        (f"emil@{DOMAIN}", "confirmed"),
    ]
    dora = as_csv[0]
    assert (dora["signup_at"], dora["confirmed_at"]) == ("2026-10-01T10:00:00.000000Z", "2026-10-01T10:05:00.000000Z")
    assert (dora["signup_ip"], dora["source"], dora["suppressed"]) == ("192.0.2.1", "https://a.example/", "")
    with tenancy.account(anna.account_id), connection.cursor() as cursor:
        cursor.execute("SELECT encode(commitment, 'hex') FROM consent_event WHERE id = %s", [dora["proof_id"]])
        assert cursor.fetchone() == (dora["proof_sha256"],)
    titles, *lines = sheet_rows(content_of(anna, owner, export(anna, owner, CONTACTS, XLSX)))
    assert [dict(zip(titles, line, strict=True)) for line in lines] == as_csv
    exact = [json.loads(line) for line in content_of(anna, owner, export(anna, owner, CONTACTS, NDJSON)).splitlines()]
    assert [line["email"] for line in exact] == [line["email"] for line in as_csv]
    assert exact[0]["attributes"] == {"stadt": "=cmd|'/c calc'!A1"}


def test_no_cell_runs_in_a_spreadsheet(anna: Customer, owner: User) -> None:
    lines = csv_rows(content_of(anna, owner, export(anna, owner, CONTACTS, CSV)))
    assert [line["stadt"] for line in lines] == ["'=cmd|'/c calc'!A1", "'+49 431"]
    for file_format in (CSV, XLSX):
        for start in ("=1", "+1", "-1", "@a", "\t=1", "\r=1"):
            out = io.BytesIO()
            writer = open_writer(file_format, out, (start,))
            writer.write((start,))
            writer.close()
            cells = out.getvalue() if file_format is CSV else zipfile.ZipFile(out).read("xl/worksheets/sheet1.xml")
            assert cells.decode().count("'" + start.replace("\r", "&#13;" if file_format is XLSX else "\r")) == 2


def test_a_list_and_a_segment_limit_the_file(anna: Customer, owner: User) -> None:
    with tenancy.account(anna.account_id):
        other = lists.create_list("Other", "Other", "de")
        segment = segments.save_segment("Emil", [{"field": "first_name", "op": "equals", "value": "Emil"}])
    anna.bring("\n".join((HEADER, row("Gerd"))), list_id=_approved(anna, other.id))
    of_list = csv_rows(content_of(anna, owner, export(anna, owner, CONTACTS, CSV, list_id=other.id)))
    assert [line["first_name"] for line in of_list] == ["Gerd"]
    of_segment = csv_rows(content_of(anna, owner, export(anna, owner, CONTACTS, CSV, segment_id=segment.id)))
    assert [line["first_name"] for line in of_segment] == ["Emil"]


def _approved(anna: Customer, list_id: int) -> int:
    from support.origins import approve_origin

    approve_origin(anna.account_id, list_id)
    return list_id


def test_suppressions_have_hash_and_reason_and_the_address_of_a_contact(anna: Customer, owner: User) -> None:
    with tenancy.account(anna.account_id):
        dora = Contact.objects.get(email=f"dora@{DOMAIN}")
        consent.unsubscribe(dora.id, list_id=None, by="customer", source="test")
        key = bytes(dora.address_key).hex()
    job = export(anna, owner, SUPPRESSIONS, CSV)
    lines = csv_rows(content_of(anna, owner, job))
    assert {(line["email"], line["state"], line["reason"]) for line in lines} == {
        ("", "unsubscribed", "unsubscribe"),
        (f"dora@{DOMAIN}", "unsubscribed", "unsubscribe"),
    }
    assert key in {line["address_hash"] for line in lines}


def test_progress_is_stored_and_a_cancel_leaves_no_file(
    anna: Customer, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mailflatrate.apps.segments.exports.selection.PAGE_CONTACTS", 1)
    seen: list[tuple[int, int]] = []

    def on_page(done: int, total: int) -> None:
        seen.append((done, total))
        within(anna, exports.cancel_export, job.id, by=owner)

    job = within(anna, exports.start_export, CONTACTS, CSV, by=owner, enqueue=False)
    run_export(anna.account_id, job.id, on_page=on_page)
    with tenancy.account(anna.account_id):
        found = Export.objects.get(id=job.id)
        assert (found.state, found.file_path, seen) == (ExportState.CANCELLED, "", [(1, 2)])
        with pytest.raises(ExportProblem):
            exports.open_export(job.id, by=owner)


def test_a_file_is_deleted_when_its_days_are_over(anna: Customer, owner: User) -> None:
    job = export(anna, owner, CONTACTS, CSV)
    assert job.expires_at is not None and job.finished_at is not None
    assert job.expires_at - job.finished_at == timedelta(days=KEPT_DAYS)
    with tenancy.account(anna.account_id):
        assert storage.exists(job.file_path)
        Export.objects.filter(id=job.id).update(expires_at=clock.now())
        with pytest.raises(ExportProblem):
            exports.open_export(job.id, by=owner)
    sweep_exports(0)
    with tenancy.account(anna.account_id):
        assert Export.objects.get(id=job.id).state == ExportState.DELETED
        assert not storage.exists(job.file_path)


def test_an_erased_person_is_in_no_file_any_longer(anna: Customer, owner: User) -> None:
    job = export(anna, owner, CONTACTS, CSV)
    with tenancy.account(anna.account_id):
        running = exports.start_export(CONTACTS, CSV, by=owner, enqueue=False)
        Export.objects.filter(id=running.id).update(state=ExportState.RUNNING)
        dora = Contact.objects.get(email=f"dora@{DOMAIN}")
        counts = erase_person(dora.id, by=audit.machine("test.erase"), source="test")
        assert counts["exports"] == 2
    run_export(anna.account_id, running.id)
    with tenancy.account(anna.account_id):
        assert not storage.exists(job.file_path)
        states = dict(Export.objects.values_list("id", "state"))
        assert (states[job.id], states[running.id]) == (ExportState.DELETED, ExportState.CANCELLED)


def test_the_audit_log_says_who_took_what_and_how_many(anna: Customer, owner: User) -> None:
    content_of(anna, owner, export(anna, owner, CONTACTS, CSV))
    with tenancy.platform(PlatformReason.OPERATOR_DESK), connection.cursor() as cursor:
        cursor.execute(
            "SELECT action, actor, (details->>'rows')::int FROM audit_entry WHERE account_id = %s"
            " AND action LIKE 'export.%%' ORDER BY id",
            [anna.account_id],
        )
        assert cursor.fetchall() == [
            ("export.requested", owner.email, 0),
            ("export.finished", "segments.run_export", 2),
            ("export.downloaded", owner.email, 2),
        ]


def test_only_three_exports_are_under_way(anna: Customer, owner: User) -> None:
    with tenancy.account(anna.account_id):
        for _ in range(3):
            exports.start_export(CONTACTS, CSV, by=owner, enqueue=False)
        with pytest.raises(ExportProblem):
            exports.start_export(CONTACTS, CSV, by=owner, enqueue=False)


def test_a_workbook_takes_the_memory_of_a_row_and_goes_on_in_another_sheet() -> None:
    class Sink(io.RawIOBase):
        def writable(self) -> bool:
            return True

        def write(self, octets: Any) -> int:
            return len(octets)

    def peak(rows: int) -> int:
        tracemalloc.start()
        writer = XlsxWriter(io.BufferedWriter(Sink()), ("email", "name"))  # type: ignore[arg-type]
        for number in range(rows):
            writer.write((f"p{number}@example.com", "Dora"))
        writer.close()
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    assert peak(4_000) < peak(1_000) + 50_000
    out = io.BytesIO()
    writer = XlsxWriter(out, ("n",), sheet_rows=3)
    for number in range(5):
        writer.write((number,))
    writer.close()
    book = openpyxl.load_workbook(out, read_only=True)
    sheets = [[line[0] for line in sheet.iter_rows(values_only=True)] for sheet in book]
    assert sheets == [["n", "0", "1"], ["n", "2", "3"], ["n", "4"]]
