"""Confirmation mails and service notices."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from mailflatrate.rules.account_states import AccountStatus
from mailflatrate.rules.gate.chains import CONFIRMATION_CHAIN, NOTICE_CHAIN
from mailflatrate.rules.gate.judge import judge_confirmation, judge_notice
from rules.examples import ACCOUNT, CONFIRMATION, FROM, NOTICE, NOW

CONFIRMATION_FAULTS: list[tuple[str, dict[str, Any]]] = [
    ("account-active", {"account": replace(ACCOUNT, status=AccountStatus.PAUSED)}),
    ("dpa-accepted", {"account": replace(ACCOUNT, dpa_accepted="")}),
    ("policy-accepted", {"account": replace(ACCOUNT, terms_accepted="t1")}),
    ("form-published", {"form_published": False}),
    ("form-published", {"requested_at": None}),
    ("request-alive", {"token_expires_at": NOW}),
    ("request-alive", {"token_expires_at": None}),
    ("confirmation-allowed", {"suppressed": True}),
    ("confirmation-address", {"address_refused_by": "R-21"}),
    ("sign-up-bombing", {"mails_to_address_last_day": 5}),
    ("form-flooded", {"mails_of_form_last_hour": 1000}),
    ("request-undenied", {"denied": True}),
    ("request-after-no", {"left_lately": True}),
    ("imprint-complete", {"imprint": None}),
    ("confirmation-plain", {"tracking": True}),
    ("confirmation-plain", {"links": 5}),
    ("sender-name-honest", {"from_line": replace(FROM, name="Lindenhof service@bank.de")}),
    ("sender-name-letters", {"from_line": replace(FROM, name="Lind\u0435nhof")}),
    ("sender-name-brand", {"from_line": replace(FROM, name="Lindenhof Netflix")}),
]


def test_good_ones_pass() -> None:
    assert judge_confirmation(CONFIRMATION).failures == ()
    assert judge_notice(NOTICE).failures == ()
    assert judge_confirmation(replace(CONFIRMATION, mails_to_address_last_day=4)).allowed
    assert judge_confirmation(replace(CONFIRMATION, token_expires_at=NOW + timedelta(seconds=1))).allowed


@pytest.mark.parametrize(("key", "changes"), CONFIRMATION_FAULTS)
def test_a_fault_holds_the_confirmation_back(key: str, changes: dict[str, Any]) -> None:
    verdict = judge_confirmation(replace(CONFIRMATION, **changes))
    assert [finding.key for finding in verdict.failures] == [key]
    assert not verdict.allowed


def test_every_confirmation_rule_has_a_case() -> None:
    assert {key for key, _ in CONFIRMATION_FAULTS} == {check.key for check in CONFIRMATION_CHAIN}


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"recipient_is_user": False}, "notice-to-user"),
        ({"advertising": True}, "notice-to-user"),
        ({"address_dead": True}, "notice-deliverable"),
    ],
)
def test_a_fault_holds_the_notice_back(changes: dict[str, bool], key: str) -> None:
    verdict = judge_notice(replace(NOTICE, **changes))
    assert [finding.key for finding in verdict.failures] == [key]
    assert not verdict.allowed
    assert key in {check.key for check in NOTICE_CHAIN}
