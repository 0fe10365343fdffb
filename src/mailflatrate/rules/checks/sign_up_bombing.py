"""R-35: one address gets only so many confirmation mails a day, over all customers."""

from __future__ import annotations

from mailflatrate.rules import limits
from mailflatrate.rules.facts import ConfirmationFacts
from mailflatrate.rules.verdict import Check, Params, RuleText, Severity


def _hits(facts: ConfirmationFacts) -> Params | None:
    cap = int(limits.value("confirmations_per_address_day"))
    return None if facts.mails_to_address_last_day < cap else {"limit": cap}


CHECK: Check[ConfirmationFacts] = Check(
    rule="R-35",
    key="sign-up-bombing",
    severity=Severity.BLOCK,
    anchor="form.confirmations",
    source="M3AAWG on web-form sign-up attacks (3 Nov 2017); number derived",
    hits=_hits,
    text=RuleText(
        title="Not bombarded",
        sentence="This address had {limit} confirmation mails within a day already, from all our customers.",
        why="Strangers enter other people's addresses into forms in order to flood their mailboxes.",
        fix="Wait a day.",
    ),
)
