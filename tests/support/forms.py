"""Anna's account with a published form, a sender that really sends into our own relay, and people who answer."""

import asyncio
import re
from dataclasses import dataclass, replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from itertools import count
from typing import Any

from django.http import HttpResponse
from django.test import Client

from mailflatrate.apps.consent.models import ConsentEvent
from mailflatrate.apps.delivery.send.sender import Sender
from mailflatrate.apps.forms.actions import form_edits
from mailflatrate.apps.forms.models import Form, SignupRequest
from mailflatrate.apps.forms.queries import forget_published
from mailflatrate.apps.lists.models import Subscription
from mailflatrate.base import tenancy
from mailflatrate.rules.forms import FormContent, content_from_json
from mailflatrate.settings.schema import load_settings
from support.customers import Customer, sending_customer
from support.fake_relay import FakeRelay, ReceivedMessage

NUMBERS = count(1)
DOMAIN = "briefkasten-lindenhof.de"
BROWSER = "Mozilla/5.0 (test)"
_CONFIRM = re.compile(r"https://[^/\s]+(/confirm/[A-Za-z0-9_-]+)")


def fresh_address(name: str = "dora") -> str:
    return f"{name}{next(NUMBERS)}@{DOMAIN}"


@dataclass(frozen=True)
class ConfirmationMail:
    """A confirmation mail as the relay took it."""

    received: ReceivedMessage

    @property
    def message(self) -> EmailMessage:
        found = message_from_bytes(self.received.content, policy=policy.SMTP)
        assert isinstance(found, EmailMessage)
        return found

    def part(self, kind: str) -> str:
        """The text of one part: plain or html."""
        found = self.message.get_body((kind,))
        assert found is not None
        return str(found.get_content())

    @property
    def confirm_path(self) -> str:
        match = _CONFIRM.search(self.part("plain"))
        assert match is not None
        return match.group(1)


@dataclass(frozen=True)
class FormCustomer:
    """Anna's account and its form."""

    anna: Customer
    form_id: int
    code: str

    @property
    def account_id(self) -> int:
        return self.anna.account_id

    @property
    def url(self) -> str:
        """Where sign-ups go."""
        return f"/f/{self.code}/"

    def post(
        self, email: str, *, client: Client | None = None, headers: dict[str, str] | None = None, **data: Any
    ) -> HttpResponse:
        """Sign up as plain HTML does, from another website's page."""
        fields = {"email": email, "consent": "yes", "version": "1", "language": "de", **data}
        known = {"Referer": "https://lindenhof.example/news?utm=1", "User-Agent": BROWSER, **(headers or {})}
        answer = (client or Client(enforce_csrf_checks=True)).post(self.url, fields, headers=known)
        assert isinstance(answer, HttpResponse)
        return answer

    def sign_up(self, email: str, **data: Any) -> None:
        """Sign up, and be told to look into the mailbox."""
        answer = self.post(email, **data)
        assert answer.status_code == 303, answer.content.decode()[-1500:]
        assert "sent=1" in answer.headers["Location"]

    def send(self) -> list[ConfirmationMail]:
        """Let the engine work the queue off; what the relay took."""
        return send_queued(self.account_id)

    def asked(self, email: str, **data: Any) -> ConfirmationMail:
        self.sign_up(email, **data)
        (mail,) = self.send()
        return mail

    def confirm(self, mail: ConfirmationMail, answer: str = "yes", client: Client | None = None) -> str:
        """Press a button of the page; the page that follows."""
        browser = client or Client(enforce_csrf_checks=True)
        done = browser.post(mail.confirm_path, {"answer": answer}, headers={"User-Agent": "Browser of Dora"})
        assert done.status_code == 303, done.content
        return browser.get(done.headers["Location"]).content.decode()

    def requests(self, email: str) -> list[SignupRequest]:
        """What is stored about an address, oldest first."""
        with tenancy.account(self.account_id):
            rows = SignupRequest.objects.select_related("version").filter(email=email).order_by("id")
            return list(rows)

    def state(self, email: str) -> str:
        """How the person stands to the form's list; empty when not at all."""
        with tenancy.account(self.account_id):
            rows = Subscription.objects.filter(contact__email=email, mailing_list_id=self.anna.list_id)
            return rows.values_list("state", flat=True).first() or ""

    def events(self, email: str) -> list[ConsentEvent]:
        """The ledger about an address, in order."""
        with tenancy.account(self.account_id):
            rows = ConsentEvent.objects.select_related("evidence").filter(evidence__email=email)
            return list(rows.order_by("id"))


def send_queued(account_id: int, relay: FakeRelay | None = None) -> list[ConfirmationMail]:
    async def work() -> list[ConfirmationMail]:
        async with relay or FakeRelay() as taking:
            settings = load_settings().model_copy(update={"relay_host": "127.0.0.1", "relay_port": taking.port})
            sender = Sender(settings)
            try:
                await sender.work_confirmations(account_id)
            finally:
                await sender.close()
            return [ConfirmationMail(message) for message in taking.received]

    return asyncio.run(work())


def content(form: Form, **values: str) -> FormContent:
    """The draft with the texts that the customer adds, in the form's first language."""
    draft = content_from_json(form.draft)
    language = draft.languages[0]
    said = {
        "de": {"topics": "Neues aus der Gärtnerei", "frequency": "etwa zweimal im Monat"},
        "en": {"topics": "news and offers about plants", "frequency": "about twice a month"},
    }[language]
    texts = replace(draft.texts[language], **{**said, **values})
    return replace(draft, texts={**draft.texts, language: texts})


def add_form(anna: Customer, *, sender: bool = True, **changes: Any) -> tuple[int, str]:
    """A published form for Anna's list; its id and code."""
    with tenancy.account(anna.account_id):
        form = form_edits.create_form(
            "Website", anna.list_id, by=anna.owner, sender_id=anna.sender_id if sender else None
        )
        written = replace(content(form), **changes)
        form_edits.save_draft(form.id, name="Website", list_id=anna.list_id, sender_id=form.sender_id, content=written)
        verdict = form_edits.publish_form(form.id, by=anna.owner)
    assert verdict.allowed, verdict.blocked_by
    forget_published(form.code)
    return form.id, form.code


def builder_post(list_id: int, **more: Any) -> dict[str, Any]:
    return {
        "name": "Website",
        "mailing_list": list_id,
        "languages": ["en"],
        "colour": "#00595a",
        "font": "sans",
        **more,
    }


def customer_with_form(**changes: Any) -> FormCustomer:
    """A fresh account with a published form and three subscribers who have nothing to do with it."""
    anna = sending_customer()
    form_id, code = add_form(anna, **changes)
    return FormCustomer(anna, form_id, code)
