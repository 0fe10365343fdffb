"""Imports and suppression by API: proof is asked for as on the page, and nothing is ever let back in."""

import io
import json
from datetime import timedelta
from typing import Any

import pytest

from mailflatrate.apps.accounts.models import Acknowledgement, Occasion
from mailflatrate.apps.consent.models import ConsentEvidence
from mailflatrate.apps.intake.actions.import_checks import check_import
from mailflatrate.apps.intake.models import Import
from mailflatrate.apps.intake.runner import run_import
from mailflatrate.apps.lists.models import Subscription
from mailflatrate.apps.suppression.models import Suppression
from mailflatrate.base import clock, tenancy
from support.api import Program, good, problem, program_of
from support.contact_files import HEADER
from support.customers import Customer, sending_customer
from support.origins import approve_origin, declare_origin

ROW = "{email};Dora;Meyer;2026-10-01T10:00:00Z;192.0.2.1;2026-10-01T10:05:00Z;https://anna.example/news;Kiel"
DOMAIN = "briefkasten-lindenhof.de"


def file(*lines: str, name: str = "people.csv") -> io.BytesIO:
    found = io.BytesIO("\n".join((HEADER, *lines)).encode())
    found.name = name
    return found


def uploaded(anna: Customer, shop: Program, *lines: str) -> dict[str, Any]:
    found: dict[str, Any] = good(shop.upload("/imports", {"list_id": anna.list_id, "file": file(*lines)}), 201)
    return found


def run(anna: Customer, import_id: int) -> None:
    run_import(anna.account_id, import_id, slice_rows=10)
    with tenancy.account(anna.account_id):
        check_import(import_id)


def state_of(anna: Customer, email: str) -> str:
    with tenancy.account(anna.account_id):
        rows = Subscription.objects.filter(contact__email=email).values_list("state", flat=True)
        return rows.first() or ""


def test_no_address_gets_in_before_its_list_has_an_origin(anna: Customer, shop: Program) -> None:
    answer = shop.upload("/imports", {"list_id": anna.list_id, "file": file(ROW.format(email=f"dora@{DOMAIN}"))})
    assert problem(answer) == (422, "origin-needed")
    with tenancy.account(anna.account_id):
        assert not Import.objects.exists()


def test_a_file_is_uploaded_looked_at_and_started_on_somebodys_word(anna: Customer, shop: Program) -> None:
    approve_origin(anna.account_id, anna.list_id)
    made = uploaded(anna, shop, ROW.format(email=f"dora@{DOMAIN}"), ROW.format(email=f"info@{DOMAIN}"), "broken")
    assert made["state"] == "uploaded"
    assert made["columns"] == HEADER.split(";")
    assert made["mapping"]["email"] == "email"
    assert made["missing_proof"] == ["confirmed_ip", "user_agent"] or "signup_at" not in made["missing_proof"]
    path = f"/imports/{made['id']}"
    assert shop.refused("POST", f"{path}/start", {}) == (422, "policy-not-confirmed")
    assert shop.get(path)["state"] == "uploaded"
    wrong = {"policy_confirmed": True, "mapping": {"email": "no such column"}}
    assert shop.refused("POST", f"{path}/start", wrong) == (422, "refused")
    started = shop.post(f"{path}/start", {"policy_confirmed": True}, 202)
    assert started["state"] == "queued"
    with tenancy.account(anna.account_id):
        tick = Acknowledgement.objects.get(occasion=Occasion.IMPORT, subject_id=made["id"])
    assert (tick.content_hash, tick.user_id) == (made["file_sha256"], anna.owner.id)
    run(anna, made["id"])
    done = shop.get(path)
    assert (done["state"], done["percent"], done["rows_read"]) == ("done", 100, 3)
    assert sum(done["refused"].values()) == 2
    rows = shop.get(f"{path}/refused")["items"]
    assert [row["line"] for row in rows] == [3, 4]
    assert all(row["sentence"] for row in rows)
    assert state_of(anna, f"info@{DOMAIN}") == "", "no role address gets in on this path either (R-21)"
    assert [row["id"] for row in shop.get("/imports")["items"]] == [made["id"]]


def test_without_an_approved_origin_everybody_stays_in_quarantine(anna: Customer, shop: Program) -> None:
    declare_origin(anna.account_id, anna.list_id)
    made = uploaded(anna, shop, ROW.format(email=f"dora@{DOMAIN}"))
    shop.post(f"/imports/{made['id']}/start", {"policy_confirmed": True}, 202)
    run(anna, made["id"])
    assert state_of(anna, f"dora@{DOMAIN}") == "quarantined"


@pytest.mark.parametrize(
    "line",
    [
        f"dora@{DOMAIN};Dora;Meyer;;;;;",
        f"dora@{DOMAIN};Dora;Meyer;2026-10-01T10:00:00Z;192.0.2.1;;https://a.example/;Kiel",
    ],
)
def test_a_row_without_proof_is_never_confirmed(anna: Customer, shop: Program, line: str) -> None:
    approve_origin(anna.account_id, anna.list_id)
    made = uploaded(anna, shop, line)
    shop.post(f"/imports/{made['id']}/start", {"policy_confirmed": True}, 202)
    run(anna, made["id"])
    assert state_of(anna, f"dora@{DOMAIN}") != "confirmed"


def test_an_upload_repeated_is_one_import(anna: Customer, shop: Program) -> None:
    approve_origin(anna.account_id, anna.list_id)
    line = ROW.format(email=f"dora@{DOMAIN}")
    first = shop.upload("/imports", {"list_id": anna.list_id, "file": file(line)}, Idempotency_Key="one")
    again = shop.upload("/imports", {"list_id": anna.list_id, "file": file(line)}, Idempotency_Key="one")
    assert json.loads(first.content) == json.loads(again.content)
    other = shop.upload("/imports", {"list_id": anna.list_id, "file": file(line, line)}, Idempotency_Key="one")
    assert problem(other) == (422, "idempotency-key-reused")
    with tenancy.account(anna.account_id):
        assert Import.objects.count() == 1


@pytest.fixture(scope="module")
def known(database: str) -> tuple[Customer, Program]:
    """A customer whose list's origin is approved, and a program whose files are no tables."""
    assert database
    anna = sending_customer(people=0)
    approve_origin(anna.account_id, anna.list_id)
    return anna, program_of(anna)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"no table", b"\x00" * 100, b"PK\x03\x04broken"])
def test_what_is_no_table_is_refused(known: tuple[Customer, Program], content: bytes) -> None:
    anna, shop = known
    broken = io.BytesIO(content)
    broken.name = "x.csv"
    answer = shop.upload("/imports", {"list_id": anna.list_id, "file": broken})
    assert answer.status_code in (201, 422), answer.content
    if answer.status_code == 201:
        started = shop.call("POST", f"/imports/{json.loads(answer.content)['id']}/start", {"policy_confirmed": True})
        assert started.status_code == 422, started.content


def test_an_import_is_cancelled(anna: Customer, shop: Program) -> None:
    approve_origin(anna.account_id, anna.list_id)
    made = uploaded(anna, shop, ROW.format(email=f"dora@{DOMAIN}"))
    assert shop.post(f"/imports/{made['id']}/cancel", {})["state"] == "cancelled"
    assert shop.refused("POST", f"/imports/{made['id']}/start", {"policy_confirmed": True}) == (409, "state-conflict")


def test_a_suppression_is_added_and_never_lifted(anna: Customer, shop: Program) -> None:
    email = f"Dora@{DOMAIN}"
    asked = shop.post("/suppressions/look-up", {"email": email})
    assert asked == {"suppressed": False, "reason": None, "since": None, "whole_platform": False}
    assert shop.post("/suppressions", {"email": email}, 201)["fresh"] is True
    assert shop.post("/suppressions", {"email": email.lower()}, 201)["fresh"] is False
    found = shop.post("/suppressions/look-up", {"email": email.lower()})
    assert (found["suppressed"], found["reason"]) == (True, "manual")
    (row,) = shop.get("/suppressions")["items"]
    assert row["reason"] == "manual"
    for method in ("DELETE", "PATCH", "PUT"):
        assert shop.call(method, f"/suppressions/{row['id']}", {}).status_code == 405
    assert shop.refused("POST", "/suppressions", {"email": "nobody"}) == (422, "invalid")
    approve_origin(anna.account_id, anna.list_id)
    made = uploaded(anna, shop, ROW.format(email=email.lower()))
    shop.post(f"/imports/{made['id']}/start", {"policy_confirmed": True}, 202)
    run(anna, made["id"])
    assert state_of(anna, email.lower()) != "confirmed"


def test_carla_sees_neither_files_nor_suppressions(anna: Customer, shop: Program) -> None:
    approve_origin(anna.account_id, anna.list_id)
    made = uploaded(anna, shop, ROW.format(email=f"dora@{DOMAIN}"))
    shop.post("/suppressions", {"email": f"emil@{DOMAIN}"}, 201)
    carla = program_of(Customer.vetted("Möbelhaus Nordstern", "Carla Clausen"))
    one = f"/imports/{made['id']}"
    for method, path, data in (
        ("GET", one, None),
        ("GET", f"{one}/refused", None),
        ("POST", f"{one}/cancel", {}),
        ("POST", f"{one}/start", {"policy_confirmed": True}),
    ):
        assert carla.refused(method, path, data) == (404, "not-found"), path
    assert problem(carla.upload("/imports", {"list_id": anna.list_id, "file": file()})) == (404, "not-found")
    assert carla.get("/imports")["items"] == carla.get("/suppressions")["items"] == []
    assert carla.get(f"/imports?list_id={anna.list_id}")["items"] == []
    assert carla.post("/suppressions/look-up", {"email": f"emil@{DOMAIN}"})["suppressed"] is False
    carla.post("/suppressions", {"email": f"dora@{DOMAIN}"}, 201)
    assert shop.post("/suppressions/look-up", {"email": f"dora@{DOMAIN}"})["suppressed"] is False
    assert shop.get(one)["state"] == "uploaded"
    with tenancy.account(anna.account_id):
        assert Suppression.objects.filter(lifted_at=None).count() == 1


def test_a_status_is_asked_about_and_answered(anna: Customer, shop: Program) -> None:
    """By a question with its column; mapped it suppresses, and a reason is recorded with the import."""
    approve_origin(anna.account_id, anna.list_id)
    content = f"{HEADER};Typ\n{ROW.format(email=f'dora@{DOMAIN}')};unsubscribed\n"

    def uploaded() -> dict[str, Any]:
        data = io.BytesIO(content.encode())
        data.name = "people.csv"
        found: dict[str, Any] = good(shop.upload("/imports", {"list_id": anna.list_id, "file": data}), 201)
        return found

    made = uploaded()
    assert [(one["about"], one["column"]) for one in made["questions"]] == [("status", "Typ")]
    path = f"/imports/{made['id']}/start"
    refused = shop.call("POST", path, {"policy_confirmed": True})
    assert problem(refused) == (422, "refused")
    assert json.loads(refused.content)["questions"][0]["column"] == "Typ"
    odd = shop.call("POST", path, {"policy_confirmed": True, "no_status": {"Typ": ""}})
    assert problem(odd) == (422, "refused")
    assert "why" in json.loads(odd.content)["detail"]
    mapping = {**made["mapping"], "state": "Typ", "attribute:ort": "Stadt"}
    mapping.pop("attribute:stadt")
    shop.post(path, {"policy_confirmed": True, "mapping": mapping, "time_zone": "UTC"}, 202)
    run_import(anna.account_id, made["id"])
    assert shop.get(f"/imports/{made['id']}")["refused"] == {"unsubscribed_before": 1}
    with tenancy.account(anna.account_id):
        assert Suppression.objects.get().evidence["import"] == made["id"]
    second = uploaded()
    reason = {"Typ": "It is the kind of magazine."}
    shop.post(f"/imports/{second['id']}/start", {"policy_confirmed": True, "no_status": reason}, 202)
    with tenancy.account(anna.account_id):
        assert Import.objects.get(id=second["id"]).terms["no_status"] == reason


def test_what_is_documented_of_the_columns_is_what_works(shop: Program) -> None:
    schema = shop.get("/openapi.json")["components"]["schemas"]["ImportStartRequest"]["properties"]["mapping"][
        "description"
    ]
    assert "attribute:NAME" in schema
    assert "attribute.NAME" not in schema
    for field in ("state", "unsubscribed_at", "bounced_at", "complained_at", "last_contact_at"):
        assert field in schema


def test_an_export_is_recognized_and_its_source_is_stated_once(shop: Program, anna: Customer) -> None:
    approve_origin(anna.account_id, anna.list_id)
    day = (clock.now() - timedelta(days=20)).date().isoformat()
    data = io.BytesIO(
        "Email Address,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP,LEID,EUID\n"
        f"dora@kunde-1.de,{day} 10:00:00,84.181.20.5,{day} 10:05:00,84.181.20.5,1,a\n".encode()
    )
    data.name = "subscribed_members_export.csv"
    made = good(shop.upload("/imports", {"list_id": anna.list_id, "file": data}), 201)
    assert (made["system"], made["time_zone"], made["missing_proof"]) == ("mailchimp", "UTC", ["source"])
    stated = {"source": "Form on the website", "wording": "I want the news."}
    shop.post(f"/imports/{made['id']}/start", {"policy_confirmed": True, **stated}, 202)
    run_import(anna.account_id, made["id"])
    assert shop.get(f"/imports/{made['id']}")["accepted"] == 1
    with tenancy.account(anna.account_id):
        proof = ConsentEvidence.objects.get(email="dora@kunde-1.de")
    assert (proof.source, proof.details["source_by"], proof.details["wording"]) == (
        "Form on the website",
        "customer",
        "I want the news.",
    )
