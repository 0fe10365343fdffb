"""R-59: a bulk signature has a signing time and expires within 48 hours."""

from mailflatrate.mail.signing.dkim_verify import DkimVerdict
from mailflatrate.rules.messages.message import MessageFacts
from mailflatrate.rules.verdict import Check, Params, RuleText, Severity

_LONGEST_SECONDS = 48 * 3600


def _hits(facts: MessageFacts) -> Params | None:
    if not facts.holding:
        return None
    return None if any(_ends_soon(verdict) for verdict in facts.holding) else {"hours": _LONGEST_SECONDS // 3600}


def _ends_soon(verdict: DkimVerdict) -> bool:
    start, end = verdict.signed_at, verdict.expires_at
    return start is not None and end is not None and 0 < end - start <= _LONGEST_SECONDS


CHECK: Check[MessageFacts] = Check(
    rule="R-59",
    key="dkim-lifetime",
    severity=Severity.INFO,
    anchor="header.dkim-signature",
    source="CSA: x= at most 48 hours for bulk; M3AAWG on replay",
    hits=_hits,
    text=RuleText(
        title="Short-lived signature",
        sentence="The signature doesn't have t= and x= at most {hours} hours apart.",
        why="If a signature never expires, others can use it to resend your message in bulk.",
        fix="Add the signing time (t=) and the expiration time (x=) to the signature.",
    ),
)
