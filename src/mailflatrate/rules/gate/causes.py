"""Groups findings by cause: what to fix first, and a score. A broken signature explains why the domain isn't aligned;
fixing a cause fixes its effects, so only causes count.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from mailflatrate.rules.verdict import Finding, Param, Severity, Verdict

# What follows -> what it may follow from, the likeliest cause first.
_FOLLOWS: Mapping[str, tuple[str, ...]] = {
    "domain-aligned": ("dkim-holds", "sender-not-freemail", "sender-single"),
    "one-click-signed": ("dkim-holds",),
    "cfbl-address": ("dkim-holds", "domain-aligned"),
    "auth-results": ("dkim-holds", "domain-aligned", "domain-dmarc", "domain-spf", "sender-not-freemail"),
    "dkim-covers": ("one-click-signed",),
    "one-click": ("list-unsubscribe",),
    "unsubscribe-link": ("both-parts",),
    "text-faithful": ("both-parts",),
    "imprint-readable": ("imprint-shown",),
    "header-complete": ("subject-present", "sender-single"),
    "size-comfortable": ("size-limit",),
    "sender-name-emoji": ("sender-name-badge",),
    "sender-name-shared-brand": ("sender-name-brand",),
    "header-ascii": ("sender-name-letters",),
    "dkim-oversigned": ("header-single",),
    "domain-dmarc": ("sender-not-freemail",),
}
_COST = {Severity.BLOCK: 25, Severity.REVIEW: 10, Severity.WARN: 4, Severity.INFO: 1}
# Among findings of one weight: first what gets the message rejected, then what gets it reported, then how it looks.
_FIRST = (
    "sender-single", "sender-name", "sender-not", "header-complete", "dkim-holds", "domain", "auth-results", "dkim",
    "list-unsubscribe", "one-click", "unsubscribe", "nothing-hidden", "links", "subject", "imprint",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class FindingCause:
    finding: Finding
    effects: tuple[Finding, ...] = ()


def find_causes(verdict: Verdict) -> tuple[FindingCause, ...]:
    failed = {finding.key: finding for finding in verdict.failures}
    under = {key: _cause_of(key, failed) for key in failed}
    roots = [finding for key, finding in failed.items() if under[key] == key]
    ordered = sorted(roots, key=_urgency)
    return tuple(
        FindingCause(
            root, tuple(effect for key, effect in failed.items() if key != root.key and under[key] == root.key)
        )
        for root in ordered
    )


def score(causes: tuple[FindingCause, ...]) -> int:
    return max(0, 100 - sum(_COST[cause.finding.severity] for cause in causes))


def _cause_of(key: str, failed: Mapping[str, Finding]) -> str:
    for cause in _FOLLOWS.get(key, ()):
        if cause in failed and _explains(failed[cause], failed[key]):
            return _cause_of(cause, failed)
    return key


def _explains(cause: Finding, effect: Finding) -> bool:
    params = dict(effect.params)
    if effect.key == "header-complete":
        return params.get("fields") == (("Subject",) if cause.key == "subject-present" else ("From",))
    if effect.key == "header-ascii":
        return params.get("fields") == ("from",)
    if effect.key == "dkim-covers":
        return _within(params.get("fields"), ("list-unsubscribe", "list-unsubscribe-post"))
    if effect.key == "one-click" and dict(cause.params).get("problems") != ("leave.missing",):
        return _within(params.get("problems"), ("leave.missing", "leave.no_https_uri", "leave.several_https_uris"))
    if effect.key in ("unsubscribe-link", "text-faithful"):
        return dict(cause.params).get("parts") == params.get("parts", dict(cause.params).get("parts"))
    return True


def _within(param: Param | None, allowed: tuple[str, ...]) -> bool:
    return isinstance(param, tuple) and set(param) <= set(allowed)


def _urgency(finding: Finding) -> tuple[int, int]:
    place = next((at for at, start in enumerate(_FIRST) if finding.key.startswith(start)), len(_FIRST))
    return list(Severity).index(finding.severity), place
