"""R-54 and R-65: a field that may occur once occurs only once."""

from mailflatrate.rules.messages.message import MessageFacts
from mailflatrate.rules.verdict import Check, Params, RuleText, Severity

_ONCE = (
    *("From", "Sender", "Reply-To", "To", "Cc", "Subject", "Date", "Message-ID", "In-Reply-To", "References"),
    *("MIME-Version", "Content-Type", "Content-Transfer-Encoding", "List-Id", "List-Unsubscribe"),
    *("List-Unsubscribe-Post", "List-Help", "List-Post", "List-Owner", "List-Archive", "List-Subscribe"),
    *("Feedback-ID", "CFBL-Address", "CFBL-Feedback-ID", "Precedence", "X-Mailing-ID", "X-CSA-Complaints"),
)


# What readers see or programs read the body by: twice is a danger, whatever program added the second one.
_ALWAYS = frozenset({"From", "Reply-To", "To", "Cc", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type"})


def _hits(facts: MessageFacts) -> Params | None:
    repeated = tuple(
        name for name in _ONCE if len((facts.message if name in _ALWAYS else facts.own).all(name.lower())) > 1
    )
    return {"fields": repeated} if repeated else None


CHECK: Check[MessageFacts] = Check(
    rule="R-65",
    key="header-single",
    severity=Severity.BLOCK,
    anchor="header.from",
    source="RFC 5322 section 3.6; RFC 2369; RFC 2919; RFC 8058; Google answer 6254652: one Feedback-ID",
    hits=_hits,
    text=RuleText(
        title="No duplicate fields",
        sentence="These header fields appear more than once: {fields}.",
        why="Programs disagree on which one counts, so forgers can show one sender and sign for another.",
        fix="Include each of these fields exactly once.",
    ),
)
