"""Keys by least privilege: each endpoint with each scope, keys from before, keys bound to forms and to networks."""

import secrets
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest
from django.db import connection

from mailflatrate.apps.accounts.actions.keys import AskingBounds, hash_of, make_api_key
from mailflatrate.apps.accounts.errors import AccountError
from mailflatrate.apps.accounts.models import ApiKey, KeyScope
from mailflatrate.base import clock, tenancy
from mailflatrate.base.audit.models import AuditEntry
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.entrypoints.api.v1.service import schema
from support.api import ROOT, Program, problem, program, program_of
from support.customers import Customer
from support.forms import FormCustomer, add_form

# What an upgrade made of the scopes of a key that was there before they were narrowed. Such keys still exist.
NARROWED = {
    "read": ("read",),
    "contacts": ("ask", "contacts.write", "import", "suppress", "erase"),
    "campaigns": ("campaigns.draft",),
    "release": ("campaigns.release",),
}
PUBLIC = frozenset({"report_abuse"})
# The scope that each operation asked for before scopes were narrowed; operations that came later are not among them.
BEFORE = {
    "read": (
        "list_measures",
        "list_complaints",
        "list_questions",
        "list_campaigns",
        "show_campaign",
        "check_campaign",
        "count_recipients",
        "preview_campaign",
        "list_contacts",
        "show_contact",
        "certify_consent",
        "list_digests",
        "show_digest",
        "list_entries",
        "list_forms",
        "show_form",
        "show_embeds",
        "list_requests",
        "list_imports",
        "show_import",
        "list_refused_rows",
        "list_lists",
        "show_list",
        "list_segments",
        "show_segment",
        "list_templates",
        "list_gallery",
        "list_media",
        "list_waves",
        "report",
        "list_outcomes",
        "show_outcome",
        "list_decisions",
        "list_domains",
        "show_domain",
        "list_suppressions",
        "look_up_suppression",
    ),
    "": ("show_me",),
    "campaigns": (
        "create_campaign",
        "change_campaign",
        "delete_campaign",
        "copy_campaign",
        "try_campaign",
        "create_digest",
        "change_digest",
        "delete_digest",
        "check_digest",
        "create_segment",
        "change_segment",
        "delete_segment",
        "keep_template",
        "delete_template",
        "upload_media",
        "describe_media",
        "delete_media",
        "add_domain",
        "check_domain",
        "add_sender",
    ),
    "contacts": (
        "change_contact",
        "unsubscribe_contact",
        "erase_contact",
        "ask_person",
        "upload_import",
        "start_import",
        "cancel_import",
        "create_list",
        "change_list",
        "archive_list",
        "add_suppression",
    ),
    "release": (
        "release",
        "ask_release",
        "take_back",
        "pause",
        "resume",
        "cancel",
        "pace",
        "choose",
    ),
}
BOUND = {"list_forms", "show_form", "show_embeds"}
"""What a key with `ask` may read: the forms that it is bound to."""


BY_KIND = {"cancel_bulk_action": ["contacts.write", "suppress", "erase", "ask"]}
"""Operations whose scope depends on the kind of what they are about; each key reaches its own kind."""


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in schema()["paths"].items():
        for method, found in methods.items():
            if found["operationId"] not in PUBLIC:
                numbered = path.removeprefix(ROOT)
                for name in (
                    "campaign",
                    "contact",
                    "list",
                    "form",
                    "import",
                    "segment",
                    "template",
                    "media",
                    "digest",
                    "domain",
                    "delivery",
                ):
                    numbered = numbered.replace(f"{{{name}_id}}", "999999")
                yield method.upper(), numbered, found


OPERATIONS = list(operations())
NAMES = [found["operationId"] for _method, _path, found in OPERATIONS]


@pytest.fixture(scope="module")
def program_with(home: FormCustomer) -> Callable[[frozenset[KeyScope]], Program]:
    """Anna's programs by their scopes; each is made once."""
    return cache(lambda scopes: program_of(home.anna, sorted(scopes)))


@pytest.mark.parametrize(("method", "path", "found"), OPERATIONS, ids=NAMES)
def test_a_key_without_the_scope_is_refused_and_told_which(
    program_with: Callable[[frozenset[KeyScope]], Program], method: str, path: str, found: dict[str, Any]
) -> None:
    """All other scopes together don't suffice, so none of them does; each of the needed ones suffices alone."""
    needed = found["x-scopes"]
    if not needed:
        assert found["operationId"] == "show_me"
        assert {program_with(frozenset({scope})).call(method, path).status_code for scope in KeyScope} == {200}
        return
    assert all(f"`{scope}`" in found["responses"]["403"]["description"] for scope in needed)
    assert set(needed) <= set(KeyScope.values)
    if found["operationId"] in BY_KIND:
        assert needed == BY_KIND[found["operationId"]]
    else:
        assert needed == [found["x-scope"]] or (needed == ["read", "ask"] and found["operationId"] in BOUND)
    for scope in map(KeyScope, needed):
        answer = program_with(frozenset({scope})).call(method, path)
        assert answer.status_code != 403, answer.content
    answer = program_with(frozenset(KeyScope) - set(needed)).call(method, path)
    assert problem(answer) == (403, "scope-missing")
    assert answer.json()["scope"] == needed[0]  # type: ignore[attr-defined]  # the test client's


def key_from_before(home: FormCustomer, *scopes: str) -> Program:
    """A key as an upgrade left one that held these scopes."""
    narrowed = [now for before in scopes for now in NARROWED[before]]
    secret = f"mfk_{secrets.token_hex(4)}_{secrets.token_hex(20)}"
    with tenancy.account(home.account_id), tenancy.access():
        row = ApiKey.objects.create(
            name="Old",
            prefix=secret[4:12],
            secret_hash=hash_of(secret),
            scopes=narrowed,
            created_by=home.anna.owner,
            created_at=clock.now(),
        )
    return Program(secret, row.id)


@pytest.mark.parametrize("had", [("read",), ("contacts",), ("campaigns",), ("release",), ("contacts", "campaigns")])
def test_a_key_from_before_may_do_exactly_what_it_could(home: FormCustomer, had: tuple[str, ...]) -> None:
    old = key_from_before(home, *had)
    could = {name for scope in (*had, "") for name in BEFORE[scope]}
    for method, path, found in OPERATIONS:
        name = found["operationId"]
        if any(name in names for names in BEFORE.values()):
            assert (old.call(method, path).status_code != 403) == (name in could), name


def test_a_key_from_before_asks_for_any_form_and_reads_none(home: FormCustomer) -> None:
    old, form = key_from_before(home, "contacts"), home.form_id
    assert old.refused("POST", "/confirmation-requests", {"form_id": form}) == (422, "invalid"), "not refused the form"
    for path in ("/forms", f"/forms/{form}", f"/forms/{form}/embeds", f"/forms/{form}/requests"):
        assert old.refused("GET", path) == (403, "scope-missing")


def test_a_key_that_asks_reads_its_forms_and_nothing_else(home: FormCustomer) -> None:
    other, _code = add_form(home.anna)
    bounds = AskingBounds(frozenset({home.form_id}), daily=10)
    made = make_api_key(home.account_id, "Till", {KeyScope.ASK}, expires_at=None, by=home.anna.owner, asking=bounds)
    till = Program(made.secret)
    (shown,) = till.get("/forms")["items"]
    assert shown["id"] == home.form_id
    assert {shown[name] for name in ("asked", "confirmed", "withheld", "denied")} == {None}, "no oracle"
    assert till.get(f"/forms/{home.form_id}/embeds")["wording"]
    for path in (f"/forms/{other}", f"/forms/{other}/embeds"):
        assert till.refused("GET", path) == (404, "not-found")
    assert till.refused("GET", f"/forms/{home.form_id}/requests") == (403, "scope-missing"), "these are people"
    for path in ("/contacts", "/lists", "/campaigns", "/suppressions", "/imports", "/segments"):
        assert till.refused("GET", path) == (403, "scope-missing")
    whole = program_of(home.anna).get("/forms")["items"]
    assert {each["id"] for each in whole} == {home.form_id, other}
    assert all(each["asked"] is not None for each in whole)


def test_a_strangers_key_finds_nothing(home: FormCustomer) -> None:
    """Carla's key, even when it was made with the number of Anna's form."""
    customer = Customer.vetted("Möbelhaus Nordstern", "Carla Clausen")
    account_id, carla = customer.account_id, customer.owner
    bounds = AskingBounds(frozenset({home.form_id}), daily=10)
    made = make_api_key(account_id, "Till", set(KeyScope), expires_at=None, by=carla, asking=bounds)
    for key in (Program(made.secret), program(account_id, carla)):
        assert key.get("/forms")["items"] == []
        assert key.refused("GET", f"/forms/{home.form_id}") == (404, "not-found")
        assert key.refused("GET", f"/lists/{home.anna.list_id}") == (404, "not-found")


@pytest.mark.parametrize(
    "bounds", [None, AskingBounds(), AskingBounds(frozenset({1}), 0), AskingBounds(frozenset({1}), 10**6)]
)
def test_a_key_that_asks_is_bound(home: FormCustomer, bounds: AskingBounds | None) -> None:
    with pytest.raises(AccountError):
        make_api_key(home.account_id, "x", {KeyScope.ASK}, expires_at=None, by=home.anna.owner, asking=bounds)


@pytest.mark.parametrize(
    ("networks", "inside", "outside"),
    [
        (["203.0.113.0/24"], "203.0.113.9", "203.0.114.9"),
        (["203.0.113.7"], "203.0.113.7", "203.0.113.8"),
        (["2001:db8:1::/48", "198.51.100.0/25"], "2001:db8:1:2::3", "2001:db8:2::3"),
        (["198.51.100.0/25"], "::ffff:198.51.100.3", "198.51.100.200"),
    ],
)
def test_a_key_works_from_its_networks_only(
    home: FormCustomer, networks: list[str], inside: str, outside: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make_api_key(home.account_id, "CRM", {KeyScope.READ}, expires_at=None, by=home.anna.owner, networks=networks)
    key = Program(made.secret, made.key.id)
    assert key.call("GET", "/me", REMOTE_ADDR=inside).status_code == 200
    answer = key.call("GET", "/me", REMOTE_ADDR=outside)
    assert problem(answer) == (403, "key-network")
    assert outside in answer.json()["detail"]  # type: ignore[attr-defined]  # the test client's
    with tenancy.account(home.account_id):
        assert ApiKey.objects.get(id=key.key_id).window_count == 1, "strangers do not use up the rate"


def test_no_header_moves_a_request_into_the_network(home: FormCustomer) -> None:
    made = make_api_key(
        home.account_id, "CRM", {KeyScope.READ}, expires_at=None, by=home.anna.owner, networks=["203.0.113.0/24"]
    )
    for name in ("X_Forwarded_For", "X_Real_IP", "Forwarded", "Client_IP"):
        answer = Program(made.secret).call("GET", "/me", REMOTE_ADDR="198.51.100.9", **{name: "203.0.113.9"})
        assert problem(answer) == (403, "key-network"), name


@pytest.mark.parametrize(
    "written", ["203.0.113.0/33", "shop.example", "::ffff:203.0.113.0/120", "1", "0x7f.1", "", "203.0.113.7 OR 1=1"]
)
def test_what_is_no_range_is_refused(home: FormCustomer, written: str) -> None:
    with pytest.raises(AccountError):
        make_api_key(home.account_id, "x", {KeyScope.READ}, expires_at=None, by=home.anna.owner, networks=[written])


@pytest.mark.parametrize(
    "change",
    [{"scopes": ["erase"]}, {"form_ids": [2**40]}, {"daily_asks": 9_999}, {"networks": []}],
)
def test_raw_sql_widens_no_key(home: FormCustomer, change: dict[str, Any]) -> None:
    bounds = AskingBounds(frozenset({home.form_id}), daily=10)
    made = make_api_key(
        home.account_id,
        "Till",
        {KeyScope.ASK},
        expires_at=None,
        by=home.anna.owner,
        asking=bounds,
        networks=["203.0.113.0/24"],
    )
    with pytest.raises(Exception, match="Cannot update rows"), tenancy.account(home.account_id):
        ApiKey.objects.filter(id=made.key.id).update(**change)


def test_raw_sql_makes_no_key(home: FormCustomer) -> None:
    with pytest.raises(Exception, match="access"), tenancy.account(home.account_id), connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO api_key (account_id, name, prefix, secret_hash, scopes, created_by_id, created_at,
                   window_count) VALUES (%s, 'Eve', 'eve00000', %s, ARRAY['read'], %s, now(), 0)""",
            [home.account_id, hash_of("mfk_eve"), home.anna.owner.id],
        )


def test_decisions_and_the_audit_log_name_the_key(home: FormCustomer) -> None:
    shop = program_of(home.anna)
    draft = home.anna.draft()
    known = shop.get(f"/campaigns/{draft.id}")["content_hash"]
    shop.post(f"/campaigns/{draft.id}/release", {"policy_confirmed": True, "content_hash": known}, 202)
    (decision,) = shop.get(f"/campaigns/{draft.id}/decisions")["items"]
    assert "API key Shop (mfk_" in decision["decided_by"]
    assert str(home.anna.owner) in decision["decided_by"]
    person = shop.get("/contacts")["items"][0]
    shop.post(f"/contacts/{person['id']}/erase", {"sure": True})
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        line = AuditEntry.objects.filter(account_id=home.account_id, action="person.erased").latest("id")
        made = AuditEntry.objects.filter(account_id=home.account_id, action="api_key.made").latest("id")
    assert line.details["through"].startswith("API key Shop (mfk_")
    assert "through" not in made.details, "a person made it on the page"


def test_a_slip_in_a_parameter_never_widens_the_answer(home: FormCustomer) -> None:
    shop = program_of(home.anna)
    for method, path, found in OPERATIONS:
        answer = shop.call(method, f"{path}?updated_since=2026-01-01")
        assert problem(answer) == (422, "invalid"), found["operationId"]
        assert answer.json()["errors"][0]["pointer"] == "query.updated_since"  # type: ignore[attr-defined]
    assert len(shop.get("/contacts?limit=1")["items"]) == 1
    for path in ("/lists", "/forms", "/segments"):
        assert shop.refused("GET", f"{path}?limit=0") == (422, "invalid")


def test_lists_are_paged(home: FormCustomer) -> None:
    shop = program_of(Customer.vetted("Gärtnerei Nord", "Nora Nolte"))
    for name in ("Bulbs", "Seeds", "Trees"):
        shop.post("/lists", {"name": name, "policy_confirmed": True}, 201)
    seen, path = [], "/lists?limit=2"
    while path:
        page = shop.get(path)
        assert 0 < len(page["items"]) <= 2
        seen += [row["name"] for row in page["items"]]
        path = f"/lists?limit=2&cursor={page['next']}" if page["next"] else ""
    assert seen == [row["name"] for row in shop.get("/lists")["items"]]
    assert len(seen) == len(set(seen)) == 3
