"""R-12, R-25, R-36: the subscription rests on a consent event, given for this very list."""

from __future__ import annotations

from datetime import datetime

from mailflatrate.rules.facts import RecipientFacts
from mailflatrate.rules.verdict import Words
from mailflatrate.rules.withhold import RecipientRule, Withhold, WithholdReason

_KEY = "recipient-consented"
_MISSING = Withhold("R-25", _KEY, WithholdReason.CONSENT_MISSING)
_OTHER_LIST = Withhold("R-36", _KEY, WithholdReason.CONSENT_OTHER_LIST)


def _refuses(facts: RecipientFacts, now: datetime) -> Withhold | None:
    if facts.consent is None or facts.consent_event_id is None or facts.consent_at is None or facts.consent_at > now:
        return _MISSING
    return None if facts.consent_list_id == facts.list_id else _OTHER_LIST


RULE = RecipientRule(
    rule="R-36",
    key=_KEY,
    source="BGH I ZR 164/09; BGH VI ZR 721/15; CSA criteria 2020 section 2.2b",
    refuses=_refuses,
    reasons={
        WithholdReason.CONSENT_MISSING: ("no consent on record", "keine Einwilligung aufgezeichnet"),
        WithholdReason.CONSENT_OTHER_LIST: ("consented to another list", "hat einer anderen Liste zugestimmt"),
    },
    en=Words(
        title="Consent for this list on record",
        sentence="Left out: {reason}.",
        why="Each consent has to be provable, one by one, and holds only for what it was given for.",
        mend="Ask the person to sign up to this list through one of your forms.",
    ),
    de=Words(
        title="Einwilligung für diese Liste aufgezeichnet",
        sentence="Ausgelassen: {reason}.",
        why="Jede Einwilligung muss einzeln beweisbar sein und gilt nur für das, wofür sie erteilt wurde.",
        mend="Bitten Sie die Person, sich über eines Ihrer Formulare zu dieser Liste anzumelden.",
    ),
)
