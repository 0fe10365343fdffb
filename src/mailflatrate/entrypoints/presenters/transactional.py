"""Transactional messages as pages and API show them: what became of each, in one word and in a sentence."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from mailflatrate.apps.delivery.models import DeliveryRecord, DeliveryState
from mailflatrate.apps.transactional.actions.messages import may_be_resent
from mailflatrate.apps.transactional.models import ReferenceKind, TransactionalMessage
from mailflatrate.base.toned_choices import TonedChoices
from mailflatrate.rules.gate.judge import all_rules
from mailflatrate.rules.limits import value


class MessageState(TonedChoices):
    """What became of a message. REFUSED and SKIPPED: a rule stopped it, when it was taken or as it was to leave."""

    QUEUED = "queued", "info", gettext_lazy("Waiting")
    DEFERRED = "deferred", "warning", gettext_lazy("Deferred by the recipient's server")
    SENT = "sent", "success", gettext_lazy("Delivered")
    BOUNCED = "bounced", "error", gettext_lazy("Bounced")
    SKIPPED = "skipped", "warning", gettext_lazy("Skipped")
    UNKNOWN = "unknown", "warning", gettext_lazy("Unknown result")
    REFUSED = "refused", "warning", gettext_lazy("Refused")


_STATES = {
    DeliveryState.PENDING: MessageState.QUEUED,
    DeliveryState.DEFERRED: MessageState.DEFERRED,
    DeliveryState.SENT: MessageState.SENT,
    DeliveryState.BOUNCED: MessageState.BOUNCED,
    DeliveryState.WITHHELD: MessageState.SKIPPED,
    DeliveryState.CANCELLED: MessageState.SKIPPED,
    DeliveryState.IN_DOUBT: MessageState.UNKNOWN,
}


@dataclass(frozen=True, slots=True)
class MessageRow:
    """One message of the log. `rule` is the key of the rule that stopped it, `reply` the receiving server's answer."""

    id: int
    template: str
    template_name: str
    version: int
    mailing_id: str
    recipient: str
    kind: ReferenceKind
    reference: str
    state: MessageState
    rule: str
    reason: str
    reply: str
    through: str
    created_at: datetime
    settled_at: datetime | None
    resent_from: int | None
    may_be_resent: bool


def message_rows(messages: Sequence[TransactionalMessage]) -> list[MessageRow]:
    records = DeliveryRecord.objects.filter(transactional_id__in=[message.id for message in messages])
    deliveries = {row.transactional_id: row for row in records}
    return [_row(message, deliveries.get(message.id)) for message in messages]


def _row(message: TransactionalMessage, delivery: DeliveryRecord | None) -> MessageRow:
    version = message.version
    if message.refused_by:
        state, rule = MessageState.REFUSED, message.refused_by
    elif delivery is None:
        state, rule = MessageState.QUEUED, ""
    else:
        state = _STATES[DeliveryState(delivery.state)]
        rule = delivery.reason if state is MessageState.SKIPPED else ""
    return MessageRow(
        id=message.id,
        template=version.template.key,
        template_name=version.template.name,
        version=version.number,
        mailing_id=version.mailing_id,
        recipient=message.recipient,
        kind=ReferenceKind(message.reference_kind),
        reference=message.reference,
        state=state,
        rule=rule,
        reason=rule_sentence(rule) if rule else "",
        reply=delivery.reply if delivery is not None else "",
        through=message.through,
        created_at=message.created_at,
        settled_at=delivery.settled_at if delivery is not None else None,
        resent_from=message.resent_from,
        may_be_resent=may_be_resent(message),
    )


def rule_sentence(key: str) -> str:
    rule = all_rules().get(key)
    if rule is None:
        return _("The message couldn't be made. Send it again, or ask our team.")
    words = rule.words(get_language() or "en")
    limit = int(value("contract_per_address_day"))
    facts = defaultdict(lambda: "…", limit=str(limit), refused="R-17–R-23")
    return f"{words.sentence.format_map(facts)} {words.fix}".strip()
