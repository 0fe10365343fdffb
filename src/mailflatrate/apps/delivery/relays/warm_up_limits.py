"""How much warm-ups of relays and sender domains still allow today."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mailflatrate.apps.delivery.relays.tables import WarmUp
from mailflatrate.base import audit, clock, tenancy
from mailflatrate.rules.sending.warm_up import WarmUpDay, at, is_over

LONGEST_PAUSE_SECONDS = 1800.0
"""Chunks that wait for the next day look again after that: an operator may end a warm-up."""


@dataclass(frozen=True, slots=True)
class WarmUpGrant:
    granted: Mapping[str, int]
    pause_seconds: float


@dataclass(frozen=True, slots=True)
class WarmUpReturn:
    """`unused` messages return to the allowance."""

    unused: int = 0
    answered: int = 0
    deferred: int = 0
    complaints: int = 0


def relay_key(relay_id: int) -> str:
    return f"relay:{relay_id}"


def domain_key(domain_id: int) -> str:
    return f"domain:{domain_id}"


@tenancy.needs_platform
def start(key: str, *, by: audit.Actor, step: int = 0) -> None:
    now = clock.now()
    fresh = {"step": step, "began_at": now, "used": 0, "answered": 0, "deferred": 0, "complaints": 0}
    WarmUp.objects.update_or_create(key=key, defaults={**fresh, "started_at": now, "ended_at": None})
    audit.record("warm_up.started", by=by, subject=key, details={"step": step})


@tenancy.needs_platform
def end(key: str, *, by: audit.Actor, reason: str = "") -> None:
    now = clock.now()
    WarmUp.objects.update_or_create(
        key=key, defaults={"ended_at": now}, create_defaults={"began_at": now, "started_at": now, "ended_at": now}
    )
    audit.record("warm_up.ended", by=by, subject=key, reason=reason)


@tenancy.needs_platform
def warming(keys: Iterable[str]) -> dict[str, WarmUpDay]:
    rows = WarmUp.objects.filter(key__in=list(keys), ended_at=None)
    return {row.key: at(_day(row), clock.now()) for row in rows}


@tenancy.needs_platform
def take(keys: Iterable[str], most: int) -> WarmUpGrant:
    now, granted, pause = clock.now(), {}, 0.0
    for row in _locked(keys):
        day = at(_day(row), now)
        if is_over(day):
            row.ended_at = now
            row.save(update_fields=["ended_at"])
            continue
        granted[row.key] = min(most, day.left)
        _write(row, day, used=day.used + granted[row.key])
        if granted[row.key] < most:
            pause = max(pause, (day.ends_at - now).total_seconds())
    return WarmUpGrant(granted, min(pause, LONGEST_PAUSE_SECONDS))


@tenancy.needs_platform
def tell(returns: Mapping[str, WarmUpReturn]) -> None:
    now = clock.now()
    for row in _locked(returns):
        day, returned = at(_day(row), now), returns[row.key]
        _write(
            row,
            day,
            used=max(0, day.used - returned.unused),
            answered=day.answered + returned.answered,
            deferred=day.deferred + returned.deferred,
            complaints=day.complaints + returned.complaints,
        )


def _locked(keys: Iterable[str]) -> list[WarmUp]:
    return list(WarmUp.objects.select_for_update().filter(key__in=list(keys), ended_at=None).order_by("key"))


def _day(row: WarmUp) -> WarmUpDay:
    return WarmUpDay(row.step, row.began_at, row.used, row.answered, row.deferred, row.complaints)


def _write(row: WarmUp, day: WarmUpDay, **changed: int) -> None:
    row.began_at = day.began_at
    numbers = {name: getattr(day, name) for name in ("step", "used", "answered", "deferred", "complaints")}
    for name, number in (numbers | changed).items():
        setattr(row, name, number)
    row.save(update_fields=["began_at", *numbers])
