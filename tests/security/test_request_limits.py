"""The flood of confirmation requests by key: invented people, bought lists, and ways around the brake."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections

from mailflatrate.apps.accounts.actions.keys import AskingBounds, make_api_key
from mailflatrate.apps.accounts.models import KeyScope, Role
from mailflatrate.apps.delivery.models import Delivery
from mailflatrate.apps.delivery.results.feedback import record_returned
from mailflatrate.apps.domains.models import MailDomain
from mailflatrate.apps.forms.actions import request_limits, sign_up
from mailflatrate.apps.forms.actions.request_limits import note_unknown
from mailflatrate.apps.forms.errors import FormError
from mailflatrate.apps.forms.models import AskingTally, ConfirmationRequestKind, SignupRequest
from mailflatrate.base import clock, tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.mail.reading.values import BounceOutcome, BounceReason, BounceVerdict
from mailflatrate.rules.feedback.bounces import Bounce
from mailflatrate.rules.limits import value
from support.api import Program, problem, program_of, visitor
from support.desk import desk
from support.forms import FormCustomer, customer_with_form, fresh_address
from support.people import browser, person

pytestmark = pytest.mark.usefixtures("database")
FIRST = int(value("asks_first_day"))


@pytest.fixture
def home() -> FormCustomer:
    return customer_with_form()


@pytest.fixture(scope="module")
def shop_of_refusals(database: str) -> tuple[FormCustomer, Program]:
    """A form and a program, none of whose requests is taken."""
    assert database
    home = customer_with_form()
    return home, program_of(home.anna)


def asking(home: FormCustomer, email: str, **changes: Any) -> dict[str, Any]:
    whole = {"form_id": home.form_id, "email": email, "note": "signed up at checkout", "visitor": visitor()}
    return whole | changes


def ask(shop: Program, home: FormCustomer, many: int) -> list[str]:
    """Ask invented people until the first refusal; those who were taken."""
    taken = []
    for _number in range(many):
        email = fresh_address("invented")
        answer = shop.call("POST", "/confirmation-requests", asking(home, email))
        if answer.status_code != 202:
            assert problem(answer) == (429, "asking-limited")
            break
        taken.append(email)
    return taken


def asked_before(home: FormCustomer, shop: Program, many: int) -> None:
    """Count people as asked today, as if the shop had asked them."""
    with tenancy.account(home.account_id):
        AskingTally.objects.create(day=clock.now().date(), key_id=shop.key_id, asked=many)


def tally(home: FormCustomer) -> dict[str, int]:
    with tenancy.account(home.account_id):
        (row,) = AskingTally.objects.all()
    return {name: getattr(row, name) for name in ("asked", "confirmed", "denied", "unknown")}


def test_216_invented_addresses_end_early_with_the_reason(home: FormCustomer) -> None:
    shop = program_of(home.anna)
    assert len(ask(shop, home, 216)) == FIRST
    answer = shop.call("POST", "/confirmation-requests", asking(home, fresh_address()))
    told = json.loads(answer.content)
    assert (told["limit"], told["asked_today"], told["level"]) == (FIRST, FIRST, "open")
    assert f"has sent {FIRST} confirmation requests on people's behalf today" in told["detail"]
    assert "form on your site" in told["detail"]
    assert 0 < int(answer.headers["Retry-After"]) <= 86_401
    assert len(home.send()) == FIRST


def test_people_who_confirm_make_it_grow(home: FormCustomer) -> None:
    shop = program_of(home.anna)
    asked_before(home, shop, FIRST - 2)
    ask(shop, home, 2)
    for mail in home.send():
        home.confirm(mail)
    assert tally(home) == {"asked": FIRST, "confirmed": 2, "denied": 0, "unknown": 0}
    assert len(ask(shop, home, 30)) == 8, "four for each who confirmed"


def test_people_who_say_no_make_it_fall(home: FormCustomer) -> None:
    shop = program_of(home.anna)
    asked_before(home, shop, 17)
    ask(shop, home, 3)
    for mail in home.send():
        home.confirm(mail, "no")
    assert tally(home)["denied"] == 3
    assert ask(shop, home, 1) == []


def test_several_programs_and_hands_share_one_limit(home: FormCustomer) -> None:
    first, second = program_of(home.anna), program_of(home.anna)
    asked_before(home, first, FIRST - 4)
    assert len(ask(first, home, 2)) == 2
    assert len(ask(second, home, FIRST)) == 2
    with tenancy.account(home.account_id), pytest.raises(FormError, match="limit"):
        sign_up.request_confirmation(
            home.form_id, fresh_address(), kind=ConfirmationRequestKind.PERSON, note="at our stall", by=home.anna.owner
        )


def test_a_burst_of_threads_passes_no_more(home: FormCustomer) -> None:
    shop = program_of(home.anna)

    def one(_number: int) -> int:
        try:
            return shop.call("POST", "/confirmation-requests", asking(home, fresh_address("burst"))).status_code
        finally:
            connections.close_all()

    asked_before(home, shop, FIRST - 4)
    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(one, range(12))).count(202) == 4


def test_erasing_people_improves_nothing(home: FormCustomer) -> None:
    shop = program_of(home.anna)
    asked_before(home, shop, FIRST - 5)
    taken = ask(shop, home, FIRST)
    assert len(taken) == 5
    home.send()
    for email in taken:
        (found,) = shop.get(f"/contacts?search={email}")["items"]
        shop.post(f"/contacts/{found['id']}/erase", {"sure": True})
    assert ask(shop, home, 1) == []
    assert tally(home)["asked"] == FIRST


def test_unknown_mailboxes_and_dead_domains_stop_it(home: FormCustomer) -> None:
    shop = program_of(home.anna)
    taken = ask(shop, home, 10)
    for number in range(3):
        shop.post("/confirmation-requests", asking(home, f"dora{number}@verweht-lindenhof.de"), 202)
    MailDomain.objects.create(domain="verweht-lindenhof.de", resolves=False, null_mx=False, checked_at=clock.now())
    home.send()
    assert tally(home)["unknown"] == 3, "found dead at the gate"
    with tenancy.account(home.account_id):
        ids = list(SignupRequest.objects.filter(email__in=taken[:2]).values_list("id", flat=True))
        assert note_unknown(ids, clock.now()) == 2
        assert note_unknown(ids, clock.now()) == 0, "counted once"
    answer = shop.call("POST", "/confirmation-requests", asking(home, fresh_address()))
    assert problem(answer) == (429, "asking-limited")
    assert json.loads(answer.content)["level"] == "stopped"


def test_a_mailbox_that_bounces_counts_once(home: FormCustomer) -> None:
    ask(program_of(home.anna), home, 3)
    home.send()
    verdict = BounceVerdict(BounceReason.USERUNKNOWN, True, "5.1.1", BounceOutcome.RECIPIENT_HARD)
    with tenancy.account(home.account_id):
        sent = Delivery.objects.filter(confirmation_id__isnull=False).order_by("id")[0]
        bounce = Bounce(sent.contact_id, sent.id, verdict, text="550 5.1.1 no such user", at=clock.now(), source="test")
        assert record_returned([bounce]) == {sent.id}
        record_returned([bounce])
    assert tally(home) == {"asked": 3, "confirmed": 0, "denied": 0, "unknown": 1}


def test_a_keys_own_allowance_holds(home: FormCustomer) -> None:
    bounds = AskingBounds(frozenset({home.form_id}), daily=3)
    made = make_api_key(home.account_id, "Till", {KeyScope.ASK}, expires_at=None, by=home.anna.owner, asking=bounds)
    till = Program(made.secret)
    assert len(ask(till, home, 5)) == 3
    assert (
        "3 confirmation requests"
        in json.loads(till.call("POST", "/confirmation-requests", asking(home, fresh_address())).content)["detail"]
    )
    assert len(ask(program_of(home.anna), home, 1)) == 1, "another key still may"


def test_the_visitors_network_counts_as_at_the_form(home: FormCustomer) -> None:
    shop = program_of(home.anna)
    one = visitor(ip="203.0.113.77")["ip"]
    ask(shop, home, 5)
    many = int(value("sign_ups_per_ip_hour"))
    with tenancy.account(home.account_id):
        AskingTally.objects.create(day=clock.now().date() - timedelta(days=1), asked=1_000, confirmed=1_000)
    statuses = [
        shop.call("POST", "/confirmation-requests", asking(home, fresh_address(), visitor=visitor(ip=one))).status_code
        for _number in range(many + 2)
    ]
    assert statuses == [202] * many + [429] * 2


@pytest.mark.parametrize("change", [{"visitor": None}, {"visitor": {}}, {"visitor": {"ip": "203.0.113.7"}}])
def test_no_request_without_a_visitor(shop_of_refusals: tuple[FormCustomer, Program], change: dict[str, Any]) -> None:
    home, shop = shop_of_refusals
    wrong = asking(home, fresh_address(), **change)
    assert shop.refused("POST", "/confirmation-requests", wrong) == (422, "invalid")


@pytest.mark.parametrize(
    "change", [{"ip": "192.168.0.1"}, {"ip": "x"}, {"page": "javascript:alert(1)"}, {"user_agent": ""},
               {"at": "2020-01-01T00:00:00Z"}, {"at": "2099-01-01T00:00:00Z"}]
)  # fmt: skip
def test_no_request_with_a_visitor_that_cannot_be(
    shop_of_refusals: tuple[FormCustomer, Program], change: dict[str, str]
) -> None:
    home, shop = shop_of_refusals
    wrong = asking(home, fresh_address(), visitor=visitor(**change))
    assert shop.refused("POST", "/confirmation-requests", wrong) == (422, "refused")


def test_the_proof_names_the_key_and_whose_word_it_is(home: FormCustomer) -> None:
    dora = fresh_address()
    program_of(home.anna).post("/confirmation-requests", asking(home, dora), 202)
    (mail,) = home.send()
    home.confirm(mail)
    for event in home.events(dora):
        if event.kind != "confirmation_sent":
            details = event.evidence.details
            assert details["proof"] == "key"
            assert details["key"].startswith("API key Shop (mfk_")
            assert details["visit_told_by"] == "key"
            assert details["page"] == "https://shop.example/checkout"


def test_an_answered_no_holds_whatever_a_key_asks(home: FormCustomer) -> None:
    dora = fresh_address()
    shop = program_of(home.anna)
    shop.post("/confirmation-requests", asking(home, dora), 202)
    (mail,) = home.send()
    home.confirm(mail, "no")
    shop.post("/confirmation-requests", asking(home, dora), 202)
    assert home.send() == []


def test_desk_and_customer_see_the_figure_with_its_limit(home: FormCustomer) -> None:
    asked_before(home, program_of(home.anna), FIRST)
    page = home.anna.client.get("/studio/settings/keys/").content.decode()
    assert f"{FIRST} of {FIRST}" in page
    assert "who&#x27;ve just signed up with you, or put the sign-up form on your" in page
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        found = dict(request_limits.braked_accounts())
    assert found[home.account_id].left == 0
    shown = desk().page("request-limits/")
    assert f"/desk/accounts/{home.account_id}/" in shown
    assert f"{FIRST} / {FIRST}" in shown
    ben = browser(person(home.account_id, "Ben Becker", Role.VIEWER))
    assert ben.get("/desk/request-limits/").status_code == 404
