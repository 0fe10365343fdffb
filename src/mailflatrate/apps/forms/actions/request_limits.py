"""Limits on asking for others, and at stands (R-35). Only numbers are kept: erasing people improves no rate."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

from django.db import connection
from django.db.models import Q
from django.utils.translation import gettext as _

from mailflatrate.apps.accounts.models import ApiKey
from mailflatrate.apps.forms.errors import AskingBraked
from mailflatrate.apps.forms.models import AskingTally, ConfirmationRequestKind, SignupRequest
from mailflatrate.base import clock, tenancy
from mailflatrate.rules.forms.request_limits import AskingAllowance, AskingDay, AskingLevel, judge_asking
from mailflatrate.rules.limits import value

_BEHALF = (ConfirmationRequestKind.PERSON, ConfirmationRequestKind.API)
_TALLIED = Q(kind__in=_BEHALF) | Q(stand__isnull=False)
TALLIES_KEPT = timedelta(days=90)
_SUMS = """
SELECT account_id, day, sum(asked), sum(confirmed), sum(denied), sum(unknown), sum(at_stands)
FROM asking_tally WHERE account_id = ANY(%s) AND day > %s GROUP BY account_id, day
"""
_COUNT = """
INSERT INTO asking_tally AS t (account_id, day, key_id, asked, confirmed, denied, unknown, at_stands)
VALUES (%(account_id)s, %(day)s, %(key_id)s, %(asked)s, least(%(confirmed)s, %(asked)s), %(denied)s, %(unknown)s,
    %(at_stands)s)
ON CONFLICT (account_id, day, key_id) DO UPDATE SET asked = t.asked + excluded.asked,
    confirmed = least(t.confirmed + %(confirmed)s, t.asked + excluded.asked), denied = t.denied + excluded.denied,
    unknown = t.unknown + excluded.unknown, at_stands = t.at_stands + excluded.at_stands
"""


def asking_allowance() -> AskingAllowance:
    return allowances_of([tenancy.current_account_id()])[tenancy.current_account_id()]


def allowances_of(account_ids: Sequence[int]) -> dict[int, AskingAllowance]:
    """In the platform scope, or for the account of the scope."""
    today = _day(clock.now())
    since = today - timedelta(days=int(value("asks_window_days")))
    days: dict[int, list[AskingDay]] = {account_id: [] for account_id in account_ids}
    with connection.cursor() as cursor:
        cursor.execute(_SUMS, [list(account_ids), since])
        for account_id, day, *numbers in cursor.fetchall():
            days[account_id].append(AskingDay((today - day).days, *map(int, numbers)))
    return {account_id: judge_asking(history) for account_id, history in days.items()}


def admit_asking(key: ApiKey | None) -> None:
    """Raises AskingBraked. An account's requests wait for each other (transaction), so no burst exceeds the limit."""
    now, allowance = clock.now(), _locked_allowance()
    if allowance.left == 0:
        raise AskingBraked(_why(allowance), seconds=_until_tomorrow(now), allowance=allowance)
    if key is None or key.daily_asks is None:
        return
    rows = AskingTally.objects.filter(key=key, day=_day(now))
    used = rows.values_list("asked", flat=True).first() or 0
    if used >= key.daily_asks:
        words = _(
            "This key has used its %(limit)d confirmation requests for today (UTC). Try again tomorrow, or ask an "
            "owner for a key with a higher limit."
        )
        raise AskingBraked(words % {"limit": key.daily_asks}, seconds=_until_tomorrow(now), allowance=allowance)


def may_ask_at_stand() -> bool:
    """More than for requests, as people confirm later, unless too few confirm or too many deny or bounce. Same lock."""
    allowance = _locked_allowance()
    first = int(value("sign_ups_at_stands_day")) if allowance.level is AskingLevel.OPEN else 0
    return allowance.asked_today + allowance.at_stands_today < max(allowance.limit, first)


def _locked_allowance() -> AskingAllowance:
    """Nothing else of the account is admitted until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('asking', %s))", [tenancy.current_account_id()])
    return asking_allowance()


def _why(allowance: AskingAllowance) -> str:
    figures = {
        "limit": allowance.limit,
        "judged": allowance.judged,
        "confirmed": allowance.confirmed,
        "unknown": allowance.unknown,
        "denied": allowance.denied,
    }
    words = {
        AskingLevel.OPEN: _(
            "This account has sent %(limit)d confirmation requests on people's behalf today, which is its limit "
            "(UTC day). The limit grows as people confirm: %(confirmed)d in the last 14 days. Put the sign-up form "
            "on your site, which has no such limit, or continue tomorrow."
        ),
        AskingLevel.HELD: _(
            "This account has sent %(limit)d confirmation requests on people's behalf today, which is its limit "
            "(UTC day). The limit isn't growing because only %(confirmed)d of %(judged)d people confirmed. Only "
            "request confirmation for people who have just signed up with you."
        ),
        AskingLevel.FEW: _(
            "This account can send %(limit)d confirmation requests a day: of %(judged)d people, only %(confirmed)d "
            "confirmed, %(denied)d said it wasn't them, and %(unknown)d addresses don't exist. Only request "
            "confirmation for people who have just signed up, or use the sign-up form."
        ),
        AskingLevel.STOPPED: _(
            "This account can't send confirmation requests right now, because %(unknown)d of the addresses it "
            "submitted don't exist. Have visitors sign up with the form on your site, and contact us if you think "
            "this is wrong."
        ),
    }[allowance.level]
    return words % figures


def count_asked(key_id: int | None, at: datetime, *, at_stand: bool = False) -> None:
    """On the day that its answer will be counted for."""
    _count(_day(at), key_id, asked=1, at_stands=int(at_stand))


def count_answer(request: SignupRequest, *, yes: bool) -> None:
    if request.kind in _BEHALF or request.stand_id is not None:
        _count(_day(request.requested_at), request.key_id, confirmed=int(yes), denied=int(not yes))


def note_unknown(request_ids: Sequence[int], at: datetime) -> int:
    """Their emails went to nonexistent mailboxes or domains; return how many were new. Idempotent."""
    rows = SignupRequest.objects.filter(_TALLIED, id__in=request_ids, unknown_at=None)
    requests = list(rows.select_for_update().order_by("id"))
    for request in requests:
        _count(_day(request.requested_at), request.key_id, unknown=1)
    SignupRequest.objects.filter(id__in=[request.id for request in requests]).update(unknown_at=at)
    return len(requests)


@tenancy.needs_platform
def forget_tallies() -> None:
    AskingTally.objects.filter(day__lt=_day(clock.now() - TALLIES_KEPT)).delete()


@tenancy.needs_platform
def braked_accounts() -> list[tuple[int, AskingAllowance]]:
    """Throttled or at their limit in the current window, worst first."""
    since = _day(clock.now()) - timedelta(days=int(value("asks_window_days")))
    ids = list(AskingTally.objects.filter(day__gt=since).values_list("account_id", flat=True).distinct())
    braked = [(account_id, allowance) for account_id, allowance in allowances_of(ids).items() if _noteworthy(allowance)]
    order = list(AskingLevel)
    return sorted(braked, key=lambda pair: (-order.index(pair[1].level), -pair[1].asked_today, pair[0]))


def _noteworthy(allowance: AskingAllowance) -> bool:
    return allowance.level is not AskingLevel.OPEN or allowance.left == 0


def _count(
    day: date,
    key_id: int | None,
    *,
    asked: int = 0,
    confirmed: int = 0,
    denied: int = 0,
    unknown: int = 0,
    at_stands: int = 0,
) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, {
            "account_id": tenancy.current_account_id(), "day": day, "key_id": key_id, "asked": asked,
            "confirmed": confirmed, "denied": denied, "unknown": unknown, "at_stands": at_stands,
        })  # fmt: skip


def _day(moment: datetime) -> date:
    return moment.astimezone(UTC).date()


def _until_tomorrow(now: datetime) -> int:
    tomorrow = datetime.combine(_day(now) + timedelta(days=1), time.min, UTC)
    return int((tomorrow - now).total_seconds()) + 1
