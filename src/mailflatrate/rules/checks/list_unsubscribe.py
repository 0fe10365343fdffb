"""R-57: List-Unsubscribe follows the syntax of RFC 2369."""

from mailflatrate.mail.message.unsubscribe import UnsubscribeProblem
from mailflatrate.rules.messages.message import MessageFacts
from mailflatrate.rules.verdict import Check, Params, RuleText, Severity

_OF_THE_FIELD = (
    UnsubscribeProblem.MISSING,
    UnsubscribeProblem.REPEATED,
    UnsubscribeProblem.NO_ANGLE_BRACKETS,
    UnsubscribeProblem.TEXT_OUTSIDE_BRACKETS,
    UnsubscribeProblem.BAD_URI,
    UnsubscribeProblem.UNKNOWN_SCHEME,
)


def _hits(facts: MessageFacts) -> Params | None:
    codes = tuple(f"leave.{problem.value}" for problem in facts.unsubscribe.problems if problem in _OF_THE_FIELD)
    return {"problems": codes} if codes else None


CHECK: Check[MessageFacts] = Check(
    rule="R-57",
    key="list-unsubscribe",
    severity=Severity.BLOCK,
    anchor="header.list-unsubscribe",
    source="RFC 2369 sections 2 and 3.2; Google answer 81126; Yahoo best practices",
    hits=_hits,
    text=RuleText(
        title="Valid unsubscribe header",
        sentence="List-Unsubscribe can't be read: {problems}.",
        why="Email clients only show their unsubscribe button if they can read this field.",
        fix="Write URIs in angle brackets, separated by commas, with the preferred one first.",
    ),
)
