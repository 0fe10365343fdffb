"""R-47: a subject that fakes a reply or a forward is deceptive."""

import re

from mailflatrate.rules.facts import HasContent
from mailflatrate.rules.verdict import Check, CheckedChain, Params, RuleText, Severity

# Reply and forward marks of the usual mail programs in German, English and the neighboring languages.
_PREFIX = re.compile(
    r"\s*(?:\[[^\]]{0,40}\]\s*)?(re|aw|antw(?:ort)?|sv|vs|odp|fw|fwd|wg|wtr|tr|rv|enc|doorst|vl|rif|res|ynt|ilt|отв|ответ"
    r"|пересл|回复|回覆|答复|答覆|转发|轉寄|轉發|返信|転送)"
    r"\s?(?:\[\d+\]|\(\d+\))?\s?[:：]",
    re.IGNORECASE,
)


def _hits(facts: HasContent) -> Params | None:
    match = _PREFIX.match(facts.content.subject)
    return None if match is None or facts.content.in_thread else {"prefix": match.group(0).strip()}


CHECK: Check[HasContent] = Check(
    rule="R-47",
    key="subject-honest",
    places={CheckedChain.CAMPAIGN: 5020},
    severity=Severity.BLOCK,
    anchor="campaign.subject",
    source="Google answer 81126: no fake replies; UWG section 5; DDG section 6(2); CAN-SPAM 15 USC 7704(a)(2)",
    hits=_hits,
    text=RuleText(
        title="Subject line doesn't fake a reply",
        sentence="The subject line starts with {prefix}, as if it were part of a conversation.",
        why="It gets people to open the message under false pretenses. Gmail and competition law forbid that.",
        fix="Remove the prefix from the subject line.",
    ),
)
