"""R-45: the sender's name is written in letters that are what they seem."""

from __future__ import annotations

from mailflatrate.rules.facts import HasFrom
from mailflatrate.rules.names.scripts import disguised_word, has_invisible, undisguised
from mailflatrate.rules.verdict import Check, Params, RuleText, Severity


def _hits(facts: HasFrom) -> Params | None:
    name = facts.from_line.name
    found = disguised_word(name)
    if found is None and has_invisible(name):
        found = name
    return None if found is None else {"found": found, "read_as": undisguised(found)}


CHECK: Check[HasFrom] = Check(
    rule="R-45",
    key="sender-name-letters",
    severity=Severity.BLOCK,
    anchor="campaign.sender_name",
    source="Unicode TR 39 (mixed scripts, confusables); UWG section 7(2) no. 3; CAN-SPAM 15 USC 7704(a)(1)",
    hits=_hits,
    text=RuleText(
        title="Sender name in honest letters",
        sentence=(
            "The sender name holds {found}: letters of several alphabets in one word, or invisible characters. "
            "It is read as {read_as}."
        ),
        why="Look-alike letters are how forgers imitate names that filters know.",
        fix="Type the name anew on your keyboard instead of copying it, in one alphabet.",
    ),
)
