"""A no in a file counts however its address is spelled, and in whatever row of the file it is."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest

from mailflatrate.apps.intake.actions import import_checks, imports
from mailflatrate.apps.intake.actions.suppression_files import suppress_file
from mailflatrate.apps.intake.models import Import, SuppressionFile
from mailflatrate.apps.intake.reading.import_options import ImportTerms
from mailflatrate.apps.intake.reading.questions import STATUS, UNREAD_NOES, ImportAsks
from mailflatrate.apps.intake.runner import run_import
from mailflatrate.apps.intake.suppression_files.runner import run_suppression_file
from mailflatrate.apps.lists.models import Subscription
from mailflatrate.apps.suppression.models import Suppression
from mailflatrate.base import tenancy
from support.contact_files import HEADER, dry_run
from support.customers import Customer
from support.scope import within

TITLES = HEADER + ";Status"
SPELLINGS = (
    "Max M <{0}@{1}>",
    "<{0}@{1}>",
    "mailto:{0}@{1}",
    "{0}@{1}.",
    "{0}@{1},",
    '""{0}""@{1}',
    "{0}@{1} (privat)",
    "'{0}@{1}'",
    "'={0}@{1}",
    "{0}@{1}, c@kunde-9.de",
    "{0}\u200b@{1}",
    "=?utf-8?q?M=C3=BCller?= <{0}@{1}>",
    "{0} [at] {1}",
    "{0} @ {1}",
    "{0}&#64;{1}",
    "{0}\uff20{1}",
    "{0}(x)@{1}",
    "{0}%40{1}",
)


def spelled(how: str, email: str) -> str:
    return how.format(*email.split("@"))


def table(*rows: tuple[str, str]) -> bytes:
    return "\n".join([TITLES, *(f"{line};{status}" for line, status in rows), ""]).encode()


def bring(anna: Customer, data: bytes, terms: ImportTerms | None = None, name: str = "people.csv") -> Import:
    job = within(anna, imports.start_import, anna.list_id, io.BytesIO(data), name, {}, terms=terms, enqueue=False)
    run_import(anna.account_id, job.id, slice_rows=3)
    with tenancy.account(anna.account_id):
        import_checks.check_import(job.id)
        return Import.objects.get(id=job.id)


def states(anna: Customer) -> dict[str, str]:
    with tenancy.account(anna.account_id):
        return dict(Subscription.objects.values_list("contact__email", "state"))


def suppressed(anna: Customer, key: bytes) -> bool:
    with tenancy.account(anna.account_id):
        return Suppression.objects.filter(address_key=key, lifted_at=None).exists()


@pytest.mark.parametrize("no_first", [True, False])
def test_no_in_any_spelling_wins_over_the_yes_row_of_the_same_person(
    anna: Customer, line: Callable[..., str], key_of: Callable[[str], bytes], no_first: bool
) -> None:
    people = [f"person{number}@kunde-{number}.de" for number in range(len(SPELLINGS))]
    yes = [(line(email), "subscribed") for email in people]
    no = [
        (f'"{spelled(how, email)}";' + line("x").partition(";")[2], "unsubscribed")
        for how, email in zip(SPELLINGS, people, strict=True)
    ]
    done = bring(anna, table(*(no + yes if no_first else yes + no)))
    assert done.state == "done"
    assert [email for email, state in states(anna).items() if state == "confirmed"] == []
    assert all(suppressed(anna, key_of(email)) for email in people)
    assert suppressed(anna, key_of("c@kunde-9.de"))


@pytest.mark.parametrize("no_first", [True, False])
def test_no_of_a_mailbox_wins_over_its_tagged_address_in_the_same_file(
    anna: Customer, line: Callable[..., str], no_first: bool
) -> None:
    rows = [(line("dora@kunde-1.de"), "unsubscribed"), (line("dora+news@kunde-1.de"), "subscribed")]
    bring(anna, table(*(rows if no_first else rows[::-1])))
    assert "confirmed" not in states(anna).values()


def test_no_whose_address_is_in_another_column_counts(
    anna: Customer, line: Callable[..., str], key_of: Callable[[str], bytes]
) -> None:
    row = line("", first="Dora <dora@kunde-1.de>")
    bring(anna, table((line("ben@kunde-2.de"), "subscribed"), (row, "unsubscribed")))
    assert suppressed(anna, key_of("dora@kunde-1.de"))


@pytest.mark.parametrize(
    "broken",
    ["Klein, Max;x;{};;;;;;;;unsubscribed", '"Max <{}>;unsubscribed', "{}\0;a;b;c;d;e;f;g;unsubscribed"],
)
def test_no_in_a_row_that_cannot_be_read_counts(
    anna: Customer, line: Callable[..., str], key_of: Callable[[str], bytes], broken: str
) -> None:
    data = table((line("dora@kunde-1.de"), "subscribed")) + broken.format("dora@kunde-1.de").encode() + b"\n"
    bring(anna, data)
    assert suppressed(anna, key_of("dora@kunde-1.de"))
    assert states(anna).get("dora@kunde-1.de") != "confirmed"


def test_no_without_an_address_stops_the_start_until_a_person_decides(anna: Customer, line: Callable[..., str]) -> None:
    data = table((line("ben@kunde-2.de"), "subscribed"), (line("nobody here"), "bounced"), (line(""), "unsubscribed"))
    with pytest.raises(ImportAsks, match="3, 4") as asked:
        bring(anna, data)
    assert [question.about for question in asked.value.questions] == [UNREAD_NOES]
    with pytest.raises(ImportAsks, match="3, 4"):
        bring(anna, data, ImportTerms(unread_noes=1))
    done = bring(anna, data, ImportTerms(unread_noes=2))
    assert (done.accepted, done.refused, done.check_state) == (1, {"no_without_address": 2}, "clear")


def test_no_without_an_address_that_was_not_decided_about_holds_the_import(
    anna: Customer, line: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mailflatrate.apps.intake.reading.no_rows.MOST_OCTETS", 1)
    with tenancy.account(anna.account_id):
        data = table((line("ben@kunde-2.de"), "subscribed"), (line("nobody"), "bounced"))
        job = imports.start_import(
            anna.list_id, io.BytesIO(data), "people.csv", {}, terms=ImportTerms(unread_noes=1), enqueue=False
        )
        Import.objects.filter(id=job.id).update(terms=job.terms | {"unread_noes": 0})
    run_import(anna.account_id, job.id)
    done = within(anna, import_checks.check_import, job.id)
    assert done is not None
    assert done.check_state == "held"
    assert states(anna)["ben@kunde-2.de"] == "quarantined"


def test_suppression_file_reads_addresses_in_any_spelling(anna: Customer, key_of: Callable[[str], bytes]) -> None:
    people = [f"person{number}@kunde-{number}.de" for number in range(len(SPELLINGS))]
    data = (
        "email;note\n"
        + "".join(f'"{spelled(how, email)}";x\n' for how, email in zip(SPELLINGS, people, strict=True))
        + "nobody;y\n"
    )
    job = within(anna, suppress_file, io.BytesIO(data.encode()), "no.csv", by=None, enqueue=False)
    run_suppression_file(anna.account_id, job.id)
    with tenancy.account(anna.account_id):
        job = SuppressionFile.objects.get(id=job.id)
    assert all(suppressed(anna, key_of(email)) for email in people)
    assert job.rejected == {"not_an_address": 1}


def test_move_reads_a_file_of_noes_as_generously_and_names_the_rows_without_an_address(
    tmp_path: Path, line: Callable[..., str]
) -> None:
    (tmp_path / "in.csv").write_text(
        "\n".join([HEADER, *(line(f"person{number}@kunde-{number}.de") for number in range(9)), ""])
    )
    (tmp_path / "unsubscribed.csv").write_text(
        "email\n" + "".join(f'"Max M. <person{number}@kunde-{number}.de>"\n' for number in range(6)) + "nobody\n"
    )
    found = dry_run(str(tmp_path / "in.csv"), str(tmp_path / "unsubscribed.csv"))
    assert (found["never"]["unsubscribed"], found["never"]["no_without_address"]) == (6, 1)
    assert found["mailable"] + found["ask"] == 3
    asked = [question for question in found["questions"] if question["about"] == UNREAD_NOES]
    assert [(question["file"], question["people"]) for question in asked] == [("unsubscribed.csv", 1)]
    assert "8" in asked[0]["sentence"]


MARKS = [
    *(("x", ""), ("", "x"), ("X", "-"), ("ja", "nein"), ("J", "N"), ("oui", "non"), ("sí", "no"), ("yes", "no")),
    *(("1", "0"), ("true", "false"), ("WAHR", "FALSCH"), ("✓", ""), ("☑", "☐"), ("on", "off"), ("", "nein"), ("+", "")),
    *(("sim", "não"), ("ja", "nee"), ("tak", ""), ("1", "")),
    *(
        ("👍", "👎"),
        ("🟢", "🔴"),
        ("", "†"),
        ("*", ""),
        ("Да", "Нет"),
        ("是", "否"),
        ("evet", "hayır"),
        ("igen", "nem"),
    ),
    *(("kyllä", "ei"), ("OK", "KO"), ("1.0", "0.0"), ("1,00", "0,00"), ("J A", "N E I N")),
    *(("ja, gerne", "nein danke"), ("darf", "darf nicht"), ("gewünscht", "nicht gewünscht"), ("", "STOP")),
    *(("", "bitte nicht"), ("", "verstorben")),
]


@pytest.mark.parametrize("marks", MARKS)
@pytest.mark.parametrize("title", ["Kontakt per E-Mail", "Darf angeschrieben werden", "Mail ok?", "Feld 7"])
def test_column_of_marks_is_asked_about_whatever_its_title(
    anna: Customer, line: Callable[..., str], title: str, marks: tuple[str, str]
) -> None:
    rows = [f"{line(f'person{number}@kunde-{number}.de')};{marks[number % 2]}" for number in range(6)]
    data = "\n".join([f"{HEADER};{title}", *rows, ""]).encode()
    with tenancy.account(anna.account_id), pytest.raises(ImportAsks) as asked:
        imports.start_import(anna.list_id, io.BytesIO(data), "people.csv", {}, enqueue=False)
    assert [(question.about, question.column) for question in asked.value.questions] == [(STATUS, title)]


def test_blank_beside_marks_is_not_mailable_when_the_column_is_a_consent(
    anna: Customer, line: Callable[..., str]
) -> None:
    rows = [f"{line(f'person{number}@kunde-{number}.de')};{'x' if number % 2 else ''}" for number in range(6)]
    data = "\n".join([f"{HEADER};Kontakt per E-Mail", *rows, ""]).encode()
    with tenancy.account(anna.account_id):
        head = imports.upload_import(anna.list_id, io.BytesIO(data), "people.csv")
        mapping = {name: column for name, column in head.mapping.items() if column != "Kontakt per E-Mail"}
        job = imports.queue_import(head.id, mapping | {"state": "Kontakt per E-Mail"}, enqueue=False)
    run_import(anna.account_id, job.id)
    with tenancy.account(anna.account_id):
        done = Import.objects.get(id=job.id)
    assert (done.accepted, done.quarantined) == (3, {"status_missing": 3})
