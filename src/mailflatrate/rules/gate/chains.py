"""The chains: everything that can hold a message back, in order (RULES.md section N), and authoritative. A check names
its place in each chain that it belongs to; docs/rules.md shows the whole (`make docs`).

Places of `CheckedChain.CAMPAIGN`: 1000 who sends? 2000 in whose name? 3000 to which audience? 4000 with which imprint
and way out? 5000 saying what? 6000 in which form? 7000 can a message be made from it?
`CheckedChain.FORM`: 1000 which form? 2000 what does the person consent to? 3000 what else does the form ask and say?
`CheckedChain.CONTRACT`: 1000 which message? 2000 may this person get it?
"""

from typing import Any

from mailflatrate.kinds import from_extensions, load_kind, load_kinds
from mailflatrate.rules.facts import CampaignFacts, ContractFacts, HasFrom, NoticeFacts
from mailflatrate.rules.form_facts import ConfirmationFacts, FormFacts
from mailflatrate.rules.skip_reasons import RecipientRule
from mailflatrate.rules.verdict import Check, CheckedChain

_OURS: list[Check[Any]] = load_kinds("mailflatrate.rules.checks", "CHECK", every=False)
_EXTENDED: list[Check[Any]] = from_extensions("checks", "CHECKS")


def _chain(chain: CheckedChain) -> tuple[Check[Any], ...]:
    """Return our checks in order, then those of extensions."""
    return tuple(
        check
        for checks in (_OURS, _EXTENDED)
        for check in sorted(
            (candidate for candidate in checks if chain in candidate.places),
            key=lambda candidate: candidate.places[chain],
        )
    )


CAMPAIGN_CHAIN: tuple[Check[CampaignFacts], ...] = _chain(CheckedChain.CAMPAIGN)
FROM_CHAIN: tuple[Check[HasFrom], ...] = _chain(CheckedChain.FROM)
"""What a From field alone shows, of any message in the world (`mailflatrate lint --from-lines`)."""
CONFIRMATION_CHAIN: tuple[Check[ConfirmationFacts], ...] = _chain(CheckedChain.CONFIRMATION)
FORM_CHAIN: tuple[Check[FormFacts], ...] = _chain(CheckedChain.FORM)
NOTICE_CHAIN: tuple[Check[NoticeFacts], ...] = _chain(CheckedChain.NOTICE)
CONTRACT_CHAIN: tuple[Check[ContractFacts], ...] = _chain(CheckedChain.CONTRACT)

# The cheapest and most frequent check first; the first refusal ends the chain.
RECIPIENT_CHAIN: tuple[RecipientRule, ...] = tuple(
    load_kind("mailflatrate.rules.checks", name, "RULE")
    for name in (
        "recipient_suppressed",
        "recipient_subscribed",
        "recipient_consented",
        "recipient_origin",
        "recipient_personal",
        "recipient_recent",
        "recipient_rested",
        "recipient_values",
    )
)
