"""Files handed in for a move that mean harm: bombs, nests, lies about sizes, names that lead elsewhere, and noise.

What holds: time, memory and depth are limited; nothing is written outside a temporary file; a bad line spoils no
other; whatever the file says, nobody becomes mailable who said no in it.
"""

import io
import json
import struct
import tempfile
import time
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailflatrate.apps.intake.dry_runs.dry_run import DryRunner
from mailflatrate.apps.intake.judging.person_names import split_name
from mailflatrate.apps.intake.reading import archive
from mailflatrate.apps.intake.reading.archive import ArchiveFault, ArchiveRefused, is_archive, unpacked
from mailflatrate.apps.intake.reading.csv_rows import RowFault, TableRefused
from mailflatrate.apps.intake.reading.import_options import ImportTerms
from mailflatrate.apps.intake.reading.table_files import TableFile
from mailflatrate.apps.intake.reading.text_tables import open_text_table
from mailflatrate.apps.lists.errors import ImportProblem
from mailflatrate.base import clock
from mailflatrate.rules.contacts.timestamps import join_clock, moment_reader
from mailflatrate.rules.systems.profile import recognize
from support.contact_files import dry_run

PEOPLE = b"email\ndora@kunde-1.de\n"


def packed(folder: Path, *entries: tuple[str, bytes]) -> Path:
    path = folder / "drop.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        for name, data in entries:
            out.writestr(name, data)
    return path


def refused(path: Path) -> ArchiveFault:
    with pytest.raises(ArchiveRefused) as found, unpacked(path):
        pass
    return found.value.fault


def test_names_in_an_archive_lead_nowhere(tmp_path: Path) -> None:
    path = packed(tmp_path, ("../../escaped.csv", PEOPLE), ("/etc/cron.d/x.csv", PEOPLE), ("a/b/c.csv", PEOPLE))
    inner = tmp_path / "inner"
    inner.mkdir()
    with unpacked(path, inner) as tables:
        assert len(tables) == 3
        assert all(place.parent == inner and place.read_bytes() == PEOPLE for _name, place in tables)
    assert list(inner.iterdir()) == []
    assert not (tmp_path.parent / "escaped.csv").exists()


def test_an_archive_in_an_archive_is_refused(tmp_path: Path) -> None:
    inner = packed(tmp_path, ("a.csv", PEOPLE)).read_bytes()
    assert refused(packed(tmp_path, ("inner.zip", inner))) is ArchiveFault.NESTED


def test_a_bomb_is_stopped_while_it_unpacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = packed(tmp_path, ("a.csv", b"\0" * (40 * 1024 * 1024)))
    assert path.stat().st_size < 100_000
    assert refused(path) is ArchiveFault.UNPACKED
    monkeypatch.setattr(archive, "MAX_UNPACKED_BYTES", 1_000_000)
    assert refused(packed(tmp_path, *((f"{n}.csv", bytes(range(256)) * 2_000) for n in range(3)))) is (
        ArchiveFault.UNPACKED
    )


def test_an_archive_that_lies_about_sizes_gains_nothing(tmp_path: Path) -> None:
    path = packed(tmp_path, ("a.csv", b"x" * (40 * 1024 * 1024)))
    data = bytearray(path.read_bytes())
    at = data.rindex(b"PK\x01\x02")
    struct.pack_into("<L", data, at + 24, 10)  # the size it claims in its directory
    path.write_bytes(data)
    started = time.monotonic()
    assert refused(path) in (ArchiveFault.UNPACKED, ArchiveFault.UNREADABLE)
    assert time.monotonic() - started < 20


def test_too_many_files_are_refused_before_they_are_listed(tmp_path: Path) -> None:
    path = packed(tmp_path, *((f"{number}.csv", b"") for number in range(archive.MAX_ENTRIES + 1)))
    assert refused(path) is ArchiveFault.ENTRIES
    assert refused(packed(tmp_path, *((f"{n}.csv", PEOPLE) for n in range(archive.MAX_TABLES + 1)))) is (
        ArchiveFault.ENTRIES
    )


@pytest.mark.parametrize("data", [b"PK\x03\x04", b"PK\x03\x04" + b"\0" * 500, b"PK\x05\x06" + b"\0" * 18])
def test_a_damaged_archive_is_refused_with_a_sentence(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "drop.zip"
    path.write_bytes(data)
    if is_archive(path):
        assert refused(path) in (ArchiveFault.UNREADABLE, ArchiveFault.EMPTY)


def test_files_of_other_kinds_are_passed_over(tmp_path: Path) -> None:
    path = packed(tmp_path, ("__MACOSX/._a.csv", b"x"), (".hidden.csv", b"x"), ("logo.png", b"x"), ("a.csv", PEOPLE))
    with unpacked(path) as tables:
        assert [name for name, _place in tables] == ["a.csv"]
    assert refused(packed(tmp_path, ("logo.png", b"x"))) is ArchiveFault.EMPTY


def rows_of(folder: Path, data: bytes) -> list[RowFault | None]:
    path = folder / "lines.txt"
    path.write_bytes(data)
    return [fault for _line, _cells, fault in open_text_table(path).rows()]


def test_json_nested_absurdly_deep_spoils_its_own_line_only(tmp_path: Path) -> None:
    deep = '{"email":"x@kunde-1.de","a":' + "[" * 100_000 + "]" * 100_000 + "}"
    objects = '{"email":"x@kunde-1.de","a":' + '{"a":' * 20_000 + "1" + "}" * 20_001
    good = '{"email":"dora@kunde-1.de"}'
    found = rows_of(tmp_path, "\n".join((good, deep, objects, good, "{", '"x"', good)).encode())
    assert found == [None, RowFault.JSON, RowFault.JSON, None, RowFault.JSON, RowFault.JSON, None]


def test_a_line_of_a_thousand_names_is_too_many_columns(tmp_path: Path) -> None:
    line = json.dumps({"email": "dora@kunde-1.de", **{f"field{number}": 1 for number in range(1_000)}})
    with pytest.raises(TableRefused):
        rows_of(tmp_path, line.encode())


def test_a_status_that_only_a_late_row_has_counts(tmp_path: Path) -> None:
    lines = [json.dumps({"email": f"p{number}@kunde-1.de"}) for number in range(6_000)]
    lines.append(json.dumps({"email": "p7@kunde-1.de", "unsubscribed_at": "2026-01-01"}))
    path = tmp_path / "people.ndjson"
    path.write_text("\n".join(lines))
    found = dry_run(str(path))
    assert found["rows"] == 6_001
    assert found["never"] == {"duplicate": 1, "unsubscribed": 1}


@pytest.mark.parametrize(
    "line",
    [b"@" * 300_000, b"<" * 300_000, b"a@" * 150_000 + b"<", b'"' * 300_000, b"email " * 50_000, b"\xff" * 300_000],
)
def test_no_line_takes_long(tmp_path: Path, line: bytes) -> None:
    started = time.monotonic()
    for before in (b"Dora <dora@kunde-1.de>\n" * 50, b"email dora@kunde-1.de\nx 1\n\n" * 20, PEOPLE, b""):
        try:
            rows_of(tmp_path, before + line + b"\n" + line)
        except TableRefused:
            continue
    assert time.monotonic() - started < 10


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=2_000), st.sampled_from([b"", PEOPLE, b"email a@b.de\ngecos x\n\n", b'{"email":"a@b.de"}\n']))
def test_noise_is_read_or_refused(data: bytes, before: bytes) -> None:
    with tempfile.NamedTemporaryFile(suffix=".txt") as file:
        file.write(before + data)
        file.flush()
        try:
            table = open_text_table(Path(file.name))
        except TableRefused:
            return
        for _line, cells, fault in table.rows():
            assert fault is not None or len(cells) == len(table.header)
        recognize(table.header, (), "noise.csv")


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=600))
def test_noise_after_a_zip_mark_is_refused_or_a_table(data: bytes) -> None:
    with tempfile.NamedTemporaryFile(suffix=".zip") as file:
        file.write(b"PK\x03\x04" + data)
        file.flush()
        if is_archive(Path(file.name)):
            refused(Path(file.name))


@given(st.text(max_size=200), st.text(max_size=200))
def test_names_and_clocks_take_any_text(first: str, second: str) -> None:
    assert len(split_name(first)) == 2
    moment_reader("UTC", None)(join_clock(first, second))


def test_a_file_never_makes_someone_mailable_who_said_no_in_it() -> None:
    """Whatever order, words and duplicates: the row that says no wins."""
    whole = "2026-03-10T08:12:31Z,84.181.20.5,2026-03-10T08:14:02Z,form"
    head = "email,signup_at,signup_ip,confirmed_at,source,status\n"
    for word in ("Unsubscribed", "abgemeldet", "Hard bounce", "SPAM complaint", "blocklisted", "gesperrt", "cleaned"):
        for rows in ((word, "active"), ("active", word), (word, word), ("", word)):
            text = head + "".join(f"Dora@kunde-1.de,{whole},{said}\n" for said in rows)
            with tempfile.NamedTemporaryFile("w", suffix=".csv") as file:
                file.write(text)
                file.flush()
                runner = DryRunner([TableFile("p.csv", Path(file.name))], ImportTerms(), clock.now())
                assert runner.run().as_json()["mailable"] == 0, (word, rows)


def test_an_unreadable_file_is_an_error_of_ours(tmp_path: Path) -> None:
    path = tmp_path / "x.xlsx"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as book:
        book.writestr("[Content_Types].xml", "<x/>")
    path.write_bytes(out.getvalue())
    with pytest.raises(ImportProblem):
        DryRunner([TableFile("x.xlsx", path)], ImportTerms(), clock.now())
