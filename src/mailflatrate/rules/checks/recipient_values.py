"""R-52: nobody gets a letter with a hole in it."""

from __future__ import annotations

from datetime import datetime

from mailflatrate.locale.texts import N_
from mailflatrate.rules.facts import RecipientFacts
from mailflatrate.rules.verdict import RuleText
from mailflatrate.rules.withhold import RecipientRule, Withhold, WithholdReason

_KEY = "recipient-values"
_MISSING = Withhold("R-52", _KEY, WithholdReason.MISSING_VALUE)


def _refuses(facts: RecipientFacts, now: datetime) -> Withhold | None:
    return _MISSING if facts.missing_values else None


RULE = RecipientRule(
    rule="R-52",
    key=_KEY,
    source="Derived",
    refuses=_refuses,
    reasons={
        WithholdReason.MISSING_VALUE: N_("a personal field has no value"),
    },
    text=RuleText(
        title="Personal fields have values",
        sentence="Left out: {reason}.",
        why="A letter with an empty field tells readers that nobody looked.",
        fix="Give the field a default in the content, or fill the value in at the contact.",
    ),
)
