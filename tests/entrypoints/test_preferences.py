"""The page where a person says what, how often, in which language and where to: no sign-in, by the mail's token."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from mailflatrate.apps.accounts.models import Notice
from mailflatrate.apps.delivery.models import Delivery
from mailflatrate.apps.gate.recipients import COLUMNS, JOINS, RecipientRow, recipient_facts
from mailflatrate.apps.lists.actions.tracking import choose_tracking
from mailflatrate.apps.lists.models import Contact
from mailflatrate.base import clock, tenancy
from mailflatrate.base.ids import key_ring
from mailflatrate.mail.address import masked_address
from mailflatrate.mail.identifiers.tokens import TokenPurpose
from mailflatrate.rules.gate.judge import judge_recipient
from mailflatrate.rules.skip_reasons import WithholdReason
from support.forms import ConfirmationMail, FormCustomer, customer_with_form, fresh_address, send_queued

pytestmark = pytest.mark.usefixtures("database")


@dataclass(frozen=True)
class Dora:
    """A subscriber, and the link to her preferences."""

    place: FormCustomer
    email: str
    mail: ConfirmationMail

    @property
    def url(self) -> str:
        with tenancy.account(self.place.account_id):
            delivery = Delivery.objects.get(contact__email=self.email, confirmation_id__isnull=False)
        return f"/p/{key_ring().seal(TokenPurpose.PREFERENCES, self.place.account_id, delivery.id)}"

    def contact(self, email: str = "") -> Contact:
        with tenancy.account(self.place.account_id):
            return Contact.objects.get(email=email or self.email)

    def save(self, status: int = 200, /, **data: object) -> str:
        """Press a button of the page."""
        whole = {"act": "save", "keep": [self.place.anna.list_id], "pause": "", "language": "en"} | data
        answer = Client(enforce_csrf_checks=True).post(self.url, whole)
        assert isinstance(answer, HttpResponse)
        assert answer.status_code == status
        return answer.content.decode()

    def agree(self) -> str:
        """Press the button behind the newest link that was sent to her own address; the page that follows."""
        with tenancy.account(self.place.account_id):
            text = Notice.objects.filter(recipient=self.email).latest("id").text
        answer = Client(enforce_csrf_checks=True).post(f"/r/{text.partition('/r/')[2].split()[0]}")
        assert isinstance(answer, HttpResponse)
        return answer.content.decode()


@pytest.fixture
def dora() -> Dora:
    lindenhof, email = customer_with_form(), fresh_address()
    mail = lindenhof.asked(email)
    lindenhof.confirm(mail)
    return Dora(lindenhof, email, mail)


def test_the_welcome_page_leads_there_and_to_the_way_out(dora: Dora) -> None:
    """R-37: leaving is as easy as coming."""
    welcome = Client().get(dora.mail.confirm_path).content.decode()
    assert dora.url in welcome
    leave = welcome.partition("/u/")[2].partition('"')[0]
    page = Client().get(f"/u/{leave}")
    assert masked_address(dora.email) in page.content.decode()
    assert Client(enforce_csrf_checks=True).post(f"/u/{leave}", {"scope": "list"}).status_code == 200
    assert dora.place.state(dora.email) == "unsubscribed"


def test_language_is_kept_and_speaks_from_then_on(dora: Dora) -> None:
    assert "Was möchten Sie bekommen?" in dora.save(language="de")
    assert dora.contact().attributes["language"] == "de"
    assert "Was möchten Sie bekommen?" in Client().get(dora.url).content.decode()
    assert dora.place.state(dora.email) == "confirmed"


def test_everything_is_one_button(dora: Dora) -> None:
    assert "no longer on any list from" in dora.save(act="leave")
    assert dora.place.state(dora.email) == "unsubscribed"


def test_nobody_is_moved_by_looking_or_by_nonsense(dora: Dora) -> None:
    before = vars(dora.contact()) | {"_state": None}
    for method in ("get", "head"):
        assert getattr(Client(), method)(f"{dora.url}?act=leave&pause=week").status_code == 200
    for nonsense in ({"pause": "never"}, {"language": "xx"}):
        assert "Nothing was changed" in dora.save(422, **nonsense)
    assert (vars(dora.contact()) | {"_state": None}) == before
    assert Client().post("/p/" + "a" * 32, {"act": "leave"}).status_code == 404


def verdict(dora: Dora) -> WithholdReason | None:
    """Return what the gate would say to a campaign for her now, from the rows that the sender reads."""
    from django.db import connection

    campaign = dora.place.anna.sending(f"After {clock.now():%d %B}")
    with tenancy.account(dora.place.account_id), connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {COLUMNS} FROM delivery d {JOINS} WHERE d.campaign_id = %s AND d.contact_id = %s",
            [campaign.id, dora.contact().id],
        )
        found = cursor.fetchone()
    if found is None:
        return WithholdReason(*campaign.left_out)  # the planner asks the same
    row = RecipientRow._make(found)
    withhold = judge_recipient(recipient_facts(row), clock.now())
    return withhold.reason if withhold else None


@pytest.mark.slow
def test_how_often_is_kept_by_the_gate(dora: Dora) -> None:
    """A contact who wants one campaign a week gets no second one in between, whatever the list."""
    campaign = dora.place.anna.sending("First")
    with tenancy.account(dora.place.account_id):
        Delivery.objects.filter(campaign=campaign).update(state="sent", settled_at=clock.now())
    assert verdict(dora) is None
    assert "checked" in dora.save(pause="week").partition('id="pause_week"')[2].partition(">")[0]
    assert verdict(dora) is WithholdReason.TOO_SOON
    with clock.frozen_at(clock.now() + timedelta(days=7)):
        assert verdict(dora) is None
        dora.save(pause="month")
        assert verdict(dora) is WithholdReason.TOO_SOON


@pytest.mark.slow
def test_a_pause_until_a_day_is_kept_by_the_gate(dora: Dora) -> None:
    until = (timezone.localdate() + timedelta(days=30)).isoformat()
    assert f'value="{until}"' in dora.save(paused_until=until)
    assert verdict(dora) is WithholdReason.TOO_SOON
    assert f'value="{until}"' in dora.save(), "an older form without the field leaves it"
    assert "Choose a day within the next year" in dora.save(422, paused_until="2020-01-01")
    assert verdict(dora) is WithholdReason.TOO_SOON
    with clock.frozen_at(clock.now() + timedelta(days=31)):
        assert verdict(dora) is None
    dora.save(paused_until="")
    assert verdict(dora) is None


def test_consent_to_click_tracking_is_withdrawn_here_and_never_given(dora: Dora) -> None:
    dora.save(tracking="1", tracking_shown="1")
    assert not dora.contact().tracking, "the link may be in other hands: agreeing needs the mailbox"
    with tenancy.account(dora.place.account_id):
        choose_tracking(
            dora.contact().id, agrees=True, wording="yes", language="en", source="test", ip=None, user_agent=""
        )
    page = dora.save(tracking="1", tracking_shown="1")
    assert dora.contact().tracking
    assert "may record which links in its emails I follow" in page
    dora.save()
    assert dora.contact().tracking, "a form that didn't show it says nothing about it"
    dora.save(tracking_shown="1")
    assert not dora.contact().tracking


def test_another_address_counts_once_it_is_confirmed_there(dora: Dora) -> None:
    new = fresh_address("dora.neu")
    page = dora.save(act="move", email=new)
    assert f"We've sent an email to {masked_address(dora.email)}" in page
    assert send_queued(dora.place.account_id) == []
    assert f"We've sent an email to {new}" in dora.agree()
    (mail,) = send_queued(dora.place.account_id)
    assert mail.received.recipient == new
    assert dora.email not in mail.part("plain"), "the new address may be a stranger's"
    assert "as the new address for" in mail.part("plain")
    assert (dora.place.state(dora.email), dora.place.state(new)) == ("confirmed", "pending")
    assert "Your address has been changed" in dora.place.confirm(mail)
    assert (dora.place.state(dora.email), dora.place.state(new)) == ("unsubscribed", "confirmed")
    confirmed = dora.place.events(new)[-1]
    assert confirmed.kind == "confirmed"
    assert confirmed.evidence.details["moved_from"] == dora.contact().id


def test_a_stranger_who_was_named_can_say_no(dora: Dora) -> None:
    new = fresh_address("stranger")
    dora.save(act="move", email=new)
    dora.agree()
    (mail,) = send_queued(dora.place.account_id)
    dora.place.confirm(mail, "no")
    assert (dora.place.state(dora.email), dora.place.state(new)) == ("confirmed", "")
    dora.save(act="move", email=new)
    dora.agree()
    assert send_queued(dora.place.account_id) == []


@pytest.mark.slow
def test_naming_addresses_is_no_way_to_write_to_strangers(dora: Dora) -> None:
    """Without her word nobody else gets a message; with it, three a day."""
    for number in range(5):
        dora.save(act="move", email=fresh_address(f"nobody{number}x"))
        assert "sent an email to nobody" in dora.agree()
    assert len(send_queued(dora.place.account_id)) == 3
    with tenancy.account(dora.place.account_id):
        assert Notice.objects.filter(recipient=dora.email).count() == 3
    for wrong in ("info@briefkasten-lindenhof.de", "dora"):
        assert "new_address_error" in dora.save(act="move", email=wrong)
