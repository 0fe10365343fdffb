"""R-35: one address gets a limited number of confirmation messages a day, across all customers."""

from mailflatrate.rules import limits
from mailflatrate.rules.form_facts import ConfirmationFacts
from mailflatrate.rules.verdict import Check, CheckedChain, Params, RuleText, Severity


def _hits(facts: ConfirmationFacts) -> Params | None:
    cap = int(limits.value("confirmations_per_address_day"))
    return None if facts.mails_to_address_last_day < cap else {"limit": cap}


CHECK: Check[ConfirmationFacts] = Check(
    rule="R-35",
    key="sign-up-bombing",
    places={CheckedChain.CONFIRMATION: 1100},
    severity=Severity.BLOCK,
    anchor="form.confirmations",
    source="M3AAWG on web-form sign-up attacks (3 Nov 2017); number derived",
    hits=_hits,
    text=RuleText(
        title="Mailbox not flooded",
        sentence="This address already received {limit} confirmation emails within a day, across all our customers.",
        why="Attackers enter other people's addresses into forms to flood their mailboxes.",
        fix="Wait a day.",
    ),
)
