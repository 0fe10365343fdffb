"""Exports of fourteen systems, as they really look, become the three piles; one folder a system in `moving/`."""

import csv
import json
import zipfile
from datetime import date, time
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from mailflatrate.rules.prior_status.columns import is_other_channel, read_title
from mailflatrate.rules.systems.profile import profiles
from support.contact_files import dry_run

EXPORTS = Path(__file__).parent / "moving"
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
