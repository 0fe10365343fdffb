"""Suppressing the addresses of a file: each row with its reason, exact numbers, rows to check; bounds and strangers."""

import csv
import io
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse

from mailflatrate.apps.accounts.models import Role
from mailflatrate.apps.consent.models import ConsentEvent
from mailflatrate.apps.intake import uploads
from mailflatrate.apps.intake.actions.suppression_files import drop_suppression_files_naming, suppress_file
from mailflatrate.apps.intake.models import SuppressionFile, SuppressionFileRow
from mailflatrate.apps.intake.suppression_files import runner
from mailflatrate.apps.intake.suppression_files.runner import run_suppression_file
from mailflatrate.apps.lists.errors import ImportProblem
from mailflatrate.apps.lists.models import ConsentKind, Subscription
from mailflatrate.apps.segments.exports.suppressions import SuppressionRows
from mailflatrate.apps.segments.models import Export, ExportContent, ExportFormat
from mailflatrate.apps.suppression.actions import suppress_by_hand
from mailflatrate.apps.suppression.models import Suppression
from mailflatrate.base import tenancy
from mailflatrate.base.ids import address_key
from mailflatrate.mail.address_search import AddressSearch
from mailflatrate.rules.contacts.suppression import SuppressionReason
from support.contact_files import HEADER, line
from support.customers import Customer, customer_with_members
from support.people import browser, person

IMPORT = "/studio/suppressions/import/"


@pytest.fixture
def anna(database: str) -> Customer:
    assert database
    one = customer_with_members()
    one.bring("\n".join((HEADER, *(line(f"p{n}@austragung.example.com") for n in range(3)))))
    return one


def post(client: object, text: str, name: str = "blocked.csv", reason: str = "manual") -> HttpResponse:
    file = SimpleUploadedFile(name, text.encode())
    found: HttpResponse = client.post(IMPORT, {"file": file, "reason": reason})  # type: ignore[attr-defined]
    return found


def suppressed(anna: Customer, text: str, **given: str) -> SuppressionFile:
    answer = post(anna.client, text, **given)
    assert answer.status_code == 303, answer.content.decode()
    with tenancy.account(anna.account_id):
        job = SuppressionFile.objects.latest("id")
    run_suppression_file(anna.account_id, job.id, slice_rows=3)
    with tenancy.account(anna.account_id):
        return SuppressionFile.objects.get(id=job.id)


def reasons(anna: Customer) -> dict[bytes, str]:
    with tenancy.account(anna.account_id):
        return {bytes(row.address_key): row.reason for row in Suppression.objects.all()}


FILE = """Email;Status
p0@austragung.example.com;unsubscribed
P1@Austragung.Example.com;complained
left@x.example;bounced
left@x.example;blocked
;unsubscribed
not an address;unsubscribed
info@x.example;unsubscribed
=cmd@x.example;unsubscribed
reader@x.example;subscribed
odd@x.example;on the moon
"""


def test_each_row_has_its_reason_and_the_numbers_add_up(anna: Customer) -> None:
    with tenancy.account(anna.account_id):
        suppress_by_hand(_key("left@x.example"), source="test", by=anna.owner, reason=SuppressionReason.UNSUBSCRIBE)
    job = suppressed(anna, FILE, reason="objection")
    assert (job.state, job.rows_read, job.added, job.strengthened, job.known) == ("done", 10, 5, 2, 0)
    assert job.rejected == {"no_address": 1, "not_an_address": 1, "subscribed": 1}
    assert job.role_addresses == 1
    assert job.rows_read == job.added + job.strengthened + job.known + job.rejected_rows
    found = reasons(anna)
    assert found[_key("p0@austragung.example.com")] == "unsubscribe"
    assert found[_key("p1@austragung.example.com")] == "complaint"
    assert found[_key("left@x.example")] == "manual", "blocked for good is stricter than a bounce"
    assert found[_key("odd@x.example")] == "objection", "a word that means nothing to us: the reason chosen for all"
    assert found[_key("info@x.example")] == "unsubscribe"
    assert _key("reader@x.example") not in found
    with tenancy.account(anna.account_id):
        states = dict(Subscription.objects.values_list("contact__email", "state"))
        assert states["p0@austragung.example.com"] == states["p1@austragung.example.com"] == "unsubscribed"
        assert states["p2@austragung.example.com"] == "confirmed"
        assert ConsentEvent.objects.filter(kind=ConsentKind.WITHDRAWN).count() == 2
        assert not uploads.is_kept(job.file_path), "the file is gone with its job"
    again = suppressed(anna, FILE, reason="objection")
    assert (again.added, again.strengthened, again.known) == (0, 0, 7)


def test_rows_to_check_are_shown_with_their_line_and_downloaded(anna: Customer) -> None:
    job = suppressed(anna, FILE)
    page = anna.page(f"suppressions/import/{job.id}/")
    assert "Rows to check" in page
    assert "hx-get" not in page[page.find('id="suppression-file"') :][:300]
    text = anna.client.get(f"{IMPORT}{job.id}/rows.csv").getvalue().decode("utf-8-sig")  # type: ignore[attr-defined]
    rows = list(csv.reader(io.StringIO(text)))
    assert [(row[0], row[1], row[2]) for row in rows[1:]] == [
        ("6", "The address is missing", ""),
        ("7", "Not an email address", "not an address"),
        ("8", "A role address: suppressed, although it can't be a contact anyway", "info@x.example"),
        ("10", "The row says that the person is subscribed", "reader@x.example"),
    ]
    assert "blocked.csv" in anna.page("suppressions/import/")
    wanted = suppressed(anna, 'email,status\n"=HYPERLINK(1)",unsubscribed\nx@y.example,bounced\n')
    text = anna.client.get(f"{IMPORT}{wanted.id}/rows.csv").getvalue().decode()  # type: ignore[attr-defined]
    assert "'=HYPERLINK(1)" in text


def test_our_own_export_comes_back_with_the_exact_reasons(anna: Customer) -> None:
    chosen = {f"{reason}@x.example": reason for reason in SuppressionReason if reason != SuppressionReason.ERASED}
    with tenancy.account(anna.account_id):
        for email, reason in chosen.items():
            suppress_by_hand(_key(email), source="test", by=anna.owner, reason=reason)
        job = Export.objects.create(content=ExportContent.SUPPRESSIONS, file_format=ExportFormat.CSV)
    table = SuppressionRows(job)
    lines = [",".join(table.columns)]
    with tenancy.account(anna.account_id):
        emails = {_key(email).hex(): email for email in chosen}
    for _count, rows in table.pages():
        lines += [",".join(map(str, (row[0], emails[str(row[0])], *row[2:]))) for row in rows]
    carla = customer_with_members("Carla")
    back = suppressed(carla, "\n".join(lines))
    assert (back.added, back.rejected) == (len(chosen), {})
    assert reasons(carla) == {_key(email): reason.value for email, reason in chosen.items()}


def test_files_without_addresses_and_too_many_files_are_refused(anna: Customer) -> None:
    for text, words in (
        ("address_hash,reason\n" + "ab" * 32 + ",complaint\n", "hashes from other systems"),
        ("name\nAnna\n", "No column holds email addresses"),
        ("", "empty"),
    ):
        answer = post(anna.client, text)
        assert answer.status_code == 422
        assert words in answer.content.decode()
    assert post(anna.client, "a@x.example\n", reason="erased").status_code == 422
    with tenancy.account(anna.account_id):
        for _file in range(3):
            suppress_file(
                io.BytesIO(b"email\na@x.example\n"), "a.csv", reason=SuppressionReason.MANUAL, by=None, enqueue=False
            )
        with pytest.raises(ImportProblem):
            suppress_file(
                io.BytesIO(b"email\na@x.example\n"), "a.csv", reason=SuppressionReason.MANUAL, by=None, enqueue=False
            )


def test_a_file_has_bounds_can_be_canceled_and_is_resumed(anna: Customer, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "email\n" + "".join(f"r{n}@x.example\n" for n in range(9))
    monkeypatch.setattr(runner, "MOST_ROWS", 6)
    job = suppressed(anna, text)
    assert (job.state, job.added) == ("failed", 6)
    assert "2,000,000 rows" in anna.page(f"suppressions/import/{job.id}/")
    monkeypatch.setattr(runner, "MOST_ROWS", 100)
    monkeypatch.setattr(runner, "MOST_REPORTED", 2)
    bad = suppressed(anna, "email\n" + "no address\n" * 7 + "fine@x.example\n")
    assert (bad.rejected, bad.added) == ({"not_an_address": 7}, 1)
    with tenancy.account(anna.account_id):
        assert SuppressionFileRow.objects.filter(source_file=bad).count() == 2, "further rows are only counted"
    answer = post(anna.client, text)
    waiting = int(re.findall(r"(\d+)/$", answer.headers["Location"])[0])
    assert anna.client.post(f"{IMPORT}{waiting}/cancel/").status_code == 303
    run_suppression_file(anna.account_id, waiting)
    with tenancy.account(anna.account_id):
        canceled = SuppressionFile.objects.get(id=waiting)
        assert (canceled.state, canceled.rows_read) == ("cancelled", 0)
        assert not uploads.is_kept(canceled.file_path)
    post(anna.client, text)
    with tenancy.account(anna.account_id):
        half = SuppressionFile.objects.latest("id")
        SuppressionFile.objects.filter(id=half.id).update(state="running", rows_read=4, known=4)
    run_suppression_file(anna.account_id, half.id)
    with tenancy.account(anna.account_id):
        half = SuppressionFile.objects.get(id=half.id)
    assert (half.state, half.rows_read, half.known + half.added) == ("done", 9, 9)


def test_an_erased_person_is_in_no_row_and_no_waiting_file(anna: Customer) -> None:
    post(anna.client, "email\np2@austragung.example.com\n")
    with tenancy.account(anna.account_id):
        job = SuppressionFile.objects.latest("id")
        assert drop_suppression_files_naming(AddressSearch(["p1@austragung.example.com"])) == {}
        assert drop_suppression_files_naming(AddressSearch(["P2@austragung.example.com".lower()])) == {0: 1}
        job.refresh_from_db()
        assert job.state == "cancelled"
        assert not uploads.is_kept(job.file_path)


def test_strangers_and_lesser_roles(anna: Customer) -> None:
    job = suppressed(anna, FILE)
    carla = customer_with_members("Carla").client
    for rest in ("", "progress/", "rows.csv"):
        assert carla.get(f"{IMPORT}{job.id}/{rest}").status_code == 404
        assert anna.ben.get(f"{IMPORT}{job.id}/{rest}").status_code == (403 if rest == "rows.csv" else 200)
    assert carla.post(f"{IMPORT}{job.id}/cancel/").status_code == 404
    assert post(anna.ben, "email\nx@x.example\n").status_code == 403
    assert anna.ben.post(f"{IMPORT}{job.id}/cancel/").status_code == 403
    assert post(browser(person(anna.account_id, "Eda", Role.EDITOR)), "email\ny@x.example\n").status_code == 303
    assert "blocked.csv" not in carla.get(IMPORT).content.decode()


def test_the_page_says_reason_scope_and_how_each_ends(anna: Customer) -> None:
    added = {"add-email": "p0@austragung.example.com", "add-reason": "hard_bounce", "add-note": "returned twice"}
    anna.client.post("/studio/suppressions/add/", added)
    anna.client.post("/studio/suppressions/add/", {"add-email": "free@x.example", "add-reason": "unsubscribe"})
    page = anna.page("suppressions/")
    for words in ("60 days after the bounce", "Your account", "by your team", "Not a contact"):
        assert words in page
    bounced = anna.page("suppressions/?reason=hard_bounce")
    assert "p0@austragung.example.com" in bounced
    assert "Not a contact" not in bounced
    assert "No address is suppressed for this reason." in anna.page("suppressions/?reason=complaint")
    found = anna.client.post(
        "/studio/suppressions/look-up/", {"look-email": "P0@austragung.example.com"}
    ).content.decode()
    assert "returned twice" in found
    assert anna.client.post("/studio/suppressions/add/", {**added, "add-reason": "erased"}).status_code == 422


def _key(email: str) -> bytes:
    key = address_key(email)
    assert key is not None
    return key
