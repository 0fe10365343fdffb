"""Proofs that a sign-up must carry to count (R-35): work, or at least elapsed time. Also how visitors are counted.

Nothing here needs a cookie. A page that we serve carries a signed time and a task (ALTCHA: find the number whose hash
is given). A form on another site that only posts to us carries neither, and is trusted only while few sign-ups come
that way.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from ipaddress import ip_address, ip_network
from typing import Any

import altcha
from django.core import signing

from mailflatrate.base import clock
from mailflatrate.rules.limits import value
from mailflatrate.settings.secrets import load_secrets

TASK_MOST = 60_000
"""Hashes at most; half of it on average, which a phone does in about a second while its owner types."""
TASK_VALID = timedelta(hours=2)
MOMENT_VALID = timedelta(hours=12)
_MOMENT_SALT = "forms.shown"


class VisitorProof(StrEnum):
    """What a visitor proved. PERSON: a signed-in user acted.

    STAND: the tablet's PIN was known. MAILBOX: the person agreed in the mailbox that already gets the messages. KEY:
    nothing; an API key vouches, and its account is judged by how many people confirm.
    """

    WORK = "work"
    TIME = "time"
    NONE = "none"
    PERSON = "person"
    MAILBOX = "mailbox"
    KEY = "key"
    STAND = "stand"


@cache
def _task_key() -> str:
    return hashlib.sha256(b"forms/task/" + load_secrets().secret_key.encode()).hexdigest()


def new_task(code: str, most: int = TASK_MOST) -> dict[str, Any]:
    """Return an ALTCHA challenge for one form: algorithm, challenge, maxNumber, salt, signature.

    Solving it takes at most `most` hashes.
    """
    challenge = altcha.create_challenge(
        altcha.ChallengeOptions(
            max_number=most, hmac_key=_task_key(), expires=clock.now() + TASK_VALID, params={"form": code}
        )
    )
    return dict(challenge.to_dict())


def shown_now(code: str) -> str:
    """Return the signed time at which a form was shown."""
    return signing.dumps([code, int(clock.now().timestamp())], salt=_MOMENT_SALT)


@dataclass(frozen=True, slots=True)
class SubmissionProof:
    """What a submission proved, and the key that counts its task so that it works only once."""

    proof: VisitorProof
    task_key: bytes | None = None
    hurried: bool = False
    """Our signed time is only seconds old: no one reads and types that fast."""


def check_submission(code: str, posted: Mapping[str, Any]) -> SubmissionProof:
    """Return what a submission's fields `altcha` and `shown` prove for the form with this code. Never raises."""
    task = _solved(code, str(posted.get("altcha") or ""))
    hurried, timed = _timed(code, str(posted.get("shown") or ""))
    if task:
        return SubmissionProof(VisitorProof.WORK, counter_key("task", task), hurried)
    return SubmissionProof(VisitorProof.TIME if timed and not hurried else VisitorProof.NONE, hurried=hurried)


def _solved(code: str, payload: str) -> str:
    """Return the hash of a solved task if it is ours, for this form and still valid; otherwise an empty string.

    The hash identifies it because it has only one spelling; the salt can be written in several ways.
    """
    if not 0 < len(payload) < 2_000:
        return ""
    try:
        given = json.loads(base64.b64decode(payload, validate=True))
        ok, _error = altcha.verify_solution(payload, _task_key(), check_expires=True)
        params = altcha.extract_params(given) if ok else {}
    except (ValueError, TypeError, KeyError, AttributeError, binascii.Error):
        return ""
    return str(given["challenge"]) if ok and params.get("form") == [code] else ""


def _timed(code: str, moment: str) -> tuple[bool, bool]:
    """Return whether a signed time is too recent, and whether it belongs to this form and is not stale."""
    try:
        whose, at = signing.loads(moment, salt=_MOMENT_SALT)
    except (signing.BadSignature, ValueError, TypeError):
        return False, False
    age = clock.now().timestamp() - at
    return age < value("sign_up_least_seconds"), whose == code and age < MOMENT_VALID.total_seconds()


def network_of(ip: str | None) -> str:
    """Return the network that is counted as one visitor: an IPv4 address or an IPv6 /64.

    Empty for one of our own hosts.
    """
    if ip is None:
        return ""
    address = ip_address(ip)
    if address.is_loopback:
        return ""
    return str(ip_network(f"{ip}/64", strict=False)) if address.version == 6 else ip


def counter_key(kind: str, what: str, window: datetime | None = None) -> bytes:
    """Return a counter's key: a hash of the counted value and its time window, so that nothing personal is stored."""
    begins = window.isoformat() if window else ""
    return hashlib.blake2b(f"{kind}|{what}|{begins}".encode(), digest_size=16, key=_task_key()[:32].encode()).digest()


def this_hour(now: datetime) -> datetime:
    """Return the window of the hourly limits."""
    return now.replace(minute=0, second=0, microsecond=0)
