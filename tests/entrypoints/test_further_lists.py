"""One form for several lists: a box for each, one email, and a box for each again in the mailbox."""

from dataclasses import dataclass, replace

import pytest
from django.test import Client

from mailflatrate.apps.forms.actions.form_edits import publish_form, save_draft
from mailflatrate.apps.forms.errors import FormError
from mailflatrate.apps.forms.models import Form
from mailflatrate.apps.forms.queries import forget_published
from mailflatrate.apps.lists.actions.lists import create_list
from mailflatrate.apps.lists.models import MailingList, Subscription
from mailflatrate.base import clock, tenancy
from mailflatrate.rules.forms import FurtherList, content_from_json
from support.customers import customer_with_list
from support.forms import FormCustomer, customer_with_form, fresh_address

pytestmark = pytest.mark.usefixtures("database")


@dataclass(frozen=True)
class Offer:
    """A form that offers its own list, events and jobs."""

    form: FormCustomer
    events: int
    jobs: int

    @property
    def own(self) -> int:
        return self.form.anna.list_id

    def states(self, email: str) -> dict[int, str]:
        """How the person stands to each list that knows them."""
        with tenancy.account(self.form.account_id):
            return dict(Subscription.objects.filter(contact__email=email).values_list("mailing_list_id", "state"))


def offer(form: FormCustomer, *further: FurtherList) -> None:
    with tenancy.account(form.account_id):
        row = Form.objects.get(id=form.form_id)
        content = replace(content_from_json(row.draft), further=further)
        save_draft(row.id, name=row.name, list_id=row.mailing_list_id, sender_id=row.sender_id, content=content)
        verdict = publish_form(row.id, by=None)
    assert verdict.allowed, verdict.blocked_by
    forget_published(form.code)


def further(list_id: int, topics: str = "invitations to events") -> FurtherList:
    return FurtherList(list_id, {"en": topics}, {"en": "once a month"})


@pytest.fixture
def three() -> Offer:
    form = customer_with_form()
    with tenancy.account(form.account_id):
        ids = [create_list(name).id for name in ("Events", "Jobs")]
    offer(form, further(ids[0]), further(ids[1], "job openings"))
    return Offer(form, *ids)


def test_each_list_is_ticked_in_the_form_and_again_in_the_mailbox(three: Offer) -> None:
    email, form = fresh_address(), three.form
    page = Client().get(form.url).content.decode()
    assert page.count("invitations to events") == 1
    assert "checked" not in page
    assert 'id="consent_own"' in page
    nothing = form.post(email, version="2", consent="")
    assert nothing.status_code == 422
    assert "Select at least one box" in nothing.content.decode()
    mail = form.asked(email, version="2", further=[three.events, three.jobs, "999999", "x"])
    assert "Events: Yes" in mail.part("plain")
    assert "job openings" in mail.part("html")
    assert three.states(email) == dict.fromkeys([three.own, three.events, three.jobs], "pending")
    browser = Client(enforce_csrf_checks=True)
    asked = browser.get(mail.confirm_path).content.decode()
    assert asked.count('name="list"') == 3
    assert "checked" not in asked
    unchosen = browser.post(mail.confirm_path, {"answer": "yes", "list": ["0", "x", "9" * 30]})
    assert unchosen.status_code == 422
    assert set(three.states(email).values()) == {"pending"}
    browser.post(mail.confirm_path, {"answer": "yes", "list": [three.own, three.events]})
    assert three.states(email) == {three.own: "confirmed", three.events: "confirmed"}
    welcome = browser.get(mail.confirm_path).content.decode()
    assert "Events" in welcome
    assert "Jobs" not in welcome
    events = form.events(email)
    confirmed = {each.mailing_list_id: each.evidence.details for each in events if each.kind == "confirmed"}
    assert "invitations to events" in confirmed[three.events]["wording"]
    assert "invitations" not in confirmed[three.own]["wording"]
    assert confirmed[three.own]["ticked"] == ["consent", f"further:{three.events}", f"further:{three.jobs}"]
    assert three.jobs not in {each.mailing_list_id for each in events}, "what wasn't ticked has no evidence left"
    sent = {each.mailing_list_id: each.id for each in events if each.kind == "confirmation_sent"}
    assert confirmed[three.events]["sent_event"] == sent[three.events]


def test_a_list_can_be_had_without_the_forms_own(three: Offer) -> None:
    email = fresh_address()
    mail = three.form.asked(email, version="2", consent="", further=[three.jobs])
    assert "Yes, confirm" in Client().get(mail.confirm_path).content.decode()
    assert "Jobs" in three.form.confirm(mail)
    assert three.states(email) == {three.jobs: "confirmed"}
    with tenancy.account(three.form.account_id):
        MailingList.objects.filter(id=three.events).update(archived_at=clock.now())
    forget_published(three.form.code)
    assert "invitations to events" not in Client().get(three.form.url).content.decode()
    assert three.form.post(fresh_address(), version="2", consent="", further=[three.events]).status_code == 422


def test_a_no_is_for_all_lists_of_the_email(three: Offer) -> None:
    email = fresh_address()
    three.form.confirm(three.form.asked(email, version="2", further=[three.events]), "no")
    assert three.states(email) == {}
    three.form.sign_up(email, version="2", consent="", further=[three.events, three.jobs])
    assert three.form.send() == []
    assert three.form.requests(email)[-1].state == "withheld"


def test_a_form_offers_only_its_accounts_lists_each_once(three: Offer) -> None:
    carla = customer_with_list("Carla")
    with tenancy.account(three.form.account_id):
        row = Form.objects.get(id=three.form.form_id)
        content = content_from_json(row.draft)
        for wrong in ((further(carla.list_id),), (further(three.own),), (further(three.jobs), further(three.jobs))):
            with pytest.raises(FormError):
                save_draft(
                    row.id,
                    name=row.name,
                    list_id=three.own,
                    sender_id=row.sender_id,
                    content=replace(content, further=wrong),
                )
        Form.objects.filter(id=row.id).update(draft=replace(content, further=(further(carla.list_id),)).as_json())
        assert {each.key for each in publish_form(row.id, by=None).blocked_by} == {"form-list-open"}
