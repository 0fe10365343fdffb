"""R-35: a flooded form stays up, but its email stops."""

from mailflatrate.rules import limits
from mailflatrate.rules.form_facts import ConfirmationFacts
from mailflatrate.rules.verdict import Check, CheckedChain, Params, RuleText, Severity


def _hits(facts: ConfirmationFacts) -> Params | None:
    cap = int(limits.value("confirmations_per_form_hour"))
    return None if facts.mails_of_form_last_hour < cap else {"limit": cap}


CHECK: Check[ConfirmationFacts] = Check(
    rule="R-35",
    key="form-flooded",
    places={CheckedChain.CONFIRMATION: 1110},
    severity=Severity.BLOCK,
    anchor="form.confirmations",
    source="M3AAWG on web-form sign-up attacks (3 Nov 2017); number derived",
    hits=_hits,
    text=RuleText(
        title="No flood of sign-ups",
        sentence="This form requested more than {limit} confirmation emails within an hour.",
        why="So many sign-ups at once are usually an attack that floods other people's mailboxes in your name.",
        fix="Check the sign-ups from the last hour. Confirmation emails resume automatically when it's over.",
    ),
)
