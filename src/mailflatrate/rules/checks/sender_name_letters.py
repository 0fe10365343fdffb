"""R-45: the sender's name contains no look-alike letters."""

from mailflatrate.rules.facts import HasFrom
from mailflatrate.rules.names.scripts import disguised_word, has_invisible, undisguised
from mailflatrate.rules.verdict import Check, CheckedChain, Params, RuleText, Severity


def _hits(facts: HasFrom) -> Params | None:
    name = facts.from_line.name
    word = disguised_word(name)
    if word is None and has_invisible(name):
        word = name
    return None if word is None else {"found": word, "read_as": undisguised(word)}


CHECK: Check[HasFrom] = Check(
    rule="R-45",
    key="sender-name-letters",
    places={
        CheckedChain.CAMPAIGN: 2060,
        CheckedChain.FROM: 1030,
        CheckedChain.CONFIRMATION: 1150,
        CheckedChain.CONTRACT: 1090,
    },
    severity=Severity.BLOCK,
    anchor="campaign.sender_name",
    source="Unicode TR 39 (mixed scripts, confusables); UWG section 7(2) no. 3; CAN-SPAM 15 USC 7704(a)(1)",
    hits=_hits,
    text=RuleText(
        title="No look-alike letters in the sender name",
        sentence=(
            "The sender name contains {found}, which mixes letters of several alphabets in one word or includes "
            "invisible characters. It reads as {read_as}."
        ),
        why="Forgers use look-alike letters to imitate names that filters know.",
        fix="Type the name again on your keyboard instead of copying it, and use a single alphabet.",
    ),
)
