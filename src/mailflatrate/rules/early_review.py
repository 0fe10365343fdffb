"""What an approval of a draft settles: the findings that its reviewer saw, for as many people (R-06, R-07, R-13)."""

from collections.abc import Mapping
from dataclasses import dataclass

from mailflatrate.rules.verdict import Param, Params

MOST_GROWTH_PERCENT = 10
"""How much a number may have grown since the reviewer saw it."""


@dataclass(frozen=True, slots=True)
class EarlyReview:
    """For exactly this content and audience; `recipients` and `findings` are those that the reviewer saw."""

    by: str
    recipients: int
    findings: Mapping[str, Params]

    def settles(self, key: str, params: Params, recipients: int) -> bool:
        """Return whether the reviewer saw this finding: nothing new in it, and no number that has grown since."""
        seen = self.findings.get(key)
        if seen is None or _has_grown(self.recipients, recipients):
            return False
        return all(name == "recipients" or _covers(seen.get(name), value) for name, value in params.items())


def _covers(seen: Param | None, now: Param) -> bool:
    if isinstance(now, int):
        return isinstance(seen, int) and not _has_grown(seen, now)
    if isinstance(now, tuple):
        return isinstance(seen, tuple) and set(now) <= set(seen)
    return seen == now


def _has_grown(seen: int, now: int) -> bool:
    return now * 100 > seen * (100 + MOST_GROWTH_PERCENT)
