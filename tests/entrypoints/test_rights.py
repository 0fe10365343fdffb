"""A person's rights, from a mail: nothing happens before the mail to the address itself was answered (R-94)."""

import io
import json
import re
import zipfile
from datetime import timedelta
from functools import cache
from itertools import count

import pytest
from django.db.models import QuerySet
from django.test import Client

from mailflatrate.apps.accounts.models import Notice, NoticeKind
from mailflatrate.apps.consent.models import ConsentEvent
from mailflatrate.apps.delivery.jobs import queue_notice
from mailflatrate.apps.delivery.models import Delivery
from mailflatrate.apps.gate.notices import notice_facts
from mailflatrate.apps.lists.models import ConsentKind, Contact, Subscription
from mailflatrate.apps.privacy import jobs as privacy_jobs
from mailflatrate.apps.privacy.models import DataRequestState, PrivacyRequest
from mailflatrate.apps.suppression.queries import strongest
from mailflatrate.base import clock, tenancy
from mailflatrate.base.ids import key_ring
from mailflatrate.mail.identifiers.tokens import TokenPurpose
from mailflatrate.rules.contacts.suppression import SuppressionReason
from mailflatrate.rules.gate.judge import judge_notice
from support.contact_files import file_of, line
from support.customers import Customer, sending_customer
from support.origins import approve_origin

pytestmark = pytest.mark.usefixtures("database")

NUMBERS = count(1)
LINK = re.compile(r"https://[^/\s]+(/r/[0-9a-f]+)")


@cache
def customers() -> tuple[Customer, Customer]:
    """Anna and Carla, to whom each case brings a person of its own."""
    made = sending_customer(people=1), sending_customer(people=1)
    for owner in made:
        approve_origin(owner.account_id, owner.list_id)
    return made


class Case:
    """Dora got a mail of Anna's; she is on a list of Carla's, too, and Anna must not learn of it."""

    def __init__(self) -> None:
        self.anna, self.carla = customers()
        self.email = f"dora.{next(NUMBERS)}@posteo.de"
        self.key = key_ring().suppression_key(self.email)
        for owner in (self.anna, self.carla):
            owner.bring(file_of(line(self.email)).getvalue())
        campaign = self.anna.sending()
        with tenancy.account(self.anna.account_id):
            self.contact = Contact.objects.get(email=self.email)
            self.delivery = Delivery.objects.get(campaign=campaign, contact=self.contact)
        self.page = f"/d/{key_ring().seal(TokenPurpose.PRIVACY, self.anna.account_id, self.delivery.id)}"
        self.visitor = Client(enforce_csrf_checks=True)

    def contact_of(self, owner: Customer) -> Contact | None:
        with tenancy.account(owner.account_id):
            return Contact.objects.filter(address_key=self.key).first()

    def ask(self, kind: str, **fields: str) -> str:
        """Ask on the page; the address that the mail leads to."""
        answer = self.visitor.post(self.page, {"kind": kind, **fields})
        assert answer.status_code == 200, answer.content
        assert self.email not in answer.content.decode()
        return self.mailed()[-1]

    def mailed(self) -> list[str]:
        with tenancy.account(self.anna.account_id):
            notices = Notice.objects.filter(kind=NoticeKind.PRIVACY, recipient=self.email).order_by("id")
            return [found.group(1) for notice in notices if (found := LINK.search(notice.text))]

    def requests(self) -> QuerySet[PrivacyRequest]:
        """Dora's, of the account whose scope is open."""
        return PrivacyRequest.objects.filter(address_key=self.key)

    def text(self, address: str) -> str:
        answer = self.visitor.get(address)
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "no-store"
        return answer.content.decode()


def test_the_page_of_a_mail_shows_nothing_and_does_nothing() -> None:
    case = Case()
    page = case.text(case.page)
    assert case.email not in page
    assert "d***@posteo.de" in page
    assert "Carla" not in page
    preferences = f"/p/{key_ring().seal(TokenPurpose.PREFERENCES, case.anna.account_id, case.delivery.id)}"
    assert f'href="{case.page}"' in case.visitor.get(preferences).content.decode(), "from any mail"
    request = case.ask("erasure")
    for method in ("get", "head", "options"):
        for address in (case.page, request):
            getattr(case.visitor, method)(address)
    assert case.contact_of(case.anna) is not None, "a scanner that follows every link erases nobody"
    assert case.visitor.post(case.page, {"kind": "everything"}).status_code == 404
    assert case.visitor.get("/d/" + "0" * 40).status_code == 404
    assert case.visitor.get(f"/r/{case.page.rpartition('/')[2]}").status_code == 404, "a token has one purpose"
    assert case.visitor.get(f"/d/{request.rpartition('/')[2]}").status_code == 404


def test_the_mail_goes_out_by_the_gate_and_not_too_often() -> None:
    case = Case()
    for _ in range(6):
        case.ask("access")
    assert len(case.mailed()) == 3, "asking again and again floods nobody"
    with tenancy.account(case.anna.account_id):
        notice = Notice.objects.filter(kind=NoticeKind.PRIVACY).latest("id")
        assert notice.recipient == case.email
        assert judge_notice(notice_facts(notice)).allowed
        queue_notice(case.anna.account_id, notice.id)
        assert Delivery.objects.get(notice=notice).decision.allowed
        notice.kind = NoticeKind.ACCOUNT_STATUS
        assert not judge_notice(notice_facts(notice)).allowed, "no other notice goes to a subscriber"
        notice.kind, notice.recipient = NoticeKind.PRIVACY, "stranger@posteo.de"
        assert not judge_notice(notice_facts(notice)).allowed, "nor to somebody who is not there"


def test_access_tells_what_the_person_chose_in_his_words() -> None:
    case = Case()
    preferences = f"/p/{key_ring().seal(TokenPurpose.PREFERENCES, case.anna.account_id, case.delivery.id)}"
    kept = {"act": "save", "keep": str(case.anna.list_id), "pause": "month", "language": "de"}
    assert case.visitor.post(preferences, kept).status_code == 200
    with tenancy.account(case.anna.account_id):
        contact = Contact.objects.get(id=case.contact.id)
        contact.attributes |= {"country": "AT", "time_zone": "Europe/Vienna", "shoe_size": "42"}
        contact.save(update_fields=["attributes"])
    address = case.ask("access")
    page = case.visitor.post(f"{address}?language=de").content.decode()
    shown = dict(re.findall(r'<dt class="field-hint">([^<]*)</dt><dd class="break-words">([^<]*)</dd>', page))
    assert {key: shown.get(key) for key in ("Wie oft", "Sprache", "Land", "Zeitzone", "Shoe size", "language")} == {
        "Wie oft": "Höchstens eines pro Monat",
        "Sprache": "Deutsch",
        "Land": "AT",
        "Zeitzone": "Europe/Vienna",
        "Shoe size": "42",
        "language": None,
    }
    stored = json.loads(case.visitor.get(f"{address}/data.json").content)
    assert stored[0]["preferences"] == {
        "language": "de",
        "least_days_between_mailings": 27,
        "paused_until": None,
    }


def test_access_shows_everything_of_this_customer_alone() -> None:
    case = Case()
    address = case.ask("access")
    assert "See the data stored about you?" in case.text(address)
    assert case.visitor.get(f"{address}/data.json").status_code == 404, "not before it was confirmed"
    page = case.visitor.post(address).content.decode()
    for shown in (case.email, "Dora", "News from Lindenhof", "203.0.113.9", "https://anna.example/news", "people.csv",
                  "Winter bulbs are here", "Kiel"):  # fmt: skip
        assert shown in page, shown
    assert "All times are in the time zone Europe/Berlin." in page
    stored = json.loads(case.visitor.get(f"{address}/data.json").content)
    assert len(stored) == 1
    assert set(stored[0]) >= {"person", "subscriptions", "consents", "mailings", "clicks", "came_back", "responsible"}
    assert (stored[0]["automations"], "Automations that email you" in page) == ([], True)
    with zipfile.ZipFile(io.BytesIO(case.visitor.get(f"{address}/data.zip").content)) as archive:
        assert json.loads(archive.read("stored.json"))[0]["person"]["email"] == case.email
    with tenancy.account(case.anna.account_id):
        case.requests().update(expires_at=clock.now() - timedelta(seconds=1))
    assert case.email not in case.text(address), "the page closes"
    assert case.visitor.get(f"{address}/data.json").status_code == 404


def test_a_person_may_ask_everybody_and_no_customer_learns_of_another() -> None:
    case = Case()
    address = case.ask("access", everywhere="on")
    page = case.visitor.post(address).content.decode()
    assert page.count(case.email) >= 2
    stored = json.loads(case.visitor.get(f"{address}/data.json").content)
    assert len(stored) == 2
    with tenancy.account(case.carla.account_id):
        request = case.requests().get()
        assert (request.delivery_id, request.ip, request.started_by_id) == (None, None, None)
        assert str(case.anna.account_id) not in json.dumps([request.values, request.outcome])
        privacy_jobs.carry_out(case.carla.account_id, request.id)
        assert case.requests().get().state == DataRequestState.DONE


@pytest.mark.slow
def test_erasure_is_done_at_once_here_and_by_jobs_elsewhere() -> None:
    case = Case()
    address = case.ask("erasure", everywhere="on")
    assert case.contact_of(case.anna) is not None
    page = case.visitor.post(address).content.decode()
    assert "Your data has been erased" in page
    assert case.contact_of(case.anna) is None
    assert case.contact_of(case.carla) is not None, "its own transaction, its own job"
    with tenancy.account(case.carla.account_id):
        request = case.requests().get()
    for _again in range(2):
        privacy_jobs.carry_out(case.carla.account_id, request.id)
    assert case.contact_of(case.carla) is None
    for owner in (case.anna, case.carla):
        with tenancy.account(owner.account_id):
            row = strongest(case.key)
            assert row
            assert row.reason == SuppressionReason.ERASED
    assert "Your data has been erased" in case.visitor.post(address).content.decode(), "repeated, it does nothing more"
    assert "The only thing still stored here is that your address" in case.visitor.get(case.page).content.decode()
    assert (
        "The only thing still stored here is that your address"
        in case.visitor.post(case.page, {"kind": "access"}).content.decode()
    )


def test_erasure_of_one_customer_leaves_the_other() -> None:
    case = Case()
    case.visitor.post(case.ask("erasure"))
    assert case.contact_of(case.anna) is None
    assert case.contact_of(case.carla) is not None
    with tenancy.account(case.carla.account_id):
        assert not case.requests().exists()


def test_objection_and_correction() -> None:
    case = Case()
    case.visitor.post(case.ask("correction", first_name="Dorothea", last_name=" Maria  Groß ", note="Wrong town"))
    with tenancy.account(case.anna.account_id):
        contact = Contact.objects.get(id=case.contact.id)
        assert (contact.first_name, contact.last_name) == ("Dorothea", "Maria Groß")
        assert case.requests().latest("id").values["note"] == "Wrong town"
    case.visitor.post(case.ask("correction", note="Something else"))
    with tenancy.account(case.anna.account_id):
        assert Contact.objects.get(id=case.contact.id).first_name == "Dorothea", "an empty field corrects nothing"
    case.visitor.post(case.ask("objection"))
    with tenancy.account(case.anna.account_id):
        assert set(Subscription.objects.filter(contact=case.contact).values_list("state", flat=True)) == {
            "unsubscribed"
        }
        assert ConsentEvent.objects.filter(contact_id=case.contact.id, kind=ConsentKind.OBJECTION).exists()
        row = strongest(case.key)
        assert row
        assert row.reason == SuppressionReason.OBJECTION


def test_a_request_that_is_too_old_does_nothing() -> None:
    case = Case()
    address = case.ask("erasure")
    with tenancy.account(case.anna.account_id):
        case.requests().update(expires_at=clock.now() - timedelta(seconds=1))
    assert "has expired" in case.text(address)
    assert "has expired" in case.visitor.post(address).content.decode()
    assert case.contact_of(case.anna) is not None
    privacy_jobs.expire(0)
    with tenancy.account(case.anna.account_id):
        assert case.requests().get().state == DataRequestState.EXPIRED
    assert "has expired" in case.visitor.post(address).content.decode()


def test_the_clicks_are_asked_about_apart() -> None:
    case = Case()
    page = case.text(case.page)
    assert "I agree" in page
    assert 'type="checkbox" class="checkbox" name="everywhere" id="everywhere">' in page, "nothing is ticked before"
    assert "Check your inbox" in case.visitor.post(case.page, {"clicks": "yes"}).content.decode()
    (address,) = case.mailed()
    assert "records which links you click" in case.visitor.post(address).content.decode()
    assert "Withdraw" in case.text(case.page)
    with tenancy.account(case.anna.account_id):
        assert Contact.objects.get(id=case.contact.id).tracking
    case.visitor.post(case.page, {"clicks": "no"})
    with tenancy.account(case.anna.account_id):
        assert not Contact.objects.get(id=case.contact.id).tracking


def test_german_and_light() -> None:
    case = Case()
    page = case.text(f"{case.page}?language=de")
    assert '<html lang="de">' in page
    assert "<script" not in page
    sheet = page.partition('rel="stylesheet" href="')[2].partition('"')[0]
    answer = case.visitor.get(sheet)
    style = answer.getvalue()
    answer.close()
    assert len(page.encode()) + len(style) < 30_000
