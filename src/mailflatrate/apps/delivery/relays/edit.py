"""Changes to relays, each in the audit log."""

import re
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any

from django.utils.translation import gettext as _

from mailflatrate.apps.accounts.models import Account
from mailflatrate.apps.delivery.relays.hook_tables import RelayHook
from mailflatrate.apps.delivery.relays.tables import Relay, StateChoice
from mailflatrate.base import audit, tenancy
from mailflatrate.mail.signing.vault import VaultError
from mailflatrate.rules.sending.relays import (
    MOST_CONNECTIONS,
    MOST_PER_HOUR,
    MOST_WEIGHT,
    TAGGED,
    RelayKind,
    RelayPool,
    ReturnPath,
)

_HOST = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)(\.(?!-)[A-Za-z0-9-]{1,63}(?<!-))*")
_NAME = re.compile(r"[^\x00-\x1f\x7f]{1,60}")
_MOST_ADDRESSES = 64
_LONGEST_SECRET = 1000
_ENDPOINT = ("host", "port", "tls")
ACTIONS = {
    StateChoice.ACTIVE: "relay.enabled",
    StateChoice.DRAINING: "relay.drained",
    StateChoice.DISABLED: "relay.disabled",
}


class RelayError(Exception):
    """`problems`: field and sentence for each mistake."""

    def __init__(self, problems: list[tuple[str, str]]) -> None:
        super().__init__(" ".join(text for _field, text in problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class RelayDraft:
    """`password` None keeps the credentials, an empty `username` removes them."""

    name: str
    host: str
    port: int = 25
    tls: str = "required"
    kind: str = RelayKind.POSTFIX.value
    return_path: str = ReturnPath.OWN.value
    connections: int = 10
    per_hour: int | None = None
    sends_from: tuple[str, ...] = ()
    pool: str = RelayPool.TRUSTED.value
    account_id: int | None = None
    weight: int = 10
    username: str | None = None
    password: str | None = field(default=None, repr=False)


@tenancy.needs_platform
def add_relay(draft: RelayDraft, *, by: audit.Actor) -> Relay:
    """It takes messages within seconds. Raises RelayError."""
    _check(draft, None)
    relay = Relay(**_columns(draft))
    if draft.username:
        relay.seal(draft.username, draft.password or "")
    relay.save()
    audit.record("relay.added", by=by, subject=f"relay:{relay.id}", details=_shown(relay))
    return relay


@tenancy.needs_platform
def edit_relay(relay_id: int, draft: RelayDraft, *, by: audit.Actor) -> Relay:
    """A new host, port or TLS mode needs the password again. Raises RelayError, Relay.DoesNotExist."""
    relay = Relay.objects.select_for_update().get(id=relay_id)
    before = _shown(relay)
    _check(draft, relay)
    for name, value in _columns(draft).items():
        setattr(relay, name, value)
    if draft.username == "":
        relay.credentials_sealed = ""
    elif draft.password:
        relay.seal(draft.username or "", draft.password)
    relay.save()
    if before["kind"] != relay.kind:
        RelayHook.objects.filter(relay=relay).delete()
    after = _shown(relay)
    changed = {name: [before[name], value] for name, value in after.items() if before[name] != value}
    if draft.password:
        changed["credentials"] = ["", "replaced"]
    audit.record("relay.changed", by=by, subject=f"relay:{relay.id}", details={"name": relay.name, "changed": changed})
    return relay


@tenancy.needs_platform
def move_relay(relay_id: int, state: StateChoice, *, by: audit.Actor, reason: str = "") -> Relay:
    """Senders apply it within seconds. Raises Relay.DoesNotExist."""
    relay = Relay.objects.select_for_update().get(id=relay_id)
    before, relay.state = relay.state, state
    relay.save(update_fields=["state", "changed_at"])
    audit.record(
        ACTIONS[state], by=by, subject=f"relay:{relay.id}", reason=reason, details={"name": relay.name, "from": before}
    )
    return relay


@tenancy.needs_platform
def remove_relay(relay_id: int, *, by: audit.Actor) -> None:
    """Only a disabled one, with its credentials. Raises RelayError while it may still have messages."""
    relay = Relay.objects.select_for_update().get(id=relay_id)
    if relay.state != StateChoice.DISABLED:
        raise RelayError([("", _("Disable the relay before you delete it."))])
    audit.record("relay.removed", by=by, subject=f"relay:{relay.id}", details=_shown(relay))
    relay.delete()


def _columns(draft: RelayDraft) -> dict[str, Any]:
    return {
        "name": draft.name.strip(),
        "host": draft.host.strip().lower(),
        "port": draft.port,
        "tls": draft.tls,
        "kind": draft.kind,
        "return_path": draft.return_path,
        "connections": draft.connections,
        "per_hour": draft.per_hour,
        "sends_from": [str(ip_address(address)) for address in draft.sends_from],
        "pool": draft.pool,
        "account_id": draft.account_id,
        "weight": draft.weight,
    }


def _shown(relay: Relay) -> dict[str, Any]:
    names = ("name", "host", "port", "tls", "kind", "return_path", "connections", "per_hour", "sends_from", "pool")
    values = {name: getattr(relay, name) for name in names}
    return {
        **values,
        "account_id": relay.account_id,
        "weight": relay.weight,
        "has_login": bool(relay.credentials_sealed),
    }


def _check(draft: RelayDraft, relay: Relay | None) -> None:
    problems = [*_check_address(draft, relay), *_check_numbers(draft), *_check_pool(draft), *_check_login(draft, relay)]
    if problems:
        raise RelayError(problems)


def _check_address(draft: RelayDraft, relay: Relay | None) -> list[tuple[str, str]]:
    problems = []
    name = draft.name.strip()
    if not _NAME.fullmatch(name):
        problems.append(("name", _("Give the relay a name of up to 60 characters.")))
    elif Relay.objects.filter(name=name).exclude(id=relay.id if relay else 0).exists():
        problems.append(("name", _("Another relay already has this name.")))
    if not _is_host(draft.host.strip()):
        problems.append(("host", _("Enter a host name or an IP address, without a port.")))
    for address in draft.sends_from:
        if not _is_ip(address):
            problems.append(("sends_from", _("“%(text)s” isn't an IP address.") % {"text": address[:60]}))
    if len(draft.sends_from) > _MOST_ADDRESSES:
        problems.append(("sends_from", _("A relay can list up to %(most)d addresses.") % {"most": _MOST_ADDRESSES}))
    return problems


def _check_numbers(draft: RelayDraft) -> list[tuple[str, str]]:
    limits = (
        ("port", draft.port, 65535),
        ("connections", draft.connections, MOST_CONNECTIONS),
        ("weight", draft.weight, MOST_WEIGHT),
        ("per_hour", 1 if draft.per_hour is None else draft.per_hour, MOST_PER_HOUR),
    )
    text = _("Enter a number between 1 and %(most)d.")
    return [(name, text % {"most": most}) for name, value, most in limits if not 1 <= value <= most]


def _check_pool(draft: RelayDraft) -> list[tuple[str, str]]:
    problems = []
    if draft.pool == RelayPool.DEDICATED and draft.account_id is None:
        problems.append(("account_id", _("Choose the account this relay is dedicated to.")))
    elif draft.pool != RelayPool.DEDICATED and draft.account_id is not None:
        problems.append(
            ("account_id", _("Only a dedicated relay belongs to an account. Choose the dedicated pool, or no account."))
        )
    elif draft.account_id is not None and not Account.objects.filter(id=draft.account_id, is_house=False).exists():
        problems.append(("account_id", _("No account has this number.")))
    if draft.return_path == ReturnPath.PROVIDER and draft.kind not in TAGGED:
        problems.append(("return_path", _("This kind of relay can't carry our token. Use our own return path.")))
    return problems


def _check_login(draft: RelayDraft, relay: Relay | None) -> list[tuple[str, str]]:
    if any(len(text or "") > _LONGEST_SECRET for text in (draft.username, draft.password)):
        return [("password", _("The username and password can have up to 1,000 characters each."))]
    if draft.password and not draft.username:
        return [("username", _("Enter the user name that goes with the password."))]
    if draft.username and draft.tls == "never":
        return [("tls", _("A password is never sent without TLS. Require TLS, or remove the login."))]
    if relay is None or not relay.credentials_sealed:
        needs_password = bool(draft.username) and not draft.password
    else:
        moved = any(getattr(relay, name) != getattr(draft, name) for name in _ENDPOINT)
        needs_password = draft.username != "" and not draft.password and (moved or _renamed(draft, relay))
    if needs_password:
        return [
            ("password", _("Enter the password again. It's stored encrypted for one host, port, TLS mode and user."))
        ]
    return []


def _renamed(draft: RelayDraft, relay: Relay) -> bool:
    try:
        login = relay.open()
    except VaultError:
        return True
    return draft.username is not None and login is not None and draft.username != login[0]


def _is_ip(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _is_host(text: str) -> bool:
    return _is_ip(text) or (
        len(text) <= 253 and _HOST.fullmatch(text) is not None and not text.replace(".", "").isdigit()
    )
