"""The gate for transactional messages (R-112), asked when one is taken and right before it leaves."""

from mailflatrate.apps.accounts.facts import account_facts, structured_imprint
from mailflatrate.apps.accounts.queries import current_account
from mailflatrate.apps.domains.facts import from_facts
from mailflatrate.apps.domains.models import SenderAddress
from mailflatrate.apps.gate.contract_volume import volume_reached
from mailflatrate.apps.gate.models import Chain, GateDecision
from mailflatrate.apps.lists.addresses import judge_address
from mailflatrate.apps.suppression import queries as suppression
from mailflatrate.apps.transactional.models import TemplateState, TransactionalMessage
from mailflatrate.apps.transactional.queries import (
    is_misdirected,
    is_proved,
    is_stream_apart,
    is_switched_on,
    keys_of,
    newest_imprint,
    sent_before,
)
from mailflatrate.base import clock, tenancy
from mailflatrate.base.ids import MailboxKeys
from mailflatrate.rules.contacts.suppression import stops_contract
from mailflatrate.rules.facts import ContractFacts, FromFacts
from mailflatrate.rules.gate.judge import judge_contract


@tenancy.needs_account
def contract_facts(message: TransactionalMessage) -> ContractFacts:
    version, keys = message.version, keys_of(message)
    found = suppression.active_for_mailbox(keys)
    stopping = (row for row in found if stops_contract(row.reason, everywhere=row.account_id is None))
    return ContractFacts(
        account=account_facts(current_account()),
        imprint=structured_imprint(newest_imprint()),
        is_enabled=is_switched_on(),
        is_reviewed=version.state == TemplateState.APPROVED,
        from_line=_from_line(version.sender),
        sender_proved=is_proved(version.sender),
        stream_apart=is_stream_apart(version.sender),
        reference=message.reference,
        address_refused_by=_refused_by(message, keys),
        is_suppressed=next(stopping, None) is not None,
        is_misdirected=is_misdirected(message),
        messages_last_day=sent_before(message),
        volume_reached=volume_reached(message),
    )


def _from_line(sender: SenderAddress | None) -> FromFacts:
    return from_facts(sender.display_name, sender.email) if sender is not None else from_facts("", "")


def _refused_by(message: TransactionalMessage, keys: MailboxKeys) -> str:
    """Return the rule against the address. A row whose keys aren't its address's was not made by us (ADR 0010)."""
    if (keys[0], keys[-1]) != (bytes(message.address_key), bytes(message.mailbox_key) or keys[-1]):
        return "R-20"
    decision = judge_address(message.recipient)
    return "" if decision.accepted else decision.rule or "R-17"


@tenancy.needs_account
def decide_contract(message: TransactionalMessage) -> GateDecision:
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
