"""How providers prove that they wrote a post. Pure: no key is fetched here, and no clock is asked."""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key
from cryptography.x509 import load_pem_x509_certificate

SENDGRID_SIGNATURE: Final = "X-Twilio-Email-Event-Webhook-Signature"
SENDGRID_TIMESTAMP: Final = "X-Twilio-Email-Event-Webhook-Timestamp"
# One host per region, as Amazon runs SNS; nothing before or after it, and no other service of theirs.
_SNS_HOST: Final = re.compile(r"sns\.[a-z]{2}(?:-[a-z]{1,12}){1,3}-\d{1,2}\.amazonaws\.com(?:\.cn)?")
_SNS_CERTIFICATE: Final = re.compile(r"/SimpleNotificationService-[0-9A-Za-z]{8,80}\.pem")
_TOPIC: Final = re.compile(
    r"arn:(aws|aws-cn|aws-us-gov):sns:([a-z]{2}(?:-[a-z]{1,12}){1,3}-\d{1,2}):\d{12}:[A-Za-z0-9_-]{1,256}(?:\.fifo)?"
)
_NOTIFICATION: Final = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
_CONFIRMATION: Final = ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
SNS_TYPES: Final = {
    "Notification": _NOTIFICATION,
    "SubscriptionConfirmation": _CONFIRMATION,
    "UnsubscribeConfirmation": _CONFIRMATION,
}
_SNS_HASHES: Final[Mapping[str, type[hashes.HashAlgorithm]]] = {"1": hashes.SHA1, "2": hashes.SHA256}


def is_sendgrid_key(text: str) -> bool:
    return _sendgrid_key(text) is not None


def is_signed_by_sendgrid(key: str, signature: str, timestamp: str, body: bytes) -> bool:
    public = _sendgrid_key(key)
    if public is None or not timestamp.isascii():
        return False
    try:
        public.verify(_decoded(signature), timestamp.encode() + body, ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, ValueError):
        return False
    return True


def _sendgrid_key(text: str) -> ec.EllipticCurvePublicKey | None:
    try:
        key = load_der_public_key(_decoded("".join(text.split())))
    except ValueError:
        return None
    return key if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1) else None


def is_signed_by_mailgun(key: str, timestamp: str, token: str, signature: str) -> bool:
    """The HMAC covers timestamp and token, not the event: a token counts only once."""
    expected = hmac.new(key.encode(), f"{timestamp}{token}".encode(), hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected.encode(), signature.lower().encode())


def is_sns_topic(text: str) -> bool:
    return _TOPIC.fullmatch(text) is not None


def is_sns_certificate_url(url: str) -> bool:
    """Only SNS itself, over TLS, and nothing else there."""
    try:
        parts = urlsplit(url)
        plain = parts.scheme == "https" and not parts.query and not parts.fragment
        return (
            plain
            and url.isascii()
            and _SNS_HOST.fullmatch(parts.netloc) is not None  # without user, port or upper case
            and _SNS_CERTIFICATE.fullmatch(parts.path) is not None
        )
    except ValueError:
        return False


def sns_confirmation_url(topic: str, token: str) -> str | None:
    """Built from the topic; what the message names isn't followed."""
    match = _TOPIC.fullmatch(topic)
    if match is None or not re.fullmatch(r"[0-9A-Za-z]{1,1024}", token):
        return None
    suffix = "amazonaws.com.cn" if match[1] == "aws-cn" else "amazonaws.com"
    return f"https://sns.{match[2]}.{suffix}/?Action=ConfirmSubscription&TopicArn={topic}&Token={token}"


def is_signed_by_sns(message: Mapping[str, Any], certificate: bytes, now: datetime) -> bool:
    """Where the certificate came from is for the caller to check."""
    kind = _SNS_HASHES.get(str(message.get("SignatureVersion")))
    try:
        parsed = load_pem_x509_certificate(certificate)
        key = parsed.public_key()
        in_time = parsed.not_valid_before_utc <= now <= parsed.not_valid_after_utc
        if kind is None or not in_time or not isinstance(key, rsa.RSAPublicKey):
            return False
        key.verify(_decoded(str(message.get("Signature"))), sns_signed_text(message), padding.PKCS1v15(), kind())
    except (InvalidSignature, ValueError):
        return False
    return True


def sns_signed_text(message: Mapping[str, Any]) -> bytes:
    names = SNS_TYPES.get(str(message.get("Type")))
    if names is None:
        raise ValueError("not an SNS message")
    lines = []
    for name in names:
        value = message.get(name)
        if isinstance(value, str):
            lines += [name, value]
        elif name != "Subject" or value is not None:
            raise ValueError(f"{name} is missing")
    return "".join(f"{line}\n" for line in lines).encode()


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as problem:
        raise ValueError("not base64") from problem
