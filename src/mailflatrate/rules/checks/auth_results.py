"""R-61 and R-62: what the receiving server found when it checked SPF and DMARC."""

from mailflatrate.rules.messages.message import MessageFacts
from mailflatrate.rules.verdict import Check, Params, RuleText, Severity

_BAD = {"dmarc": ("fail", "permerror"), "spf": ("fail", "softfail", "permerror")}


def _hits(facts: MessageFacts) -> Params | None:
    results = facts.transit.results
    if facts.transit.through_list or any(
        (auth_result.method, auth_result.result) == ("dmarc", "pass") for auth_result in results
    ):
        return None  # a list sends in its own name, and SPF may fail where DKIM carries DMARC
    bad = [
        f"{auth_result.method}={auth_result.result}"
        for auth_result in results
        if auth_result.result in _BAD.get(auth_result.method, ())
    ]
    return {"found": tuple(dict.fromkeys(bad)), "domain": facts.from_line.domain} if bad else None


CHECK: Check[MessageFacts] = Check(
    rule="R-62",
    key="auth-results",
    severity=Severity.WARN,
    anchor="header.authentication-results",
    source="RFC 8601; RFC 7208 section 9.1; Google answer 81126",
    hits=_hits,
    text=RuleText(
        title="Receiver's checks passed",
        sentence="The receiving server checked the message from {domain} and reported {found}.",
        why="Mailbox providers send such messages to spam or reject them.",
        fix="Authorize the sending server in SPF, and sign with DKIM for the From domain.",
    ),
)
