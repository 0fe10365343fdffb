"""R-35: a form that is flooded stays up, and its mail stops."""

from __future__ import annotations

from mailflatrate.rules import limits
from mailflatrate.rules.facts import ConfirmationFacts
from mailflatrate.rules.verdict import Check, Params, Severity, Words


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
    en=Words(
        title="Form not flooded",
        sentence="This form asked for more than {limit} confirmation mails within an hour.",
        why="So many sign-ups at once are an attack that floods other people's mailboxes from your name.",
        mend="Look at the sign-ups of the last hour. Mail goes out again by itself when it is over.",
    ),
    de=Words(
        title="Formular nicht überflutet",
        sentence="Dieses Formular verlangte binnen einer Stunde mehr als {limit} Bestätigungsmails.",
        why="So viele Anmeldungen auf einmal sind ein Angriff, der in Ihrem Namen fremde Postfächer flutet.",
        mend="Sehen Sie sich die Anmeldungen der letzten Stunde an. Danach geht von selbst wieder Mail hinaus.",
    ),
)
