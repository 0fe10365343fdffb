"""Every rule explains itself in both languages, and the numbers are pinned.

No rule that names the gate or the engine is forgotten.
"""

import re
from string import Formatter

import pytest

from mailflatrate.rules.addresses import AddressReason, reason_sentence
from mailflatrate.rules.contacts.consent import EvidenceReason, evidence_sentence
from mailflatrate.rules.gate import chains
from mailflatrate.rules.gate.coverage import coverage
from mailflatrate.rules.gate.judge import RULES_VERSION, AnyRule, all_rules
from mailflatrate.rules.limits import LIMITS
from mailflatrate.rules.messages.message_chain import MESSAGE_CHAIN

RULES = sorted(all_rules().values(), key=lambda rule: rule.key)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.key)
def test_texts_are_whole_in_both_languages(rule: AnyRule) -> None:
    assert re.fullmatch(r"R-\d{2,3}", rule.rule)
    assert re.fullmatch(r"[a-z]+(-[a-z]+)+", rule.key)
    assert rule.source
    fields = []
    for words in (rule.words("en"), rule.words("de")):
        assert not words.title.endswith(".")
        for text in (words.sentence, words.why, words.fix):
            assert text.endswith(".")
            assert "!" not in text
        fields.append({name for _, name, _, _ in Formatter().parse(words.sentence) if name})
    assert fields[0] == fields[1]
    assert rule.words("en").sentence != rule.words("de").sentence


def test_keys_are_unique_and_each_rule_stands_in_a_chain() -> None:
    every_chain = (
        chains.CAMPAIGN_CHAIN,
        chains.FROM_CHAIN,
        chains.CONFIRMATION_CHAIN,
        chains.FORM_CHAIN,
        chains.NOTICE_CHAIN,
        chains.CONTRACT_CHAIN,
        chains.RECIPIENT_CHAIN,
        tuple(row.check for row in MESSAGE_CHAIN),
    )
    everything = {id(rule): rule.key for chain in every_chain for rule in chain}
    assert len(set(everything.values())) == len(everything) == len(RULES)


def test_reasons_have_sentences_in_both_languages() -> None:
    for reason in AddressReason:
        assert reason_sentence(reason, "en") != reason_sentence(reason, "de")
    for evidence_reason in EvidenceReason:
        english = evidence_sentence(evidence_reason, "en")
        assert english != evidence_sentence(evidence_reason, "de")


def test_the_rules_version_is_short_and_made_of_the_rules() -> None:
    assert re.fullmatch(r"[0-9a-f]{12}", RULES_VERSION)


def test_limits_are_pinned() -> None:
    """A threshold is law (R-84): anyone who changes one changes this line too, and says why."""
    pinned = {
        "gmail_spam_rate_aim": 0.10, "gmail_spam_rate_max": 0.30, "csa_spam_rate_max": 0.30, "complaint_warn": 0.05,
        "complaint_throttle": 0.10, "complaint_pause": 0.20, "complaint_suspend": 0.30, "hard_bounce_warn": 1.0,
        "hard_bounce_pause": 2.0, "hard_bounce_suspend": 5.0, "consent_review_days": 365, "consent_max_days": 730,
        "html_max_octets": 102_400, "html_warn_octets": 81_920, "message_max_octets": 1_048_576, "soft_messages": 3,
        "soft_span_days": 14, "soft_messages_active": 5, "soft_span_days_active": 28, "retry_first_minutes": 15,
        "retry_give_up_hours": 72, "supervised_campaigns": 3, "confirmations_per_address_day": 5,
        "confirmation_valid_days": 7, "confirmation_erase_days": 14, "confirmations_per_form_hour": 1000,
        "confirmation_again_hours": 24, "asks_after_no_days": 90, "sign_ups_per_ip_hour": 60,
        "sign_ups_unproven_per_form_hour": 60,
        "sign_ups_per_stand_hour": 120, "sign_ups_at_stands_day": 600,
    }  # fmt: skip
    assert {key: LIMITS[key].value for key in pinned} == pinned
    assert all(limit.source and re.fullmatch(r"R-\d{2,3}", limit.rule) for limit in LIMITS.values())


def test_each_rule_of_the_gate_has_a_check_or_a_reason() -> None:
    for row in coverage():
        assert row.checks or len(row.elsewhere) > 30, row.rule
        assert set(row.checks) <= set(all_rules()), row.rule
        assert row.enforcers & {"PG", "DE", "IP", "all"}, row.rule


def test_the_table_is_whole() -> None:
    """The numbers of the rules whose last line names PG, DE or all; a new rule is a new line here and there."""
    wanted = {
        1, 4, 5, 6, 13, 14, 18, 19, 20, 21, 25, 32, 36, 37, 40, 41, 42, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55,
        57, 58, 59, 60, 61, 62, 63, 64, 65, 66, 69, 70, 72, 74, 84, 85, 86, 87, 88, 89, 91, 96, 98, 99, 100, 101, 102,
        103, 104, 105, 106, 107, 108, 109, 111,
    }  # fmt: skip
    rules = [int(row.rule.removeprefix("R-")) for row in coverage()]
    assert rules == sorted(set(rules))
    assert wanted <= set(rules)


def test_no_check_stands_outside_of_the_table_without_its_rule() -> None:
    """A check of the campaign chain belongs to a rule of the table, or to one that another desk enforces."""
    listed = {key for row in coverage() for key in row.checks}
    known = {row.rule for row in coverage()}
    strays = {key for key, rule in all_rules().items() if rule.rule in known and key not in listed}
    assert strays == set()
