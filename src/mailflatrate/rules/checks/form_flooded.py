"""R-35: a form that is flooded stays up, and its mail stops."""

from __future__ import annotations

from mailflatrate.rules import limits
from mailflatrate.rules.facts import ConfirmationFacts
from mailflatrate.rules.verdict import Check, Params, RuleText, Severity


def _hits(facts: ConfirmationFacts) -> Params | None:
    cap = int(limits.value("confirmations_per_form_hour"))
    return None if facts.mails_of_form_last_hour < cap else {"limit": cap}


CHECK: Check[ConfirmationFacts] = Check(
    rule="R-35",
    key="form-flooded",
    severity=Severity.BLOCK,
    anchor="form.confirmations",
    source="M3AAWG on web-form sign-up attacks (3 Nov 2017); number derived",
    hits=_hits,
    text=RuleText(
        title="Form not flooded",
        sentence="This form asked for more than {limit} confirmation mails within an hour.",
        why="So many sign-ups at once are an attack that floods other people's mailboxes from your name.",
        fix="Look at the sign-ups of the last hour. Mail goes out again by itself when it is over.",
    ),
)
