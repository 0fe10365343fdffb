"""Code tables of email systems recognized by their header: what `1`, `U` or a bare code means there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from mailflatrate.rules.prior_status.columns import counts_states, stands_alone
from mailflatrate.rules.prior_status.status_words import PriorStatus, plain


@dataclass(frozen=True, slots=True)
class System:
    """A system, recognized if `least` of the titles in `signature` are present; `codes` by title, both compact."""

    signature: frozenset[str]
    codes: Mapping[str, Mapping[str, PriorStatus]] = field(default_factory=dict)
    least: int = 2


_SUBSCRIBER_STATES = {
    "0": PriorStatus.OPEN,
    "1": PriorStatus.YES,
    "2": PriorStatus.UNSUBSCRIBED,
    "3": PriorStatus.BOUNCED,
    "4": PriorStatus.COMPLAINED,
}
_SYSTEMS = (
    # Mailtrain
    System(
        frozenset(
            [
                "cid",
                "optinip",
                "optincountry",
                "statuschange",
                "latestopen",
                "latestclick",
                "istest",
                "hashemail",
                "sourceemail",
            ]
        ),
        {"status": _SUBSCRIBER_STATES},
    ),
    # ActiveCampaign
    System(
        frozenset(
            ["hardbounces", "softbounces", "unsubscriptionreason", "unsubscribereason", "ip4sub", "ip4unsub", "ip4last"]
        ),
        {"status": {code: said for code, said in _SUBSCRIBER_STATES.items() if code != "4"}},
    ),
    # The Newsletter Plugin
    System(
        frozenset(["surname", "sex", "token", "profile1", "list1", "feedbymail"]),
        {
            "status": {
                "c": PriorStatus.YES,
                "s": PriorStatus.OPEN,
                "u": PriorStatus.UNSUBSCRIBED,
                "b": PriorStatus.BOUNCED,
                "p": PriorStatus.COMPLAINED,
            }
        },
        least=3,
    ),
)


def codes_of(header: Sequence[str]) -> Mapping[str, Mapping[str, PriorStatus]]:
    """Return the code tables of the system that wrote a file with these titles, by compact title; else empty."""
    names = {plain(title).replace(" ", "") for title in header}
    return next((system.codes for system in _SYSTEMS if len(names & system.signature) >= system.least), {})


def suspected_codes(title: str, header: Sequence[str]) -> Mapping[str, PriorStatus]:
    """Return the code table or, for an unknown system, the most common digits: enough to review a person."""
    return codes_for(title, header) or (_SUBSCRIBER_STATES if counts_states(title) and stands_alone(title) else {})


def codes_for(title: str, header: Sequence[str]) -> Mapping[str, PriorStatus]:
    """Return the code table of one column of such a file."""
    return codes_of(header).get(plain(title).replace(" ", ""), {})
