"""The page of one import: progress, report, rows to correct, and discarding an upload. `test_moves` takes files in."""

import io
import re

import pytest

from mailflatrate.apps.accounts.models import Acknowledgement, Occasion
from mailflatrate.apps.intake import queries
from mailflatrate.apps.intake.actions import import_checks, imports, moves
from mailflatrate.apps.intake.actions.origin_decisions import OriginDecision, decide_origin
from mailflatrate.apps.intake.models import Import, ImportState
from mailflatrate.apps.intake.runner import run_import
from mailflatrate.apps.lists.models import ListOrigin
from mailflatrate.base import tenancy
from mailflatrate.base.storage import files
from support.contact_files import HEADER, file_of, line
from support.customers import Customer, customer_with_members
from support.moves import GO, MoveIn, drop
from support.origins import declare_origin
from support.people import operator

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def anna(database: str) -> Customer:
    return customer_with_members()


def text_of(*lines: str, header: str = HEADER) -> bytes:
    return file_of(*lines, header=header).read()


def moved(anna: Customer, *lines: str) -> MoveIn:
    rows = lines or (line("a@dora.example.com"), line("info@dora.example.com"), line("b@dora.example.com", source=""))
    return drop(anna, {"people.csv": text_of(*rows)}).check()


def uploaded(anna: Customer, *lines: str) -> int:
    """A file that a program uploaded and hasn't started."""
    rows = lines or (line("a@dora.example.com"),)
    with tenancy.account(anna.account_id):
        return imports.upload_import(anna.list_id, io.BytesIO(text_of(*rows)), "people.csv").id


def queued(move: MoveIn) -> Import:
    """The import of a move, queued and not run."""
    assert move.post("start", **GO) == move.url
    moves.begin_imports(move.anna.account_id, move.id)
    with tenancy.account(move.anna.account_id):
        (job,) = queries.imports_of_move(move.id)
    return job


def test_from_the_file_to_the_report(anna: Customer) -> None:
    assert "No imports yet" in anna.page("imports/")
    assert "Drop all files here" in anna.page(f"imports/new/?list={anna.list_id}")
    move = moved(anna)
    page = move.page()
    assert 'value="signup_at" selected' in page
    assert not re.search(r'id="policy"[^>]*checked', page)
    number = queued(move).id
    assert "The import starts in a moment" in anna.page(f"imports/{number}/")
    assert "every 1s" in anna.page(f"imports/{number}/progress/")
    run_import(anna.account_id, number)

    report = anna.page(f"imports/{number}/progress/")
    assert "every 1s" not in report
    assert "<html" not in report
    page = anna.page(f"imports/{number}/")
    assert "The source is missing" in page
    assert "info@dora.example.com" in page
    assert "Done" in page
    assert move.url in page
    assert "people.csv" in anna.page("imports/")
    job = anna.job(number)
    assert (job.accepted, sum(job.quarantined.values()), sum(job.refused.values())) == (1, 1, 1)
    assert anna.contact("a@dora.example.com").attributes == {"stadt": "Kiel"}
    assert "We're still analyzing this file" in page
    with tenancy.account(anna.account_id):
        tick = Acknowledgement.objects.get(occasion=Occasion.IMPORT, subject_id=number)
        assert (tick.content_hash, tick.document.kind) == (job.file_sha256, "anti_spam_policy")
        import_checks.check_import(number)
    page = anna.page(f"imports/{number}/")
    assert "Nothing unusual" in page
    assert "Percentages are checked only from 50 rows upward." in page
    assert "tone-warning" not in page.partition("Figures and their limits")[2].partition("How old")[0]
    assert "dora.example.com" in page


def rows_to_correct(anna: Customer, number: int) -> tuple[str, str]:
    answer = anna.client.get(f"/studio/imports/{number}/refused.csv")
    text = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]  # it streams
    return text, answer["Content-Disposition"]


def test_rows_that_cannot_be_mailed_come_as_a_file_with_line_and_reason(anna: Customer) -> None:
    """Refused ones and those without whole proof, in the reader's words, with the columns of the original."""
    rows = (
        line("no address"),
        line("a@dora.example.com"),
        line("a@dora.example.com"),
        line("b@dora.example.com", ip=""),
    )
    (job,) = moved(anna, *rows).start()
    text, name = rows_to_correct(anna, job.id)
    lines = text.splitlines()
    assert (
        lines[0]
        == "\ufeff" + HEADER.replace(";", ",") + ",mailflatrate_line,mailflatrate_reason,mailflatrate_suggestion"
    )
    assert lines[1].startswith("no address,Dora,")
    assert ",2," in lines[1]
    assert ",4,This address already appears earlier in the file.," in lines[2]
    assert ",5,The sign-up IP address is missing.," in lines[3]
    assert len(lines) == 4
    assert 'filename="people-to-correct' in name


def test_a_corrected_file_touches_only_its_rows(anna: Customer) -> None:
    unproved = line("b@dora.example.com", source="", city="+49 30 2312")
    rows = (line("a@dora.example.com"), unproved, line("info@dora.example.com"), line("c@dora.example.com", source=""))
    (job,) = moved(anna, *rows).start(form_url="")
    text, _name = rows_to_correct(anna, job.id)
    assert "'+49 30 2312" in text, "harmless in a spreadsheet"
    corrected = text.splitlines()
    at = corrected[0].split(",").index("Quelle")
    cells = corrected[1].split(",")
    assert cells[0] == "b@dora.example.com"
    cells[at] = "https://anna.example/news"
    corrected[1] = ",".join(cells)
    again = drop(anna, {"people-to-correct.csv": "\n".join(corrected).encode()}).check()
    assert again.result.blocking == ()
    assert not any(column.choice for column in again.result.columns if column.title.startswith("mailflatrate_"))
    (second,) = again.start(form_url="")
    assert (second.accepted, second.unchanged) == (1, 1)
    assert second.refused == {"role": 1}
    states = {"a": "confirmed", "b": "confirmed", "c": "quarantined"}
    assert again.states() == {f"{name}@dora.example.com": state for name, state in states.items()}
    assert anna.contact("b@dora.example.com").attributes == {"stadt": "+49 30 2312"}


def is_kept(anna: Customer, number: int) -> bool:
    with tenancy.account(anna.account_id):
        return files.exists(anna.job(number).file_path)


def test_an_upload_is_discarded_and_a_queued_one_stopped(anna: Customer) -> None:
    first, move = uploaded(anna), moved(anna)
    assert is_kept(anna, first)
    assert "Uploaded through the API" in anna.page(f"imports/{first}/")
    assert anna.client.post(f"/studio/imports/{first}/cancel/").status_code == 303
    assert not is_kept(anna, first)
    assert "Stopped" in anna.page(f"imports/{first}/")
    second = queued(move).id
    anna.client.post(f"/studio/imports/{second}/cancel/")
    assert anna.job(second).state == ImportState.CANCELLED
    assert move.post("start", **GO) == move.url


def test_a_file_that_is_gone_is_said_to_be_gone(anna: Customer) -> None:
    move = drop(anna, {"people.csv": text_of(line("a@dora.example.com"))})
    with tenancy.account(anna.account_id):
        files.delete(move.row.files[0]["path"])
    assert "The uploaded file is no longer available. Upload it again." in move.check().page()


def test_a_rejected_list_takes_no_file(anna: Customer) -> None:
    with tenancy.account(anna.account_id):
        origin = ListOrigin.objects.get()
    assert origin.state == "approved"
    second = declare_origin(anna.account_id, anna.list_id)
    decide_origin(second.id, OriginDecision.REJECT, reviewer=operator(), reason="Bought.")
    assert "No lists yet" in anna.page("imports/new/")


def test_strangers_find_nothing_and_viewers_change_nothing(anna: Customer) -> None:
    carla = customer_with_members("Carla")
    number = uploaded(anna)
    for part in ("", "progress/", "refused.csv"):
        assert carla.client.get(f"/studio/imports/{number}/{part}").status_code == 404, part
        answer = anna.ben.get(f"/studio/imports/{number}/{part}")
        assert answer.status_code == (403 if part.endswith(".csv") else 200), "rows are for who may change contacts"
        answer.close()
    assert carla.client.post(f"/studio/imports/{number}/cancel/").status_code == 404
    assert anna.ben.post(f"/studio/imports/{number}/cancel/").status_code == 403
    assert is_kept(anna, number)
    file = file_of(line("a@dora.example.com"))
    stolen = carla.client.post("/studio/imports/new/", {"mailing_list": str(anna.list_id), "dropped": [file]})
    assert stolen.status_code == 422
    assert "people.csv" not in carla.page("imports/")
