"""Lock one: a permit comes from passed rules only, and the door takes nothing else."""

import ast
import copy
import pickle
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import mailflatrate
from mailflatrate.apps.delivery.transmit import PermittedMessage, _messages
from mailflatrate.apps.gate import permits
from mailflatrate.apps.gate.permits import Basis, Permit
from mailflatrate.mail.message.compose import ReadyMessage
from mailflatrate.rules.contacts.audience_states import ConsentKind, OriginState, SubscriptionState
from mailflatrate.rules.facts import NoticeFacts
from mailflatrate.rules.gate.judge import RULES_VERSION
from mailflatrate.rules.recipient_facts import RecipientFacts, SuppressionCause
from mailflatrate.rules.skip_reasons import SkippedRecipient, WithholdReason

NOW = datetime(2026, 11, 24, 15, tzinfo=UTC)
DORA = RecipientFacts(
    suppressed=None,
    subscription=SubscriptionState.CONFIRMED,
    consent=ConsentKind.IMPORTED,
    consent_event_id=7,
    consent_list_id=3,
    list_id=3,
    consent_at=NOW - timedelta(days=30),
    last_contact_at=NOW - timedelta(days=30),
    origin=OriginState.APPROVED,
)
SOURCES = Path(mailflatrate.__file__).parent


def test_passed_rules_give_a_permit() -> None:
    permit = permits.grant(41, 5, DORA, NOW)
    assert isinstance(permit, Permit)
    found = (permit.delivery_id, permit.decision_id, permit.basis, permit.rules_version, permit.granted_at)
    assert found == (41, 5, Basis.CONSENT, RULES_VERSION, NOW)


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        (DORA._replace(suppressed=SuppressionCause.COMPLAINT), WithholdReason.SUPPRESSED_COMPLAINT),
        (DORA._replace(subscription=SubscriptionState.UNSUBSCRIBED), WithholdReason.UNSUBSCRIBED),
        (DORA._replace(consent=None), WithholdReason.CONSENT_MISSING),
        (DORA._replace(origin=OriginState.WAITING), WithholdReason.LIST_NOT_APPROVED),
    ],
)
def test_a_failed_rule_gives_none(facts: RecipientFacts, reason: WithholdReason) -> None:
    withheld = permits.grant(41, 5, facts, NOW)
    assert isinstance(withheld, SkippedRecipient)
    assert withheld.reason is reason


def test_a_hole_in_the_letter_is_a_refusal() -> None:
    assert permits.refusal_for_missing(DORA, "contact.city", NOW).reason is WithholdReason.MISSING_VALUE


def test_a_notice_goes_to_people_of_the_service_only() -> None:
    granted = permits.grant_notice(1, 2, NoticeFacts(recipient_is_user=True, address_dead=False), NOW)
    refused = permits.grant_notice(1, 2, NoticeFacts(recipient_is_user=False, address_dead=False), NOW)
    assert isinstance(granted, Permit)
    assert granted.basis is Basis.NOTICE
    assert refused == "notice-to-user"


def test_nobody_makes_copies_or_changes_a_permit() -> None:
    permit = permits.grant(41, 5, DORA, NOW)
    assert isinstance(permit, Permit)
    with pytest.raises(TypeError):
        Permit()
    with pytest.raises(TypeError):
        copy.copy(permit)
    with pytest.raises(TypeError):
        pickle.dumps(permit)
    with pytest.raises(AttributeError):
        permit.delivery_id = 42
    with pytest.raises(AttributeError):
        del permit.basis


def test_the_door_refuses_what_is_no_permit() -> None:
    """Not even something that looks like one passes."""

    class Forged:
        delivery_id = 41

    letter = ReadyMessage("b@bounce.example", "dora@people.example", b"\r\n", "<1@shop.example>", False)
    forged: Iterator[PermittedMessage] = iter([PermittedMessage(Forged(), letter)])  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="without a permit"):
        next(_messages(forged))


@pytest.mark.slow
def test_only_the_gate_constructs_permits() -> None:
    """No other module reaches for the constructor, for `object.__new__`, or subclasses it."""
    offenders = [
        f"{path.relative_to(SOURCES)}:{node.lineno}"
        for path in SOURCES.rglob("*.py")
        if path != SOURCES / "apps" / "gate" / "permits.py"
        for node in ast.walk(ast.parse(path.read_text()))
        if _makes_permits(node)
    ]
    assert offenders == []


def _makes_permits(node: ast.AST) -> bool:
    if isinstance(node, ast.Call):
        named = [node.func, *node.args] if _name(node.func).endswith("__new__") else [node.func]
        return any(_name(each).split(".")[-1] == "Permit" for each in named)
    return isinstance(node, ast.ClassDef) and any(_name(base).split(".")[-1] == "Permit" for base in node.bases)


def _name(node: ast.AST) -> str:
    return ast.unparse(node) if isinstance(node, ast.Name | ast.Attribute) else ""


@pytest.mark.slow
def test_only_transmit_holds_the_smtp_client() -> None:
    """Lock three, said once more where the lint cannot be turned off."""
    client = {"mailflatrate.wire.smtp.pool", "mailflatrate.wire.smtp.client", "mailflatrate.wire.smtp.open"}
    holders = {
        str(path.relative_to(SOURCES))
        for path in SOURCES.rglob("*.py")
        if "wire" not in path.relative_to(SOURCES).parts
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom)
        and node.module
        and client & {node.module, *(f"{node.module}.{name.name}" for name in node.names)}
    }
    assert holders == {"apps/delivery/transmit.py"}
