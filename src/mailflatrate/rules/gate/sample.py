"""Rules applied to a campaign's words and to one finished message: pure, run in a child process (`base.child`)."""

from dataclasses import dataclass
from datetime import datetime

from mailflatrate.rules.gate.lint import LintLookups, judge_message, message_facts
from mailflatrate.rules.messages.message import MessageKind
from mailflatrate.rules.phrases import find_categories, find_orders, tells_ai


@dataclass(frozen=True, slots=True)
class SpokenOf:
    categories: tuple[str, ...]
    machine_orders: tuple[str, ...]
    tells_ai: bool


@dataclass(frozen=True, slots=True)
class SampleJudgement:
    failed: frozenset[str]
    is_signed: bool


def spoken_of(words: str, visible: str) -> SpokenOf:
    return SpokenOf(find_categories(words), find_orders(words), tells_ai(visible))


def judge_sample(message: bytes, published_key: bytes | None, now: datetime) -> SampleJudgement:
    """Judge a finished message like a receiver with the domain's published key."""
    outside = LintLookups(find_key=lambda _selector, _domain: published_key)
    facts = message_facts(message, outside, now=now, kind=MessageKind.BULK)
    failed = frozenset(finding.key for finding in judge_message(facts).blocked_by)
    return SampleJudgement(failed, any(signature.verdict.passed for signature in facts.signatures))
