"""Whether a post to a relay's webhook comes from its provider: asked before anything in it is read or stored."""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from mailflatrate.apps.delivery.relays.hook_tables import RelayHook
from mailflatrate.apps.delivery.relays.hooks import USER
from mailflatrate.base import clock
from mailflatrate.mail.provider_events import json_values
from mailflatrate.mail.provider_events.signatures import (
    SENDGRID_SIGNATURE,
    SENDGRID_TIMESTAMP,
    is_signed_by_mailgun,
    is_signed_by_sendgrid,
    is_signed_by_sns,
    is_sns_certificate_url,
    sns_confirmation_url,
)
from mailflatrate.mail.provider_events.values import PostRefused
from mailflatrate.mail.signing.vault import VaultError
from mailflatrate.rules.sending.relays import SIGNED, RelayKind
from mailflatrate.settings import load_settings
from mailflatrate.wire import sns
from mailflatrate.wire.dns.resolver import DnsResolver

LONGEST_AGE = timedelta(hours=24)
"""Providers repeat a post for hours when we don't answer. Within that time, a repetition is told by what is in it."""
FURTHEST_AHEAD = timedelta(minutes=10)
_MOST_CERTIFICATES = 50

_certificates: dict[str, bytes] = {}


class PostUnproved(Exception):
    """Raised when a post isn't shown to come from the provider; `str()` is the reason, for the desk."""


@dataclass(frozen=True, slots=True)
class PostProof:
    """A proved post. `once` is the same for the same post; `confirm_url` confirms a subscription instead."""

    once: bytes
    confirm_url: str = ""


def prove_post(hook: RelayHook, headers: Mapping[str, str], body: bytes) -> PostProof:
    """Return the proof that a post comes from the hook's provider. Raises PostUnproved."""
    try:
        secret = hook.open()
    except VaultError:
        raise PostUnproved("this host's keys can't open the webhook's key") from None
    if not secret:
        raise PostUnproved("no key to check the provider's posts with has been entered")
    kind = RelayKind(hook.relay.kind)
    if kind not in SIGNED:
        return _by_password(hook, secret, headers, body)
    return _SIGNED_BY[kind](hook, secret, headers, body)


def _by_password(hook: RelayHook, secret: str, headers: Mapping[str, str], body: bytes) -> PostProof:
    scheme, _, given = headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            user, _, given = base64.b64decode(given.strip(), validate=True).decode().partition(":")
        except (binascii.Error, ValueError):
            raise PostUnproved("the login isn't readable") from None
        if user != USER:
            raise PostUnproved("the user name is wrong")
    elif scheme.lower() != "bearer":
        raise PostUnproved("the post has no login")
    if not hmac.compare_digest(given.strip().encode(), secret.encode()):
        raise PostUnproved("the password is wrong")
    # An identical post is the same post: these providers give each event a time.
    return PostProof(_once(hook, body))


def _by_sendgrid(hook: RelayHook, secret: str, headers: Mapping[str, str], body: bytes) -> PostProof:
    signature, timestamp = headers.get(SENDGRID_SIGNATURE, ""), headers.get(SENDGRID_TIMESTAMP, "")
    if not is_signed_by_sendgrid(secret, signature, timestamp, body):
        raise PostUnproved("the signature is wrong or missing")
    _check_age(timestamp)
    return PostProof(_once(hook, timestamp.encode(), body))


def _by_mailgun(hook: RelayHook, secret: str, headers: Mapping[str, str], body: bytes) -> PostProof:
    signed = json_values.get(_json(body), "signature")
    timestamp, token, signature = (json_values.text(signed, name) for name in ("timestamp", "token", "signature"))
    if not token or not is_signed_by_mailgun(secret, timestamp, token, signature):
        raise PostUnproved("the signature is wrong or missing")
    _check_age(timestamp)
    # The event isn't signed: anyone who saw one post could put another event beside its signature.
    return PostProof(_once(hook, token.encode()))


def _by_sns(hook: RelayHook, secret: str, headers: Mapping[str, str], body: bytes) -> PostProof:
    message = _json(body)
    if not isinstance(message, dict):
        raise PostUnproved("the post isn't an SNS message")
    topic, url = message.get("TopicArn"), message.get("SigningCertURL")
    if topic != secret:
        raise PostUnproved(f"the post is from another topic: {str(topic)[:120]}")
    if not isinstance(url, str) or not is_sns_certificate_url(url):
        raise PostUnproved("the signing certificate isn't at Amazon SNS")
    if not is_signed_by_sns(message, _certificate(url), clock.now()):
        raise PostUnproved("the signature is wrong or missing")
    _check_age(json_values.text(message, "Timestamp"))
    once = _once(hook, json_values.text(message, "MessageId").encode())
    if message.get("Type") != "SubscriptionConfirmation":
        return PostProof(once)
    confirm_url = sns_confirmation_url(secret, json_values.text(message, "Token"))
    if confirm_url is None:
        raise PostUnproved("the subscription can't be confirmed")
    return PostProof(once, confirm_url)


_SIGNED_BY = {RelayKind.SES: _by_sns, RelayKind.SENDGRID: _by_sendgrid, RelayKind.MAILGUN: _by_mailgun}


def _json(body: bytes) -> Any:
    try:
        return json_values.load(body)
    except PostRefused as problem:
        raise PostUnproved(problem.problem) from None


def _check_age(text: str) -> None:
    """Refuse a post that is old or from the future. Seconds since 1970, or as SNS writes it."""
    try:
        at = datetime.fromtimestamp(int(text), UTC) if text.isdigit() else datetime.fromisoformat(text)
        age = clock.now() - at
    except (ValueError, OverflowError, OSError, TypeError):
        raise PostUnproved("the post has no valid time") from None
    if not -FURTHEST_AHEAD <= age <= LONGEST_AGE:
        raise PostUnproved("the post is too old, or this host's clock is wrong")


def _once(hook: RelayHook, *parts: bytes) -> bytes:
    digest = hashlib.sha256(json.dumps([hook.relay_id, hook.relay.kind]).encode())
    for part in parts:
        digest.update(hashlib.sha256(part).digest())
    return digest.digest()


def _certificate(url: str) -> bytes:
    """Return a certificate of SNS; each is fetched once by a process. Raises PostUnproved."""
    if url not in _certificates:
        try:
            certificate = sns.fetch_certificate(url, resolver())
        except OSError as problem:
            raise PostUnproved(f"the signing certificate can't be fetched: {problem}"[:200]) from None
        if len(_certificates) >= _MOST_CERTIFICATES:
            _certificates.clear()
        _certificates[url] = certificate
    return _certificates[url]


@cache
def resolver() -> DnsResolver:
    settings = load_settings()
    servers = [server.strip() for server in settings.dns_servers.split(",") if server.strip()]
    return DnsResolver(servers or None, timeout_seconds=settings.dns_timeout_seconds)
