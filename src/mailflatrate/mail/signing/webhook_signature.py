"""Signatures of webhooks as Standard Webhooks define them: HMAC-SHA256 over id, time and body."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Final

SECRET_MARK: Final = "whsec_"  # noqa: S105  # what every secret begins with
SECRET_OCTETS: Final = 32


def new_secret() -> str:
    return SECRET_MARK + base64.b64encode(secrets.token_bytes(SECRET_OCTETS)).decode()


def signed_headers(keys: Sequence[str], message_id: str, sent_at: datetime, body: bytes) -> dict[str, str]:
    seconds = str(int(sent_at.timestamp()))
    signed = f"{message_id}.{seconds}.".encode() + body
    return {
        "webhook-id": message_id,
        "webhook-timestamp": seconds,
        "webhook-signature": " ".join(f"v1,{_signature(key, signed)}" for key in keys),
    }


def _signature(key: str, signed: bytes) -> str:
    octets = base64.b64decode(key.removeprefix(SECRET_MARK))
    return base64.b64encode(hmac.digest(octets, signed, hashlib.sha256)).decode()
