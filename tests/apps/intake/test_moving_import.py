"""The import itself reads an export as the dry run does: with the profile of the system that wrote it."""

import io
import zipfile
from datetime import timedelta
from pathlib import Path

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
from support.contact_files import dry_run
from support.customers import Customer

EXPORTS = Path(__file__).parent / "moving"


def bring(anna: Customer, name: str, data: bytes, terms: ImportTerms | None = None) -> Import:
    with tenancy.account(anna.account_id):
        job = imports.start_import(anna.list_id, io.BytesIO(data), name, {}, terms=terms, enqueue=False)
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
    with tenancy.account(anna.account_id):
        return dict(Subscription.objects.values_list("contact__email", "state"))


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
    with tenancy.account(anna.account_id):
        assert Suppression.objects.filter(account_id=anna.account_id).count() == 2


def test_a_stated_source_is_recorded_as_such(anna: Customer) -> None:
    terms = ImportTerms(source="Form on the website", form_url="https://anna.example/news", wording="I want news")
    bring(anna, "subscribed.csv", read("mailchimp", "subscribed_email_audience_export_5f1c.csv"), terms)
    with tenancy.account(anna.account_id):
        proof = ConsentEvidence.objects.get(email="dora.klein@kunde-1.de")
    assert proof.source == "Form on the website, https://anna.example/news"
    assert (proof.details["source_by"], proof.details["wording"]) == ("customer", "I want news")


def test_a_date_and_a_clock_become_one_time(anna: Customer) -> None:
    done = bring(anna, "empfaenger.csv", read("rapidmail", "empfaenger.csv"))
    assert done.accepted == 1
    with tenancy.account(anna.account_id):
        proof = ConsentEvidence.objects.get(email="dora.klein@kunde-1.de")
    assert proof.signup_at is not None
    assert proof.confirmed_at is not None
    assert (proof.confirmed_at - proof.signup_at) == timedelta(minutes=1, seconds=31)


def test_one_time_for_both_steps_proves_nothing_where_the_system_writes_it_so(anna: Customer) -> None:
    done = bring(anna, "subscribers.csv", read("mailerlite", "subscribers.csv"))
    assert done.accepted == 1
    assert done.quarantined["single_opt_in"] == 1


def test_a_full_name_is_split(anna: Customer) -> None:
    bring(anna, "subscribers.csv", read("listmonk", "subscribers.csv"))
    with tenancy.account(anna.account_id):
        dora = Contact.objects.get(email="dora.klein@kunde-1.de")
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
