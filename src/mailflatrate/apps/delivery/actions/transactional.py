"""Send a transactional message: taken, judged and queued in one transaction (R-112)."""

from django.db import transaction

from mailflatrate.apps.accounts.models import User
from mailflatrate.apps.delivery import wake
from mailflatrate.apps.delivery.models import Chunk, Delivery
from mailflatrate.apps.domains.mailable import want_facts
from mailflatrate.apps.gate.contracts import decide_contract
from mailflatrate.apps.transactional.actions.messages import MessageOrder, order_again, refuse_message, take_message
from mailflatrate.apps.transactional.models import TransactionalMessage
from mailflatrate.base import tenancy
from mailflatrate.mail.address import domain_of
from mailflatrate.rules.gate.judge import failures_by_weight
from mailflatrate.rules.verdict import verdict_from_json


@transaction.atomic
def send_message(
    order: MessageOrder, *, by: User | None, through: str = "", resent_from: int | None = None
) -> TransactionalMessage:
    """If the gate refuses, `refused_by` names the rule. Raises TransactionalError for an impossible order, nothing
    stored.
    """
    message = take_message(order, by=by, through=through, resent_from=resent_from)
    want_facts([domain_of(message.recipient)])
    decision = decide_contract(message)
    if not decision.allowed:
        verdict = verdict_from_json({"rules_version": decision.rules_version, "findings": decision.findings})
        refuse_message(message, failures_by_weight(verdict)[0].key)
        return message
    chunk = Chunk.objects.create(campaign_id=None, number=0, size=1)
    Delivery.objects.create(
        chunk=chunk,
        transactional_id=message.id,
        decision=decision,
        rules_version=decision.rules_version,
        granted_at=decision.decided_at,
    )
    wake.wake_chunk(tenancy.current_account_id(), chunk.id)
    return message


def resend_message(message: TransactionalMessage, *, by: User, through: str = "") -> TransactionalMessage:
    """Only within 24 hours, as a new message with the same data. Raises TransactionalError."""
    return send_message(order_again(message), by=by, through=through, resent_from=message.id)
