"""The meaning of `1`, `U` or another bare code in a status column, depending on the system that wrote the file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mailflatrate.rules.prior_status.columns import counts_states, stands_alone
from mailflatrate.rules.prior_status.status_words import PriorStatus
from mailflatrate.rules.systems.profile import SystemProfile, recognize

_COMMON_DIGITS = {
    "0": PriorStatus.OPEN,
    "1": PriorStatus.YES,
    "2": PriorStatus.UNSUBSCRIBED,
    "3": PriorStatus.BOUNCED,
    "4": PriorStatus.COMPLAINED,
}
"""The most common digits of a state; enough to review a person, never enough for a yes."""


def code_table(title: str, header: Sequence[str], system: SystemProfile | None = None) -> Mapping[str, PriorStatus]:
    system = system or recognize(header)
    return {} if system is None else system.codes_for(title)


def suspected_codes(title: str, header: Sequence[str]) -> Mapping[str, PriorStatus]:
    return code_table(title, header) or (_COMMON_DIGITS if counts_states(title) and stands_alone(title) else {})
