"""The chain that runs a million times per campaign."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailflatrate.rules.contacts.audience_states import CONSENTS, ConsentKind, OriginState, SubscriptionState
from mailflatrate.rules.gate.chains import RECIPIENT_CHAIN
from mailflatrate.rules.gate.judge import RECIPIENT_PASSED, explain, judge_recipient, reason_text, recipient_verdict
from mailflatrate.rules.recipient_facts import RecipientFacts, SuppressionCause
from mailflatrate.rules.skip_reasons import WithholdReason
from rules.examples import DORA, NOW

CASES: list[tuple[dict[str, Any], str, WithholdReason]] = [
    ({"suppressed": SuppressionCause.BOUNCE}, "R-69", WithholdReason.SUPPRESSED_BOUNCE),
    ({"suppressed": SuppressionCause.COMPLAINT}, "R-79", WithholdReason.SUPPRESSED_COMPLAINT),
    ({"suppressed": SuppressionCause.UNSUBSCRIBE}, "R-16", WithholdReason.SUPPRESSED_UNSUBSCRIBED),
    ({"suppressed": SuppressionCause.OBJECTION}, "R-37", WithholdReason.SUPPRESSED_OBJECTION),
    ({"suppressed": SuppressionCause.ERASED}, "R-96", WithholdReason.SUPPRESSED_ERASED),
    ({"suppressed": SuppressionCause.OWN}, "R-16", WithholdReason.SUPPRESSED_OWN),
    ({"suppressed": SuppressionCause.EVERYWHERE}, "R-79", WithholdReason.SUPPRESSED_EVERYWHERE),
    ({"subscription": SubscriptionState.PENDING}, "R-25", WithholdReason.NOT_CONFIRMED),
    ({"subscription": SubscriptionState.QUARANTINED}, "R-12", WithholdReason.QUARANTINED),
    ({"subscription": SubscriptionState.UNSUBSCRIBED}, "R-37", WithholdReason.UNSUBSCRIBED),
    ({"subscription": None}, "R-36", WithholdReason.REMOVED),
    ({"consent": None}, "R-25", WithholdReason.CONSENT_MISSING),
    *[({"consent": kind}, "R-25", WithholdReason.CONSENT_MISSING) for kind in ConsentKind if kind not in CONSENTS],
    ({"consent_event_id": None}, "R-25", WithholdReason.CONSENT_MISSING),
    ({"consent_at": None}, "R-25", WithholdReason.CONSENT_MISSING),
    ({"consent_at": NOW + timedelta(seconds=1)}, "R-25", WithholdReason.CONSENT_MISSING),
    ({"consent_ended": True}, "R-16", WithholdReason.CONSENT_WITHDRAWN),
    ({"consent_list_id": 2}, "R-36", WithholdReason.CONSENT_OTHER_LIST),
    ({"consent_list_id": None}, "R-36", WithholdReason.CONSENT_OTHER_LIST),
    ({"list_archived": True}, "R-10", WithholdReason.LIST_ARCHIVED),
    ({"origin": OriginState.WAITING}, "R-10", WithholdReason.LIST_NOT_APPROVED),
    ({"origin": OriginState.REJECTED}, "R-10", WithholdReason.LIST_NOT_APPROVED),
    ({"origin": None}, "R-10", WithholdReason.LIST_NOT_APPROVED),
    ({"role_tier": 1}, "R-21", WithholdReason.ROLE_ADDRESS),
    ({"role_tier": 1, "role_released": True}, "R-21", WithholdReason.ROLE_ADDRESS),
    ({"role_tier": 2}, "R-21", WithholdReason.ROLE_ADDRESS),
    ({"last_contact_at": NOW - timedelta(days=731)}, "R-13", WithholdReason.CONSENT_TOO_OLD),
    (
        {"last_contact_at": None, "consent_at": NOW - timedelta(days=731)},
        "R-13",
        WithholdReason.CONSENT_TOO_OLD,
    ),
    ({"rests_until": NOW + timedelta(seconds=1)}, "R-37", WithholdReason.TOO_SOON),
    ({"missing_values": ("first_name",)}, "R-52", WithholdReason.MISSING_VALUE),
]


def test_dora_passes() -> None:
    assert judge_recipient(DORA, NOW) is None
    assert recipient_verdict(DORA, NOW) == RECIPIENT_PASSED


@pytest.mark.parametrize(("changes", "rule", "reason"), CASES)
def test_one_fault_leaves_her_out(changes: dict[str, Any], rule: str, reason: WithholdReason) -> None:
    facts = DORA._replace(**changes)
    withhold = judge_recipient(facts, NOW)
    assert withhold is not None
    assert (withhold.rule, withhold.reason) == (rule, reason)
    failures = recipient_verdict(facts, NOW).failures
    assert [finding.key for finding in failures] == [withhold.key]
    assert reason_text(reason, "de") in explain(failures[0], "de").sentence


@pytest.mark.parametrize(
    "changes",
    [
        {"consent": ConsentKind.IMPORTED, "origin": OriginState.APPROVED},
        {"role_tier": 2, "role_released": True},
        {"last_contact_at": NOW - timedelta(days=730)},
        {"last_contact_at": None},
    ],
)
def test_what_does_not_leave_her_out(changes: dict[str, Any]) -> None:
    assert judge_recipient(DORA._replace(**changes), NOW) is None


def test_every_reason_has_a_case_and_a_rule() -> None:
    assert {reason for _, _, reason in CASES} == set(WithholdReason)
    assert {reason for rule in RECIPIENT_CHAIN for reason in rule.reasons} == set(WithholdReason)


MOMENTS = st.none() | st.integers(-900, 5).map(lambda days: NOW + timedelta(days=days))
ANYBODY = st.builds(
    RecipientFacts,
    suppressed=st.none() | st.sampled_from(SuppressionCause),
    subscription=st.none() | st.sampled_from(SubscriptionState),
    consent=st.none() | st.sampled_from(ConsentKind),
    consent_event_id=st.none() | st.just(7),
    consent_list_id=st.none() | st.integers(1, 2),
    list_id=st.integers(1, 2),
    consent_at=MOMENTS,
    rests_until=MOMENTS,
    last_contact_at=MOMENTS,
    origin=st.none() | st.sampled_from(OriginState),
    role_tier=st.integers(0, 2),
    role_released=st.booleans(),
    missing_values=st.sampled_from([(), ("first_name",)]),
)


@given(ANYBODY)
def test_nobody_passes_without_consent_for_this_list(facts: RecipientFacts) -> None:
    if judge_recipient(facts, NOW) is None:
        assert facts.suppressed is None
        assert facts.subscription is SubscriptionState.CONFIRMED
        assert facts.consent in (ConsentKind.CONFIRMED, ConsentKind.IMPORTED)
        assert facts.consent_event_id is not None
        assert facts.consent_list_id == facts.list_id
        assert facts.consent_at is not None
        assert facts.consent_at <= NOW
        assert facts.origin in (OriginState.FORM, OriginState.APPROVED)
        assert facts.role_tier != 1
        assert not facts.missing_values


@given(ANYBODY)
def test_the_short_and_the_long_answer_agree(facts: RecipientFacts) -> None:
    withhold = judge_recipient(facts, NOW)
    failures = recipient_verdict(facts, NOW).failures
    assert (withhold is None) == (not failures)
    if withhold is not None:
        assert failures[0].key == withhold.key


@given(ANYBODY, st.sampled_from(SuppressionCause))
def test_no_other_fact_outweighs_a_suppression(facts: RecipientFacts, suppressed: SuppressionCause) -> None:
    withhold = judge_recipient(facts._replace(suppressed=suppressed), NOW)
    assert withhold is not None
    assert withhold.key == "recipient-suppressed"
