"""R-34: an expired request gets no message."""

from mailflatrate.rules.form_facts import ConfirmationFacts
from mailflatrate.rules.verdict import NO_PARAMS, Check, CheckedChain, Params, RuleText, Severity


def _hits(facts: ConfirmationFacts) -> Params | None:
    expires = facts.token_expires_at
    return None if expires is not None and facts.now < expires else NO_PARAMS


CHECK: Check[ConfirmationFacts] = Check(
    rule="R-34",
    key="request-alive",
    places={CheckedChain.CONFIRMATION: 1050},
    severity=Severity.BLOCK,
    anchor="form.confirmations",
    source="GDPR Art. 17(1)(a); practice of 7 days",
    hits=_hits,
    text=RuleText(
        title="Sign-up still valid",
        sentence="The sign-up has expired.",
        why="We keep an unconfirmed sign-up for only a few days, then erase it.",
        fix="The person can sign up again.",
    ),
)
