"""Birthdays without a year in a file: asked about where they leave the order open, kept without a year, and greeted."""

import csv
import io
from datetime import date, timedelta

import pytest

from mailflatrate.apps.intake.actions import imports
from mailflatrate.apps.intake.reading.import_options import ImportTerms
from mailflatrate.apps.intake.runner import run_import
from mailflatrate.apps.lists.errors import ImportProblem
from mailflatrate.apps.lists.models import Contact, ContactField
from mailflatrate.apps.segments.builders import conditions_sql, whole_account
from mailflatrate.base import clock, tenancy
from mailflatrate.entrypoints.studio.audience.segment_words import ready_segments
from mailflatrate.rules.automations.waits import month_days
from support.customers import Customer
from support.scope import within

TITLES = ("Email Address", "First Name", "OPTIN_TIME", "OPTIN_IP", "CONFIRM_TIME", "CONFIRM_IP", "LEID", "EUID")
IP = "84.181.20.5"


def export(title: str, *values: str) -> bytes:
    """An audience as Mailchimp writes it, with one more field."""
    out = io.StringIO()
    at = (clock.now() - timedelta(days=40)).strftime("%Y-%m-%d %H:%M:%S")
    rows = [(f"p{number}@kunde-1.de", "Dora", at, IP, at, IP, "1", "2", each) for number, each in enumerate(values)]
    csv.writer(out).writerows([(*TITLES, title), *rows])
    return out.getvalue().encode()


def bring(anna: Customer, data: bytes, terms: ImportTerms | None = None) -> dict[str, str]:
    """Import a file; return the values of its last column by address."""
    name = "subscribed_email_audience_export_5f1c.csv"
    job = within(anna, imports.start_import, anna.list_id, io.BytesIO(data), name, {}, terms=terms, enqueue=False)
    run_import(anna.account_id, job.id)
    with tenancy.account(anna.account_id):
        assert ContactField.objects.get().type == "date"
        (key,) = ContactField.objects.values_list("key", flat=True)
        return {row.email.partition("@")[0]: row.attributes.get(key, "") for row in Contact.objects.all()}


@pytest.mark.parametrize("title", ["Birthday", "Geburtstag", "Cumpleaños", "День рождения"])
def test_a_column_of_birthdays_becomes_a_date_field(anna: Customer, title: str) -> None:
    found = bring(anna, export(title, "04/02", "02/29", "", "05/05"))
    assert found == {"p0": "--04-02", "p1": "--02-29", "p2": "", "p3": "--05-05"}


@pytest.mark.parametrize(("order", "day"), [("month_first", "--04-02"), ("day_first", "--02-04")])
def test_birthdays_that_can_be_read_two_ways_are_asked_about(anna: Customer, order: str, day: str) -> None:
    """With a year or without: a greeting on the wrong day is worse than a question."""
    for year in ("", "/1985"):
        with pytest.raises(ImportProblem, match="can be read two ways"):
            bring(anna, export("Birthday", f"04/02{year}", f"05/05{year}"))
    assert bring(anna, export("Birthday", "04/02", "05/05"), ImportTerms(date_order=order))["p0"] == day


def test_who_has_a_birthday_soon_is_found_without_its_year(anna: Customer) -> None:
    """29 February is found on the 28th, and no comparison of whole dates takes a day for one of a year."""
    today = clock.now().date()
    days = [today + timedelta(days=later) for later in (0, 3, 9)]
    found = bring(anna, export("Birthday", *(f"--{day:%m-%d}" for day in days), "--02-29"))
    with tenancy.account(anna.account_id):
        soon = next(each.definition for each in ready_segments() if each.key == "birthday")
        assert set(emails(anna, soon)) >= {"p0", "p1"}
        assert "p2" not in emails(anna, soon)
        with clock.frozen_at(clock.now().replace(year=2027, month=2, day=28)):
            assert "p3" in emails(anna, [{"field": "attribute", "key": "birthday", "op": "anniversary", "value": 0}])
        for op in ("before", "after", "on_day"):
            compared = {"field": "attribute", "key": "birthday", "op": op, "value": f"{today.year}-01-01"}
            assert emails(anna, [compared]) == []
    assert found["p3"] == "--02-29"
    assert month_days(date(2027, 2, 28)) == ["02-28", "02-29"]


def emails(anna: Customer, conditions: object) -> list[str]:
    with whole_account():
        test, values = conditions_sql(conditions, "contact")
        rows = Contact.objects.extra(where=[test], params=values)  # the statement under test
        return sorted(row.email.partition("@")[0] for row in rows)
