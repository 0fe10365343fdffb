"""A dry run: a no wins in any order, questions and their answers, and nothing needed but the files."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from mailflatrate.apps.intake.reading.json_lists import json_objects
from mailflatrate.entrypoints.cli.main import cli
from support.contact_files import dry_run

HEADER = "email,signup_at,signup_ip,confirmed_at,source"
WHOLE = "2026-03-10T08:12:31Z,84.181.20.5,2026-03-10T08:14:02Z,https://anna.example/news"


def write(folder: Path, name: str, *lines: str) -> str:
    path = folder / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


def piles(found: dict[str, object]) -> tuple[object, ...]:
    return found["mailable"], found["ask"], found["never"]


@pytest.mark.parametrize("no_first", [True, False])
def test_a_no_in_one_file_wins_over_a_yes_in_another(tmp_path: Path, no_first: bool) -> None:
    yes = write(tmp_path, "people.csv", HEADER, f"dora@kunde-1.de,{WHOLE}", f"erik@kunde-1.de,{WHOLE}")
    no = write(tmp_path, "unsubscribed.csv", "email", "DORA@kunde-1.de")
    found = dry_run(*((no, yes) if no_first else (yes, no)))
    assert piles(found) == (1, 0, {"duplicate": 1, "unsubscribed": 1})


@pytest.mark.parametrize("rows", [("active", "unsubscribed"), ("unsubscribed", "active")])
def test_a_no_in_one_row_wins_over_a_yes_in_another(tmp_path: Path, rows: tuple[str, str]) -> None:
    path = write(tmp_path, "p.csv", f"{HEADER},status", *(f"dora@kunde-1.de,{WHOLE},{word}" for word in rows))
    assert piles(dry_run(path)) == (0, 0, {"duplicate": 1, "unsubscribed": 1})


@pytest.mark.parametrize("no_first", [True, False])
def test_a_no_of_a_mailbox_holds_for_its_tagged_addresses(tmp_path: Path, no_first: bool) -> None:
    yes = write(tmp_path, "people.csv", HEADER, f"dora+news@kunde-1.de,{WHOLE}")
    no = write(tmp_path, "bounced.csv", "email", "dora@kunde-1.de")
    assert piles(dry_run(*((no, yes) if no_first else (yes, no)))) == (0, 0, {"bounced": 1, "suppressed": 1})


def test_of_several_rows_the_best_proof_counts_across_files(tmp_path: Path) -> None:
    poor = write(tmp_path, "a.csv", "email", "dora@kunde-1.de")
    whole = write(tmp_path, "b.csv", HEADER, f"dora@kunde-1.de,{WHOLE}")
    assert piles(dry_run(poor, whole)) == (1, 0, {"duplicate": 1})


def test_the_strongest_no_is_the_reason(tmp_path: Path) -> None:
    files = [write(tmp_path, f"{name}.csv", "email", "dora@kunde-1.de") for name in ("unsubscribed", "complained")]
    assert piles(dry_run(*files)) == (0, 0, {"complained": 1, "duplicate": 1})


def test_one_value_for_all_rows_makes_up_for_a_missing_source(tmp_path: Path) -> None:
    path = write(tmp_path, "p.csv", HEADER.removesuffix(",source"), "dora@kunde-1.de," + WHOLE.rpartition(",")[0])
    found = dry_run(path)
    assert piles(found) == (0, 1, {})
    assert [(question["about"], question["people"]) for question in found["questions"]] == [("source", 1)]
    for option in (("--source", "Form on the website"), ("--form-url", "https://anna.example/news")):
        answered = dry_run(path, *option)
        assert (piles(answered), answered["questions"]) == ((1, 0, {}), [])


def test_ambiguous_dates_are_asked_and_answered_by_column(tmp_path: Path) -> None:
    row = "dora@kunde-1.de,03/04/2026 10:00,84.181.20.5,03/04/2026 10:05,form"
    path = write(tmp_path, "p.csv", HEADER, row)
    found = dry_run(path, "--time-zone", "Europe/Berlin")
    assert [(question["about"], question["column"]) for question in found["questions"]] == [
        ("date_order", "signup_at"),
        ("date_order", "confirmed_at"),
    ]
    assert piles(found) == (0, 1, {})
    one = dry_run(path, "--date-order", "signup_at=month_first", "--time-zone", "UTC")
    assert [question["column"] for question in one["questions"]] == ["confirmed_at"]
    assert piles(dry_run(path, "--date-order", "day_first", "--time-zone", "UTC")) == (1, 0, {})


def test_times_without_a_zone_are_asked_about(tmp_path: Path) -> None:
    path = write(tmp_path, "p.csv", HEADER, f"dora@kunde-1.de,{WHOLE}".replace("Z", ""))
    assert [question["about"] for question in dry_run(path)["questions"]] == ["time_zone"]
    assert dry_run(path, "--time-zone", "Europe/Berlin")["questions"] == []


def test_an_old_consent_depends_on_the_last_campaign(tmp_path: Path) -> None:
    path = write(tmp_path, "p.csv", HEADER, f"dora@kunde-1.de,{WHOLE}".replace("2026", "2021"))
    assert [(question["about"], question["people"]) for question in dry_run(path)["questions"]] == [("last_mailed", 1)]
    assert piles(dry_run(path, "--last-mailed", "2026-10-01")) == (1, 0, {})
    assert piles(dry_run(path, "--last-mailed", "2022-10-01")) == (0, 1, {})


def test_every_row_is_told_with_its_reason(tmp_path: Path) -> None:
    yes = write(
        tmp_path,
        "people.csv",
        HEADER,
        f"dora@kunde-1.de,{WHOLE}",
        f"info@kunde-1.de,{WHOLE}",
        "erik@kunde-1.de,,,,",
        "one,two,three,four,five,six,seven",
        f"uwe@kunde-1.de,{WHOLE}",
    )
    no = write(tmp_path, "unsubscribed.csv", "email", "uwe@kunde-1.de")
    out = tmp_path / "rows.csv"
    dry_run(yes, no, "--rows", str(out))
    with out.open(newline="") as file:
        rows = [(row["file"], row["line"], row["pile"], row["reason"]) for row in csv.DictReader(file)]
    assert rows == [
        ("people.csv", "2", "mailable", ""),
        ("people.csv", "3", "never", "role_address"),
        ("people.csv", "4", "ask", "sign_up_time_missing"),
        ("people.csv", "5", "never", "unreadable"),
        ("people.csv", "6", "never", "unsubscribed"),
        ("unsubscribed.csv", "2", "never", "unsubscribed"),
    ]


def test_a_name_in_one_column_and_a_clock_in_another(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "p.csv",
        "email,datum,zeit,ip,ok,okzeit,quelle",
        "dora@kunde-1.de,10.03.2026,08:12:31,84.181.20.5,10.03.2026,08:14,form",
    )
    pairs = ("signup_at=datum", "signup_clock=zeit", "signup_ip=ip", "confirmed_at=ok", "confirmed_clock=okzeit")
    found = dry_run(path, "--time-zone", "UTC", *(part for pair in pairs for part in ("--map", pair)))
    assert piles(found) == (1, 0, {})
    # Without the clock, sign-up and confirmation are at midnight; with it the other way round they contradict.
    turned = ("signup_clock=okzeit", "confirmed_clock=zeit", *pairs[::2])
    found = dry_run(path, "--time-zone", "UTC", *(part for pair in turned for part in ("--map", pair)))
    assert piles(found) == (0, 1, {})


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["missing.csv"], "does not exist"),
        (["--system", "fax", "{file}"], "isn't a system"),
        (["--time-zone", "Mars/Olympus", "{file}"], "isn't a time zone"),
        (["--map", "email", "{file}"], "FIELD=COLUMN"),
        (["{none}"], "email addresses"),
        (["{empty}"], "empty"),
        ([], "FILE..."),
    ],
)
def test_a_mistake_ends_with_two_and_says_what_it_is(tmp_path: Path, arguments: list[str], said: str) -> None:
    file = write(tmp_path, "p.csv", HEADER, f"dora@kunde-1.de,{WHOLE}")
    none = write(tmp_path, "n.csv", "city,street", "Berlin,Hauptstr.")
    (tmp_path / "e.csv").touch()
    filled = [one.format(file=file, none=none, empty=tmp_path / "e.csv") for one in arguments]
    done = CliRunner().invoke(cli, ["import", "--dry-run", *filled])
    assert done.exit_code == 2
    assert said in done.output


def test_a_dry_run_needs_no_database_and_leaves_nothing_behind(tmp_path: Path) -> None:
    file = write(tmp_path, "p.csv", HEADER, f"dora@kunde-1.de,{WHOLE}")
    data = tmp_path / "data"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAILFLATRATE_")}
    environment |= {"MAILFLATRATE_DATA_DIR": str(data), "MAILFLATRATE_DATABASE_URL": "postgresql://127.0.0.1:1/none"}
    done = subprocess.run(
        [sys.executable, "-m", "mailflatrate.entrypoints.cli.main", "import", "--dry-run", "--json", file],
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["rows"] == 1
    assert not data.exists()


def test_the_report_for_people_names_each_pile(tmp_path: Path) -> None:
    file = write(tmp_path, "p.csv", HEADER, f"dora@kunde-1.de,{WHOLE}", f"info@kunde-1.de,{WHOLE}")
    done = CliRunner().invoke(cli, ["import", file, "--dry-run"])
    assert done.exit_code == 0, done.output
    for line in ("rows\t2", "mailable\t1", "never: role_address\t1", "column: signup_ip\tsignup_ip"):
        assert line in done.stdout


def test_a_date_and_a_clock_of_an_unknown_system_are_joined(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "p.csv",
        "E-Mail;Anmeldedatum;Anmeldeuhrzeit;Anmelde-IP;Bestätigungsdatum;Bestätigungsuhrzeit;Quelle",
        "dora@kunde-1.de;10.03.2026;08:12:31;84.181.20.5;10.03.2026;08:14:05;Formular",
    )
    found = dry_run(path, "--time-zone", "Europe/Berlin")
    assert piles(found) == (1, 0, {})
    assert found["columns"]["Anmeldeuhrzeit"] == "signup_clock"


def test_lines_of_members_are_mailman_s(tmp_path: Path) -> None:
    path = write(
        tmp_path, "list.txt", "Dora Klein <dora@kunde-1.de>", "erik@kunde-2.de", '"Fuchs, Frida" <frida@kunde-3.de>'
    )
    found = dry_run(path)
    assert (found["system"], *piles(found)) == ("mailman", 0, 3, {})


@pytest.mark.parametrize("domain", ["people.example", "example.com", "people.test"])
def test_sample_data_is_judged_as_if_its_domains_were_real(tmp_path: Path, domain: str) -> None:
    """Who tries a dry run with made-up people wants to see what it does."""
    path = write(
        tmp_path, "p.csv", HEADER, f"dora@{domain},{WHOLE}", f"info@{domain},{WHOLE}", f"erik@kunde-1.de,{WHOLE}"
    )
    found = dry_run(path)
    assert piles(found) == (2, 0, {"role_address": 1})
    assert "sample_data" in [question["about"] for question in found["questions"]]


def test_a_sample_address_among_real_ones_is_refused(tmp_path: Path) -> None:
    people = [f"{name}@kunde-1.de,{WHOLE}" for name in ("dora", "erik")]
    found = dry_run(write(tmp_path, "p.csv", HEADER, *people, f"max@example.com,{WHOLE}"))
    assert piles(found) == (2, 0, {"invalid": 1})
    assert "sample_data" not in [question["about"] for question in found["questions"]]


def test_a_list_of_objects_in_json_is_read(tmp_path: Path) -> None:
    """On one line or over many; a state inside a list of subscriptions counts."""
    people = [
        {"email": f"{name}@kunde-71.de", "status": "enabled", "lists": [{"name": "News", "subscription_status": said}]}
        for name, said in (("a", "confirmed"), ("b", "unsubscribed"), ("c", "unconfirmed"))
    ]
    for indent in (None, 1):
        (tmp_path / "people.json").write_text(json.dumps(people, indent=indent))
        found = dry_run(str(tmp_path / "people.json"))
        assert (found["rows"], found["ask"], found["never"]) == (3, 2, {"unsubscribed": 1})


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ('[{"a": ' * 50_000, 1),
        ('[{"a": "' + "x" * 3_000_000, 1),
        ('[{"email": "a@kunde-72.de"}, {"email": "b@kunde', 2),
        ('[{"email": "a@kunde-72.de"}, 5, {"email": "b@kunde-72.de"}]', 2),
        ('[{"email": "a@kunde-72.de"}]' + "[" * 100_000, 1),
    ],
)
def test_a_hostile_list_of_objects_ends(text: str, count: int) -> None:
    """Deep, endless or cut off: what can be read is read, in the time of one pass."""
    pieces = (text[at : at + 1000] for at in range(0, len(text), 1000))
    assert len(list(json_objects(pieces))) == count
