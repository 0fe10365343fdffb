"""R-59: a DKIM signature is present and valid."""

from mailflatrate.rules.messages.message import MessageFacts
from mailflatrate.rules.verdict import Check, Params, RuleText, Severity


def _hits(facts: MessageFacts) -> Params | None:
    if facts.holding or any(signature.is_transit_broken for signature in facts.signatures):
        return None
    problems = tuple(
        f"{signature.verdict.domain or '-'}=dkim.{signature.verdict.status.value}" for signature in facts.signatures
    )
    return {"found": problems or ("dkim.none",)}


CHECK: Check[MessageFacts] = Check(
    rule="R-59",
    key="dkim-holds",
    severity=Severity.BLOCK,
    anchor="header.dkim-signature",
    source="RFC 6376 section 6; Google answer 81126; Yahoo and Microsoft sender rules",
    hits=_hits,
    text=RuleText(
        title="DKIM signature valid",
        sentence="There's no valid DKIM signature: {found}.",
        why="Without one, no one vouches for the message, and large providers reject it.",
        fix="Sign as the last step with the key published in DNS, and change nothing afterward.",
    ),
)
