"""A no that was said in the previous system holds here: exports of thirteen systems, with whole proof in every row."""

import csv
import io
from dataclasses import dataclass
from datetime import timedelta

import pytest

from mailflatrate.apps.consent.models import ConsentEvent
from mailflatrate.apps.intake.actions import imports
from mailflatrate.apps.intake.models import Import
from mailflatrate.apps.intake.reading.import_options import ImportTerms
from mailflatrate.apps.intake.runner import run_import
from mailflatrate.apps.lists import queries
from mailflatrate.apps.lists.errors import ImportProblem
from mailflatrate.apps.lists.models import Subscription
from mailflatrate.apps.suppression.models import Suppression
from mailflatrate.base import clock, ids, tenancy
from mailflatrate.mail.address import canonical_key
from mailflatrate.rules.contacts.suppression import SuppressionReason
from support.customers import Customer, customer_with_list

pytestmark = pytest.mark.usefixtures("database")

PROOF = ("signup_at", "signup_ip", "confirmed_at", "source")


@dataclass(frozen=True)
class Export:
    """What one system writes: its titles beside the proof, and rows by what they mean."""

    titles: str
    yes: tuple[str, ...]
    no: tuple[str, ...]
    held: tuple[str, ...] = ()


# Cells are parted by `;`. Each row gets an address and whole proof of its own.
EXPORTS = {
    "Mailchimp": Export(
        "MEMBER_RATING;LEID;EUID;UNSUB_TIME;UNSUB_CAMPAIGN_TITLE;UNSUB_REASON;CLEAN_TIME",
        ("2;1;a;;;;",),
        (
            "2;2;b;2025-03-01 10:00:00;May;;",
            "2;3;c;;;SPAM;",
            "2;4;d;;;;2025-03-01 10:00:00",
            "2;5;e;;May;;",
            "2;6;f;;;no spam please;",
        ),
    ),
    "Mailchimp contacts": Export(
        "Email Marketing",
        ("Subscribed",),
        ("Unsubscribed", "Cleaned", "Archived"),
        ("Pending", "Somehow"),
    ),
    "Brevo": Export(
        "EMAIL_BLACKLISTED;SMS_BLACKLISTED;OPT_IN;DOUBLE_OPT-IN",
        ("No;Yes;1;1", "0;1;Yes;Yes", "false;;1;1"),
        ("Yes;No;1;1", "1;0;1;1", "true;false;1;1", "No;No;0;1"),
        ("No;No;1;0", "No;No;1;2"),
    ),
    "CleverReach": Export(
        "Aktiviert;Deaktiviert;Bounced",
        ("1735725600;0;0", "01.01.2025 10:00;;"),
        ("1735725600;1746093600;0", "01.01.2025 10:00;01.05.2025 10:00;", "1735725600;0;1"),
    ),
    "rapidmail": Export(
        "Status;Abmeldedatum",
        ("Aktiv;", "active;"),
        ("Abgemeldet;01.05.2025", "Gebounct;", "Unerwünscht;", "Aktiv;01.05.2025 10:00", "hardbounce;", "gelöscht;"),
        ("Unbestätigt;", "neu;"),
    ),
    "MailerLite": Export(
        "Status;Unsubscribed",
        ("active;", "Active;-"),
        ("unsubscribed;2025-05-01 10:00:00", "bounced;", "junk;", "active;2025-05-01"),
        ("unconfirmed;",),
    ),
    "listmonk": Export(
        "status;created_at",
        ("enabled;2025-03-10 08:12:31.123456 +0000 UTC",),
        ("blocklisted;2025-03-10 08:12:31.123456 +0000 UTC", "disabled;2025-03-10 08:12:31 +0000 UTC", "unsubscribed;"),
        ("unconfirmed;",),
    ),
    "Keila": Export("Status", ("active",), ("unsubscribed", "unreachable")),
    "Mautic": Export(
        "doNotContact;DNC Email",
        ("0;", "false;0"),
        ("1;", "0;DNC: unsubscribed", "yes;", "0;Do not contact (bounced)", "0;3", "2;"),
    ),
    "phpList": Export(
        "confirmed\tblacklisted\tbouncecount\tdisabled\toptedin".replace("\t", ";"),
        ("1;0;0;0;1",),
        ("1;1;0;0;1", "1;0;9;0;1", "1;0;0;1;1"),
        ("0;0;0;0;1", "1;0;1;0;1", "1;0;0;0;0"),
    ),
    "Mailtrain": Export(
        "cid;opt_in_country;status;unsubscribed",
        ("a;;subscribed;", "b;;1;"),
        ("c;;unsubscribed;2025-01-01T10:00:00Z", "d;;bounced;", "e;;complained;", "f;;2;", "g;;3;", "h;;4;"),
        (),
    ),
    "Mailman": Export("nomail", ("", "0"), ("[B]", "[U]", "[A]", "[?]", "1", "B")),
    "Mailman 3": Export(
        "delivery_status",
        ("enabled", "DeliveryStatus.enabled"),
        ("by_user", "by_bounces", "by_moderator", "DeliveryStatus.by_bounces"),
        ("unknown",),
    ),
    "ActiveCampaign": Export(
        "Status;Hard Bounces;Soft Bounces;Unsubscription Reason",
        ("Active;0;0;", "1;0;0;"),
        ("Unsubscribed;0;0;", "Bounced;2;0;", "Active;1;0;", "Active;0;0;Too many mails", "2;0;0;"),
        ("Unconfirmed;0;0;", "Active;0;2;"),
    ),
    "Klaviyo": Export(
        "Email Marketing Consent;Email Marketing Consent Timestamp;Email Suppressions;SMS Marketing Consent",
        ("SUBSCRIBED;2025-01-01T10:00:00Z;[];NEVER_SUBSCRIBED",),
        ("UNSUBSCRIBED;;[];", "SUBSCRIBED;2025-01-01;['HARD_BOUNCE'];", "SUBSCRIBED;;USER_SUPPRESSED;"),
        (";;[];",),
    ),
    "Newsletter plugin": Export(
        "Surname;Sex;Status;Token;Profile 1",
        ("a;f;C;t1;",),
        ("a;f;U;t2;", "b;m;B;t3;", "c;m;P;t4;"),
        ("d;f;S;t5;",),
    ),
    "Dynamics": Export(
        "Do not allow Bulk Emails;Status",
        ("Allow;Active",),
        ("Do Not Allow;Active", "Allow;Inactive", "Do Not Allow;Inactive"),
    ),
    "flags": Export(
        "abgemeldet;newsletter;gesperrt;bestätigt",
        ("nein;ja;falsch;wahr", "0;1;0;1", ";ja;;ja"),
        ("ja;ja;nein;ja", "nein;nein;nein;ja", "nein;ja;wahr;ja", "TRUE;ja;nein;ja", "x;ja;;ja"),
        ("nein;ja;nein;nein", "nein;ja;nein;falsch"),
    ),
}


def proof() -> list[str]:
    """Whole and a few weeks old."""
    begin = clock.now() - timedelta(days=40)
    return [begin.isoformat(), "203.0.113.9", (begin + timedelta(minutes=5)).isoformat(), "https://anna.example/n"]


def file_of(export: Export, rows: list[tuple[str, str]], delimiter: str = ",") -> bytes:
    out = io.StringIO()
    write = csv.writer(out, delimiter=delimiter)
    write.writerow(["email", *PROOF, *export.titles.split(";")])
    for email, cells in rows:
        write.writerow([email, *proof(), *cells.split(";")])
    return out.getvalue().encode()


def bring(
    anna: Customer, data: bytes, name: str = "people.csv", terms: ImportTerms | None = None, **mapping: str
) -> Import:
    with tenancy.account(anna.account_id):
        job = imports.start_import(anna.list_id, io.BytesIO(data), name, mapping, terms=terms, enqueue=False)
    run_import(anna.account_id, job.id, slice_rows=4)
    with tenancy.account(anna.account_id):
        return Import.objects.get(id=job.id)


def key(email: str) -> bytes:
    return ids.key_ring().suppression_key(canonical_key(email))


def mailable(anna: Customer) -> set[str]:
    """Return the contacts a campaign would reach."""
    with tenancy.account(anna.account_id):
        rows = Subscription.objects.filter(state="confirmed").select_related("contact")
        emails = {row.contact.email for row in rows}
        suppressed = {bytes(found) for found in Suppression.objects.values_list("address_key", flat=True)}
        assert queries.mailable_count() == len({email for email in emails if key(email) not in suppressed})
    return {email for email in emails if key(email) not in suppressed}


@pytest.mark.parametrize("system", EXPORTS)
def test_nobody_who_said_no_is_mailable_and_all_who_said_yes_are(system: str) -> None:
    """Yes in, no suppressed with reason, date and file, what is neither waits."""
    anna, export = customer_with_list("Anna"), EXPORTS[system]
    rows = [
        (f"{kind}{number}@kunde-{number}.de", cells)
        for kind in ("yes", "no", "held")
        for number, cells in enumerate(getattr(export, kind))
    ]
    done = bring(anna, file_of(export, rows))
    assert done.state == "done", done.problem
    assert mailable(anna) == {email for email, _ in rows if email.startswith("yes")}
    with tenancy.account(anna.account_id):
        found = {bytes(row.address_key): row for row in Suppression.objects.all()}
        assert set(found) == {key(email) for email, _ in rows if email.startswith("no")}
        for row in found.values():
            assert row.created_at is not None
            assert (row.evidence["import"], row.evidence["file"]) == (done.id, "people.csv")
            assert "people.csv" in row.source
        waiting = Subscription.objects.filter(state="quarantined")
        assert waiting.count() == len(export.held)
        assert not ConsentEvent.objects.filter(contact_id__in=waiting.values("contact_id")).exists()
    # Nothing that the file says later, and no other file, lifts it.
    bring(anna, file_of(export, [(email, export.yes[0]) for email, _ in rows if email.startswith("no")]))
    assert mailable(anna) == {email for email, _ in rows if email.startswith("yes")}


def test_the_no_wins_whatever_its_place_in_the_file() -> None:
    """Above, below, in another slice, in a later file: off the list, and the counters say so."""
    anna = customer_with_list("Anna")
    export = Export("Status", (), ())
    rows = [
        ("dora@kunde-1.de", "active"),
        ("erik@kunde-1.de", "bounced"),
        *((f"p{number}@kunde-1.de", "active") for number in range(6)),
        ("dora@kunde-1.de", "unsubscribed"),
        ("erik@kunde-1.de", "active"),
        ("p0@kunde-1.de", "bounced"),
    ]
    done = bring(anna, file_of(export, rows))
    assert mailable(anna) == {f"p{number}@kunde-1.de" for number in range(1, 6)}
    assert (done.accepted, done.quarantined) == (5, {"said_no": 2})
    with tenancy.account(anna.account_id):
        states = dict(Subscription.objects.values_list("contact__email", "state"))
        assert states["dora@kunde-1.de"] == "unsubscribed"
        assert states["p0@kunde-1.de"] == "quarantined"
        assert ConsentEvent.objects.filter(kind="withdrawn").count() == 1
    bring(anna, file_of(export, [("p1@kunde-1.de", "complained")]))
    assert "p1@kunde-1.de" not in mailable(anna)
    with tenancy.account(anna.account_id):
        assert Suppression.objects.get(address_key=key("p1@kunde-1.de")).reason == SuppressionReason.COMPLAINT


def test_reason_and_date_are_those_of_the_file() -> None:
    anna = customer_with_list("Anna")
    export = Export("UNSUB_TIME;UNSUB_REASON;CLEAN_TIME;LEID;EUID", (), ())
    bring(
        anna,
        file_of(
            export,
            [
                ("a@kunde-1.de", "2025-03-01 10:00:00;NORMAL;;1;2"),
                ("b@kunde-1.de", ";;2025-04-02 11:00:00;1;2"),
                ("c@kunde-1.de", "2025-03-01 10:00:00;marked as spam;;1;2"),
            ],
        ),
    )
    with tenancy.account(anna.account_id):
        found = {bytes(row.address_key): (row.reason, row.evidence["at"]) for row in Suppression.objects.all()}
    assert found == {
        key("a@kunde-1.de"): (SuppressionReason.UNSUBSCRIBE, "2025-03-01T10:00:00+00:00"),
        key("b@kunde-1.de"): (SuppressionReason.HARD_BOUNCE, "2025-04-02T11:00:00+00:00"),
        key("c@kunde-1.de"): (SuppressionReason.COMPLAINT, "2025-03-01T10:00:00+00:00"),
    }


def test_an_office_or_a_mistyped_address_that_said_no_is_suppressed_as_well() -> None:
    """Addresses refused or held anyway may come back another way; the opt-out is kept."""
    anna = customer_with_list("Anna")
    rows = [("info@kunde-1.de", "unsubscribed"), ("dora@gmial.com", "bounced")]
    done = bring(anna, file_of(Export("Status", (), ()), rows))
    with tenancy.account(anna.account_id):
        keys = {bytes(found) for found in Suppression.objects.values_list("address_key", flat=True)}
    assert keys == {key("info@kunde-1.de"), key("dora@gmial.com")}
    assert done.refused == {"unsubscribed_before": 1, "bounced_before": 1}


@pytest.mark.parametrize(
    ("titles", "cells"),
    [
        ("Art", ("subscribed", "unsubscribed")),
        ("Feld 7", ("aktiv", "abgemeldet")),
        ("Tags", ("vip", "vip, unsubscribed")),
        ("UNSUB_TIME", ("", "2025-01-01")),
        ("Status", ("active", "cleaned")),
        ("Blacklist", ("", "")),
        ("Kunde gesperrt", ("nein", "ja")),
        ("Newsletter", ("ja", "nein")),
    ],
)
@pytest.mark.parametrize("target", ["", "attribute:x", "source"])
def test_a_column_that_looks_like_a_status_and_is_none_stops_the_start(
    titles: str, cells: tuple[str, str], target: str
) -> None:
    """By its title or by its values; left out, kept as an attribute, or passed off as something else."""
    anna = customer_with_list("Anna")
    data = file_of(Export(titles, (), ()), [(f"p{at}@kunde-1.de", cell) for at, cell in enumerate(cells)])
    mapping = {"email": "email", **{name: name for name in PROOF}}
    mapping = {**mapping, target: titles} if target else mapping
    with pytest.raises(ImportProblem, match=titles):
        bring(anna, data, **mapping)
    with tenancy.account(anna.account_id):
        assert not Import.objects.exists()
    if target != "source":
        done = bring(anna, data, terms=ImportTerms(no_status={titles: "It is the colour of the door."}), **mapping)
        assert done.terms["no_status"] == {titles: "It is the colour of the door."}
    with pytest.raises(ImportProblem, match="why"):
        bring(anna, data, terms=ImportTerms(no_status={titles: ""}), **mapping)


def test_a_status_word_far_below_in_a_column_that_is_none_holds_its_row() -> None:
    """Beyond the rows that are looked at before the start."""
    anna = customer_with_list("Anna")
    rows = [(f"person{at}x@kunde-{at % 50}.de", f"room {at % 7}a") for at in range(3_100)]
    rows[3_050] = (rows[3_050][0], "unsubscribed")
    with tenancy.account(anna.account_id):
        data = io.BytesIO(file_of(Export("Raum", (), ()), rows))
        job = imports.start_import(anna.list_id, data, "a.csv", {}, enqueue=False)
    run_import(anna.account_id, job.id)
    with tenancy.account(anna.account_id):
        job = Import.objects.get(id=job.id)
    assert job.quarantined == {"status_unmapped": 1}


@pytest.mark.parametrize(
    ("name", "status", "reason"),
    [
        ("unsubscribed_members_export_1a2b.csv", "unsubscribed", SuppressionReason.UNSUBSCRIBE),
        ("cleaned_members_export_1a2b.csv", "bounced", SuppressionReason.HARD_BOUNCE),
        ("Sperrliste 2026.csv", "blocked", SuppressionReason.MANUAL),
        ("Abgemeldete.csv", "unsubscribed", SuppressionReason.UNSUBSCRIBE),
        ("spam-complaints.csv", "complained", SuppressionReason.COMPLAINT),
    ],
)
def test_a_file_whose_name_says_no_is_a_no_to_everybody_in_it(
    name: str, status: str, reason: SuppressionReason
) -> None:
    anna = customer_with_list("Anna")
    data = file_of(Export("Stadt", (), ()), [("dora@kunde-1.de", "Kiel"), ("erik@kunde-1.de", "Bonn")])
    done = bring(anna, data, name)
    assert not mailable(anna)
    assert done.refused == {f"{status}_before": 2}
    with tenancy.account(anna.account_id):
        assert set(Suppression.objects.values_list("reason", flat=True)) == {reason}
    other = customer_with_list("Anna")
    assert bring(other, data, name, terms=ImportTerms(all_rows="by_row")).accepted == 2


@pytest.mark.parametrize(
    ("title", "cells"),
    [("status", "1 2 3 4"), ("Status", "C S U B P"), ("Abo", "voll weg"), ("Zustand", "A X"), ("x", "C U B")],
)
def test_codes_that_nobody_knows_ask_in_every_door(title: str, cells: str) -> None:
    """A few codes and no known word; mapped to the state, nobody is mailed on a bare code."""
    anna = customer_with_list("Anna")
    rows = [(f"p{at}@kunde-1.de", cell) for at, cell in enumerate(cells.split())]
    data = file_of(Export(title, (), ()), rows)
    with pytest.raises(ImportProblem, match=title):
        bring(anna, data, **{"email": "email", **{name: name for name in PROOF}})
    done = bring(anna, data, **{"email": "email", **{name: name for name in PROOF}, "state": title})
    assert done.accepted == 0
    assert not mailable(anna)


@pytest.mark.parametrize("code", ["U", "2", "Glorp"])
def test_a_state_that_begins_far_below_holds_its_row(code: str) -> None:
    """The column is empty in all rows that are looked at before the start."""
    anna = customer_with_list("Anna")
    rows = [(f"person{at}x@kunde-{at % 50}.de", "") for at in range(3_100)]
    rows[3_050] = (rows[3_050][0], code)
    with tenancy.account(anna.account_id):
        data = io.BytesIO(file_of(Export("Kundenstatus", (), ()), rows))
        job = imports.start_import(anna.list_id, data, "a.csv", {}, enqueue=False)
    run_import(anna.account_id, job.id)
    with tenancy.account(anna.account_id):
        assert Import.objects.get(id=job.id).quarantined == {"status_unmapped": 1}


def test_who_never_subscribed_is_left_out_and_not_suppressed() -> None:
    anna = customer_with_list("Anna")
    rows = [("a@kunde-1.de", "NEVER_SUBSCRIBED"), ("b@kunde-1.de", "SUBSCRIBED"), ("c@kunde-1.de", "never activated")]
    done = bring(anna, file_of(Export("Email Marketing Consent", (), ()), rows))
    assert mailable(anna) == {"b@kunde-1.de"}
    assert done.refused == {"never_subscribed": 2}
    with tenancy.account(anna.account_id):
        assert not Suppression.objects.exists()


@pytest.mark.parametrize("title", ["Updated at", "status_change", "stamp", "modified", "Geändert am"])
def test_the_last_change_of_a_row_dates_its_no(title: str) -> None:
    anna = customer_with_list("Anna")
    export = Export(f"Status;{title}", (), ())
    bring(anna, file_of(export, [("a@kunde-1.de", "unsubscribed;2025-03-01T10:00:00Z"), ("b@kunde-1.de", "active;")]))
    with tenancy.account(anna.account_id):
        evidence = Suppression.objects.get().evidence
    assert evidence["at"] == "2025-03-01T10:00:00+00:00"
    assert evidence["at_is"] == "the last change of the row"


def test_a_comment_does_not_stop_the_file() -> None:
    anna = customer_with_list("Anna")
    rows = [
        ("a@kunde-1.de", "Wants to be unsubscribed from the paper catalogue, called in May about it"),
        ("b@kunde-1.de", "A long talk on the fair, the mail had bounced back then but works now"),
        ("c@kunde-1.de", "Bought two red doors in spring and one blue door in autumn"),
    ]
    assert bring(anna, file_of(Export("Kommentar", (), ()), rows)).accepted == 3


@pytest.mark.parametrize("name", ["without_bounces.csv", "subscribed and unsubscribed.csv", "list_cleaned.csv"])
def test_a_file_whose_name_may_say_no_asks(name: str) -> None:
    anna = customer_with_list("Anna")
    data = file_of(Export("Stadt", (), ()), [("dora@kunde-1.de", "Kiel")])
    with pytest.raises(ImportProblem, match="suggests"):
        bring(anna, data, name)
    assert bring(anna, data, name, terms=ImportTerms(all_rows="by_row")).accepted == 1


def test_unknown_words_hold_the_row_and_are_named() -> None:
    anna = customer_with_list("Anna")
    rows = [("a@kunde-1.de", "Subscribed"), ("b@kunde-1.de", "Glorp"), ("c@kunde-1.de", "")]
    done = bring(anna, file_of(Export("Email Status", (), ()), rows))
    assert mailable(anna) == {"a@kunde-1.de"}
    assert done.quarantined == {"status_unknown": 1, "status_missing": 1}
    assert done.terms["unknown_words"] == {"Email Status": {"Glorp": 1}}


def test_carla_is_not_touched_by_what_annas_file_says() -> None:
    anna, carla = customer_with_list("Anna"), customer_with_list("Carla")
    export = Export("Status", (), ())
    bring(carla, file_of(export, [("dora@kunde-1.de", "active")]))
    bring(anna, file_of(export, [("dora@kunde-1.de", "complained")]))
    assert mailable(carla) == {"dora@kunde-1.de"}
