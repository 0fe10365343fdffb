"""One message about one delivery, parsed and ready to be acted on."""

from dataclasses import dataclass
from datetime import timedelta

from mailflatrate.apps.delivery.models import DeliveryRecord
from mailflatrate.apps.inbound.interpretation import InboundReading
from mailflatrate.apps.inbound.models import RawMail
from mailflatrate.mail.inspect import Inspection
from mailflatrate.rules.limits import value


@dataclass(frozen=True, slots=True)
class InboundWork:
    """One message to act on. `again`: it was acted on before, so that only what is new is done."""

    mail: RawMail
    delivery: DeliveryRecord
    reading: InboundReading
    again: bool

    @property
    def source(self) -> str:
        """Return how evidence names the message."""
        return source_of(self.mail.id)

    @property
    def is_too_late(self) -> bool:
        """Return whether the bounce came too late to be real: it must be forged from a kept copy."""
        settled = self.delivery.settled_at
        return settled is not None and self.mail.received_at - settled > timedelta(days=value("bounce_latest_days"))

    @property
    def inspection(self) -> Inspection:
        """Return the message's kind and content."""
        return self.reading.inspection


def source_of(raw_mail_id: int) -> str:
    """Return how evidence of a consequence names the message that caused it."""
    return f"raw mail {raw_mail_id}"
