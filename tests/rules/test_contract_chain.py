"""Transactional messages: each rule holds alone, and none is missing here (R-112)."""

from dataclasses import replace
from typing import Any

import pytest

from mailflatrate.rules.account_states import AccountStatus
from mailflatrate.rules.contacts.suppression import CONTRACT_PASSES, STRENGTH, SuppressionReason, stops_contract
from mailflatrate.rules.gate.chains import CONTRACT_CHAIN
from mailflatrate.rules.gate.judge import judge_contract
from rules.examples import ACCOUNT, CONTRACT

FAULTS: list[tuple[str, dict[str, Any]]] = [
    ("account-active", {"account": replace(ACCOUNT, status=AccountStatus.PAUSED)}),
    ("dpa-accepted", {"account": replace(ACCOUNT, dpa_accepted="")}),
    ("policy-accepted", {"account": replace(ACCOUNT, terms_accepted="t1")}),
    ("contract-enabled", {"is_enabled": False}),
    ("contract-template", {"is_reviewed": False}),
    ("contract-reference", {"reference": " "}),
    ("contract-sender", {"sender_proved": False}),
    ("sender-name-honest", {"from_line": replace(CONTRACT.from_line, name="post@elsewhere.test")}),
    ("sender-name-letters", {"from_line": replace(CONTRACT.from_line, name="Lindenh\u043ef")}),
    ("sender-name-brand", {"from_line": replace(CONTRACT.from_line, name="PayPal")}),
    ("contract-stream", {"stream_apart": False}),
    ("imprint-complete", {"imprint": None}),
    ("contract-address", {"address_refused_by": "R-21"}),
    ("contract-allowed", {"is_suppressed": True}),
    ("contract-misdirected", {"is_misdirected": True}),
    ("contract-limit", {"messages_last_day": 10}),
    ("contract-volume", {"volume_reached": 30}),
]


def test_a_good_one_passes() -> None:
    assert judge_contract(CONTRACT).failures == ()
    assert judge_contract(replace(CONTRACT, messages_last_day=9)).allowed


@pytest.mark.parametrize(("key", "changes"), FAULTS)
def test_a_fault_holds_the_message_back(key: str, changes: dict[str, Any]) -> None:
    verdict = judge_contract(replace(CONTRACT, **changes))
    assert [finding.key for finding in verdict.failures] == [key]
    assert not verdict.allowed


def test_every_rule_has_a_case() -> None:
    told = {"sender-name-shared-brand"}  # told to the version's reviewer, who decides
    assert {key for key, _ in FAULTS} == {check.key for check in CONTRACT_CHAIN} - told


def test_what_lets_a_message_pass_is_weaker_than_all_that_stops_it() -> None:
    """So that a row whose reason passes never hides a complaint or a dead mailbox."""
    first = min(STRENGTH.index(reason) for reason in CONTRACT_PASSES)
    assert set(STRENGTH[first:]) == set(CONTRACT_PASSES)


@pytest.mark.parametrize("reason", SuppressionReason)
def test_the_platform_stops_whatever_the_reason(reason: SuppressionReason) -> None:
    assert stops_contract(reason, everywhere=True)
    assert stops_contract(reason, everywhere=False) is (reason not in CONTRACT_PASSES)
