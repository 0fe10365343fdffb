"""Moving in: files become three piles before anything is written, and one confirmation imports them."""

import io
import re
import zipfile
from datetime import timedelta

import pytest

from mailflatrate.apps.intake.dry_runs.piles import Pile
from mailflatrate.apps.intake.models import Import, Move
from mailflatrate.apps.lists.actions import lists
from mailflatrate.apps.lists.actions.fields import FieldDraft, create_field
from mailflatrate.apps.lists.models import Contact, ContactField, ListOrigin, Subscription
from mailflatrate.apps.suppression.models import Suppression
from mailflatrate.base import clock, tenancy
from mailflatrate.base.storage import files as storage
from mailflatrate.rules.systems.profile import profiles, sample_files, sample_zip
from support.contact_files import HEADER, file_of, line
from support.customers import Customer, customer_with_members
from support.moves import GO, ORIGIN, MoveIn, drop, export_of, upload_files
from support.origins import declare_origin

SIX = ("mailchimp", "brevo", "cleverreach", "rapidmail", "mailerlite", "klaviyo")


@pytest.fixture
def anna(database: str) -> Customer:
    return customer_with_members()


def fresh_list(anna: Customer, name: str = "Fresh") -> int:
    """A list whose origin isn't declared."""
    with tenancy.account(anna.account_id):
        return lists.create_list(name).id


def zipped(files: dict[str, bytes]) -> dict[str, bytes]:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return {"audience_export.zip": out.getvalue()}


def piles(move: MoveIn) -> tuple[int, int, int]:
    result = move.result
    return result.people(Pile.MAILABLE), result.people(Pile.ASK), result.people(Pile.NEVER)


def nothing_written(place: Customer) -> bool:
    with tenancy.account(place.account_id):
        return not (
            Contact.objects.exists()
            or Import.objects.exists()
            or Suppression.objects.filter(account_id=place.account_id).exists()
        )


def test_a_mailchimp_zip_goes_the_whole_way(anna: Customer) -> None:
    """Three piles, the origin from the files, opt-outs first, and the proof of those who have it."""
    list_id = fresh_list(anna)
    move = drop(anna, zipped(export_of("mailchimp", domain="zip")), list_id=list_id)
    page = move.page()
    assert "We're reading the files" in page
    assert "every 1s" in page
    assert move.anna.client.get(f"{move.url}progress/").status_code == 200
    move.check()
    assert move.anna.client.get(f"{move.url}progress/").headers["HX-Redirect"] == move.url
    assert piles(move) == (2, 1, 6)
    page = move.page()
    for text in (
        "found in your Mailchimp export",
        'data-pile="mailable">2<',
        'data-pile="ask">1<',
        'data-pile="never">6<',
        "OPTIN_TIME",
        "times in UTC",
        "Mailchimp exports don't include the source",
        "Reported as spam",
        "The list origin is filled in from these files",
        "Move 3 contacts",
    ):
        assert text in page, text
    assert nothing_written(anna)
    done = move.start()
    assert [job.file_name for job in done][-1].startswith("subscribed")
    assert {job.state for job in done} == {"done"}
    assert move.states() == {
        "dora.klein@zip-1.de": "quarantined",
        "erik.ernst@zip-2.de": "quarantined",
        "frida.fuchs@zip-3.de": "quarantined",
    }
    with tenancy.account(anna.account_id):
        origin = ListOrigin.objects.get(mailing_list_id=list_id)
        assert (origin.previous_system, origin.state) == ("Mailchimp", "waiting")
        assert origin.form_urls == ["https://anna.example/news"]
        assert origin.declared_count == 3
        assert set(origin.evidence) == {"signup_at", "signup_ip", "confirmed_at", "confirmed_ip"}
        assert Suppression.objects.filter(account_id=anna.account_id).count() == 3
        assert Subscription.objects.get(contact__email="dora.klein@zip-1.de").quarantine_reason == "origin_waiting"
    page = move.page()
    assert "Opt-outs are imported first" in page
    assert "of 1 without proof" in page
    assert "2 contacts on this list have complete proof and wait for our review" in " ".join(page.split())
    assert move.row.result is not None
    assert "dora" not in str(move.row.result), "no value of a file is kept once it is imported"


@pytest.mark.slow
@pytest.mark.parametrize("case", [*SIX, "rapidmail-2", "mailerlite-3", "cleverreach-3"])
def test_the_piles_are_what_the_import_does(anna: Customer, case: str) -> None:
    move = drop(anna, export_of(case, domain=f"pile-{case}")).check()
    result = move.result
    assert result.system == case.partition("-")[0]
    mailable, ask, never = piles(move)
    assert mailable + ask + never == result.rows
    assert result.blocking == ()
    move.start()
    states = list(move.states().values())
    assert (states.count("confirmed"), states.count("quarantined")) == (mailable, ask)


@pytest.mark.slow
@pytest.mark.parametrize("system", sorted(profiles()))
def test_every_example_is_recognized_and_can_be_tried(anna: Customer, system: str) -> None:
    answer = anna.client.get(f"/studio/imports/examples/{system}.zip")
    assert answer.content == sample_zip(system)
    move = drop(anna, {f"{system}-example.zip": answer.content}).check()
    assert move.row.state == "ready", move.row.problem
    result = move.result
    assert result.system == system
    assert len(result.files) == len(sample_files(system))
    assert any(question.about == "sample_data" for question in result.questions)
    assert "You can look at the result, but not import it" in move.page()
    assert "answer the open questions" in move.post("start", **ORIGIN, **GO).lower()
    assert nothing_written(anna)


def test_an_example_of_a_system_that_we_do_not_know_is_not_found(anna: Customer) -> None:
    assert anna.client.get("/studio/imports/examples/nobody.zip").status_code == 404


def test_rows_are_shown_masked_with_their_reason(anna: Customer) -> None:
    move = drop(anna, export_of("mailchimp", domain="mask")).check()
    page = move.page("rows/?pile=never&why=complained")
    assert "h***@mask-6.de" in page
    assert "heidi.hahn" not in page
    assert "Reported as spam" in page
    page = move.page("rows/?pile=mailable&why=")
    assert "d***@mask-1.de" in page
    assert "Times in " in page
    assert move.anna.client.get(f"{move.url}rows/?pile=nothing").status_code == 404
    assert "There are no rows to show" in move.page("rows/?pile=never&why=nothing")
    assert "dora.klein" not in move.page()


def test_a_file_of_an_unknown_system_goes_the_same_way(anna: Customer) -> None:
    """Its columns are assigned, its dates and its status explained, and the numbers follow."""
    list_id = fresh_list(anna)
    data = (
        b"Mailbox;Kontakt seit;Netz;Ja gesagt;Art\n"
        b"dora@fremd-1.de;03/04/2026 10:00;203.0.113.9;03/04/2026 10:05;glorp\n"
        b"erik@fremd-2.de;03/04/2026 10:00;203.0.113.9;03/04/2026 10:05;abgemeldet\n"
    )
    move = drop(anna, {"leute.csv": data}, list_id=list_id).check()
    assert move.result.system == ""
    page = move.page()
    assert "found in your files" in page
    assert "“Art” looks like it says who may be emailed" in page
    assert "What is the previous system called?" in page
    assert "answer the open questions" in move.post("start", **ORIGIN, **GO).lower()
    answers = {
        f"column-{move.column('Kontakt seit')}": "signup_at",
        f"column-{move.column('Netz')}": "signup_ip",
        f"column-{move.column('Ja gesagt')}": "confirmed_at",
        f"column-{move.column('Art')}": "state",
    }
    assert move.post("check", **answers) == move.url
    move.check()
    page = move.page()
    assert "can be read two ways" in page
    orders = {f"order-{move.column(title)}": "day_first" for title in ("Kontakt seit", "Ja gesagt")}
    move.post("check", **orders)
    move.check()
    assert piles(move) == (0, 1, 1)
    # A form for everyone changes the number of those who lack nothing else, so it is shown before anything starts.
    why = {f"column-{move.column('Art')}": "attribute", f"why-{move.column('Art')}": "Their favourite colour."}
    move.post("check", **why, form_url="https://anna.example/news")
    move.check()
    assert piles(move) == (2, 0, 0)
    done = move.start(previous_system="Karteikasten", collected_from="2026-01-01")
    assert done[0].terms["no_status"] == {"Art": "Their favourite colour."}
    with tenancy.account(anna.account_id):
        assert ListOrigin.objects.get(mailing_list_id=list_id).previous_system == "Karteikasten"


def test_a_source_that_changes_the_numbers_is_checked_first(anna: Customer) -> None:
    text = "email,signup_at,signup_ip,confirmed_at\n"
    text += "dora@quelle-1.de,2026-10-01T10:00Z,203.0.113.9,2026-10-01T10:05Z\n"
    move = drop(anna, {"p.csv": text.encode()})
    move.check()
    assert piles(move) == (0, 1, 0)
    assert move.post("start", **ORIGIN, **GO) == move.url
    assert move.row.state == "checking"
    move.check()
    assert piles(move) == (1, 0, 0)
    (done,) = move.start()
    assert done.accepted == 1


def test_the_last_mailing_that_the_origin_declares_is_filled_in(anna: Customer) -> None:
    list_id, mailed = fresh_list(anna), clock.now().date() - timedelta(days=22)
    declare_origin(anna.account_id, list_id, last_mailed_on=mailed)
    page = drop(anna, export_of("mailchimp"), list_id=list_id).check().page()
    field = page.partition('name="last_mailed_on"')[2].partition(">")[0]
    assert f'value="{mailed.isoformat()}"' in field
    assert "The list origin says this date, so it counts." in page


def test_two_columns_of_one_meaning_are_refused(anna: Customer) -> None:
    move = drop(anna, {"p.csv": b"email,one,two\ndora@doppelt-1.de,203.0.113.9,203.0.113.8\n"}).check()
    both = {f"column-{move.column(title)}": "signup_ip" for title in ("one", "two")}
    assert "Map only one of them" in move.post("check", **both)
    assert move.row.state == "ready"


def test_a_no_in_any_file_beats_every_other_row(anna: Customer) -> None:
    header = "email,signup_at,signup_ip,confirmed_at,source"
    whole = "2026-10-01T10:00Z,203.0.113.9,2026-10-01T10:05Z,https://anna.example/news"
    files = {
        "a.csv": f"{header}\ndora@nein-1.de,{whole}\nerik@nein-2.de,{whole}\nfrida@nein-3.de,{whole}\n".encode(),
        "unsubscribed.csv": b"email\nDORA@nein-1.de\n",
        "bounced.csv": b"email\nerik@nein-2.de\n",
        "z.csv": f"{header}\ndora@nein-1.de,{whole}\n".encode(),
    }
    move = drop(anna, files).check()
    assert piles(move)[0] == 1
    move.start()
    assert [email for email, state in move.states().items() if state == "confirmed"] == ["frida@nein-3.de"]
    with tenancy.account(anna.account_id):
        assert Suppression.objects.filter(account_id=anna.account_id).count() == 2
    # A later move can't bring them back, and says so before it starts.
    again = drop(anna, {"a.csv": files["a.csv"]}).check()
    assert piles(again) == (1, 0, 2)
    assert again.result.pile(Pile.NEVER) == [("suppressed", 2)]
    assert "n***" not in again.page("rows/?pile=never&why=suppressed")
    assert "d***@nein-1.de" in again.page("rows/?pile=never&why=suppressed")
    again.start()
    assert [email for email, state in again.states().items() if state == "confirmed"] == ["frida@nein-3.de"]


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({**ORIGIN}, "confirm that these addresses comply"),
        ({**GO, **ORIGIN, "assured": ""}, "Confirm that your statements are true"),
        ({**GO, **ORIGIN, "wording": ""}, "copy what people read"),
        ({**GO, **ORIGIN, "form_url": "news"}, "page addresses"),
        ({**GO, **ORIGIN, "kind": "bought"}, "Choose how people signed up"),
    ],
)
def test_it_starts_only_when_everything_is_confirmed(anna: Customer, fields: dict[str, str], sentence: str) -> None:
    move = drop(anna, export_of("mailchimp"), list_id=fresh_list(anna)).check()
    assert sentence.lower() in move.post("start", **fields).lower()
    assert move.row.state == "ready"
    with tenancy.account(anna.account_id):
        assert not Import.objects.filter(move_id=move.id).exists()


def test_numbers_that_were_not_seen_are_not_confirmed(anna: Customer) -> None:
    move = drop(anna, export_of("mailchimp")).check()
    seen = move.row.run
    move.post("check")
    move.check()
    answer = anna.client.post(f"{move.url}start/", {**ORIGIN, **GO, "run": str(seen)})
    assert answer.status_code == 303
    assert move.row.state == "ready"


def test_a_system_can_be_chosen_by_hand(anna: Customer) -> None:
    data = b"email,status\ndora@hand-1.de,4\nerik@hand-2.de,1\n"
    move = drop(anna, {"people.csv": data}, system="mailtrain").check()
    assert move.result.pile(Pile.NEVER) == [("complained", 1)]
    page = anna.page("imports/new/")
    assert "Audience, All contacts, Export Audience" in page
    assert "can&#x27;t be proved" in page


def test_what_cannot_be_read_says_so_and_other_files_can_be_chosen(anna: Customer) -> None:
    move = drop(anna, {"words.csv": b"title,sent\nMay,3\n"}).check()
    assert move.row.state == "failed"
    assert "No file has a column with email addresses" in move.page()
    path = move.row.files[0]["path"]
    assert move.post("discard") == "/studio/imports/new/"
    with tenancy.account(anna.account_id):
        assert not storage.exists(path)
    assert "Nothing was imported" in move.page()
    assert move.post("start", **ORIGIN, **GO) == move.url
    assert move.row.state == "discarded"


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({}, "Choose a file first"),
        ({"empty.csv": b""}, "This file is empty"),
        ({"bad.zip": b"PK\x03\x04 no archive"}, ""),
    ],
)
def test_what_is_no_file_is_refused(anna: Customer, files: dict[str, bytes], sentence: str) -> None:
    posted = {"mailing_list": str(anna.list_id), "dropped": upload_files(files), "system": ""}
    answer = anna.client.post("/studio/imports/new/", posted)
    if sentence:
        assert answer.status_code == 422
        assert sentence in answer.content.decode()
        with tenancy.account(anna.account_id):
            assert not Move.objects.exists()
    else:
        assert answer.status_code == 303, "a broken ZIP is read as a table, and the check says what it is"


def test_a_zip_in_a_zip_is_refused_at_once_and_nothing_is_kept(anna: Customer) -> None:
    inner = zipped({"a.csv": b"email\ndora@innen-1.de\n"})
    posted = {"mailing_list": str(anna.list_id), "dropped": upload_files(zipped(inner)), "system": ""}
    answer = anna.client.post("/studio/imports/new/", posted)
    assert answer.status_code == 422
    assert "contains another ZIP" in answer.content.decode()
    with tenancy.account(anna.account_id):
        assert not Move.objects.exists()


def test_strangers_find_nothing_and_viewers_change_nothing(anna: Customer) -> None:
    carla = customer_with_members("Carla")
    move = drop(anna, export_of("mailchimp")).check()
    for part in ("", "progress/", "rows/?pile=never&why=complained"):
        assert carla.client.get(f"{move.url}{part}").status_code == 404, part
        assert anna.ben.get(f"{move.url}{part}").status_code == 200, part
    for part in ("check/", "start/", "discard/"):
        assert carla.client.post(f"{move.url}{part}", {**ORIGIN, **GO}).status_code == 404, part
        assert anna.ben.post(f"{move.url}{part}", {**ORIGIN, **GO}).status_code == 403, part
    assert move.row.state == "ready"
    page = carla.page("imports/")
    assert "mailchimp" not in page
    assert "Mailchimp" not in page
    assert "subscribed_email_audience" in anna.page("imports/")


def test_a_new_fields_type_is_chosen_before_the_import(anna: Customer) -> None:
    """The proposal can be changed, at the start too; what isn't a type, or a field that exists, stays."""
    with tenancy.account(anna.account_id):
        create_field(FieldDraft("Stadt", "text", "p"))
    header = f"{HEADER};Bestellungen;Kundennr"
    file = file_of(line("dora@dora.example.com") + ";12;7", header=header)
    move = drop(anna, {"contacts.csv": file.read()}).check()
    titles = [column.title for column in move.result.columns]
    orders, customer, city = (titles.index(title) for title in ("Bestellungen", "Kundennr", "Stadt"))
    page = move.page()
    assert re.search(rf'name="type-{orders}".*?value="number" selected', page, re.S)
    move.post("start", **GO, **{f"type-{orders}": "text", f"type-{customer}": "choice", f"type-{city}": "number"})
    move.run()
    with tenancy.account(anna.account_id):
        types = dict(ContactField.objects.values_list("key", "type"))
        assert (types["bestellungen"], types["kundennr"], types["stadt"]) == ("text", "text", "text")
        assert Contact.objects.get().attributes["bestellungen"] == "12"


def test_rows_are_shown_page_by_page(anna: Customer) -> None:
    people = [line(f"p{number:03}@dora.example.com", confirmed="") for number in range(120)]
    move = drop(anna, {"contacts.csv": file_of(*people).read()}).check()
    (reason,) = (why for pile, why, number in move.result.counts if (pile, number) == ("ask", 120))
    url = f"{move.url}rows/?pile=ask&why={reason}"
    pages = []
    while url:
        page = anna.client.get(url).content.decode()
        pages.append(page)
        found = re.search(r'href="(\?[^"]+)"[^>]*rel="next"|rel="next"[^>]*href="(\?[^"]+)"', page)
        url = f"{move.url}rows/{(found[1] or found[2]).replace('&amp;', '&')}" if found else ""
    assert ["Rows 1 to 50 of 120" in pages[0], "Rows 51 to 100 of 120" in pages[1], len(pages)] == [True, True, 3]
    assert anna.client.get(f"{move.url}rows/?pile=ask&why={reason}&from=9999").status_code == 200
