"""Slows down password guessing: the more attempts by address and network, the more work for the browser (ALTCHA). No
one is locked out. The counters are those of the sign-up forms, across all processes (R-35).
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from mailflatrate.apps.forms.actions.visitor_counts import count, counted
from mailflatrate.apps.forms.defence import VisitorProof, check_submission, counter_key, network_of, new_task
from mailflatrate.base import clock
from mailflatrate.entrypoints.client import client_ip

WINDOW: Final = timedelta(minutes=15)
FREE_BY_ADDRESS: Final = 5
FREE_BY_NETWORK: Final = 20
STEP_BY_ADDRESS: Final = 50
STEP_BY_NETWORK: Final = 100
MOST_HASHES: Final = (60_000, 200_000, 600_000)
"""By level, the first is level 1: about one, four and twelve seconds in a browser."""


def work_needed(request: HttpRequest, email: str) -> int:
    """Count an attempt; 0: no work. Successes are subtracted: an office of people who each sign in once needs none."""
    now = clock.now()
    tried, succeeded = _keys(request, email, now, "sign-in"), _keys(request, email, now, "signed in")
    seen, good = count(tried, now + 2 * WINDOW), counted(succeeded)
    address, net = (seen[key] - good.get(other, 0) for key, other in zip(tried, succeeded, strict=True))
    if address <= FREE_BY_ADDRESS and net <= FREE_BY_NETWORK:
        return 0
    level = min(1 + max(address // STEP_BY_ADDRESS, net // STEP_BY_NETWORK), len(MOST_HASHES))
    return 0 if _worked(request.POST, level, now) else level


def signed_in(request: HttpRequest, email: str) -> None:
    now = clock.now()
    count(_keys(request, email, now, "signed in"), now + 2 * WINDOW)


def _keys(request: HttpRequest, email: str, now: datetime, what: str) -> list[bytes]:
    window = _window(now)
    network = network_of(client_ip(request)) or "this host"
    return [
        counter_key(f"{what} address", email.strip().lower(), window),
        counter_key(f"{what} network", network, window),
    ]


def _window(now: datetime) -> datetime:
    return now.replace(minute=now.minute - now.minute % 15, second=0, microsecond=0)


def _worked(posted: Mapping[str, Any], level: int, now: datetime) -> bool:
    """Return whether a task of this level or harder was solved and is used for the first time."""
    for solved in range(level, len(MOST_HASHES) + 1):
        submission = check_submission(_code(solved), posted)
        if submission.proof is VisitorProof.WORK and submission.task_key is not None:
            return count([submission.task_key], now + timedelta(hours=3))[submission.task_key] == 1
    return False


def _code(level: int) -> str:
    return f"sign-in {level}"


@require_safe
def task(request: HttpRequest) -> JsonResponse:
    """The level is signed, so that an easy task can't be submitted as a hard one."""
    asked = request.GET.get("level", "")
    level = int(asked) if asked in {str(number) for number in range(1, len(MOST_HASHES) + 1)} else 1
    answer = JsonResponse({"task": new_task(_code(level), most=MOST_HASHES[level - 1]), "shown": ""})
    answer.headers["Cache-Control"] = "no-store"
    return answer
