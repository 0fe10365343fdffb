"""R-58: X-CSA-Complaints names the address in use."""

from mailflatrate.rules.messages.message import MessageFacts
from mailflatrate.rules.verdict import Check, Params, RuleText, Severity

ADDRESS = "csa-complaints@eco.de"


def _hits(facts: MessageFacts) -> Params | None:
    written = facts.own.first("x-csa-complaints").strip().strip("<>").lower()
    return None if written in ("", ADDRESS) else {"found": written[:80], "right": ADDRESS}


CHECK: Check[MessageFacts] = Check(
    rule="R-58",
    key="csa-complaints",
    severity=Severity.WARN,
    anchor="header.x-csa-complaints",
    source="CSA; address seen in mail of certified senders 2022 to 2026",
    hits=_hits,
    text=RuleText(
        title="CSA complaint address up to date",
        sentence="X-CSA-Complaints contains {found} instead of {right}.",
        why="The old address is no longer read, and a wrong one claims a certification you may not have.",
        fix="Use the current address, and only if your servers are certified.",
    ),
)
