"""Anna's account with a webhook at a program of hers."""

from datetime import timedelta
from typing import Any, Final

from mailflatrate.apps.events import delivering
from mailflatrate.apps.events.actions import endpoints
from mailflatrate.apps.events.actions.endpoints import EndpointOrder
from mailflatrate.apps.events.models import WaitingEvent, WebhookAttempt, WebhookEndpoint
from mailflatrate.base import clock, tenancy
from mailflatrate.base.outbox.writing import emit
from mailflatrate.rules.events import EventType
from support.customers import Customer
from support.receiver import Receiver
from support.scope import within

STARTED: Final = EventType.CAMPAIGN_STARTED
ERASED: Final = EventType.CONTACT_ERASED
COMPLAINED: Final = EventType.COMPLAINT_RECEIVED


class Shop:
    """Anna's account with an endpoint at a program of hers."""

    def __init__(self, program: Receiver, *types: EventType) -> None:
        self.anna = Customer.registered("Anna")
        self.program = program
        made = within(self, endpoints.create_endpoint, EndpointOrder(program.url, "", types), by=self.anna.owner)
        self.id, program.secret = made.endpoint.id, made.secret

    @property
    def account_id(self) -> int:
        return self.anna.account_id

    def happens(self, *events: EventType) -> None:
        examples: dict[EventType, dict[str, Any]] = {
            EventType.CONTACT_ERASED: {"contact_id": 1, "reason": "erased"},
            EventType.COMPLAINT_RECEIVED: {"campaign_id": 1},
            EventType.CAMPAIGN_STARTED: {"campaign_id": 1},
        }
        with tenancy.account(self.account_id):
            for event in events:
                emit(event, examples[event])

    def deliver(self, after: timedelta = timedelta()) -> int:
        with clock.frozen_at(clock.now() + after):
            return delivering.deliver(self.account_id, self.id)

    @property
    def row(self) -> WebhookEndpoint:
        with tenancy.account(self.account_id):
            return WebhookEndpoint.objects.get(id=self.id)

    def attempts(self) -> list[tuple[int | None, int]]:
        with tenancy.account(self.account_id):
            rows = WebhookAttempt.objects.filter(endpoint_id=self.id).order_by("id")
            return list(rows.values_list("status", "number"))

    def waiting(self) -> int:
        with tenancy.account(self.account_id):
            return WaitingEvent.objects.filter(endpoint_id=self.id).count()
