"""R-56: people can unsubscribe with one click, as RFC 8058 defines it."""

from mailflatrate.mail.message.unsubscribe import UnsubscribeProblem
from mailflatrate.rules.messages.message import MessageFacts
from mailflatrate.rules.verdict import Check, Params, RuleText, Severity

_OF_ONE_CLICK = (
    UnsubscribeProblem.MISSING,
    UnsubscribeProblem.NO_HTTPS_URI,
    UnsubscribeProblem.SEVERAL_HTTPS_URIS,
    UnsubscribeProblem.POST_MISSING,
    UnsubscribeProblem.POST_REPEATED,
    UnsubscribeProblem.POST_VALUE,
)


def _hits(facts: MessageFacts) -> Params | None:
    codes = tuple(f"leave.{problem.value}" for problem in facts.unsubscribe.problems if problem in _OF_ONE_CLICK)
    return {"problems": codes} if codes else None


CHECK: Check[MessageFacts] = Check(
    rule="R-56",
    key="one-click",
    severity=Severity.BLOCK,
    anchor="header.list-unsubscribe-post",
    source="RFC 8058 section 3.1; Google answer 81126; Yahoo best practices",
    hits=_hits,
    text=RuleText(
        title="One-click unsubscribe",
        sentence="One-click unsubscribe doesn't work: {problems}.",
        why="Gmail and Yahoo require it of all bulk senders, and people who can't unsubscribe complain.",
        fix="Give List-Unsubscribe one https URI, and add List-Unsubscribe-Post: List-Unsubscribe=One-Click.",
    ),
)
