"""The door of the API: keys, scopes, standing, agreements, rates, repetition, one shape for what goes wrong."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections
from django.test import Client

from mailflatrate.apps.accounts.actions.account_status import Reasons, change_account_status
from mailflatrate.apps.accounts.actions.agreements import publish_documents
from mailflatrate.apps.accounts.actions.keys import (
    REQUESTS_A_MINUTE,
    forget_answers,
    hash_of,
    make_api_key,
    revoke_api_key,
)
from mailflatrate.apps.accounts.actions.people import change_role, remove_member
from mailflatrate.apps.accounts.models import (
    AccountStatus,
    AgreementDocument,
    AgreementKind,
    ApiAnswer,
    ApiKey,
    KeyScope,
    Membership,
    Role,
)
from mailflatrate.apps.lists.models import MailingList
from mailflatrate.base import clock, tenancy
from mailflatrate.base.audit.models import AuditEntry
from mailflatrate.base.tenancy import PlatformReason
from support.api import ROOT, Program, problem, program, program_of
from support.customers import Customer, sending_customer
from support.people import operator, person

pytestmark = pytest.mark.usefixtures("database")

NEW = {"name": "Bulbs", "policy_confirmed": True}


@pytest.fixture(scope="module")
def unchanged(database: str) -> Customer:
    """A customer for requests that change nothing."""
    assert database
    return sending_customer(people=1)


def lists(anna: Customer) -> int:
    with tenancy.account(anna.account_id):
        return MailingList.objects.count()


def test_a_key_says_who_it_is(anna: Customer) -> None:
    me = program_of(anna, [KeyScope.READ, KeyScope.CAMPAIGNS_RELEASE]).get("/me")
    assert me["account_id"] == anna.account_id
    assert me["key"]["scopes"] == ["read", "campaigns.release"]
    assert me["key"]["made_by"] == anna.owner.email
    assert (me["status"], me["may_send"], me["agreements_open"]) == ("active", True, False)


@pytest.mark.parametrize("header", ["", "Basic YTpi", "Bearer", "Bearer ", "Token mfk_x"])
def test_without_a_key_nothing(unchanged: Customer, header: str) -> None:
    answer = Client().get(f"{ROOT}/me", headers={"Authorization": header} if header else {})
    assert problem(answer) == (401, "key-missing")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer ")


def test_a_session_is_no_key(unchanged: Customer) -> None:
    """A signed-in browser gets nothing either: no page elsewhere can use it."""
    assert problem(unchanged.client.get(f"{ROOT}/me")) == (401, "key-missing")


def test_only_a_hash_of_the_key_is_kept(anna: Customer) -> None:
    made = program_of(anna)
    with tenancy.account(anna.account_id):
        row = ApiKey.objects.get(id=made.key_id)
    assert bytes(row.secret_hash) == hash_of(made.secret)
    assert made.secret not in str(row.__dict__)


@pytest.mark.parametrize("change", ["x", "", "é"])
def test_another_key_is_refused(unchanged: Customer, change: str) -> None:
    secret = program_of(unchanged).secret
    assert Program(secret[:-1] + change).refused("GET", "/me") == (401, "key-refused")


def test_a_revoked_key_is_over_for_good(anna: Customer) -> None:
    made = program_of(anna)
    revoke_api_key(anna.account_id, made.key_id, by=anna.owner)
    assert made.refused("GET", "/me") == (401, "key-refused")
    with pytest.raises(Exception, match="Cannot update rows"), tenancy.account(anna.account_id):
        ApiKey.objects.filter(id=made.key_id).update(revoked_at=None)
    with pytest.raises(Exception, match="Cannot update rows"), tenancy.account(anna.account_id):
        ApiKey.objects.filter(id=made.key_id).update(scopes=["read", "erase"])
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        lines = AuditEntry.objects.filter(subject=f"api_key:{made.key_id}").order_by("id")
        assert list(lines.values_list("action", flat=True)) == ["api_key.made", "api_key.revoked"]


def test_a_key_expires(anna: Customer) -> None:
    soon = clock.now() + timedelta(hours=1)
    made = make_api_key(anna.account_id, "Shop", {KeyScope.READ}, expires_at=soon, by=anna.owner)
    assert Program(made.secret).call("GET", "/me").status_code == 200
    with clock.frozen_at(soon + timedelta(seconds=1)):
        assert Program(made.secret).refused("GET", "/me") == (401, "key-refused")


def test_a_key_rests_when_its_maker_is_no_owner_any_more(anna: Customer) -> None:
    greta = person(anna.account_id, "Greta Graf")
    made = program(anna.account_id, greta)
    with tenancy.account(anna.account_id):
        place = Membership.objects.get(user=greta)
    change_role(anna.account_id, place.id, Role.EDITOR, by=anna.owner)
    assert made.refused("GET", "/me") == (401, "key-refused")
    change_role(anna.account_id, place.id, Role.OWNER, by=anna.owner)
    assert made.call("GET", "/me").status_code == 200
    remove_member(anna.account_id, place.id, by=anna.owner)
    assert made.refused("GET", "/me") == (401, "key-refused")


def test_a_key_does_what_its_scopes_say(anna: Customer) -> None:
    reads, writes = program_of(anna, [KeyScope.READ]), program_of(anna, [KeyScope.CONTACTS_WRITE])
    assert reads.refused("POST", "/lists", NEW) == (403, "scope-missing")
    assert writes.refused("GET", "/lists") == (403, "scope-missing")
    writes.post("/lists", NEW, 201)
    assert len(reads.get("/lists")["items"]) == 2


@pytest.mark.parametrize(
    ("status", "look", "work"),
    [
        (AccountStatus.THROTTLED, 200, 201),
        (AccountStatus.PAUSED, 200, 201),
        (AccountStatus.SUSPENDED, 200, 403),
        (AccountStatus.CLOSED, 403, 403),
    ],
)
def test_standing_decides(anna: Customer, status: AccountStatus, look: int, work: int) -> None:
    made = program_of(anna)
    change_account_status(anna.account_id, status, Reasons("test", "Because."), by=operator())
    assert made.call("GET", "/lists").status_code == look
    assert made.call("POST", "/lists", NEW).status_code == work
    if work == 403:
        assert made.refused("POST", "/lists", NEW) == (403, "account-status")


def test_a_suspended_account_may_still_let_people_go(anna: Customer) -> None:
    made = program_of(anna)
    person_id = made.get("/contacts")["items"][0]["id"]
    change_account_status(anna.account_id, AccountStatus.SUSPENDED, Reasons("test", "Because."), by=operator())
    assert made.post(f"/contacts/{person_id}/unsubscribe", {"list_id": None}) == {"ended": 1}


def test_a_new_version_of_an_agreement_stops_writing_and_not_reading(anna: Customer) -> None:
    made = program_of(anna)
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        publish_documents(AgreementKind.TERMS, f"api-{anna.account_id}", [("en", "# Terms\n\nText.")], by=operator())
    try:
        assert made.get("/me")["agreements_open"] is True
        assert made.call("GET", "/lists").status_code == 200
        assert made.refused("POST", "/lists", NEW) == (403, "agreements-open")
    finally:
        _withdraw(f"api-{anna.account_id}")
    assert made.call("POST", "/lists", NEW).status_code == 201


def _withdraw(version: str) -> None:
    """Other tests share the documents; the owner of the tables takes this one back."""
    with connections["owner"].cursor() as cursor:
        cursor.execute("ALTER TABLE agreement_document DISABLE TRIGGER USER")
        cursor.execute("DELETE FROM agreement_document WHERE version = %s", [version])
        cursor.execute("ALTER TABLE agreement_document ENABLE TRIGGER USER")
    connections["owner"].close()
    assert not AgreementDocument.objects.filter(version=version).exists()


def test_the_rate_is_said_and_kept(anna: Customer) -> None:
    made = program_of(anna)
    with clock.frozen_at(clock.now().replace(second=10)):
        answer = made.call("GET", "/me")
        assert answer.headers["RateLimit-Policy"] == f'"key";q={REQUESTS_A_MINUTE};w=60'
        assert answer.headers["RateLimit"] == f'"key";r={REQUESTS_A_MINUTE - 1};t=50'
        with tenancy.account(anna.account_id):
            ApiKey.objects.filter(id=made.key_id).update(window_count=REQUESTS_A_MINUTE)
        refusal = made.call("POST", "/lists", NEW)
        assert problem(refusal) == (429, "rate-limited")
        assert refusal.headers["RateLimit"] == f'"key";r=0;t={refusal.headers["Retry-After"]}'
    with clock.frozen_at(clock.now() + timedelta(minutes=2)):
        assert made.call("GET", "/me").status_code == 200
    assert lists(anna) == 1


def test_a_repeated_request_is_carried_out_once(anna: Customer) -> None:
    made = program_of(anna)
    first = made.post("/lists", NEW, 201, Idempotency_Key="a-1")
    again = made.call("POST", "/lists", NEW, Idempotency_Key="a-1")
    assert (again.status_code, json.loads(again.content)) == (201, first)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert lists(anna) == 2
    assert made.refused("POST", "/lists", NEW | {"name": "Seeds"}, Idempotency_Key="a-1") == (
        422,
        "idempotency-key-reused",
    )
    made.post("/lists", NEW, 201, Idempotency_Key="a-2")
    program_of(anna).post("/lists", NEW, 201, Idempotency_Key="a-1")
    assert lists(anna) == 4, "another key of the account is another program"


def test_a_refusal_is_not_kept(anna: Customer) -> None:
    made = program_of(anna)
    assert made.refused("POST", "/lists", {"name": "Bulbs"}, Idempotency_Key="a") == (422, "policy-not-confirmed")
    with tenancy.account(anna.account_id):
        assert not ApiAnswer.objects.exists()
    made.post("/lists", NEW, 201, Idempotency_Key="a")


def test_a_repetition_is_forgotten_after_a_day(anna: Customer) -> None:
    made = program_of(anna)
    made.post("/lists", NEW, 201, Idempotency_Key="a")
    with clock.frozen_at(clock.now() + timedelta(hours=25)):
        made.post("/lists", NEW, 201, Idempotency_Key="a")
    with clock.frozen_at(clock.now() + timedelta(hours=51)):
        assert forget_answers() >= 1
    with tenancy.account(anna.account_id):
        assert not ApiAnswer.objects.exists()


def test_twins_at_the_same_moment_make_one(anna: Customer) -> None:
    made = program_of(anna)

    def send(_number: int) -> int:
        try:
            return made.call("POST", "/lists", NEW, Idempotency_Key="twins").status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(send, range(8))) == {201}
    assert lists(anna) == 2


@pytest.mark.parametrize("key", ["x" * 256, "ü", "a\x7fb"])
def test_a_key_for_repetition_is_plain_text(unchanged: Customer, key: str) -> None:
    assert program_of(unchanged).refused("POST", "/lists", NEW, Idempotency_Key=key) == (400, "malformed")


@pytest.mark.parametrize(
    "body",
    [b"{", b"\xff", b'{"name": "a\\u0000b"}', b'{"name": "\\ud800"}', b'{"name": NaN}', b'{"name": 1e999}',
     b"[" * 9_000, b'{"a":' * 3000 + b"1" + b"}" * 3000, b"9" * 5000],
)  # fmt: skip
def test_what_cannot_be_read_is_said_to_be_so(unchanged: Customer, body: bytes) -> None:
    headers = {"Authorization": f"Bearer {program_of(unchanged).secret}"}
    answer = Client().generic("POST", f"{ROOT}/lists", body, "application/json", headers=headers)
    assert problem(answer) == (400, "malformed")


def test_unknown_fields_are_named(unchanged: Customer) -> None:
    answer = program_of(unchanged).call("POST", "/lists", NEW | {"consent": "yes"})
    assert problem(answer) == (422, "invalid")
    assert json.loads(answer.content)["errors"] == [
        {"pointer": "body.consent", "message": "Extra inputs are not permitted"}
    ]


def test_what_is_wrong_with_a_field_is_said_in_german(unchanged: Customer) -> None:
    body = {"name": "x" * 300, "public_name": 7, "consent": "yes"}
    answer = program_of(unchanged).call("POST", "/lists", body, Accept_Language="de")
    said = {fault["pointer"]: fault["message"] for fault in json.loads(answer.content)["errors"]}
    assert said["body.consent"] == "Dieses Feld gibt es hier nicht"
    assert said["body.public_name"] == "Hier wird ein Text erwartet"
    assert said["body.name"].startswith("Höchstens ")
    missing = json.loads(program_of(unchanged).call("POST", "/lists", {}, Accept_Language="de").content)["errors"]
    assert {"pointer": "body.name", "message": "Dieses Feld fehlt"} in missing


def test_an_unknown_address_and_method_have_the_shape_too(anna: Customer) -> None:
    made = program_of(anna)
    assert made.refused("GET", "/nothing/here") == (404, "not-found")
    assert made.refused("POST", "/") == (404, "not-found")
    answer = made.call("DELETE", "/lists")
    assert problem(answer) == (405, "method-not-allowed")
    assert "GET" in answer.headers["Allow"]


def test_a_problem_speaks_the_language_asked_for(anna: Customer) -> None:
    answer = program_of(anna).call("POST", "/lists", {"name": "x"}, Accept_Language="de")
    assert json.loads(answer.content)["title"] == "Die Anti-Spam-Richtlinie wurde nicht bestätigt."
    assert answer.headers["Content-Language"] == "de"


def test_answers_are_kept_by_nobody(anna: Customer) -> None:
    answer = program_of(anna).call("GET", "/contacts")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Vary"] == "Authorization, Accept-Language"
