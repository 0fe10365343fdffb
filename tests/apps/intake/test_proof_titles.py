"""Titles of proof as systems spell them, checked against the cells below them."""

import pytest

from mailflatrate.apps.intake.reading.columns import suggest_mapping
from mailflatrate.rules.prior_status.column_kind import ColumnProfile

TIME, IP = "2025-01-01 10:00:00", "203.0.113.9"


def look(cell: str) -> ColumnProfile:
    found = ColumnProfile()
    found.add(cell, is_time=cell == TIME, is_ip=cell == IP)
    return found


def suggest(columns: dict[str, str]) -> dict[str, str]:
    return suggest_mapping(list(columns), [look(cell) for cell in columns.values()])


@pytest.mark.parametrize(
    ("target", "titles"),
    [
        ("signup_at", "Inserted at|dateAdded|Signup timestamp|Created|entered|Signed up|"
         "Email Marketing Consent Timestamp|"
         "subscribe date|Anmeldezeitpunkt|Datum der Eintragung|Erstellt am|angelegt am|Date subscribed|"
         "Registrierungszeit|"
         "Opt-in date (UTC)|created_at|Hinzugefügt am|Einwilligung am|Optin-Zeitstempel"),
        ("confirmed_at", "Confirmation timestamp|Double Opt-in Timestamp|Bestätigungszeitstempel|DOI-Zeitpunkt|"
         "Email confirmed at|Date confirmed|Freigeschaltet am|Bestätigt am"),
        ("signup_ip", "Signup IP address|Consent IP|opt_in_ip|ip4_sub|Anmelde-IP|"
         "IP-Adresse der Anmeldung|subscribe ip|created_ip"),
        ("confirmed_ip", "Confirmation IP address|Double Opt-in IP|IP-Adresse Bestätigung|confirm_ip|Bestätigungs-IP"),
    ],
)  # fmt: skip
def test_titles_of_proof(target: str, titles: str) -> None:
    cell = IP if target.endswith("ip") else TIME
    for title in titles.split("|"):
        found = suggest({"email": "a@kunde-1.de", title: cell})
        assert found.get(target) == title, title


@pytest.mark.parametrize(
    "title",
    ["Last opened at", "Unsubscribed at", "Birth date", "SMS Marketing Consent Timestamp", "Updated at", "Order date",
     "ip4_unsub", "Last login date", "Subscription end date", "Abgemeldet am"],
)  # fmt: skip
@pytest.mark.parametrize("cell", [TIME, IP])
def test_other_times_and_addresses_prove_nothing(title: str, cell: str) -> None:
    found = suggest({"email": "a@kunde-1.de", title: cell})
    assert not {"signup_at", "confirmed_at", "signup_ip", "confirmed_ip"} & set(found)


def test_cells_decide_where_a_title_promises_something_else() -> None:
    found = suggest({"address": "a@kunde-1.de", "mail": "weekly", "signup_at": IP, "Created": TIME, "ip4_unsub": IP})
    assert (found["email"], found["signup_at"]) == ("address", "Created")
    assert found["unsubscribe_reason"] == "ip4_unsub"
    assert "unsubscribed_at" not in found


def test_the_clearest_title_wins() -> None:
    found = suggest({"Created": TIME, "Email": "a@kunde-1.de", "Signup timestamp": TIME, "Initial Source": "form"})
    assert (found["signup_at"], found["source"]) == ("Signup timestamp", "Initial Source")
