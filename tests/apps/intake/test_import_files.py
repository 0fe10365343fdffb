"""Files as they come: encodings, workbooks, dialects, and one with a fifth of bad rows of every kind (acceptance 6)."""

import csv
import io
import random
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailflatrate.apps.consent.models import ConsentEvidence
from mailflatrate.apps.domains.models import SenderAddress, SenderDomain
from mailflatrate.apps.intake.actions import imports, rejected_rows
from mailflatrate.apps.intake.models import CheckState, ImportRefusal
from mailflatrate.apps.intake.reading.file_tables import open_table
from mailflatrate.apps.lists.actions import consent, lists
from mailflatrate.apps.lists.errors import ImportProblem
from mailflatrate.apps.lists.models import Contact, Subscription
from mailflatrate.apps.suppression import actions as suppression
from mailflatrate.base import clock, tenancy
from mailflatrate.base.storage.database import DatabaseFiles
from mailflatrate.entrypoints.presenters.import_reasons import reason_word
from mailflatrate.rules.contacts.suppression import SuppressionReason
from support.contact_files import HEADER, tables
from support.customers import Customer
from support.origins import approve_origin
from support.scope import within

Line = Callable[..., str]
UMLAUTS = ("Jürgen", "Größe-Müller", "Łukasz", "Zoë")


def names(place: Customer) -> set[str]:
    with tenancy.account(place.account_id):
        return set(Contact.objects.values_list("first_name", flat=True))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "latin-1"])
def test_every_encoding_of_a_spreadsheet_is_read(anna: Customer, line: Line, encoding: str) -> None:
    people = [
        name
        for name in UMLAUTS
        if encoding.startswith("utf")
        or name.encode("cp1252", "ignore") == name.encode()
        or all(ord(char) < 256 for char in name)
    ]
    rows = [line(f"p{number}@kunde-1.de", name) for number, name in enumerate(people)]
    done = anna.bring("\n".join([HEADER, *rows, ""]).encode(encoding))
    assert (done.accepted, done.refused) == (len(people), {})
    assert names(anna) == set(people)


def workbook(*rows: list[object]) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_a_workbook_is_read_with_its_own_dates_and_numbers(anna: Customer) -> None:
    """Excel keeps times without a zone: the account's is assumed, and the evidence says so."""
    moment = (clock.now() - timedelta(days=30)).replace(microsecond=0, tzinfo=None)
    data = workbook(
        ["E-Mail", "Vorname", "Anmeldezeit", "Anmelde-IP", "Bestätigt am", "Quelle", "Kundennummer"],
        [
            "dora@kunde-1.de",
            "Dora",
            moment,
            "203.0.113.9",
            moment + timedelta(minutes=3),
            "https://anna.example/n",
            4711,
        ],
        ["info@kunde-1.de", "I", moment, "203.0.113.9", moment, "https://anna.example/n", 1],
        [None, None, None, None, None, None, None],
        ["erik@kunde-1.de", "Erik", moment, None, moment, "https://anna.example/n", 2.5],
    )
    done = anna.bring(data)
    assert (done.accepted, done.quarantined, done.refused) == (1, {"sign_up_ip_missing": 1}, {"role": 1})
    with tenancy.account(anna.account_id):
        dora = Contact.objects.get(email="dora@kunde-1.de")
        evidence = ConsentEvidence.objects.get()
        assert dora.attributes == {"kundennummer": "4711"}
        assert evidence.details["confirmed_at"]["assumed"] == ["zone"]
        assert ImportRefusal.objects.get(held=False).line_number == 3


def test_a_workbook_whose_dates_were_never_formatted_is_read_by_its_numbers(anna: Customer) -> None:
    """Excel counts days; a cell in the format General shows the bare number, and CSV made of it has it too."""
    moment = (clock.now() - timedelta(days=30)).replace(hour=9, minute=30, second=0, microsecond=0, tzinfo=None)
    days = (moment - datetime.fromisoformat("1899-12-30")) / timedelta(days=1)
    titles = ["E-Mail", "Anmeldezeit", "Anmelde-IP", "Bestätigt am", "Quelle"]
    sheet = workbook(
        titles,
        ["dora@kunde-1.de", days, "203.0.113.9", days + 0.25, "https://anna.example/n"],
        ["erik@kunde-1.de", 4711, "203.0.113.9", days, "https://anna.example/n"],
    )
    assert anna.bring(sheet).quarantined == {"sign_up_time_unreadable": 1}
    text = ";".join(["fay@kunde-1.de", f"{days:.6f}".replace(".", ","), "203.0.113.9", str(int(days) + 1), "Laden 3"])
    assert anna.bring("\n".join([";".join(titles), text])).accepted == 1
    with tenancy.account(anna.account_id):
        for evidence in ConsentEvidence.objects.all():
            assert evidence.signup_at is not None
            assert evidence.signup_at.astimezone(ZoneInfo("Europe/Berlin")).replace(tzinfo=None) == moment
            assert evidence.details["signup_at"]["assumed"] == ["zone", "excel_days"]


def test_minors_are_on_no_list_however_the_column_is_used(anna: Customer, line: Line) -> None:
    """R-39: kept, under another name, or left out, a birth date is a birth date."""
    today = clock.now().date()
    sixteen = today.replace(year=today.year - 16)  # 29 February 16 years ago was a leap day, too
    rows = [
        ("a", sixteen.isoformat(), True), ("b", (sixteen + timedelta(days=1)).strftime("%d.%m.%Y"), False),
        ("c", "24.12.1958", True), ("d", "15.03.58", True), ("e", f"{today.year - 3}", False), ("f", "", True),
        ("g", "unbekannt", True), ("h", f"1.2.{today.year - 2002:02}", False), ("i", "44927", False),
    ]  # fmt: skip
    allowed = [f"{name}@kunde-1.de" for name, _, old_enough in rows if old_enough]
    for number, mapping in enumerate(({}, {"attribute:geb": "Geburtsdatum"}, {"attribute:geburtstag": "X"}, None)):
        title = "X" if mapping and "X" in mapping.values() else "Geburtsdatum"
        file = "\n".join([f"{HEADER};{title}", *(f"{line(f'{n}@kunde-1.de')};{born}" for n, born, _ in rows)])
        list_id = within(anna, lists.create_list, f"List {number}", "News", "de").id
        approve_origin(anna.account_id, list_id)
        told = {
            "email": "email",
            "signup_at": "Anmeldezeit",
            "signup_ip": "Anmelde-IP",
            "confirmed_at": "Bestätigt am",
            "source": "Quelle",
            **(mapping or {}),
        }
        done = anna.bring(file, None if mapping == {} else told, list_id=list_id)
        with tenancy.account(anna.account_id):
            here = Subscription.objects.filter(mailing_list_id=list_id).order_by("contact__email")
            assert list(here.values_list("contact__email", flat=True)) == allowed
            refused = ImportRefusal.objects.filter(source_import=done, held=False)
            assert set(refused.values_list("rule", "reason")) == {("R-39", "minor")}
            told_why = "".join(rejected_rows.rows_to_correct(done.id, wording=reason_word))
        assert done.refused == {"minor": len(rows) - len(allowed)}
        assert "this person is under 16. Minors" in told_why
    ages = anna.bring("\n".join([f"{HEADER};Alter", f"{line('j@kunde-1.de')};15", f"{line('k@kunde-1.de')};16 Jahre"]))
    assert (ages.accepted, ages.refused) == (1, {"minor": 1})


def test_what_the_law_protects_most_is_no_attribute(anna: Customer, line: Line) -> None:
    """R-97: ignored automatically, and refused if requested."""
    file = "\n".join([f"{HEADER};Konfession", f"{line('a@kunde-1.de')};evangelisch"])
    assert anna.bring(file).accepted == 1
    with tenancy.account(anna.account_id):
        assert Contact.objects.get().attributes == {"stadt": "Kiel"}
    with pytest.raises(ImportProblem, match="Konfession"):
        anna.bring(file, {"email": "email", "attribute:k": "Konfession"})


@pytest.mark.parametrize(
    "content", [b"", b"\n\n", b"\x00" * 100, b"PK\x03\x04 no zip", bytes.fromhex("d0cf11e0a1b11ae1")]
)
def test_what_is_no_table_is_refused_before_anything_is_kept(anna: Customer, content: bytes) -> None:
    with tenancy.account(anna.account_id), pytest.raises(ImportProblem):
        imports.start_import(anna.list_id, io.BytesIO(content), "x.csv", {}, enqueue=False)
    assert not list(DatabaseFiles().list_files(anna.account_id))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    cells=st.lists(
        st.tuples(
            st.from_regex(r"[a-z]{2,8}\.[a-z]{2,8}@[a-z]{3,8}\.de", fullmatch=True),
            st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=12),
            st.sampled_from(["Kiel", "a,b", "a;b", 'say "hi"', "two\nlines", "tab\there", "", " padded "]),
        ),
        min_size=1,
        max_size=12,
    ),
    delimiter=st.sampled_from(",;\t|"),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
    ending=st.sampled_from(["\n", "\r\n"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    hint=st.booleans(),
)
def test_any_dialect_comes_back_cell_by_cell(
    cells: list[tuple[str, str, str]], delimiter: str, quoting: int, ending: str, encoding: str, hint: bool
) -> None:
    """What Python's writer wrote, our reader reads: any delimiter, quoting, line end, encoding."""
    out = io.StringIO()
    if hint:
        out.write(f"sep={delimiter}{ending}")
    writer = csv.writer(out, delimiter=delimiter, quoting=quoting, lineterminator=ending)  # type: ignore[arg-type]
    writer.writerow(["E-Mail", "Vorname", "Ort"])
    writer.writerows(cells)
    with tempfile.NamedTemporaryFile(suffix=".csv") as file:
        file.write(out.getvalue().encode(encoding))
        file.flush()
        table = open_table(Path(file.name))
        assert table.header == ["E-Mail", "Vorname", "Ort"]
        rows = list(table.rows())
    unreadable = [row for row in rows if row[2] is not None]
    assert len(rows) == len(cells)
    assert [tuple(row[1]) for row in rows if row[2] is None] == [
        cell for cell, row in zip(cells, rows, strict=True) if row[2] is None
    ]
    assert all("\ufffd" in "".join(cell) for cell, row in zip(cells, rows, strict=True) if row in unreadable)


# Every kind of bad row: what is wrong with it, and where RULES.md says that it ends.
def _bad_rows(line: Line, now: datetime) -> list[tuple[str, str, str, str]]:
    old, ageing, future = ((now + timedelta(days=days)).isoformat() for days in (-800, -500, 3))
    day = now.date().replace(day=1).isoformat()
    return [
        (line("info@kunde-1.de"), "refused", "R-21", "role"),
        (line("vertrieb-sued@kunde-1.de"), "refused", "R-21", "role"),
        (line("noreply123@kunde-1.de"), "refused", "R-21", "role"),
        (line("kein-at-zeichen"), "refused", "R-17", "syntax"),
        (line("anna@gmx,de"), "refused", "R-17", "syntax"),
        (line("x" * 65 + "@kunde-1.de"), "refused", "R-17", "too_long"),
        (line("anna@localhost"), "refused", "R-18", "not_mailable"),
        (line("anna@firma.example"), "refused", "R-18", "reserved_domain"),
        (line("anna@☃.net"), "refused", "R-19", "not_idna"),
        (line("anna@mailinator.com"), "refused", "R-22", "disposable"),
        (line("anna.lindner@lindenhof-post.de"), "refused", "R-23", "own_address"),
        (line("GOOD0@KUNDE-0.DE"), "refused", "R-20", "duplicate_in_file"),
        ("zu;wenig;spalten", "refused", "", "wrong_column_count"),
        (line("nul\0@kunde-1.de"), "refused", "", "nul_byte"),
        (line("bad\ufffd@kunde-1.de"), "refused", "", "undecodable_bytes"),
        (line('"open@kunde-1.de'), "refused", "", "unbalanced_quotes"),
        (line("weg@kunde-1.de"), "refused", "R-16", "suppressed"),
        (line("ab@kunde-1.de"), "refused", "R-16", "unsubscribed"),
        (line("chef@kunde-1.de"), "quarantined", "R-21", "maybe_role"),
        (line("аnna@kunde-1.de"), "quarantined", "R-19", "lookalike"),
        (line("anna@gmial.com"), "quarantined", "R-24", "typo"),
        (line("q1@kunde-1.de", signup=""), "quarantined", "R-12", "sign_up_time_missing"),
        (line("q2@kunde-1.de", ip=""), "quarantined", "R-12", "sign_up_ip_missing"),
        (line("q3@kunde-1.de", ip="999.1.1.1"), "quarantined", "R-12", "sign_up_ip_malformed"),
        (line("q4@kunde-1.de", confirmed=""), "quarantined", "R-12", "confirmation_time_missing"),
        (line("q5@kunde-1.de", source=""), "quarantined", "R-12", "source_missing"),
        (line("q6@kunde-1.de", confirmed="gestern"), "quarantined", "R-12", "confirmation_time_unreadable"),
        (line("q7@kunde-1.de", signup="neulich"), "quarantined", "R-12", "sign_up_time_unreadable"),
        (line("q8@kunde-1.de", confirmed="2018-01-01T00:00:00Z"), "quarantined", "R-12", "confirmed_before_sign_up"),
        (line("q9@kunde-1.de", confirmed=future), "quarantined", "R-12", "in_the_future"),
        (line("q10@kunde-1.de", signup=old, confirmed=old), "quarantined", "R-13", "too_old"),
        (line("q11@kunde-1.de", signup=ageing, confirmed=ageing), "quarantined", "R-13", "ageing"),
        (
            line("q12@kunde-1.de", signup=f"{day}T00:00:00+01:00", ip="127.0.0.1"),
            "quarantined",
            "R-12",
            "sign_up_ip_malformed",
        ),
        (line("q13@kunde-1.de", ip="192.168.1.20"), "quarantined", "R-12", "sign_up_ip_malformed"),
        (line("q14@kunde-1.de", ip="fe80::1%eth0"), "quarantined", "R-12", "sign_up_ip_malformed"),
        (line("q15@kunde-1.de", ip="::ffff:10.1.2.3"), "quarantined", "R-12", "sign_up_ip_malformed"),
        (line("q16@kunde-1.de", source="n/a"), "quarantined", "R-12", "source_missing"),
        (line("q17@kunde-1.de", source=" - "), "quarantined", "R-12", "source_missing"),
        (line("q18@kunde-1.de", confirmed="31.02.2026 10:00"), "quarantined", "R-12", "confirmation_time_unreadable"),
    ]


def test_a_file_with_a_fifth_of_bad_rows_of_every_kind(
    anna: Customer, line: Line, key_of: Callable[[str], bytes]
) -> None:
    """Each row ends where RULES.md says, with its reason and line; all others are imported; nothing else happens."""
    chance = random.Random(7)
    anna.bring("\n".join([HEADER, line("ab@kunde-1.de")]))
    with tenancy.account(anna.account_id):
        domain = SenderDomain.objects.create(name="lindenhof-post.de")
        SenderAddress.objects.create(domain=domain, email="anna.lindner@lindenhof-post.de", display_name="Anna")
        consent.unsubscribe(Contact.objects.get().id, list_id=anna.list_id, by="link", source="test")
        suppression.suppress(key_of("weg@kunde-1.de"), reason=SuppressionReason.COMPLAINT, source="test", evidence={})
    bad = _bad_rows(line, datetime.now(UTC))
    good = [line(f"good{number}@kunde-{number % 40}.de") for number in range(len(bad) * 4)]
    chance.shuffle(bad)
    rows: list[tuple[str, str, str, str]] = [(good[0], "in", "", "")]
    for number, row in enumerate(bad):
        rows += [(text, "in", "", "") for text in good[number * 4 + 1 : number * 4 + 5]]
        rows.append(row)
    done = anna.bring("\n".join([HEADER, *(row[0] for row in rows), ""]), slice_rows=17)

    expected = {
        number: (rule, reason) for number, (_, end, rule, reason) in enumerate(rows, start=2) if end == "refused"
    }
    # A fifth of bad rows is far over every limit of R-15, so even rows that pass wait with the rest of the file.
    held = sorted(
        reason if end == "quarantined" else "import_held" for _, end, _, reason in rows if end in ("quarantined", "in")
    )
    with tenancy.account(anna.account_id):
        found = {
            row.line_number: (row.rule, row.reason)
            for row in ImportRefusal.objects.filter(source_import=done, held=False)
        }
        held_now = Subscription.objects.filter(state="quarantined")
        quarantined = list(held_now.values_list("quarantine_reason", flat=True))
    assert found == expected
    assert sorted(quarantined) == held
    assert done.figures is not None
    assert {"syntax", "suppressed"} <= {anomaly["kind"] for anomaly in done.figures["anomalies"]}
    assert (done.check_state, done.accepted) == (CheckState.HELD, 0)
    assert sum(done.refused.values()) == len(expected)
    assert done.rows_read == len(rows)
    before = tables(anna.account_id)
    again = anna.bring("\n".join([HEADER, *(row[0] for row in rows), ""]))
    assert tables(anna.account_id) == before, "the second upload of the same file changes nothing"
    assert again.accepted == 0
