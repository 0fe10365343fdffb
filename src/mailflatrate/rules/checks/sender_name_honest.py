"""R-45: the display name does not pretend to be another address or domain."""

from __future__ import annotations

import re

from mailflatrate.rules.facts import CampaignFacts
from mailflatrate.rules.verdict import Check, Params, Severity, Words

_ADDRESS = re.compile(r"[\w.+-]+\s?@\s?([\w-]+(?:\.[\w-]+)+)")
# A name such as "Dr. Huber" has dots too: only words that end in a usual top-level domain are read as
# domains.
_DOMAIN = re.compile(
    r"(?<![\w@.-])(?:https?://|www\.)?((?:[\w-]+\.)+(?:com|net|org|info|biz|eu|de|at|ch|li|uk|us|ca|io|shop|online))"
    r"(?![\w-])",
    re.IGNORECASE,
)


def _hits(facts: CampaignFacts) -> Params | None:
    name = facts.sender.display_name
    for pattern in (_ADDRESS, _DOMAIN):
        for match in pattern.finditer(name):
            if not _same_house(match.group(1).casefold(), facts.sender.from_domain):
                return {"found": match.group(0), "domain": facts.sender.from_domain}
    return None


def _same_house(named: str, own: str) -> bool:
    return named == own or own.endswith(f".{named}") or named.endswith(f".{own}")


CHECK: Check[CampaignFacts] = Check(
    rule="R-45",
    key="sender-name-honest",
    severity=Severity.BLOCK,
    anchor="campaign.sender_name",
    source="UWG section 7(2) no. 3; ePrivacy 13(4); DDG section 6(1) no. 2; CAN-SPAM 15 USC 7704(a)(1)",
    hits=_hits,
    en=Words(
        title="Sender name says who sends",
        sentence="The sender name contains {found}, but the mailing comes from {domain}.",
        why="Readers see the name first. It must not point to anybody but the sender.",
        mend="Write the name of your company or brand, without an address of somebody else.",
    ),
    de=Words(
        title="Der Absendername sagt, wer sendet",
        sentence="Der Absendername enthält {found}, das Mailing kommt aber von {domain}.",
        why="Der Name wird zuerst gelesen. Er darf auf niemanden als den Absender weisen.",
        mend="Schreiben Sie den Namen Ihrer Firma oder Marke, ohne die Adresse eines anderen.",
    ),
)
