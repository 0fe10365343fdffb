"""A customer who may send transactional email: a subdomain of its own, the operator's switch, an approved template."""

import asyncio
import email
import email.policy
import itertools
from dataclasses import dataclass
from functools import cache
from typing import Any

from mailflatrate.apps.delivery.actions.transactional import send_message
from mailflatrate.apps.delivery.models import Delivery
from mailflatrate.apps.delivery.send.sender import Sender
from mailflatrate.apps.domains.actions.domains import add_sender
from mailflatrate.apps.domains.models import DkimKey, DnsCheck, SenderDomain
from mailflatrate.apps.transactional.actions import templates
from mailflatrate.apps.transactional.actions.messages import MessageOrder
from mailflatrate.apps.transactional.actions.misdirected import report_misdirected
from mailflatrate.apps.transactional.actions.reviews import VersionDecision, decide_version
from mailflatrate.apps.transactional.actions.switch import switch_transactional
from mailflatrate.apps.transactional.models import TemplateVersion, TransactionalMessage
from mailflatrate.base import clock, tenancy
from mailflatrate.mail.signing.dkim import generate_key
from mailflatrate.settings.schema import load_settings
from support.customers import Customer
from support.fake_relay import ANY, FakeRelay, Step
from support.mailboxes import prove_sender
from support.people import operator
from support.scope import rows, within

NUMBERS = itertools.count(1)
HOST = "service.lindenhof.example"
FIELDS: list[dict[str, Any]] = [
    {"name": "first_name", "type": "text"},
    {"name": "shipped_on", "type": "date"},
    {"name": "tracking_url", "type": "url", "hosts": ["parcels.lindenhof.example"], "required": False},
    {
        "name": "items",
        "type": "list",
        "columns": [{"name": "title", "type": "text"}, {"name": "count", "type": "number"}],
    },
]
CONTENT = """# Your order is on its way

Hello {{ data.first_name }},

your order {{ reference.number }} left us on {{ data.shipped_on }}.

{% for item in data.items %}
- {{ item.count }} × {{ item.title }}
{% endfor %}

{% if data.tracking_url %}[Follow the parcel]({{ data.tracking_url }}){% endif %}
"""
DATA: dict[str, Any] = {
    "first_name": "Dora",
    "shipped_on": "2026-11-28",
    "tracking_url": "https://parcels.lindenhof.example/p/77",
    "items": [{"title": "Snowdrops", "count": 20}, {"title": "Crocus & Co", "count": 5}],
}
VALUES: dict[str, Any] = {
    "subject": "Order {{ reference.number }} was shipped",
    "content": CONTENT,
    "purpose": "Sent when a parcel leaves our warehouse.",
    "fields": FIELDS,
    "sample": DATA,
}


@dataclass(frozen=True)
class TransactionalCustomer:
    """A customer and its template."""

    customer: Customer
    version_id: int
    sender_id: int

    @property
    def account_id(self) -> int:
        return self.customer.account_id

    def order(self, recipient: str = "", **changes: Any) -> MessageOrder:
        values: dict[str, Any] = {
            "template": "shipped",
            "recipient": recipient or fresh_recipient(),
            "reference_kind": "order",
            "reference": "A-4711",
            "data": DATA,
        }
        return MessageOrder(**{**values, **changes})

    def send(self, recipient: str = "", **changes: Any) -> TransactionalMessage:
        """A message as a program orders it; queued unless it was refused."""
        with tenancy.account(self.account_id):
            return send_message(self.order(recipient, **changes), by=self.customer.owner, through="API key shop")

    def delivery(self, message: TransactionalMessage) -> Delivery:
        return rows(self, Delivery).get(transactional_id=message.id)

    def version(self) -> TemplateVersion:
        """The version as it is now."""
        return rows(self, TemplateVersion).select_related("template", "sender__domain").get(id=self.version_id)


def fresh_recipient() -> str:
    """An address that no other test writes to."""
    return f"frieda.{next(NUMBERS)}@briefkasten-lindenhof.de"


@cache
def _key() -> tuple[bytes, str]:
    return generate_key()


def service_sender() -> int:
    """A verified subdomain and an address there, in the account's scope."""
    now = clock.now()
    pem, record = _key()
    domain = SenderDomain.objects.create(name=HOST, state="verified", checked_at=now, verified_at=now)
    DkimKey.objects.create(
        domain=domain, selector="one", private_sealed=DkimKey.seal(HOST, "one", pem), public_record=record
    )
    for kind in ("dkim", "spf", "mx", "dmarc"):
        DnsCheck.objects.create(
            domain=domain, kind=kind, host=HOST, record_type="TXT", expected="x", found="x", passed=True, checked_at=now
        )
    return prove_sender(add_sender(domain.id, f"orders@{HOST}", "Lindenhof"))


def with_template(customer: Customer, sender: int, /, *, key: str = "shipped", **changes: Any) -> int:
    """A draft with everything it needs; the id of the version."""
    with tenancy.account(customer.account_id):
        version = templates.create_template("Order shipped", key, language="en", by=customer.owner)
        values = {**VALUES, "sender_id": sender, **changes}
        return templates.save_draft(version.id, values, by=customer.owner).id


def submit(customer: Customer, version_id: int) -> None:
    """Ask for the review of a draft."""
    within(customer, templates.submit_version, version_id, account_name="Gärtnerei Lindenhof", by=customer.owner)


def with_approved_template(customer: Customer, *, is_on: bool = True, **changes: Any) -> TransactionalCustomer:
    """Let an account lack nothing to send transactional email."""
    sender_id = within(customer, service_sender)
    version_id = with_template(customer, sender_id, **changes)
    submit(customer, version_id)
    otto = operator()
    decide_version(version_id, VersionDecision.APPROVE, reviewer=otto, reason="Free of advertising.")
    if is_on:
        switch_transactional(customer.account_id, is_on=True, by=otto, reason="A shop that ships parcels.")
    return TransactionalCustomer(customer, version_id, sender_id)


def transactional_customer(*, is_on: bool = True) -> TransactionalCustomer:
    """A customer who lacks nothing to send transactional email."""
    return with_approved_template(Customer.vetted().with_imprint(), is_on=is_on)


def leave_transactional_traces(customer: Customer) -> dict[str, int]:
    """A row in each table of transactional email, for an account that has a sender already; their ids."""
    made = with_approved_template(customer)
    message = made.send()
    assert message.refused_by == ""
    report_misdirected(customer.account_id, message.id)
    return {"transactional_id": message.id, "message_template_id": made.version().template_id}


def sent(account_id: int, chunk_id: int, *, reply: str = "") -> list[bytes]:
    """One sender works on a chunk; what its relay got. `reply` is the relay's to every recipient."""

    async def work() -> list[bytes]:
        async with FakeRelay() as relay:
            if reply:
                relay.on(Step.RCPT, ANY, reply)
            where = {"relay_host": "127.0.0.1", "relay_port": relay.port, "test_inbox_port": relay.port}
            sender = Sender(load_settings().model_copy(update=where))
            try:
                await sender.work_transactional(account_id, chunk_id)
            finally:
                await sender.close()
            return [message.content for message in relay.received]

    return asyncio.run(work())


def received(anna: TransactionalCustomer, message: TransactionalMessage, reply: str = "") -> list[Any]:
    """What a receiver got, parsed."""
    raws = sent(anna.account_id, anna.delivery(message).chunk_id, reply=reply)
    return [email.message_from_bytes(raw, policy=email.policy.SMTP) for raw in raws]
