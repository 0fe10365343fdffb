"""The import itself reads an export as the dry run does: with the profile of the system that wrote it.

Exports of fourteen systems, as they really look, become the three piles; one folder a system in `moving/`.
"""

import csv
import io
import json
import zipfile
from datetime import date, time, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from mailflatrate.apps.consent.models import ConsentEvidence
from mailflatrate.apps.intake.actions import import_checks, imports
from mailflatrate.apps.intake.models import Import
from mailflatrate.apps.intake.reading.import_options import ImportTerms
from mailflatrate.apps.intake.runner import run_import
from mailflatrate.apps.lists.errors import ImportProblem
from mailflatrate.apps.lists.models import Contact, Subscription
from mailflatrate.apps.lists.tags import tags_of
from mailflatrate.apps.suppression.models import Suppression
from mailflatrate.base import clock, tenancy
from mailflatrate.rules.prior_status.columns import is_other_channel, read_title
from mailflatrate.rules.systems.profile import profiles
from support.contact_files import dry_run
from support.customers import Customer
from support.scope import rows, within

EXPORTS = Path(__file__).parent / "moving"


def bring(anna: Customer, name: str, data: bytes, terms: ImportTerms | None = None) -> Import:
    job = within(anna, imports.start_import, anna.list_id, io.BytesIO(data), name, {}, terms=terms, enqueue=False)
    run_import(anna.account_id, job.id)
    with tenancy.account(anna.account_id):
        import_checks.check_import(job.id)
        return Import.objects.get(id=job.id)


def recent(data: bytes) -> bytes:
    """The export with times of the last weeks instead of 2026's first ones."""
    day = (clock.now() - timedelta(days=40)).date()
    for old in (b"2026-02-11", b"2026-02-12", b"2026-03-01", b"2026-03-02", b"2026-03-03"):
        data = data.replace(old, day.isoformat().encode())
    return data.replace(b"11.02.2026", day.strftime("%d.%m.%Y").encode())


def read(system: str, name: str) -> bytes:
    return recent((EXPORTS / system / name).read_bytes())


def states(anna: Customer) -> dict[str, str]:
    return dict(rows(anna, Subscription).values_list("contact__email", "state"))


def test_a_mailchimp_audience_is_mailable_where_its_proof_is_whole(anna: Customer) -> None:
    """The export names no source, so that of the list's approved origin counts; times are in UTC."""
    done = bring(
        anna,
        "subscribed_email_audience_export_5f1c.csv",
        read("mailchimp", "subscribed_email_audience_export_5f1c.csv"),
    )
    assert (done.accepted, done.quarantined, done.refused) == (3, {"sign_up_time_missing": 1}, {"role": 1})
    assert (done.terms["system"], done.terms["time_zone"]) == ("mailchimp", "UTC")
    with tenancy.account(anna.account_id):
        dora = Contact.objects.get(email="dora.klein@kunde-1.de")
        tags = [tag.name for tag in tags_of([dora.id]).get(dora.id, [])]
        proof = ConsentEvidence.objects.get(email="dora.klein@kunde-1.de")
    assert proof.details["source_by"] == "origin"
    assert proof.source.startswith("https://")
    assert proof.signup_at is not None
    assert proof.signup_at.strftime("%H:%M %z") == "09:12 +0000"
    assert set(dora.attributes) == {"address"}
    assert tags
    done = bring(
        anna,
        "unsubscribed_email_audience_export_5f1c.csv",
        read("mailchimp", "unsubscribed_email_audience_export_5f1c.csv"),
    )
    assert done.refused == {"unsubscribed_before": 1, "complained_before": 1}
    assert states(anna)["gustav.gross@kunde-4.de"] == "unsubscribed"
    done = bring(
        anna,
        "nonsubscribed_email_audience_export_5f1c.csv",
        read("mailchimp", "nonsubscribed_email_audience_export_5f1c.csv"),
    )
    assert done.refused == {"never_subscribed": 1}
    assert rows(anna, Suppression).filter(account_id=anna.account_id).count() == 2


def test_a_stated_source_is_recorded_as_such(anna: Customer) -> None:
    terms = ImportTerms(source="Form on the website", form_url="https://anna.example/news", wording="I want news")
    bring(anna, "subscribed.csv", read("mailchimp", "subscribed_email_audience_export_5f1c.csv"), terms)
    proof = rows(anna, ConsentEvidence).get(email="dora.klein@kunde-1.de")
    assert proof.source == "Form on the website, https://anna.example/news"
    assert (proof.details["source_by"], proof.details["wording"]) == ("customer", "I want news")


def test_a_date_and_a_clock_become_one_time(anna: Customer) -> None:
    done = bring(anna, "empfaenger.csv", read("rapidmail", "empfaenger.csv"))
    assert done.accepted == 1
    proof = rows(anna, ConsentEvidence).get(email="dora.klein@kunde-1.de")
    assert proof.signup_at is not None
    assert proof.confirmed_at is not None
    assert (proof.confirmed_at - proof.signup_at) == timedelta(minutes=1, seconds=31)


def test_one_time_for_both_steps_proves_nothing_where_the_system_writes_it_so(anna: Customer) -> None:
    done = bring(anna, "subscribers.csv", read("mailerlite", "subscribers.csv"))
    assert done.accepted == 1
    assert done.quarantined["single_opt_in"] == 1


def test_a_full_name_is_split(anna: Customer) -> None:
    bring(anna, "subscribers.csv", read("listmonk", "subscribers.csv"))
    dora = rows(anna, Contact).get(email="dora.klein@kunde-1.de")
    assert (dora.first_name, dora.last_name) == ("Dora", "Klein")


@pytest.mark.parametrize(
    "case", ["cleverreach", "klaviyo", "mailtrain-2", "mailman", "sympa", "keila", "phplist", "brevo"]
)
def test_the_import_gives_the_verdicts_of_the_dry_run(anna: Customer, case: str, tmp_path: Path) -> None:
    for path in sorted(EXPORTS.glob(f"{case}/*")):
        if path.name == "expected.json":
            continue
        copy = tmp_path / path.name
        copy.write_bytes(recent(path.read_bytes()))
        found = dry_run(str(copy), "--last-mailed", "2026-11-01")
        done = bring(anna, path.name, copy.read_bytes())
        assert done.state == "done", done.problem
        assert done.accepted == found["mailable"]
        assert sum(done.quarantined.values()) == found["ask"]
        assert sum(done.refused.values()) == sum(found["never"].values())


def test_a_system_that_the_customer_names_is_used(anna: Customer) -> None:
    data = b"email,status\ndora@kunde-1.de,4\nerik@kunde-2.de,1\n"
    with pytest.raises(Exception, match="looks like it says who may be emailed"):
        bring(anna, "people.csv", data)
    done = bring(anna, "people.csv", data, ImportTerms(system="mailtrain"))
    assert done.refused == {"complained_before": 1}


def test_a_zip_in_the_browser_is_refused_with_a_way_out(anna: Customer, tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.csv", "email\ndora@kunde-1.de\n")
    with pytest.raises(ImportProblem, match="unpack it"):
        bring(anna, "audience.zip", out.getvalue())


FOURTEEN = {
    "mailchimp",
    "brevo",
    "cleverreach",
    "rapidmail",
    "mailerlite",
    "klaviyo",
    "activecampaign",
    "listmonk",
    "keila",
    "mautic",
    "phplist",
    "mailtrain",
    "mailman",
    "sympa",
}


def files_of(case: str, expected: dict[str, Any], folder: Path) -> list[str]:
    """The files of a case: as they are, as workbooks, or in one ZIP."""
    files = sorted(path for path in (EXPORTS / case).iterdir() if path.name != "expected.json")
    if expected.get("xlsx"):
        return [str(workbook(path, folder)) for path in files]
    if not expected.get("zip"):
        return [str(path) for path in files]
    packed = folder / "audience_export.zip"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in files:
            archive.write(path, path.name)
    return [str(packed)]


def workbook(path: Path, folder: Path) -> Path:
    """The same table as a workbook, with real dates and times in it."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.reader(file):
            sheet.append([cell_of(text) for text in row])
    book.save(folder / f"{path.stem}.xlsx")
    return folder / f"{path.stem}.xlsx"


def cell_of(text: str) -> object:
    for kind in (date, time):
        try:
            return kind.fromisoformat(text)
        except ValueError:
            continue
    return text or None


@pytest.mark.parametrize("case", sorted(folder.name for folder in EXPORTS.iterdir()))
def test_an_export_becomes_its_piles(case: str, tmp_path: Path) -> None:
    """A number after a system's name is another version, plan or language of its export."""
    expected = json.loads((EXPORTS / case / "expected.json").read_text(encoding="utf-8"))
    found = dry_run(*files_of(case, expected, tmp_path))
    names = ("system", "rows", "mailable", "ask", "never")
    assert {name: found[name] for name in names} == {name: expected[name] for name in names}
    shown = expected.get("columns", {})
    assert {title: found["columns"][title] for title in shown} == shown
    if "questions" in expected:
        assert [question["about"] for question in found["questions"]] == expected["questions"]
    assert found["rows"] == found["mailable"] + found["ask"] + sum(found["never"].values())


def test_every_system_has_its_export() -> None:
    assert {folder.name.partition("-")[0] for folder in EXPORTS.iterdir()} == FOURTEEN


def test_each_profile_says_what_its_system_cannot_export() -> None:
    assert set(profiles()) >= FOURTEEN
    assert all(profiles()[name].missing for name in FOURTEEN)


@pytest.mark.parametrize("system", sorted(FOURTEEN))
def test_no_profile_leaves_out_a_column_that_may_hold_a_no(system: str) -> None:
    profile = profiles()[system]
    for title in (*profile.leave, *profile.keep, *profile.tags):
        said = read_title(title)
        assert said is None or not said.certain or is_other_channel(title), title
