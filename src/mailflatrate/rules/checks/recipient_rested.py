"""R-37: whoever asked for fewer mailings gets no more than that."""

from __future__ import annotations

from datetime import datetime

from mailflatrate.locale.texts import N_
from mailflatrate.rules.facts import RecipientFacts
from mailflatrate.rules.verdict import RuleText
from mailflatrate.rules.withhold import RecipientRule, Withhold, WithholdReason

_KEY = "recipient-rested"
_TOO_SOON = Withhold("R-37", _KEY, WithholdReason.TOO_SOON)


def _refuses(facts: RecipientFacts, now: datetime) -> Withhold | None:
    until = facts.rests_until
    return None if until is None or now >= until else _TOO_SOON


RULE = RecipientRule(
    rule="R-37",
    key=_KEY,
    source="GDPR Art. 7(3): withdrawing a part is withdrawing; derived",
    refuses=_refuses,
    reasons={WithholdReason.TOO_SOON: N_("wants fewer mailings")},
    text=RuleText(
        title="Not more often than the person wants",
        sentence="Left out: {reason}.",
        why="The person chose under preferences how often mailings may come, and the last one was not long ago.",
        fix="Nothing is to be done; the next mailing after the pause goes out.",
    ),
)
