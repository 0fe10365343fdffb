"""A form on a tablet: a PIN opens it, entries carry place, staff and their own time, and nothing else gets in."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from django.db import DatabaseError, transaction
from django.http import HttpResponse
from django.test import Client

from mailflatrate.apps.accounts.actions.account_status import Reasons, change_account_status
from mailflatrate.apps.accounts.models import AccountStatus, Role
from mailflatrate.apps.forms.actions.request_limits import asking_allowance, note_unknown
from mailflatrate.apps.forms.actions.stands import PINS_AN_HOUR, create_stand
from mailflatrate.apps.forms.errors import FormError
from mailflatrate.apps.forms.figures import placement_figures
from mailflatrate.apps.forms.models import AskingTally, SignupRequest, Stand
from mailflatrate.apps.lists.actions.consent import unsubscribe
from mailflatrate.apps.lists.models import Contact
from mailflatrate.base import clock, tenancy
from mailflatrate.rules.limits import value
from support.forms import NUMBERS, FormCustomer, customer_with_form, fresh_address
from support.people import browser, operator, person
from support.scope import rows, within

IP = "198.51.100.44"


@dataclass(frozen=True)
class Fair:
    """A stand of Anna's form, its PIN, and the tablet."""

    form: FormCustomer
    stand: Stand
    pin: str
    tablet: Client

    @property
    def url(self) -> str:
        return f"/stand/{self.stand.code}/"

    def unlock(self, pin: str = "", staff: str = "Ben", tablet: Client | None = None) -> HttpResponse:
        answer = (tablet or self.tablet).post(self.url, {"pin": pin or self.pin, "staff": staff})
        assert isinstance(answer, HttpResponse)
        return answer

    def send(
        self, *entries: dict[str, object], tablet: Client | None = None, status: int = 200
    ) -> list[dict[str, str]]:
        answer = (tablet or self.tablet).post(
            f"{self.url}entries", json.dumps({"entries": entries}), content_type="application/json"
        )
        assert answer.status_code == status, answer.content
        return list(answer.json()["results"]) if status == 200 else []


def entry(email: str, age: float = 0, **fields: str) -> dict[str, object]:
    said = {"email": email, "consent": "yes", "version": "1", "language": "en", **fields}
    return {"id": email, "age": age, "fields": [list(pair) for pair in said.items()]}


@pytest.fixture
def fair() -> Fair:
    form = customer_with_form()
    with tenancy.account(form.account_id):
        stand, pin = create_stand(form.form_id, "Garden fair Kiel", clock.now() + timedelta(days=2), by=None)
        Stand.objects.filter(id=stand.id).update(created_at=clock.now() - timedelta(hours=5))
    return Fair(form, stand, pin, Client(enforce_csrf_checks=True, REMOTE_ADDR=IP))


def test_entries_made_without_a_connection_carry_their_place_and_time(fair: Fair) -> None:
    assert "Garden fair Kiel" in fair.tablet.get(fair.url).content.decode()
    assert fair.send(entry(fresh_address()), status=403) == []
    with clock.frozen_at(clock.now() - timedelta(hours=3)):
        assert fair.unlock().status_code == 303
    page = fair.tablet.get(fair.url)
    assert page.cookies.get("stand") is None
    assert 'data-stand="' in page.content.decode()
    now, offline = fresh_address(), fresh_address()
    plain = fair.tablet.post(fair.url, {"email": now, "consent": "yes", "version": "1"})
    assert (plain.status_code, plain.headers["Location"]) == (303, "?sent=1&language=en"), "without JavaScript"
    assert "Next person" in fair.tablet.get(f"{fair.url}?sent=1").content.decode()
    given = [entry(offline, 7_200), entry("info@briefkasten-lindenhof.de"), entry(fresh_address(), consent="")]
    results = fair.send(*given, entry(fresh_address(), 73 * 3600), entry(fresh_address(), -5))
    assert [one["outcome"] for one in results] == ["taken", *["refused"] * 4]
    assert fair.send(entry(offline, 7_201))[0]["outcome"] == "taken", "the tablet asks again when an answer got lost"
    mails = {mail.received.recipient: mail for mail in fair.form.send()}
    assert set(mails) == {now, offline}
    assert "Garden fair Kiel" in mails[offline].part("plain")
    fair.form.confirm(mails[offline])
    details = fair.form.events(offline)[-1].evidence.details
    assert (details["place"], details["staff"], details["placement"]) == ("Garden fair Kiel", "Ben", "stand")
    assert (details["proof"], details["visit_told_by"]) == ("stand", "stand")
    (asked,) = fair.form.requests(offline)
    gap = asked.requested_at - datetime.fromisoformat(details["visited_at"])
    assert timedelta(hours=1.9) < gap < timedelta(hours=2.1)
    (figures,) = within(fair.form, placement_figures, fair.form.form_id)
    assert (figures.placement, figures.signups, figures.confirmed) == ("stand", 2, 1)


def test_no_entry_is_older_than_its_stand_and_the_proof_names_only_staff_who_were_there(fair: Fair) -> None:
    fair.unlock()
    early, late = fresh_address(), fresh_address()
    assert [one["outcome"] for one in fair.send(entry(early, 70 * 3_600), entry(late, 3_600))] == ["taken"] * 2
    for mail in fair.form.send():
        fair.form.confirm(mail)
    for email in (early, late):
        for event in fair.form.events(email):
            details = event.evidence.details
            if event.kind != "confirmation_sent":
                assert "staff" not in details
                assert details["kept"] == "The tablet kept it. Sent by Ben."
    (asked,) = fair.form.requests(early)
    assert asked.visited_at == rows(fair.form, Stand).get(id=fair.stand.id).created_at


@pytest.mark.slow
@pytest.mark.parametrize("list_only", [True, False])
def test_an_entry_from_before_a_no_asks_no_one_after_it(fair: Fair, list_only: bool) -> None:
    """A tablet sends what it kept, or sends again what it got no answer to, after the person unsubscribed."""
    fair.unlock()
    email, other = fresh_address(), fresh_address()
    fair.form.confirm(fair.form.asked(email))
    with tenancy.account(fair.form.account_id):
        dora = Contact.objects.get(email=email)
        unsubscribe(dora.id, list_id=fair.form.anna.list_id if list_only else None, by="link", source="page")
    assert [one["outcome"] for one in fair.send(entry(email, 3_600), entry(other, 3_600))] == ["taken"] * 2
    assert [mail.received.recipient for mail in fair.form.send()] == [other]
    assert fair.form.requests(email)[-1].reason == "request-after-no"
    assert fair.form.state(email) == "unsubscribed"


@pytest.mark.parametrize("age", [-1, -1e-9, 1e308, float("nan"), float("inf"), "7", None, True, [], 259_201])
def test_an_age_that_none_can_have_is_refused(fair: Fair, age: object) -> None:
    fair.unlock()
    assert [one["outcome"] for one in fair.send(entry(fresh_address()) | {"age": age})] == ["refused"]


def test_a_session_of_another_accounts_stand_opens_nothing(fair: Fair) -> None:
    other = customer_with_form()
    stand, pin = within(other, create_stand, other.form_id, "Hall 9", clock.now() + timedelta(days=2), by=None)
    tablet = Client(REMOTE_ADDR="198.51.100.99")
    tablet.post(f"/stand/{stand.code}/", {"pin": pin, "staff": "Eve"})
    tablet.cookies["stand"]["path"] = "/"
    assert fair.send(entry(fresh_address()), tablet=tablet, status=403) == []


@pytest.mark.slow
def test_an_entry_from_after_a_no_asks(fair: Fair) -> None:
    email = fresh_address()
    with clock.frozen_at(clock.now() - timedelta(hours=2)):
        fair.form.confirm(fair.form.asked(email))
        with tenancy.account(fair.form.account_id):
            unsubscribe(Contact.objects.get(email=email).id, list_id=None, by="link", source="page")
    fair.unlock()
    fair.send(entry(email, 3_600))
    assert [mail.received.recipient for mail in fair.form.send()] == [email]


def tally(fair: Fair) -> dict[str, int]:
    (row,) = rows(fair.form, AskingTally).all()
    return {name: getattr(row, name) for name in ("asked", "confirmed", "denied", "unknown")}


def test_entries_use_up_no_requests_of_programs_and_the_page_says_both(fair: Fair) -> None:
    """After a busy hour at the fair, the shop's program may still ask; the rates are those of all."""
    first = int(value("asks_first_day"))
    with tenancy.account(fair.form.account_id):
        AskingTally.objects.create(day=clock.now().date(), asked=first + 70, at_stands=first + 70)
        allowance = asking_allowance()
        assert (allowance.asked_today, allowance.at_stands_today, allowance.left) == (0, first + 70, first)
        with pytest.raises(DatabaseError), transaction.atomic():
            AskingTally.objects.update(at_stands=0)
    page = " ".join(fair.form.anna.page("settings/keys/").split())
    assert f"0 of {first}" in page
    assert f"and {first + 70} at stands" in page


def outcomes(fair: Fair, many: int) -> list[str]:
    said: list[str] = []
    while len(said) < many:
        fair.tablet.defaults["REMOTE_ADDR"] = f"2001:db8:57a:{next(NUMBERS):x}::1"
        batch = [entry(fresh_address("invented")) for _one in range(min(20, many - len(said)))]
        said += [one["outcome"] for one in fair.send(*batch)]
    return said


@pytest.mark.slow
def test_a_stand_has_its_hourly_limit_from_whichever_network(fair: Fair) -> None:
    most = int(value("sign_ups_per_stand_hour"))
    with clock.frozen_at(clock.now()):
        fair.unlock()
        assert outcomes(fair, most + 2) == ["taken"] * most + ["later"] * 2
        plain = fair.tablet.post(fair.url, {"email": fresh_address(), "consent": "yes", "version": "1"})
        assert plain.status_code == 422
        assert "Too many people have signed up at this stand." in plain.content.decode()
        assert tally(fair)["asked"] == most


def test_an_accounts_stands_share_a_daily_limit(fair: Fair) -> None:
    with clock.frozen_at(clock.now()):
        fair.unlock()
        with tenancy.account(fair.form.account_id):
            AskingTally.objects.create(
                day=clock.now().date(), asked=(most := int(value("sign_ups_at_stands_day")) - 1), at_stands=most
            )
        assert outcomes(fair, 2) == ["taken", "later"]


@pytest.mark.slow
def test_answers_to_entries_count_and_stop_a_bought_list(fair: Fair) -> None:
    with clock.frozen_at(clock.now()):
        fair.unlock()
        assert outcomes(fair, 12) == ["taken"] * 12
        yes, no, *_others = fair.form.send()
        fair.form.confirm(yes)
        fair.form.confirm(no, "no")
        assert tally(fair) == {"asked": 12, "confirmed": 1, "denied": 1, "unknown": 0}
        with tenancy.account(fair.form.account_id):
            ids = list(SignupRequest.objects.filter(state="asked").order_by("id").values_list("id", flat=True))
            assert note_unknown(ids[:5], clock.now()) == 5
        assert tally(fair)["unknown"] == 5
        assert outcomes(fair, 1) == ["later"], "the brake of requests holds for stands"


@pytest.mark.parametrize(
    "place", ["Win at casino.example.com", "https://192.0.2.1/", "ask eve@evil.example", "www . evil . com", "x" * 81]
)
def test_a_place_leads_nobody_elsewhere(fair: Fair, place: str) -> None:
    ends_at = clock.now() + timedelta(days=1)
    with tenancy.account(fair.form.account_id), pytest.raises(FormError, match="a place can"):
        create_stand(fair.form.form_id, place, ends_at, by=None)


def test_a_pin_can_t_be_guessed_and_a_session_opens_one_stand(fair: Fair) -> None:
    fair.tablet.defaults["REMOTE_ADDR"] = "198.51.100.45"  # whose wrong PINs are counted for no other test
    wrong = "000000" if fair.pin != "000000" else "111111"
    assert fair.unlock(staff=" ").status_code == 422
    for _try in range(PINS_AN_HOUR):
        assert fair.unlock(wrong).status_code == 422
    assert fair.unlock().status_code == 429, "not even the right one"
    other = Client(REMOTE_ADDR="203.0.113.5")
    assert fair.unlock(tablet=other).status_code == 429, "the stand counts, whoever asks"
    second, pin = within(fair.form, create_stand, fair.form.form_id, "Hall 3", clock.now() + timedelta(days=1), by=None)
    elsewhere = Client(REMOTE_ADDR="203.0.113.6")
    assert elsewhere.post(f"/stand/{second.code}/", {"pin": pin, "staff": "Ben"}).status_code == 303
    elsewhere.cookies["stand"]["path"] = "/"
    assert fair.send(entry(fresh_address()), tablet=elsewhere, status=403) == []
    assert elsewhere.post(f"/stand/{second.code}/", {"lock": "1"}).status_code == 303


def test_malformed_bodies_are_refused_and_a_stand_ends(fair: Fair) -> None:
    fair.unlock()
    bodies = ("", "[]", "{", '{"entries": [1]}', '{"entries": [{"id": 1, "fields": []}]}', "[" * 60_000, " " * 70_000)
    for body in (*bodies, json.dumps({"entries": [entry("x@y.example")] * 21})):
        answer = fair.tablet.post(f"{fair.url}entries", body, content_type="application/json")
        assert answer.status_code == 400, body[:40]
    assert fair.send(entry("dora\0@x.example"))[0]["outcome"] == "refused"
    half_a_sign = entry(fresh_address())
    half_a_sign["fields"] = [*half_a_sign["fields"], ["first_name", "Dora \ud83d"]]
    assert fair.send(half_a_sign)[0]["outcome"] == "taken", "otherwise it would block the tablet's queue"
    change_account_status(fair.form.account_id, AccountStatus.SUSPENDED, Reasons("spam", text="x"), by=operator())
    assert fair.tablet.get(fair.url).status_code == 404
    change_account_status(fair.form.account_id, AccountStatus.CLOSED, Reasons("spam", text="x"), by=operator())
    assert fair.send(entry(fresh_address()), status=404) == []


@pytest.mark.slow
def test_the_studio_shows_a_pin_once_and_strangers_nothing(fair: Fair) -> None:
    anna, here = fair.form.anna.client, f"/studio/forms/{fair.form.form_id}/stands/"
    day = (clock.now() + timedelta(days=3)).date().isoformat()
    page = anna.post(here, {"place": "Hall 4", "last_day": day}).content.decode()
    assert "Write it down now" in page
    assert "Write it down now" not in anna.get(here).content.decode()
    assert anna.post(here, {"place": "Hall 4", "last_day": "2020-01-01"}).status_code == 422
    close = f"{here}{fair.stand.id}/close/"
    other = customer_with_form()
    assert "No stands" in other.anna.client.get(f"/studio/forms/{other.form_id}/stands/").content.decode()
    carla, viewer = other.anna.client, browser(person(fair.form.account_id, "Vera", Role.VIEWER))
    assert [carla.get(here).status_code, carla.post(close).status_code] == [404, 404]
    assert [viewer.get(here).status_code, viewer.post(close).status_code, viewer.post(here).status_code] == [
        200,
        403,
        403,
    ]
    assert fair.tablet.get(fair.url).status_code == 200
    assert anna.post(close).status_code == 303
    assert fair.tablet.get(fair.url).status_code == 404
    with tenancy.account(fair.form.account_id), pytest.raises(FormError):
        create_stand(fair.form.form_id, "Hall 5", clock.now() + timedelta(days=15), by=None)
