"""The entry points of the rule chains, and the texts of their findings."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeAlias, TypeVar

from mailflatrate.locale.formats import written_number
from mailflatrate.locale.texts import translate
from mailflatrate.mail.author_mistakes import param_in_words
from mailflatrate.rules.facts import CampaignFacts, ContractFacts, HasFrom, NoticeFacts
from mailflatrate.rules.form_facts import ConfirmationFacts, FormFacts
from mailflatrate.rules.gate.chains import (
    CAMPAIGN_CHAIN,
    CONFIRMATION_CHAIN,
    CONTRACT_CHAIN,
    FORM_CHAIN,
    FROM_CHAIN,
    NOTICE_CHAIN,
    RECIPIENT_CHAIN,
)
from mailflatrate.rules.gate.finding_texts import word
from mailflatrate.rules.limits import LIMITS, value
from mailflatrate.rules.messages.message_chain import MESSAGE_CHAIN
from mailflatrate.rules.recipient_facts import RecipientFacts
from mailflatrate.rules.skip_reasons import RecipientRule, SkippedRecipient, WithholdReason
from mailflatrate.rules.verdict import Check, Finding, Param, Severity, Verdict

AnyRule: TypeAlias = (
    Check[CampaignFacts]
    | Check[HasFrom]
    | Check[ConfirmationFacts]
    | Check[ContractFacts]
    | Check[FormFacts]
    | Check[NoticeFacts]
    | RecipientRule
)

_IN_ORDER: tuple[AnyRule, ...] = (
    *CAMPAIGN_CHAIN,
    *FROM_CHAIN,
    *(row.check for row in MESSAGE_CHAIN),
    *CONFIRMATION_CHAIN,
    *FORM_CHAIN,
    *NOTICE_CHAIN,
    *CONTRACT_CHAIN,
    *RECIPIENT_CHAIN,
)
_RULES: dict[str, AnyRule] = {rule.key: rule for rule in _IN_ORDER}
_REASONS: dict[WithholdReason, str] = {
    reason: message for rule in RECIPIENT_CHAIN for reason, message in rule.reasons.items()
}


def _fingerprint() -> str:
    lines = [
        f"{rule.rule} {rule.key} {rule.version} {rule.severity.value}"
        for rule in sorted(_RULES.values(), key=lambda rule: rule.key)
    ]
    lines += [f"{key} {value(key)}" for key in LIMITS]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:12]


RULES_VERSION: str = _fingerprint()
"""Stored with each permit and verdict. Changes with any rule's id, severity or version, and with any limit."""


@dataclass(frozen=True, slots=True)
class Explanation:
    title: str
    sentence: str
    """What went wrong; the title where the rule passed."""
    why: str
    fix: str
    source: str


def judge_campaign(facts: CampaignFacts) -> Verdict:
    """No rule is skipped, so that a customer sees all that is left; what a reviewer approved isn't asked again."""
    findings = _judge(CAMPAIGN_CHAIN, facts)
    return Verdict(
        RULES_VERSION,
        tuple(
            replace(finding, passed=True, params=()) if _is_settled(finding, facts) else finding for finding in findings
        ),
    )


def _is_settled(finding: Finding, facts: CampaignFacts) -> bool:
    if finding.passed or finding.severity is not Severity.REVIEW:
        return False
    early = facts.release.early_review
    settled = early is not None and early.settles(finding.key, dict(finding.params), facts.audience.recipients)
    return settled or bool(facts.release.reviewed_by)


def judge_from(facts: HasFrom) -> Verdict:
    return _judge(FROM_CHAIN, facts)


def judge_confirmation(facts: ConfirmationFacts) -> Verdict:
    return _judge(CONFIRMATION_CHAIN, facts)


def judge_form(facts: FormFacts) -> Verdict:
    return _judge(FORM_CHAIN, facts)


def judge_notice(facts: NoticeFacts) -> Verdict:
    return _judge(NOTICE_CHAIN, facts)


def judge_contract(facts: ContractFacts) -> Verdict:
    return _judge(CONTRACT_CHAIN, facts)


_REFUSALS = tuple(rule.refuses for rule in RECIPIENT_CHAIN)


def judge_recipient(facts: RecipientFacts, now: datetime) -> SkippedRecipient | None:
    """Return the first rule against the recipient. The hot path; `now` is aware, UTC."""
    for refuses in _REFUSALS:
        withhold = refuses(facts, now)
        if withhold is not None:
            return withhold
    return None


RECIPIENT_PASSED: Verdict = Verdict(
    RULES_VERSION, tuple(Finding(rule.rule, rule.key, rule.severity, True, rule.anchor) for rule in RECIPIENT_CHAIN)
)
"""The verdict for all recipients of the campaign; one object for all of them."""


def recipient_verdict(facts: RecipientFacts, now: datetime) -> Verdict:
    return Verdict(RULES_VERSION, tuple(rule.judge(facts, now) for rule in RECIPIENT_CHAIN))


KEY_SIZES = frozenset({"bits", "needed"})
"""Numbers that nobody groups: a key has 2048 bits."""


def explain(finding: Finding, language: str) -> Explanation:
    rule = _RULES[finding.key]
    words = rule.words(language)
    sentence = words.title
    if not finding.passed:
        sentence = words.sentence.format_map(params_in_words(finding, language))
        sentence = sentence[:1].upper() + sentence[1:]
    return Explanation(words.title, sentence, words.why, words.fix, rule.source)


def params_in_words(finding: Finding, language: str) -> dict[str, str]:
    return {name: _in_words(name, value, language) for name, value in finding.params}


def reason_text(reason: WithholdReason, language: str) -> str:
    return translate(_REASONS[reason], language)


def all_rules() -> Mapping[str, AnyRule]:
    return dict(_RULES)


def failures_by_weight(verdict: Verdict) -> tuple[Finding, ...]:
    """Return failures in the order of the checks panel: block, review, warn, info; within each, the chain's order."""
    order = list(Severity)
    return tuple(sorted(verdict.failures, key=lambda finding: order.index(finding.severity)))


_AnyFacts = TypeVar("_AnyFacts")


def _judge(chain: Iterable[Check[_AnyFacts]], facts: _AnyFacts) -> Verdict:
    return Verdict(RULES_VERSION, tuple(check.judge(facts) for check in chain))


def _in_words(name: str, value: Param, language: str) -> str:
    if isinstance(value, int) and name not in KEY_SIZES:
        return written_number(value, language)
    if not isinstance(value, tuple):
        return str(value)
    return ", ".join(_one_word(item, language) for item in value)


def _one_word(item: str, language: str) -> str:
    if item.startswith("rule."):
        return _RULES[item.removeprefix("rule.")].words(language).title
    if item.startswith("withhold."):
        return reason_text(WithholdReason(item.removeprefix("withhold.")), language)
    return param_in_words(item, language) or word(item, language)
