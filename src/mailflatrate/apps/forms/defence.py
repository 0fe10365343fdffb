"""Proofs that a sign-up must carry to count (R-35): a solved ALTCHA task, or elapsed time. No cookies. A form
elsewhere that only posts to us has neither, and is trusted only while few sign-ups come that way.
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
"""Half of it on average, which a phone does in about a second while its owner types."""
TASK_VALID = timedelta(hours=2)
MOMENT_VALID = timedelta(hours=12)
_MOMENT_SALT = "forms.shown"


class VisitorProof(StrEnum):
    """KEY proves nothing: an API key vouches. STAND: the PIN was known. MAILBOX: they agreed in the old mailbox."""

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
    """An ALTCHA challenge (algorithm, challenge, maxNumber, salt, signature) of at most `most` hashes."""
    challenge = altcha.create_challenge(
        altcha.ChallengeOptions(
            max_number=most, hmac_key=_task_key(), expires=clock.now() + TASK_VALID, params={"form": code}
        )
    )
    return dict(challenge.to_dict())


def shown_now(code: str) -> str:
    return signing.dumps([code, int(clock.now().timestamp())], salt=_MOMENT_SALT)


@dataclass(frozen=True, slots=True)
class SubmissionProof:
    """With the key that counts its task, so that it works only once."""

    proof: VisitorProof
    task_key: bytes | None = None
    hurried: bool = False
    """Our signed time is only seconds old: no one reads and types that fast."""


def check_submission(code: str, posted: Mapping[str, Any]) -> SubmissionProof:
    """From the fields `altcha` and `shown`. Never raises."""
    task = _solved(code, str(posted.get("altcha") or ""))
    hurried, timed = _timed(code, str(posted.get("shown") or ""))
    if task:
        return SubmissionProof(VisitorProof.WORK, counter_key("task", task), hurried)
    return SubmissionProof(VisitorProof.TIME if timed and not hurried else VisitorProof.NONE, hurried=hurried)


def _solved(code: str, payload: str) -> str:
    """Empty unless ours, for this form and valid. The hash identifies a task; its salt has several spellings."""
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
    try:
        whose, at = signing.loads(moment, salt=_MOMENT_SALT)
    except (signing.BadSignature, ValueError, TypeError):
        return False, False
    age = clock.now().timestamp() - at
    return age < value("sign_up_least_seconds"), whose == code and age < MOMENT_VALID.total_seconds()


def network_of(ip: str | None) -> str:
    """What counts as one visitor: an IPv4 address or an IPv6 /64. Empty for one of our own hosts."""
    if ip is None:
        return ""
    address = ip_address(ip)
    if address.is_loopback:
        return ""
    return str(ip_network(f"{ip}/64", strict=False)) if address.version == 6 else ip


def counter_key(kind: str, what: str, window: datetime | None = None) -> bytes:
    """A hash of value and time window, so that nothing personal is stored."""
    begins = window.isoformat() if window else ""
    return hashlib.blake2b(f"{kind}|{what}|{begins}".encode(), digest_size=16, key=_task_key()[:32].encode()).digest()


def this_hour(now: datetime) -> datetime:
    return now.replace(minute=0, second=0, microsecond=0)
