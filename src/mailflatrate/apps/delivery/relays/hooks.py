"""Event webhooks of relays: create, rotate, remove, find, and count what was posted."""

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import timedelta

from django.db.models import F, Q
from django.utils.translation import gettext as _

from mailflatrate.apps.delivery.relays.edit import RelayError
from mailflatrate.apps.delivery.relays.hook_tables import RelayHook
from mailflatrate.apps.delivery.relays.tables import Relay
from mailflatrate.base import audit, clock, tenancy
from mailflatrate.mail.provider_events.signatures import is_sendgrid_key, is_sns_topic
from mailflatrate.rules.sending.relays import SIGNED, TAGGED, RelayKind

USER = "mailflatrate"
BOTH_WORK_FOR = timedelta(hours=24)
_TOKEN_OCTETS = 24
_LONGEST_KEY = 1_000


@dataclass(frozen=True, slots=True)
class HookAddress:
    """Shown once. `password` is empty for providers that sign."""

    path: str
    password: str = field(default="", repr=False)

    def url(self, public_url: str) -> str:
        scheme, _, host = public_url.rstrip("/").partition("://")
        login = f"{USER}:{self.password}@" if self.password else ""
        return f"{scheme}://{login}{host}{self.path}"


@tenancy.needs_platform
def create_hook(relay_id: int, *, by: audit.Actor, secret: str = "") -> HookAddress:
    """Raises RelayError, Relay.DoesNotExist."""
    relay = Relay.objects.select_for_update().get(id=relay_id)
    if relay.kind not in TAGGED:
        raise RelayError([("", _("This kind of relay posts no events."))])
    if RelayHook.objects.filter(relay=relay).exists():
        raise RelayError([("", _("This relay already has an event webhook. Replace its address instead."))])
    _check_secret(RelayKind(relay.kind), secret)
    token, password = _drawn(), "" if relay.kind in SIGNED else _drawn()
    hook = RelayHook(relay=relay, token_hash=_hash_of(token), made_at=clock.now())
    if password or secret.strip():
        hook.seal(password or secret.strip())
    hook.save()
    audit.record("relay.hook_created", by=by, subject=f"relay:{relay.id}", details={"name": relay.name})
    return HookAddress(_path(relay.kind, token), password)


@tenancy.needs_platform
def rotate_hook(relay_id: int, *, by: audit.Actor, at_once: bool = False) -> HookAddress:
    """The old address works for a day, but not with `at_once` or a password. Raises RelayHook.DoesNotExist."""
    hook = RelayHook.objects.select_for_update().select_related("relay").get(relay_id=relay_id)
    token, password = _drawn(), "" if hook.relay.kind in SIGNED else _drawn()
    keeps = not at_once and not password
    hook.earlier_hash = hook.token_hash if keeps else None
    hook.earlier_until = clock.now() + BOTH_WORK_FOR if keeps else None
    hook.token_hash, hook.made_at = _hash_of(token), clock.now()
    if password:
        hook.seal(password)
    hook.save(update_fields=["earlier_hash", "earlier_until", "token_hash", "made_at", "secret_sealed"])
    details = {"name": hook.relay.name, "at_once": not keeps}
    audit.record("relay.hook_rotated", by=by, subject=f"relay:{relay_id}", details=details)
    return HookAddress(_path(hook.relay.kind, token), password)


@tenancy.needs_platform
def set_hook_secret(relay_id: int, secret: str, *, by: audit.Actor) -> None:
    """Raises RelayError, RelayHook.DoesNotExist."""
    hook = RelayHook.objects.select_for_update().select_related("relay").get(relay_id=relay_id)
    kind = RelayKind(hook.relay.kind)
    if kind not in SIGNED:
        raise RelayError([("secret", _("This provider doesn't sign. Replace the address to get a new password."))])
    _check_secret(kind, secret)
    hook.seal(secret.strip())
    hook.save(update_fields=["secret_sealed"])
    audit.record("relay.hook_key_set", by=by, subject=f"relay:{relay_id}", details={"name": hook.relay.name})


@tenancy.needs_platform
def remove_hook(relay_id: int, *, by: audit.Actor) -> None:
    """Nothing posted to it is taken from now on. Raises RelayHook.DoesNotExist."""
    hook = RelayHook.objects.select_for_update().select_related("relay").get(relay_id=relay_id)
    audit.record("relay.hook_removed", by=by, subject=f"relay:{relay_id}", details={"name": hook.relay.name})
    hook.delete()


@tenancy.needs_platform
def find_hook(provider: str, token: str) -> RelayHook | None:
    """An address works only under its relay's provider."""
    digest = _hash_of(token)
    is_earlier = Q(earlier_hash=digest, earlier_until__gt=clock.now())
    hooks = RelayHook.objects.select_related("relay").filter(Q(token_hash=digest) | is_earlier, relay__kind=provider)
    return hooks.first()


@tenancy.needs_platform
def count_post(relay_id: int) -> None:
    RelayHook.objects.filter(relay_id=relay_id).update(posts=F("posts") + 1, last_post_at=clock.now())


@tenancy.needs_platform
def count_events(relay_id: int, taken: int, foreign: int) -> None:
    changes = {"events": F("events") + taken, "foreign": F("foreign") + foreign}
    RelayHook.objects.filter(relay_id=relay_id).update(**changes, **({"last_event_at": clock.now()} if taken else {}))


@tenancy.needs_platform
def count_refusal(relay_id: int, problem: str) -> None:
    RelayHook.objects.filter(relay_id=relay_id).update(
        refused=F("refused") + 1, last_refusal=problem[:200], last_refused_at=clock.now()
    )


@tenancy.needs_platform
def without_hook() -> list[Relay]:
    kinds = [kind.value for kind in TAGGED]
    return list(Relay.objects.filter(kind__in=kinds, hook=None).exclude(state="disabled").order_by("name"))


def _check_secret(kind: RelayKind, secret: str) -> None:
    text = secret.strip()
    if kind is RelayKind.SES and not is_sns_topic(text):
        problem = _("Enter the ARN of the SNS topic, for example arn:aws:sns:eu-central-1:123456789012:mail-events.")
    elif kind is RelayKind.SENDGRID and not is_sendgrid_key(text):
        problem = _("Enter the verification key that SendGrid shows under Event Webhook, Security features.")
    elif kind is RelayKind.MAILGUN and not 16 <= len(text) <= _LONGEST_KEY:
        problem = _("Enter the HTTP webhook signing key that Mailgun shows under API security.")
    elif kind not in SIGNED and text:
        problem = _("This provider doesn't sign its posts. Leave the key empty; it gets a password from us.")
    else:
        return
    raise RelayError([("secret", problem)])


def _drawn() -> str:
    return secrets.token_urlsafe(_TOKEN_OCTETS)


def _hash_of(token: str) -> bytes:
    """192 random bits need no slow hash."""
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()


def _path(kind: str, token: str) -> str:
    return f"/hooks/{kind}/{token}"
