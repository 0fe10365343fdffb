"""Taking a file in, from the upload to the report."""

import re

import pytest

from audience_world import Audience, audience, file_of, line
from lists_home import HEADER, declare_origin, reviewer
from mailflatrate.apps.accounts.models import Acknowledgement, Occasion
from mailflatrate.apps.lists import actions
from mailflatrate.apps.lists.intake.runner import run_import
from mailflatrate.apps.lists.models import Import, ImportState, ListOrigin
from mailflatrate.base import tenancy
from mailflatrate.base.storage import files

pytestmark = pytest.mark.usefixtures("database")

EMAIL_ONLY = ["email", "first_name", "", "", "", "", "", ""]
WHOLE = ["email", "first_name", "last_name", "signup_at", "signup_ip", "confirmed_at", "source", "attribute"]
GO = {"policy": "on"}


@pytest.fixture
def anna(database: str) -> Audience:
    return audience()


def upload(anna: Audience, *lines: str) -> int:
    rows = lines or (line("a@dora.example.com"), line("info@dora.example.com"), line("b@dora.example.com", source=""))
    answer = anna.client.post("/studio/imports/new/", {"mailing_list": str(anna.list_id), "file": file_of(*rows)})
    assert answer.status_code == 303, answer.content[-3000:]
    return int(answer["Location"].rstrip("/").rsplit("/", 1)[1])


def test_from_the_file_to_the_report(anna: Audience) -> None:
    assert "No imports yet" in anna.page("imports/")
    assert "Drop a file here" in anna.page(f"imports/new/?list={anna.list_id}")
    number = upload(anna)
    page = anna.page(f"imports/{number}/")
    assert 'value="signup_at" selected' in page
    assert "The file has a column for each type of proof" in page
    assert "a@dora.example.com" in page
    assert not re.search(r'id="policy"[^>]*checked', page)

    assert anna.client.post(f"/studio/imports/{number}/start/", {"target": WHOLE, **GO}).status_code == 303
    assert "The import starts in a moment" in anna.page(f"imports/{number}/")
    assert "every 1s" in anna.page(f"imports/{number}/progress/")
    run_import(anna.home.account_id, number)

    report = anna.page(f"imports/{number}/progress/")
    assert "every 1s" not in report
    assert "<html" not in report
    page = anna.page(f"imports/{number}/")
    assert "The source is missing" in page
    assert "info@dora.example.com" in page
    assert "Done" in page
    assert "people.csv" in anna.page("imports/")
    job = anna.job(number)
    assert (job.accepted, sum(job.quarantined.values()), sum(job.refused.values())) == (1, 1, 1)
    assert anna.contact("a@dora.example.com").attributes == {"stadt": "Kiel"}
    assert "We're still analyzing this file" in page
    with tenancy.account(anna.home.account_id):
        tick = Acknowledgement.objects.get(occasion=Occasion.IMPORT, subject_id=number)
        assert (tick.content_hash, tick.document.kind) == (job.file_sha256, "anti_spam_policy")
        actions.check_import(number)
    page = anna.page(f"imports/{number}/")
    assert "Nothing unusual" in page
    assert "Percentages are checked only from 50 rows upward." in page
    assert "tone-warning" not in page.partition("Figures and their limits")[2].partition("How old")[0]
    assert "dora.example.com" in page


def test_refused_rows_come_as_a_file_with_reasons_in_the_readers_words(anna: Audience) -> None:
    number = upload(anna, line("no address"), line("a@dora.example.com"), line("a@dora.example.com"))
    anna.client.post(f"/studio/imports/{number}/start/", {"target": WHOLE, **GO})
    run_import(anna.home.account_id, number)
    answer = anna.client.get(f"/studio/imports/{number}/refused.csv")
    text = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]  # it streams
    lines = text.splitlines()
    assert lines[0] == "\ufeffline,reason,rule,suggestion,row"
    assert lines[1].startswith("2,")
    assert lines[2].startswith("4,This address already appears earlier in the file.,")
    assert "attachment" in answer["Content-Disposition"]


def test_missing_proof_is_told_while_the_columns_are_chosen(anna: Audience) -> None:
    number = upload(anna)
    part = anna.client.post(f"/studio/imports/{number}/columns/", {"target": EMAIL_ONLY}).content.decode()
    assert "Without these columns, all contacts stay in quarantine" in part
    assert "Sign-up time" in part
    twice = ["email", "email", *[""] * 6]
    assert (
        "Map only one of them"
        in anna.client.post(f"/studio/imports/{number}/columns/", {"target": twice}).content.decode()
    )


@pytest.mark.parametrize(
    ("posted", "sentence"),
    [
        ({"target": WHOLE}, "confirm that these addresses comply with it"),
        ({"target": [""] * 8, **GO}, "Choose the column that holds the email address"),
        ({"target": ["email"], **GO}, "no longer matches the file"),
    ],
)
def test_it_starts_only_when_everything_is_said(anna: Audience, posted: dict[str, object], sentence: str) -> None:
    number = upload(anna)
    refused = anna.client.post(f"/studio/imports/{number}/start/", posted)
    assert refused.status_code == 422
    assert sentence in refused.content.decode()
    assert anna.job(number).state == ImportState.UPLOADED


def test_what_is_no_table_is_refused_in_plain_words(anna: Audience) -> None:
    for posted, sentence in (
        ({"mailing_list": str(anna.list_id)}, "Choose a file first"),
        ({"mailing_list": str(anna.list_id), "file": file_of(header="")}, "The file contains no readable rows"),
        ({"mailing_list": "999999", "file": file_of(line("a@dora.example.com"))}, "valid choice"),
    ):
        answer = anna.client.post("/studio/imports/new/", posted)
        assert answer.status_code == 422
        assert sentence in answer.content.decode()
    with tenancy.account(anna.home.account_id):
        assert not Import.objects.exists()


def is_kept(anna: Audience, number: int) -> bool:
    with tenancy.account(anna.home.account_id):
        return files.exists(anna.job(number).file_path)


def test_an_upload_is_discarded_and_a_queued_one_stopped(anna: Audience) -> None:
    first, second = upload(anna), upload(anna)
    assert is_kept(anna, first)
    assert anna.client.post(f"/studio/imports/{first}/cancel/").status_code == 303
    assert not is_kept(anna, first)
    assert "Stopped" in anna.page(f"imports/{first}/")
    anna.client.post(f"/studio/imports/{second}/start/", {"target": WHOLE, **GO})
    anna.client.post(f"/studio/imports/{second}/cancel/")
    assert anna.job(second).state == ImportState.CANCELLED
    assert anna.client.post(f"/studio/imports/{second}/start/", {"target": WHOLE, **GO}).status_code == 303


def test_a_file_that_is_gone_is_said_to_be_gone(anna: Audience) -> None:
    number = upload(anna)
    with tenancy.account(anna.home.account_id):
        files.delete(anna.job(number).file_path)
    assert "The uploaded file is no longer available. Upload it again." in anna.page(f"imports/{number}/")


def test_a_rejected_list_takes_no_file(anna: Audience) -> None:
    with tenancy.account(anna.home.account_id):
        origin = ListOrigin.objects.get()
    assert origin.state == "approved"
    second = declare_origin(anna.home.account_id, anna.list_id)
    actions.decide_origin(second.id, actions.OriginDecision.REJECT, reviewer=reviewer(), reason="Bought.")
    assert "No lists yet" in anna.page("imports/new/")


def test_a_list_without_an_origin_asks_for_it_first(anna: Audience) -> None:
    with tenancy.account(anna.home.account_id):
        fresh = actions.create_list("Fresh")
    file = file_of(line("a@dora.example.com"))
    answer = anna.client.post("/studio/imports/new/", {"mailing_list": str(fresh.id), "file": file})
    assert answer["Location"] == f"/studio/lists/{fresh.id}/origin/"
    page = anna.page(f"lists/{fresh.id}/origin/")
    assert "come from" in page
    assert "How did people sign up?" in page
    with tenancy.account(anna.home.account_id):
        assert not Import.objects.exists()


def test_a_status_that_nobody_mapped_is_asked_about_and_the_answer_is_kept(anna: Audience) -> None:
    """Left out, the column stops the start; with a reason it goes on; mapped, its people are suppressed."""
    header = f"{HEADER};Art"
    rows = (f"{line('a@dora.example.com')};abgemeldet", f"{line('b@dora.example.com')};glorp")
    posted = {"mailing_list": str(anna.list_id), "file": file_of(*rows, header=header)}
    answer = anna.client.post("/studio/imports/new/", posted)
    number = int(answer["Location"].rstrip("/").rsplit("/", 1)[1])
    page = anna.page(f"imports/{number}/")
    assert "“Art” looks like it says who may be emailed" in page
    assert 'name="why-8"' in page
    part = anna.client.post(f"/studio/imports/{number}/columns/", {"target": [*WHOLE, "state"]}).content.decode()
    assert "looks like it says" not in part
    refused = anna.client.post(f"/studio/imports/{number}/start/", {"target": [*WHOLE, "attribute"], **GO})
    assert refused.status_code == 422
    assert "“Art” looks like it says who may be emailed" in refused.content.decode()
    started = {"target": [*WHOLE, "state"], "all_rows": "by_row", "time_zone": "UTC", "date_order": "", **GO}
    assert anna.client.post(f"/studio/imports/{number}/start/", started).status_code == 303
    run_import(anna.home.account_id, number)
    job = anna.job(number)
    assert (job.refused, job.quarantined) == ({"unsubscribed_before": 1}, {"status_unknown": 1})
    page = anna.page(f"imports/{number}/")
    assert "Unrecognized status values" in page
    assert "Art: glorp" in page
    again = anna.client.post(
        "/studio/imports/new/", {"mailing_list": str(anna.list_id), "file": file_of(*rows, header=header)}
    )
    second = int(again["Location"].rstrip("/").rsplit("/", 1)[1])
    reasoned = {"target": [*WHOLE, ""], "why-8": "The colour of the door.", **GO}
    assert anna.client.post(f"/studio/imports/{second}/start/", reasoned).status_code == 303
    assert anna.job(second).terms["no_status"] == {"Art": "The colour of the door."}


def test_a_file_whose_name_says_no_shows_what_it_means(anna: Audience) -> None:
    file = file_of(line("a@dora.example.com"))
    file.name = "cleaned_members_export_1.csv"
    answer = anna.client.post("/studio/imports/new/", {"mailing_list": str(anna.list_id), "file": file})
    number = int(answer["Location"].rstrip("/").rsplit("/", 1)[1])
    assert '<option value="bounced" selected>' in anna.page(f"imports/{number}/")
    file = file_of(line("a@dora.example.com"))
    file.name = "people without bounces.csv"
    answer = anna.client.post("/studio/imports/new/", {"mailing_list": str(anna.list_id), "file": file})
    number = int(answer["Location"].rstrip("/").rsplit("/", 1)[1])
    refused = anna.client.post(f"/studio/imports/{number}/start/", {"target": WHOLE, "all_rows": "", **GO})
    assert refused.status_code == 422
    assert "Choose one status for all rows, or let each row state its" in refused.content.decode()


def test_strangers_find_nothing_and_viewers_change_nothing(anna: Audience) -> None:
    carla = audience("Carla")
    number = upload(anna)
    for part in ("", "progress/", "refused.csv"):
        assert carla.client.get(f"/studio/imports/{number}/{part}").status_code == 404, part
        answer = anna.ben.get(f"/studio/imports/{number}/{part}")
        assert answer.status_code == 200
        answer.close()
    for part in ("start/", "cancel/", "columns/"):
        posted = {"target": WHOLE, **GO}
        assert carla.client.post(f"/studio/imports/{number}/{part}", posted).status_code == 404, part
        assert anna.ben.post(f"/studio/imports/{number}/{part}", posted).status_code == 403, part
    file = file_of(line("a@dora.example.com"))
    stolen = carla.client.post("/studio/imports/new/", {"mailing_list": str(anna.list_id), "file": file})
    assert stolen.status_code == 422
    assert "people.csv" not in carla.page("imports/")
