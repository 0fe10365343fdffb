"""Looking again at what was imported before anybody read the statuses: found, reported, suppressed on confirmation."""

import io
from pathlib import Path

import pytest
from click.testing import CliRunner

from mailflatrate.apps.intake.actions import import_recheck, imports
from mailflatrate.apps.intake.models import Import
from mailflatrate.apps.intake.reading.import_options import ImportTerms
from mailflatrate.apps.intake.runner import run_import
from mailflatrate.apps.lists import queries
from mailflatrate.apps.lists.errors import ListError
from mailflatrate.apps.suppression.models import Suppression
from mailflatrate.base import tenancy
from mailflatrate.base.storage import files
from mailflatrate.entrypoints.cli.main import cli
from support.customers import Customer, customer_with_list
from support.scope import within

PROOF = "2026-10-01T10:00:00Z,203.0.113.9,2026-10-01T10:05:00Z,https://anna.example/n"
FILE = "\n".join(
    [
        "email,signup_at,signup_ip,confirmed_at,source,Status,UNSUB_TIME",
        f"yes@kunde-1.de,{PROOF},active,",
        f"gone@kunde-1.de,{PROOF},active,2026-10-05 10:00:00",
        f"dead@kunde-2.de,{PROOF},bounced,",
    ]
)
MAPPING = {name: name for name in ("email", "signup_at", "signup_ip", "confirmed_at", "source")}


def taken_in_before(anna: Customer, *, with_attributes: bool) -> Import:
    """As an import was before: the statuses are read by nobody, and kept as attributes at most."""
    reasons = {"Status": "nobody asked", "UNSUB_TIME": "nobody asked"}
    mapping = {**MAPPING, "attribute:status": "Status", "attribute:unsub": "UNSUB_TIME"} if with_attributes else MAPPING
    with tenancy.account(anna.account_id):
        job = imports.start_import(
            anna.list_id,
            io.BytesIO(FILE.encode()),
            "people.csv",
            mapping,
            terms=ImportTerms(no_status=reasons),
            enqueue=False,
        )
    run_import(anna.account_id, job.id)
    with tenancy.account(anna.account_id):
        Import.objects.filter(id=job.id).update(terms={})
        assert queries.mailable_count() == 3
        return Import.objects.get(id=job.id)


def recheck(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(cli, ["import", "recheck", *arguments])
    return result.exit_code, result.output


@pytest.mark.parametrize("where", ["kept", "copy", "attributes"])
def test_people_who_should_not_have_been_taken_are_found_and_suppressed(where: str, tmp_path: Path) -> None:
    anna, carla = customer_with_list("Anna"), customer_with_list("Carla")
    job = taken_in_before(anna, with_attributes=where == "attributes")
    copy = tmp_path / "copy.csv"
    copy.write_text(FILE)
    if where == "kept":
        within(anna, files.put_bytes, job.file_path, FILE.encode())
    with tenancy.account(anna.account_id):
        found = import_recheck.recheck_imports([copy] if where == "copy" else [])
        assert {(one.email, one.said.status.value) for one in found} == {
            ("gone@kunde-1.de", "unsubscribed"),
            ("dead@kunde-2.de", "bounced"),
        }
        assert queries.mailable_count() == 3, "looking changes nothing"
        assert import_recheck.suppress_rechecked(found) == 2
        assert queries.mailable_count() == 1
        rows = Suppression.objects.all()
        assert {(row.reason, row.evidence["file"], row.evidence["import"]) for row in rows} == {
            ("unsubscribe", "people.csv", job.id),
            ("hard_bounce", "people.csv", job.id),
        }
        assert import_recheck.recheck_imports([copy] if where == "copy" else []) == []
    with tenancy.account(carla.account_id):
        assert not Suppression.objects.exists()
        with pytest.raises(ListError, match="earlier import"):
            import_recheck.recheck_imports([copy])
    within(anna, files.delete, job.file_path)


def test_the_command_reports_first_and_suppresses_when_told() -> None:
    anna = customer_with_list("Anna")
    taken_in_before(anna, with_attributes=True)
    account = ("--account", str(anna.account_id))
    code, out = recheck(*account)
    assert code == 1
    assert "gone@kunde-1.de\tunsubscribed\tpeople.csv" in out
    assert within(anna, queries.mailable_count) == 3
    code, out = recheck(*account, "--apply")
    assert (code, "2 suppressed" in out) == (0, True)
    assert within(anna, queries.mailable_count) == 1
    assert recheck(*account)[0] == 0


def taken_in(anna: Customer, titles: str, rows: dict[str, str], name: str) -> None:
    """An import of people with proof that kept its other columns as attributes and asked nobody."""
    header = titles.split(";")
    lines = [",".join(["email,signup_at,signup_ip,confirmed_at,source", *header])]
    lines += [f"{email},{PROOF},{cells.replace(';', ',')}" for email, cells in rows.items()]
    mapping = {**MAPPING, **{f"attribute:{title.lower().replace(' ', '_')}": title for title in header}}
    with tenancy.account(anna.account_id):
        terms = ImportTerms(no_status=dict.fromkeys(header, "nobody asked"))
        data = io.BytesIO("\n".join(lines).encode())
        job = imports.start_import(anna.list_id, data, name, mapping, terms=terms, enqueue=False)
    run_import(anna.account_id, job.id)
    with tenancy.account(anna.account_id):
        Import.objects.filter(id=job.id).update(terms={})


def test_each_person_once_with_the_file_that_brought_him() -> None:
    """Codes and words that an import asks about are found as well."""
    anna = customer_with_list("Anna")
    taken_in(
        anna,
        "Surname;Sex;Status;Token;Profile 1",
        {"u@kunde-1.de": "a;f;U;t;", "p@kunde-1.de": "a;f;P;t;", "c@kunde-1.de": "a;f;C;t;"},
        "letters.csv",
    )
    taken_in(
        anna,
        "Do not allow Bulk Emails;Status",
        {"no@kunde-1.de": "Do Not Allow;Active", "yes@kunde-1.de": "Allow;Active", "u@kunde-1.de": "Allow;U"},
        "dynamics.csv",
    )
    taken_in(anna, "Status", {"two@kunde-1.de": "2", "one@kunde-1.de": "1"}, "digits.csv")
    with tenancy.account(anna.account_id):
        found = [(one.email, one.said.status.value, one.file_name) for one in import_recheck.recheck_imports()]
    assert sorted(found) == [
        ("no@kunde-1.de", "unsubscribed", "dynamics.csv"),
        ("p@kunde-1.de", "complained", "letters.csv"),
        ("two@kunde-1.de", "unsubscribed", "digits.csv"),
        ("u@kunde-1.de", "unsubscribed", "letters.csv"),
    ]
