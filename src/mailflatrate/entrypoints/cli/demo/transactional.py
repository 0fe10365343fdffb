"""The demonstration's transactional email: a subdomain, a template in use, one at the desk, and messages of a shop."""

from collections.abc import Callable
from functools import partial
from typing import Any

from mailflatrate.apps.accounts.models import User
from mailflatrate.apps.delivery.actions.transactional import send_message
from mailflatrate.apps.delivery.models import DeliveryRecord, DeliveryState
from mailflatrate.apps.domains.actions import domains
from mailflatrate.apps.transactional.actions import templates
from mailflatrate.apps.transactional.actions.messages import MessageOrder
from mailflatrate.apps.transactional.actions.misdirected import report_misdirected
from mailflatrate.apps.transactional.actions.reviews import VersionDecision, decide_version
from mailflatrate.apps.transactional.actions.switch import switch_transactional
from mailflatrate.apps.transactional.models import TransactionalMessage
from mailflatrate.base import tenancy
from mailflatrate.entrypoints.cli.demo.environment import DemoPlace

HOST = "shop.lindenhof.example"
COMPANY = "Gärtnerei Lindenhof"
THROUGH = "Webshop"
CONFIRMATION = """# Danke für Ihre Bestellung

{{ data.salutation }},

wir haben Ihre Bestellung {{ reference.number }} erhalten:

{% for item in data.items %}

- {{ item.count }} × {{ item.title }}, {{ item.price }} €

{% endfor %}

**Summe: {{ data.total }} €**, mit Mehrwertsteuer und Versand. Wir versenden am {{ data.ships_on }}.
"""
INVOICE = """# Rechnung {{ reference.number }}

{{ data.salutation }},

Ihre Rechnung über **{{ data.total }} €** vom {{ data.issued_on }} liegt bereit:

[Rechnung ansehen]({{ data.invoice_url }})

Unser Tipp: Bis Sonntag erhalten Sie 10 % Rabatt auf alle Stauden.
"""
SALUTATION = {"name": "salutation", "type": "text"}
TOTAL = {"name": "total", "type": "text"}
ITEMS = {
    "name": "items",
    "type": "list",
    "columns": [
        {"name": "title", "type": "text"},
        {"name": "count", "type": "number"},
        {"name": "price", "type": "text"},
    ],
}
TULIPS = {"title": "Tulpen „Ballerina“, 10 Zwiebeln", "count": 2, "price": "13,80"}
SNOWDROPS = {"title": "Schneeglöckchen, 25 Zwiebeln", "count": 1, "price": "9,90"}
ROSE = {"title": "Kletterrose „New Dawn“, im Topf", "count": 1, "price": "24,50"}
ORDERED: dict[str, Any] = {
    "salutation": "Guten Tag, Frau Ahrens",
    "items": [TULIPS, SNOWDROPS],
    "total": "42,40",
    "ships_on": "2026-11-30",
}
BILLED: dict[str, Any] = {
    "salutation": "Guten Tag, Frau Ahrens",
    "total": "42,40",
    "issued_on": "2026-11-28",
    "invoice_url": "https://lindenhof.example/konto/rechnungen/20417",
}
CONFIRMED_ORDER: dict[str, Any] = {
    "subject": "Ihre Bestellung {{ reference.number }}",
    "content": CONFIRMATION,
    "purpose": "Sofort nach einer Bestellung im Webshop.",
    "fields": [SALUTATION, ITEMS, TOTAL, {"name": "ships_on", "type": "date"}],
    "sample": ORDERED,
}
BILL: dict[str, Any] = {
    "subject": "Ihre Rechnung {{ reference.number }}",
    "content": INVOICE,
    "purpose": "Mit dem Versand der Bestellung.",
    "fields": [
        SALUTATION,
        TOTAL,
        {"name": "issued_on", "type": "date"},
        {"name": "invoice_url", "type": "url", "hosts": ["lindenhof.example"]},
    ],
    "sample": BILLED,
}
ORDERS: tuple[tuple[str, str, str, list[dict[str, Any]], str], ...] = (
    ("wiebke.ahrens@brief.example", "20417", "Guten Tag, Frau Ahrens", [TULIPS, SNOWDROPS], "42,40"),
    ("onno.behrens@post.example", "20418", "Guten Tag, Herr Behrens", [ROSE], "29,40"),
    ("x-550-9@mailbox.example", "20419", "Guten Tag, Herr Carstens", [SNOWDROPS], "14,80"),
    ("gesche.dircks@wolke.example", "20420", "Guten Tag, Frau Dircks", [TULIPS, ROSE], "57,00"),
    ("enno.falck@garten.test", "20421", "Guten Tag, Herr Falck", [TULIPS], "32,50"),
)
MISDIRECTED = "20420"
"""The order whose address was mistyped: its reader says that it isn't theirs."""

Wait = Callable[[Callable[[], Any], str], Any]


def add_service_sender(place: DemoPlace, account_id: int, anna: User) -> str:
    with tenancy.account(account_id):
        domain = domains.add_domain(HOST)
        for record in domains.records_to_publish(domain):
            place.publish(record.host, record.record_type, record.value)
        domains.check_domain(domain.id)
        return domains.add_sender(domain.id, f"hallo@{HOST}", COMPANY, by=anna).email


def send_orders(account_id: int, sender_id: int, anna: User, operator: User) -> None:
    reason = "Ein Webshop, der bestellte Pflanzen verschickt."
    switch_transactional(account_id, is_on=True, by=operator, reason=reason)
    approved = _submitted(account_id, sender_id, anna, "Bestellbestätigung", CONFIRMED_ORDER)
    decide_version(approved, VersionDecision.APPROVE, reviewer=operator, reason="Frei von Werbung.")
    _submitted(account_id, sender_id, anna, "Rechnung", BILL)
    with tenancy.account(account_id):
        for recipient, number, salutation, items, total in ORDERS:
            data = {**ORDERED, "salutation": salutation, "items": items, "total": total}
            order = MessageOrder("bestellbestatigung", recipient, "order", number, data)
            if refused := send_message(order, by=None, through=THROUGH).refused_by:
                raise RuntimeError(f"the confirmation of order {number} was refused: {refused}")


def _submitted(account_id: int, sender_id: int, anna: User, name: str, values: dict[str, Any]) -> int:
    with tenancy.account(account_id):
        version = templates.create_template(name, "", language="de", by=anna)
        templates.save_draft(version.id, {**values, "sender_id": sender_id}, by=anna)
        return templates.submit_version(version.id, account_name=COMPANY, by=anna).id


def report_wrong_reader(account_id: int, *, wait: Wait) -> None:
    wait(partial(_settled, account_id), "the confirmations of the orders")
    with tenancy.account(account_id):
        message_id = TransactionalMessage.objects.get(reference=MISDIRECTED).id
    report_misdirected(account_id, message_id)


def _settled(account_id: int) -> bool:
    with tenancy.account(account_id):
        states = DeliveryRecord.objects.filter(transactional_id__isnull=False).values_list("state", flat=True)
        return set(states) <= {DeliveryState.SENT, DeliveryState.BOUNCED}
