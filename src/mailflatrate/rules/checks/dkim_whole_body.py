"""R-59: the signature covers the whole body."""

from mailflatrate.rules.messages.message import MessageFacts
from mailflatrate.rules.verdict import Check, Params, RuleText, Severity


def _hits(facts: MessageFacts) -> Params | None:
    limited = tuple(signature.verdict.domain for signature in facts.signatures if signature.verdict.is_body_limited)
    return {"domains": limited} if limited else None


CHECK: Check[MessageFacts] = Check(
    rule="R-59",
    key="dkim-whole-body",
    severity=Severity.BLOCK,
    anchor="header.dkim-signature",
    source="RFC 6376 section 8.2; CSA on l= tags (2024)",
    hits=_hits,
    text=RuleText(
        title="Signature covers the whole body",
        sentence="The signature of {domains} has a length limit (l=).",
        why="Anyone can add content after that length, and it still counts as signed.",
        fix="Sign without l=.",
    ),
)
