"""Compose a chunk's messages: a permitted message, or a row that says why there is none."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple, Protocol

import structlog

from mailflatrate.apps.campaigns.content.personalization import NO_DEFAULTS
from mailflatrate.apps.delivery.planning.editions import EditionMail
from mailflatrate.apps.delivery.send.outcomes import SettledDelivery, withheld
from mailflatrate.apps.gate import permits
from mailflatrate.apps.gate.permits import Permit
from mailflatrate.apps.gate.recipients import RecipientRow, recipient_facts
from mailflatrate.mail.headers import HeaderError
from mailflatrate.mail.liquid import MissingValue, RenderRefused
from mailflatrate.mail.message.compose import MessageDraft
from mailflatrate.mail.message.edition import Recipient
from mailflatrate.rules.skip_reasons import SkippedRecipient, WithholdReason

MESSAGE_FAILED = "message_failed"
NO_COUPONS: Mapping[int, Mapping[str, str]] = MappingProxyType({})

log = structlog.get_logger(__name__)


class DraftedMessage(NamedTuple):
    """Still needs its signature and the permission to send it."""

    permit: Permit
    draft: MessageDraft


class Writer(Protocol):
    def write(self, row: RecipientRow, now: datetime) -> DraftedMessage | SettledDelivery | None:
        """None if the row waits. Never raises."""


class CampaignWriter:
    def __init__(self, mail: EditionMail, coupons: Mapping[int, Mapping[str, str]] = NO_COUPONS) -> None:
        self._mail = mail
        self._coupons = coupons

    def write(self, row: RecipientRow, now: datetime) -> DraftedMessage | SettledDelivery:
        delivery_id = row.delivery_id
        facts = recipient_facts(row)
        granted = permits.grant(delivery_id, row.decision_id, facts, now)
        if type(granted) is not Permit:
            assert isinstance(granted, SkippedRecipient)
            return withheld(delivery_id, granted.reason.value, now)
        composers = self._mail.personal if row.tracking and self._mail.personal else self._mail.composers
        composer = composers.get(row.list_id or 0)
        if composer is None:
            return withheld(delivery_id, WithholdReason.REMOVED.value, now)
        try:
            return DraftedMessage(granted, composer.draft(self._recipient(row), now))
        except MissingValue as missing:
            refusal = permits.refusal_for_missing(facts, missing.variable, now)
            return withheld(delivery_id, refusal.reason.value, now)
        except (RenderRefused, HeaderError) as refused:
            refusal = permits.refusal_for_missing(facts, str(refused), now)
            return withheld(delivery_id, refusal.reason.value, now)
        except Exception:  # a message that cannot be made is parked with its reason and does not hold up the others
            log.exception("message_failed", delivery_id=delivery_id)
            return withheld(delivery_id, MESSAGE_FAILED, now)

    def _recipient(self, row: RecipientRow) -> Recipient:
        if not self._coupons:
            return self._mail.recipient(row)
        return self._mail.recipient(row, self._coupons.get(row.contact_id or 0, NO_DEFAULTS))
