"""R-58: X-CSA-Complaints names the address that is in use."""

from __future__ import annotations

from mailflatrate.rules.message import MessageFacts
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
        title="CSA complaint address current",
        sentence="X-CSA-Complaints holds {found} instead of {right}.",
        why="The old address is not read any more, and a wrong one claims a certification.",
        fix="Write the current address, and only if your servers are certified.",
    ),
)
