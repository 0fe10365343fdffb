"""What a stranger gets out of a forwarded message: no address, no stored data, no subscription, no consent."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import psycopg
import pytest
from django.test import Client

from mailflatrate.apps.accounts.models import Notice, NoticeKind
from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.delivery.models import Delivery
from mailflatrate.apps.forms.models import SignupRequest
from mailflatrate.apps.lists.actions import contacts, notes
from mailflatrate.apps.lists.models import Contact, Subscription
from mailflatrate.apps.privacy.jobs import address_changed
from mailflatrate.apps.privacy.models import PrivacyRequest
from mailflatrate.apps.suppression.models import Suppression
from mailflatrate.base import clock, tenancy
from mailflatrate.base.ids import key_ring
from mailflatrate.mail.address import masked_address
from mailflatrate.mail.identifiers.tokens import TokenPurpose
from mailflatrate.rules.contacts.suppression import SuppressionReason
from support.customers import sending_customer
from support.forms import FormCustomer, add_form, customer_with_form, fresh_address, send_queued

pytestmark = pytest.mark.usefixtures("database")

LINK = re.compile(r"https://[^/\s]+(/r/[0-9a-f]+)")
HER_IP = "198.51.100.77"
HERS = {"first_name": "Renate", "last_name": "Dubois", "ort": "Plön"}


@dataclass(frozen=True)
class Victim:
    """Renate, who signed up with her name and town, and forwarded a message of Anna's to Eve."""

    place: FormCustomer
    email: str
    campaign: Campaign
    owner_url: str

    def delivery(self) -> Delivery:
        with tenancy.account(self.place.account_id):
            return Delivery.objects.get(campaign=self.campaign, contact__email=self.email)

    def link(self, door: str, purpose: TokenPurpose) -> str:
        return f"/{door}/{key_ring().seal(purpose, self.place.account_id, self.delivery().id)}"

    @property
    def preferences(self) -> str:
        return self.link("p", TokenPurpose.PREFERENCES)

    def move(self, to: str) -> str:
        answer = browser().post(self.preferences, {"act": "move", "email": to}, REMOTE_ADDR=HER_IP)
        assert answer.status_code == 200
        return re.sub(r'nonce="[^"]+"', "", answer.content.decode())

    def mailed_to(self, email: str) -> list[str]:
        """Where the service's messages to an address lead, oldest first."""
        with tenancy.account(self.place.account_id):
            rows = Notice.objects.filter(kind=NoticeKind.PRIVACY, recipient=email).order_by("id")
            return [found.group(1) for notice in rows if (found := LINK.search(notice.text))]

    def moved(self, to: str) -> str:
        """The whole change of address, as Renate does it herself; the link that undoes it."""
        self.move(to)
        (link,) = self.mailed_to(self.email)
        assert browser().post(link).status_code == 200
        (mail,) = send_queued(self.place.account_id)
        assert mail.received.recipient == to
        self.place.confirm(mail)
        with psycopg.connect(self.owner_url) as owner:  # the job that the confirmation left behind
            row = owner.execute(
                "SELECT args FROM procrastinate_jobs WHERE task_name = 'privacy.address_changed' ORDER BY id DESC"
            ).fetchone()
        assert row is not None
        for _again in range(2):
            address_changed(**row[0])
        assert len(self.mailed_to(self.email)) == 2, "once, however often the job runs"
        return self.mailed_to(self.email)[-1]

    def contact(self, email: str) -> Contact | None:
        with tenancy.account(self.place.account_id):
            return Contact.objects.filter(email=email).first()

    def report_at(self, email: str) -> str:
        """What the holder of a mailbox reads when they ask for their data from the newest message they got."""
        with tenancy.account(self.place.account_id):
            delivery = Delivery.objects.filter(contact__email=email).latest("id")
        door = f"/d/{key_ring().seal(TokenPurpose.PRIVACY, self.place.account_id, delivery.id)}"
        assert browser().post(door, {"kind": "access"}).status_code == 200
        page = self.mailed_to(email)[-1]
        shown = browser().post(page).content.decode()
        return shown + browser().get(f"{page}/data.json").content.decode()


def browser() -> Client:
    return Client(enforce_csrf_checks=True)


@pytest.fixture(scope="module")
def victims(database: str) -> Iterator[Victim]:
    """Ten at a time, of one campaign; no test hears of another's."""

    def ten_by_ten() -> Iterator[Victim]:
        lindenhof = customer_with_form()
        while True:
            emails = [fresh_address("renate") for _ in range(10)]
            for email in emails:
                lindenhof.sign_up(email)
            for mail in lindenhof.send():
                lindenhof.confirm(mail)
            with tenancy.account(lindenhof.account_id):
                Contact.objects.filter(email__in=emails).update(
                    first_name=HERS["first_name"], last_name=HERS["last_name"], attributes={"ort": HERS["ort"]}
                )
            campaign = lindenhof.anna.sending("Winter bulbs")
            yield from [Victim(lindenhof, email, campaign, database) for email in emails]

    return ten_by_ten()


@pytest.fixture
def renate(victims: Iterator[Victim]) -> Victim:
    victim = next(victims)
    send_queued(victim.place.account_id)  # what an earlier test left in the queue
    return victim


def knows(text: str, *secrets: str) -> set[str]:
    return {secret for secret in secrets if secret.casefold() in text.casefold()}


@pytest.mark.parametrize(
    ("email", "masked"),
    [
        ("dora@example.net", "d***@example.net"),
        ("d@example.net", "d***@example.net"),
        ("dora.maria+news@example.net", "d***@example.net"),
        ("Ödön@münchen.example", "Ö***@münchen.example"),
        ("e\u0301lise@example.net", "e\u0301***@example.net"),
        ("", ""),
    ],
)
def test_a_masked_address_keeps_the_first_letter_and_the_domain(email: str, masked: str) -> None:
    assert masked_address(email) == masked


@pytest.mark.parametrize("language", ["en", "de"])
def test_no_page_of_a_forwarded_message_shows_the_address(renate: Victim, language: str) -> None:
    doors = {
        "u": TokenPurpose.UNSUBSCRIBE,
        "p": TokenPurpose.PREFERENCES,
        "d": TokenPurpose.PRIVACY,
        "w": TokenPurpose.ARCHIVE,
    }
    links = {door: renate.link(door, purpose) for door, purpose in doors.items()}
    answers = [browser().get(f"{link}?language={language}") for link in links.values()]
    answers += [
        browser().post(links["p"], {"act": act, "email": fresh_address("eve"), "language": "en"})
        for act in ("save", "move")
    ]
    answers.append(browser().post(links["p"], {"act": "move", "email": "no address"}))
    answers += [browser().post(links["u"], {"scope": scope}) for scope in ("list", "all")]
    answers.append(browser().post(links["p"], {"act": "leave"}))
    answers += [browser().get(f"{link}?language={language}") for link in links.values()]
    local = renate.email.partition("@")[0]
    for answer in answers:
        assert answer.status_code == 200
        whole = answer.content.decode() + repr(answer.headers)
        assert not knows(whole, local), answer.request["PATH_INFO"]
    assert masked_address(renate.email) in answers[0].content.decode()


def test_the_unsubscribe_page_says_that_it_is_done(renate: Victim) -> None:
    link = renate.link("u", TokenPurpose.UNSUBSCRIBE)
    assert "has been on this list since" in browser().get(f"{link}?language=en").content.decode()
    browser().post(link, {"scope": "list"})
    for language, done, since in (
        ("en", "You've unsubscribed", "on this list since"),
        ("de", "Sie haben sich abgemeldet", "auf dieser Liste"),
    ):
        page = browser().get(f"{link}?language={language}").content.decode()
        assert done in page
        assert since not in page
    page = browser().get(f"{link}?language=en").content.decode()
    assert 'value="all"' in page, "the way out of everything else stays"
    assert 'value="list"' not in page


def test_a_stranger_with_a_forwarded_message_moves_nothing(renate: Victim) -> None:
    thief = fresh_address("thief")
    page = renate.move(thief)
    assert not knows(page, renate.email, "Renate", "Dubois", "Plön")
    assert send_queued(renate.place.account_id) == [], "the new address hears nothing before the old one agreed"
    assert renate.contact(thief) is None
    assert renate.place.state(renate.email) == "confirmed"
    (asked,) = renate.mailed_to(renate.email)
    for method in ("get", "head"):
        getattr(browser(), method)(asked)
    assert send_queued(renate.place.account_id) == [], "a scanner that follows the link moves nobody"
    with clock.frozen_at(clock.now() + timedelta(days=8)):
        browser().post(asked)
        assert send_queued(renate.place.account_id) == [], "nor does a message that nobody answered in time"
    assert renate.place.state(renate.email) == "confirmed"


def test_the_old_mailbox_agrees_then_the_new_one_and_everything_goes_along(renate: Victim) -> None:
    new = fresh_address("renate.neu")
    renate.moved(new)
    assert (renate.place.state(renate.email), renate.place.state(new)) == ("unsubscribed", "confirmed")
    contact = renate.contact(new)
    assert contact is not None
    assert (contact.first_name, contact.last_name, contact.attributes) == ("Renate", "Dubois", {"ort": "Plön"})


def test_the_old_mailbox_undoes_it(renate: Victim) -> None:
    new = fresh_address("typo")
    undo = renate.moved(new)
    page = browser().get(undo).content.decode()
    assert "Undo" in page
    assert renate.place.state(new) == "confirmed", "looking undoes nothing"
    assert browser().post(undo, {"act": "undo"}).status_code == 200
    assert renate.place.state(renate.email) == "confirmed"
    assert renate.contact(new) is None, "nothing of her stays with the other address"
    assert renate.place.events(renate.email)[-1].evidence.details["undoes"]
    assert browser().post(undo, {"act": "undo"}).status_code == 200
    assert len([one for one in renate.place.events(renate.email) if one.kind == "confirmed"]) == 2, "once"


@pytest.mark.parametrize(
    "reason", [SuppressionReason.COMPLAINT, SuppressionReason.UNSUBSCRIBE, SuppressionReason.HARD_BOUNCE]
)
def test_undoing_brings_nobody_back_who_said_no(renate: Victim, reason: SuppressionReason) -> None:
    new = fresh_address("renate.neu")
    undo = renate.moved(new)
    with tenancy.account(renate.place.account_id):
        Suppression.objects.create(
            address_key=key_ring().suppression_key(renate.email), reason=reason, source="test", evidence={}
        )
    browser().post(undo, {"act": "undo"})
    assert renate.place.state(renate.email) == "unsubscribed"
    assert renate.place.state(new) != "confirmed"


def test_an_undo_has_its_time(renate: Victim) -> None:
    undo = renate.moved(fresh_address("renate.neu"))
    with clock.frozen_at(clock.now() + timedelta(days=8)):
        browser().post(undo, {"act": "undo"})
    assert renate.place.state(renate.email) == "unsubscribed"


def test_somebody_who_was_here_before_keeps_what_is_theirs_after_an_undo(renate: Victim) -> None:
    other = fresh_address("frida")
    renate.place.confirm(renate.place.asked(other))
    with tenancy.account(renate.place.account_id):
        Contact.objects.filter(email=other).update(first_name="Frida")
    undo = renate.moved(other)
    browser().post(undo, {"act": "undo"})
    frida = renate.contact(other)
    assert frida is not None
    assert (frida.first_name, frida.last_name, frida.attributes) == ("Frida", "", {})
    assert renate.place.state(other) == "confirmed", "her own consent was there before"
    assert renate.place.state(renate.email) == "confirmed"


def test_a_report_shows_nothing_from_before_the_mailbox_was_proved(renate: Victim) -> None:
    """Renate mistyped her new address, and its holder said yes: they do not read her name, town or consent."""
    stranger = fresh_address("stranger")
    renate.moved(stranger)
    report = renate.report_at(stranger)
    assert stranger in report
    old = renate.contact(renate.email)
    assert old is not None
    assert not knows(report, renate.email, "Renate", "Dubois", "Plön", HER_IP, f'"moved_from": {old.id}')
    assert old.created_at.isoformat() not in report
    assert knows(renate.report_at(renate.email), "Renate", "Dubois", "Plön") == {"Renate", "Dubois", "Plön"}


def test_the_list_of_changes_shows_no_earlier_mailboxs_values(renate: Victim) -> None:
    """What was carried over is a value before a later change, too."""
    stranger = fresh_address("stranger")
    renate.moved(stranger)
    new = renate.contact(stranger)
    assert new is not None
    with tenancy.account(renate.place.account_id):
        contacts.change_contact(new.id, first_name="Eve", last_name=None, attributes={"ort": "Kiel", "size": "L"})
        notes.write_note(new.id, "Wants the catalog.", by=renate.place.anna.owner)
    report = renate.report_at(stranger)
    assert not knows(report, "Renate", "Plön")
    assert "Wants the catalog." in report
    assert re.search(r'"size": ?\[\s*null,\s*"L"', report)


def test_what_was_said_since_is_shown(renate: Victim) -> None:
    new = fresh_address("renate.neu")
    renate.moved(new)
    with tenancy.account(renate.place.account_id):
        Contact.objects.filter(email=new).update(first_name="Renate Maria")
    assert knows(renate.report_at(new), "Renate Maria", "Dubois") == {"Renate Maria"}


def test_where_the_mailbox_is_gone_the_new_address_signs_up_afresh(renate: Victim) -> None:
    page = renate.move(new := fresh_address("renate.neu"))
    assert renate.place.url in page, "the way for those who cannot read the old mailbox any longer"
    renate.place.confirm(renate.place.asked(new))
    contact = renate.contact(new)
    assert contact is not None
    assert (contact.first_name, contact.attributes) == ("", {})
    assert renate.place.state(renate.email) == "confirmed"


def test_asking_again_and_again_floods_neither_mailbox(renate: Victim) -> None:
    pages = {renate.move(fresh_address("eve")).replace("eve", "") for _ in range(5)}
    assert len(renate.mailed_to(renate.email)) == 3
    assert len({re.sub(r"\d+", "", page) for page in pages}) == 1, "the page tells nobody how often it was asked"


def test_guessing_the_address_is_answered_like_any_other(renate: Victim) -> None:
    wrong = fresh_address("renatf")
    guess, miss = renate.move(renate.email), renate.move(wrong)
    assert guess.replace(masked_address(renate.email), "") == miss.replace(masked_address(wrong), "")


def test_a_move_without_the_old_mailbox_is_never_carried_out(renate: Victim) -> None:
    """A request that is in the table from before, or that someone wrote there, is not enough."""
    from mailflatrate.apps.forms.actions import sign_up

    thief = fresh_address("thief")
    with tenancy.account(renate.place.account_id):
        contact = Contact.objects.get(email=renate.email)
        sign_up.request_address_change(
            contact, renate.place.anna.list_id, thief, language="en", ip=None, user_agent="", source_url=""
        )
        SignupRequest.objects.filter(email=thief).update(proof="person")
    for mail in send_queued(renate.place.account_id):
        renate.place.confirm(mail)
    stolen = renate.contact(thief)
    assert stolen is None or not (stolen.first_name or stolen.attributes)
    assert renate.place.state(renate.email) == "confirmed"
    assert renate.place.state(thief) != "confirmed"


def test_carla_cannot_use_annas_links(renate: Victim) -> None:
    renate.move(fresh_address("renate.neu"))
    carla = sending_customer(people=0)
    add_form(carla)
    with tenancy.account(renate.place.account_id):
        request = PrivacyRequest.objects.latest("id")
    with tenancy.account(carla.account_id):
        assert not PrivacyRequest.objects.filter(id=request.id).exists()
    forged = f"/r/{key_ring().seal(TokenPurpose.PRIVACY_REQUEST, carla.account_id, request.id)}"
    assert browser().post(forged).status_code == 404
    assert send_queued(renate.place.account_id) == []
    with tenancy.account(renate.place.account_id):
        assert not SignupRequest.objects.filter(kind="move", moves__email=renate.email).exists()
        assert Subscription.objects.get(contact__email=renate.email).state == "confirmed"
