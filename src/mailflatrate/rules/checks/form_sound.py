"""R-50: the message is valid MIME."""

from mailflatrate.rules.messages.message import MessageFacts
from mailflatrate.rules.verdict import Check, Params, RuleText, Severity


def _hits(facts: MessageFacts) -> Params | None:
    faults = facts.message.faults
    return {"faults": tuple(f"form.{fault.value}" for fault in faults)} if faults else None


CHECK: Check[MessageFacts] = Check(
    rule="R-50",
    key="form-sound",
    severity=Severity.WARN,
    anchor="campaign.content",
    source="RFC 2045; RFC 2046 section 5.1",
    hits=_hits,
    text=RuleText(
        title="Valid MIME structure",
        sentence="The message isn't structured correctly: {faults}.",
        why="Each email client makes a different guess at what was meant.",
        fix="Build the message with an email library instead of by hand.",
    ),
)
