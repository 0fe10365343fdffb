"""Noes that a file holds beside its table, or in words of another language, are never left out unseen."""

import io

import openpyxl
import pytest

from mailflatrate.apps.intake.actions import import_checks, imports
from mailflatrate.apps.intake.actions.suppression_files import suppress_file
from mailflatrate.apps.intake.models import Import
from mailflatrate.apps.intake.reading.questions import STATUS, ImportAsks
from mailflatrate.apps.intake.runner import run_import
from mailflatrate.apps.lists.errors import ImportProblem
from mailflatrate.apps.lists.models import Subscription
from mailflatrate.base import tenancy
from support.contact_files import HEADER, line
from support.customers import Customer, customer_with_list

Rows = list[list[str]]
PEOPLE = [HEADER.split(";"), *(line(f"p{number}@kunde-{number}.de").split(";") for number in range(6))]
LEFT = [["email"], ["p1@kunde-1.de"]]
STATUSES = (
    ("Statut", "Abonné", "Désabonné"),
    ("État", "Inscrit", "Désinscrit"),
    ("Estado", "Suscrito", "Dado de baja"),
    ("Stato", "Iscritto", "Disiscritto"),
    ("Toestand", "Aangemeld", "Afgemeld"),
    ("Stan", "Zapisany", "Wypisany"),
    ("Situação", "Inscrito", "Descadastrado"),
    ("Статус", "Подписан", "Отписан"),
    ("Stav", "Přihlášen", "Odhlášen"),
    ("Állapot", "Feliratkozott", "Leiratkozott"),
    ("Tillstånd", "Prenumererar", "Avregistrerad"),
    ("Κατάσταση", "Εγγεγραμμένος", "Διαγραμμένος"),
    ("Durum", "Abone", "Abonelikten çıktı"),
    ("状态", "已订阅", "已退订"),
    ("状態", "購読中", "配信停止"),
)
TIMES = ("Date de désabonnement", "Fecha de baja", "Data disiscrizione", "Uitgeschreven op", "Data wypisania")


@pytest.fixture
def anna(database: str) -> Customer:
    assert database
    return customer_with_list("Anna")


def workbook(**sheets: Rows) -> bytes:
    book = openpyxl.Workbook()
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    assert book.active is not None
    book.remove(book.active)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def bring(anna: Customer, data: bytes, name: str = "people.csv") -> Import:
    with tenancy.account(anna.account_id):
        job = imports.start_import(anna.list_id, io.BytesIO(data), name, {}, enqueue=False)
    run_import(anna.account_id, job.id, slice_rows=3)
    with tenancy.account(anna.account_id):
        import_checks.check_import(job.id)
        return Import.objects.get(id=job.id)


def table(title: str, *cells: str) -> bytes:
    rows = [line(f"p{number}@kunde-{number}.de") + f";{cell}" for number, cell in enumerate(cells)]
    return "\n".join([f"{HEADER};{title}", *rows, ""]).encode()


@pytest.mark.parametrize("sheets", [{"A": PEOPLE, "Weg": LEFT}, {"A": [], "B": PEOPLE, "C": [["x"]], "Weg": LEFT}])
def test_workbook_with_people_on_a_further_sheet_is_refused(anna: Customer, sheets: dict[str, Rows]) -> None:
    with pytest.raises(ImportProblem, match="“Weg”"):
        bring(anna, workbook(**sheets), "people.xlsx")
    with tenancy.account(anna.account_id):
        assert not Subscription.objects.exists()
        with pytest.raises(ImportProblem, match="“Weg”"):
            suppress_file(io.BytesIO(workbook(**sheets)), "blocked.xlsx", by=None, enqueue=False)


def test_further_sheet_without_people_changes_nothing(anna: Customer) -> None:
    notes = [["Exported on Friday"], ["7 rows @ page 1"]]
    assert bring(anna, workbook(People=PEOPLE, Notes=notes), "people.xlsx").accepted == 6


@pytest.mark.parametrize("heading", ["Unsubscribed:", "--- Abgemeldet ---", "Désabonnés"])
def test_heading_of_noes_below_a_table_holds_the_import(anna: Customer, heading: str) -> None:
    data = "\n".join([*map(";".join, PEOPLE), "", heading, "p1@kunde-1.de", "p2@kunde-2.de"])
    done = bring(anna, data.encode())
    assert (done.check_state, done.refused["no_without_address"]) == ("held", 1)
    with tenancy.account(anna.account_id):
        assert set(Subscription.objects.values_list("state", flat=True)) == {"quarantined"}


@pytest.mark.parametrize(("title", "yes", "no"), STATUSES)
def test_status_in_another_language_is_asked_about(anna: Customer, title: str, yes: str, no: str) -> None:
    with pytest.raises(ImportAsks) as asked:
        bring(anna, table(title, no, no, yes, yes))
    assert [question.about for question in asked.value.questions] == [STATUS]


@pytest.mark.parametrize("title", TIMES)
def test_time_of_leaving_in_another_language_is_asked_about(anna: Customer, title: str) -> None:
    with pytest.raises(ImportAsks):
        bring(anna, table(title, "2026-11-02", "", "", ""))
