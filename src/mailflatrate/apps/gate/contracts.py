"""The gate for transactional messages (R-112): facts, and the stored verdict.

Asked twice: when a message is taken, and again right before it leaves.
"""

from mailflatrate.apps.accounts.facts import account_facts, structured_imprint
from mailflatrate.apps.accounts.queries import current_account
from mailflatrate.apps.gate.models import Chain, GateDecision
from mailflatrate.apps.lists.addresses import judge_address
from mailflatrate.apps.suppression import queries as suppression
from mailflatrate.apps.transactional.models import TemplateState, TransactionalMessage
from mailflatrate.apps.transactional.queries import (
    is_misdirected,
    is_proved,
    is_stream_apart,
    is_switched_on,
    newest_imprint,
    sent_before,
)
from mailflatrate.base import clock, tenancy
from mailflatrate.base.ids import address_key
from mailflatrate.rules.facts import ContractFacts
from mailflatrate.rules.gate import judge_contract
from mailflatrate.rules.suppression import stops_contract


@tenancy.needs_account
def contract_facts(message: TransactionalMessage) -> ContractFacts:
    """Return the facts about a message as they are now."""
    version, key = message.version, bytes(message.address_key)
    stopping = (
        row for row in suppression.active_for([key]) if stops_contract(row.reason, everywhere=row.account_id is None)
    )
    return ContractFacts(
        account=account_facts(current_account()),
        imprint=structured_imprint(newest_imprint()),
        is_enabled=is_switched_on(),
        is_reviewed=version.state == TemplateState.APPROVED,
        sender_proved=is_proved(version.sender),
        stream_apart=is_stream_apart(version.sender),
        reference=message.reference,
        address_refused_by=_refused_by(message, key),
        is_suppressed=next(stopping, None) is not None,
        is_misdirected=is_misdirected(key),
        messages_last_day=sent_before(message),
    )


def _refused_by(message: TransactionalMessage, key: bytes) -> str:
    """Return the rule against the address. A row whose key isn't that of its address was not made by us (ADR 0010)."""
    if address_key(message.recipient) != key:
        return "R-20"
    decision = judge_address(message.recipient)
    return "" if decision.accepted else decision.rule or "R-17"


@tenancy.needs_account
def decide_contract(message: TransactionalMessage) -> GateDecision:
    """Run the rules on a message and store the verdict."""
    verdict = judge_contract(contract_facts(message))
    with tenancy.deciding():
        return GateDecision.objects.create(
            chain=Chain.CONTRACT,
            allowed=verdict.allowed,
            findings=[finding.as_json() for finding in verdict],
            rules_version=verdict.rules_version,
            decided_at=clock.now(),
            decided_by=message.created_by,
            decided_through=message.through,
        )
