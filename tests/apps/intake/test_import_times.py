"""Times in files: decided by column, in the file's zone, never made of a yes; and what the last contact counts for."""

import csv
import io
from datetime import timedelta

import pytest

from mailflatrate.apps.consent.models import ConsentEvidence
from mailflatrate.apps.intake.actions import import_checks, imports, origin_decisions
from mailflatrate.apps.intake.actions.origin_decisions import OriginDecision
from mailflatrate.apps.intake.models import Import
from mailflatrate.apps.intake.reading.import_options import ImportTerms
from mailflatrate.apps.intake.runner import run_import
from mailflatrate.apps.lists.errors import ImportProblem
from mailflatrate.apps.lists.models import ListOrigin
from mailflatrate.base import clock, tenancy
from mailflatrate.rules.contacts.timestamps import moment_reader
from support.customers import Customer, customer_with_list
from support.origins import declare_origin
from support.people import operator

TITLES = ("email", "signup_at", "signup_ip", "confirmed_at", "source")
IP, SOURCE = "203.0.113.9", "https://anna.example/news"


def file_of(*rows: tuple[str, ...], titles: tuple[str, ...] = TITLES) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows([titles, *rows])
    return out.getvalue().encode()


def bring(anna: Customer, data: bytes, terms: ImportTerms | None = None, **mapping: str) -> Import:
    with tenancy.account(anna.account_id):
        job = imports.start_import(anna.list_id, io.BytesIO(data), "people.csv", mapping, terms=terms, enqueue=False)
    run_import(anna.account_id, job.id)
    with tenancy.account(anna.account_id):
        import_checks.check_import(job.id)
        return Import.objects.get(id=job.id)


def signups(anna: Customer) -> dict[str, str]:
    """Address -> time of the sign-up in the ledger."""
    with tenancy.account(anna.account_id):
        rows = ConsentEvidence.objects.all()
        return {row.email: row.signup_at.isoformat()[:16] for row in rows if row.signup_at is not None}


def row(email: str, signup: str) -> tuple[str, ...]:
    return (email, signup, IP, (clock.now() - timedelta(days=1)).isoformat(), SOURCE)


def test_one_cell_that_can_only_be_month_first_decides_the_column() -> None:
    """Wherever it stands, and beyond the rows that are looked at first, too."""
    anna = customer_with_list("Anna")
    rows = [row(f"p{number}@kunde-1.de", "05/08/2026 10:00") for number in range(3_100)]
    bring(anna, file_of(*rows, row("q@kunde-1.de", "01/28/2026 10:00")), ImportTerms(time_zone="UTC"))
    found = signups(anna)
    assert (found["p7@kunde-1.de"], found["q@kunde-1.de"]) == ("2026-05-08T10:00", "2026-01-28T10:00")
    with tenancy.account(anna.account_id):
        details = ConsentEvidence.objects.get(email="p7@kunde-1.de").details
    assert details["signup_at"] == {"text": "05/08/2026 10:00", "assumed": ["zone", "month_first"]}


@pytest.mark.parametrize(
    "cells", [["05/08/2026"], ["05-08-2026", "06-08-2026"], ["13/01/2026", "01/13/2026", "05/08/2026"]]
)
def test_a_column_that_stays_ambiguous_asks(cells: list[str]) -> None:
    anna = customer_with_list("Anna")
    data = file_of(*(row(f"p{number}@kunde-1.de", cell) for number, cell in enumerate(cells)))
    with pytest.raises(ImportProblem, match="can be read two ways"):
        bring(anna, data)
    with tenancy.account(anna.account_id):
        assert not Import.objects.exists()
    done = bring(anna, data, ImportTerms(date_order="month_first", time_zone="UTC"))
    assert done.terms["orders"] == {"signup_at": "month_first"}
    last = signups(anna)[f"p{len(cells) - 1}@kunde-1.de"]
    assert last[:10] == ("2026-06-08" if cells[-1].startswith("06") else "2026-05-08")


def test_a_cell_against_the_order_of_its_column_is_no_time() -> None:
    anna = customer_with_list("Anna")
    rows = [row(f"p{number}@kunde-1.de", "28/01/2026") for number in range(3_100)]
    done = bring(anna, file_of(*rows, row("q@kunde-1.de", "01/28/2026")))
    assert done.quarantined["sign_up_time_unreadable"] == 1


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-10 08:12:31.999 +0000 UTC",
        "2026-03-10 09:12:31.123456789 +0100 CET m=+0.000012",
        "2026-03-10T08:12:31Z",
        "2026-03-10t08:12:31z",
        "20260310T081231Z",
        "2026-03-10T08:12:31.1234567Z",
        "2026-03-10T09:12:31+01:00[Europe/Berlin]",
        "2026-03-10T09:12:31+01",
        "2026-03-10 09:12:31.5+0100",
        "2026-W11-2T08:12:31+00:00",
        "Tue, 10 Mar 2026 08:12:31 +0000",
        "Tue Mar 10 08:12:31 UTC 2026",
        "Tue Mar 10 2026 09:12:31 GMT+0100 (Central European Standard Time)",
        "1773130351",
    ],
)
def test_the_times_of_programs_are_read(text: str) -> None:
    moment = moment_reader("America/New_York", None)(text)
    assert moment is not None
    assert moment.at.isoformat()[:19] == "2026-03-10T08:12:31"
    assert moment.assumed == ()


@pytest.mark.parametrize("text", ["1", "0", "yes", "ja", "true", "wahr", "2", "03/04/2026", "0000-00-00", "1.0"])
def test_a_flag_and_a_riddle_are_no_times(text: str) -> None:
    assert moment_reader("UTC", None)(text) is None


def test_a_column_of_yes_and_no_is_never_taken_for_a_time() -> None:
    """Brevo's DOUBLE_OPT-IN: 1; neither automatically nor if mapped so."""
    anna = customer_with_list("Anna")
    titles = (*TITLES[:3], "DOUBLE_OPT-IN", "source", "OPT_IN")
    data = file_of(("a@kunde-1.de", "2026-10-01T10:00Z", IP, "1", SOURCE, "1"), titles=titles)
    done = bring(anna, data)
    assert done.mapping["state"] in ("DOUBLE_OPT-IN", "OPT_IN")
    assert "confirmed_at" not in done.mapping
    assert done.quarantined == {"confirmation_time_missing": 1}
    with pytest.raises(ImportProblem, match="yes and no"):
        bring(anna, data, email="email", confirmed_at="DOUBLE_OPT-IN")


def test_the_zone_is_that_of_the_file() -> None:
    """Said by the customer; known for Mailchimp; the account's (Europe/Berlin) and noted where nobody says it."""
    times = ("2026-03-10 08:00:00", "2026-03-10 08:05:00")
    chimp = ("Email Address", "OPTIN_TIME", "OPTIN_IP", "CONFIRM_TIME", "Source", "LEID", "EUID")
    for titles, rest, terms, hour in (
        (chimp, ("1", "2"), None, "08"),
        (TITLES, (), None, "07"),
        (TITLES, (), ImportTerms(time_zone="America/New_York"), "12"),
    ):
        anna = customer_with_list("Anna")
        bring(anna, file_of(("a@kunde-1.de", times[0], IP, times[1], SOURCE, *rest), titles=titles), terms)
        assert signups(anna) == {"a@kunde-1.de": f"2026-03-10T{hour}:00"}
    with pytest.raises(ImportProblem, match="isn't a time zone; write it like Europe/Berlin"):
        bring(
            customer_with_list("Anna"),
            file_of(row("a@kunde-1.de", "2026-01-01")),
            ImportTerms(time_zone="../etc/passwd"),
        )


def old(days: int) -> str:
    return (clock.now() - timedelta(days=days)).isoformat()


def test_consent_ages_from_the_last_contact_of_the_row() -> None:
    anna = customer_with_list("Anna")
    titles = (*TITLES, "last_contact_at")
    rows = [
        ("fresh@kunde-1.de", old(1500), IP, old(1500), SOURCE, old(10)),
        ("ageing@kunde-1.de", old(1500), IP, old(1500), SOURCE, old(500)),
        ("old@kunde-1.de", old(1500), IP, old(1500), SOURCE, old(800)),
        ("silent@kunde-1.de", old(1500), IP, old(1500), SOURCE, ""),
        ("odd@kunde-1.de", old(1500), IP, old(1500), SOURCE, "1"),
        ("future@kunde-1.de", old(1500), IP, old(1500), SOURCE, old(-5)),
    ]
    done = bring(anna, file_of(*rows, titles=titles))
    assert (done.accepted, done.quarantined) == (1, {"ageing": 1, "too_old": 3, "in_the_future": 1})
    with tenancy.account(anna.account_id):
        details = ConsentEvidence.objects.get(email="fresh@kunde-1.de").details
    assert details["last_contact"]["by"] == "row"


def test_a_declared_last_mailing_counts_once_a_reviewer_has_accepted_it() -> None:
    anna = customer_with_list("Anna", approved=False)
    origin = declare_origin(anna.account_id, anna.list_id, last_mailed_on=clock.now().date() - timedelta(days=20))
    data = file_of(("dora@kunde-1.de", old(1500), IP, old(1500), SOURCE))
    done = bring(anna, data)
    assert (done.accepted, done.quarantined) == (0, {"origin_waiting": 1})
    origin_decisions.decide_origin(
        origin.id, OriginDecision.APPROVE, reviewer=operator(), reason="Seen the last mailing."
    )
    with tenancy.account(anna.account_id):
        after = Import.objects.get(id=done.id)
    assert (after.accepted, after.quarantined) == (1, {})


def test_a_last_mailing_that_was_taken_back_before_the_approval_counts_for_nobody() -> None:
    """The file came under one declaration; the approved one has no such last campaign."""
    anna = customer_with_list("Anna", approved=False)
    today = clock.now().date()
    declare_origin(anna.account_id, anna.list_id, last_mailed_on=today - timedelta(days=20))
    done = bring(
        anna,
        file_of(
            ("dora@kunde-1.de", old(1500), IP, old(1500), SOURCE), ("erik@kunde-1.de", old(30), IP, old(30), SOURCE)
        ),
    )
    for mailed_on in (today - timedelta(days=760), None):
        declare_origin(anna.account_id, anna.list_id, last_mailed_on=mailed_on)
    with tenancy.account(anna.account_id):
        newest = ListOrigin.objects.order_by("-version")[0]
    origin_decisions.decide_origin(newest.id, OriginDecision.APPROVE, reviewer=operator(), reason="Seen.")
    with tenancy.account(anna.account_id):
        after = Import.objects.get(id=done.id)
    assert (after.accepted, after.quarantined) == (1, {"too_old": 1})


def test_an_unknown_answer_is_refused() -> None:
    data = file_of(row("a@kunde-1.de", "2026-01-01"))
    for terms in (
        ImportTerms(all_rows="perhaps"),
        ImportTerms(date_order="year"),
        ImportTerms(no_status={"X": "none"}),
    ):
        with pytest.raises(ImportProblem):
            bring(customer_with_list("Anna"), data, terms)
