"""Endpoints of webhooks: create, change, rotate the secret, switch on and off, replay, test, delete."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated, Final
from urllib.parse import urlsplit

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from pydantic import ConfigDict, Field

from mailflatrate.apps.accounts.models import User
from mailflatrate.apps.events import feed
from mailflatrate.apps.events.delivering import wake
from mailflatrate.apps.events.errors import WebhookError, WebhookExists
from mailflatrate.apps.events.lanes import Lane
from mailflatrate.apps.events.models import EndpointState, EventSetting, WaitingEvent, WebhookEndpoint
from mailflatrate.base import audit, clock, jobs, tenancy
from mailflatrate.base.jobs import JobQueue
from mailflatrate.mail.signing.webhook_signature import new_secret
from mailflatrate.rules.events import KEPT, PER_MESSAGE, EventType

TEST_JOB: Final = "events.send_test"
MOST_ENDPOINTS: Final = 10
LONGEST_URL: Final = 500
OLD_SECRET_KEPT: Final = timedelta(hours=24)
"""Both secrets sign for so long after a rotation."""


EndpointUrl = Annotated[str, Field(min_length=1, max_length=LONGEST_URL)]
EndpointAbout = Annotated[str, Field(max_length=120)]
EndpointTypes = Annotated[list[EventType], Field(max_length=len(EventType))]


@dataclass(frozen=True, slots=True)
class EndpointOrder:
    """A webhook to create."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    url: EndpointUrl
    about: EndpointAbout = ""
    types: Annotated[EndpointTypes, Field(json_schema_extra={"default": []})] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class MadeEndpoint:
    endpoint: WebhookEndpoint
    secret: str = field(repr=False)


def check_url(url: str) -> str:
    """Return the address in its stored form. Raises WebhookError."""
    try:
        parts = urlsplit(url.strip())
        host, _port = (parts.hostname or "").encode("idna"), parts.port
    except (ValueError, UnicodeError) as error:
        raise WebhookError(_("This isn't a web address. Enter one that begins with https://.")) from error
    if parts.scheme not in ("https", "http") or not host or len(url) > LONGEST_URL or not url.isprintable():
        raise WebhookError(_("This isn't a web address. Enter one that begins with https://."))
    if parts.username or parts.password:
        raise WebhookError(_("Leave out the user name and password: the signature proves that the request is from us."))
    if parts.scheme == "http" and not _is_opened(parts.hostname or ""):
        raise WebhookError(_("Use an address that begins with https://, so that no one can read along."))
    return url.strip()


def _is_opened(host: str) -> bool:
    from mailflatrate.settings import load_settings

    return bool(host and load_settings().webhook_networks.strip())


@tenancy.needs_account
@transaction.atomic
def create_endpoint(order: EndpointOrder, *, by: User) -> MadeEndpoint:
    """Create an endpoint that gets all events from now on. Raises WebhookError."""
    if WebhookEndpoint.objects.count() >= MOST_ENDPOINTS:
        raise WebhookError(
            _("An account can have up to %(most)d webhooks. Delete one first.") % {"most": MOST_ENDPOINTS}
        )
    here, secret = feed.horizon(), new_secret()
    endpoint = WebhookEndpoint(
        account_id=tenancy.current_account_id(),
        url=check_url(order.url),
        about=order.about.strip(),
        types=_kept(order.types),
        server=here.server,
        created_by=by,
    )
    for lane in (Lane.FIRST, Lane.REST):
        lane.move(endpoint, here.position)
    endpoint.seal_secrets(secret)
    try:
        with transaction.atomic():
            endpoint.save(force_insert=True)
    except IntegrityError as error:
        raise WebhookExists(_("There is already a webhook with this address.")) from error
    _settle_messages(order.types, by=by)
    _record("created", endpoint, by)
    return MadeEndpoint(endpoint, secret)


def _kept(types: Collection[EventType]) -> list[str]:
    chosen = set(types)
    if EventType.WEBHOOK_TEST in chosen:
        raise WebhookError(_("Test events are sent only by the test button."))
    return [event.value for event in EventType if event in chosen]


def _settle_messages(types: Collection[EventType], *, by: User) -> None:
    if set(types) & set(PER_MESSAGE):
        switch_messages(is_on=True, by=by)


@tenancy.needs_account
def switch_messages(*, is_on: bool, by: User) -> None:
    setting, _made = EventSetting.objects.get_or_create(account_id=tenancy.current_account_id())
    if setting.per_message == is_on:
        return
    setting.per_message = is_on
    setting.save(update_fields=["per_message"])
    audit.record(
        "events.per_message_switched",
        by=audit.person(by),
        account_id=setting.account_id,
        details={"on": is_on},
    )


@tenancy.needs_account
@transaction.atomic
def change_endpoint(endpoint_id: int, order: EndpointOrder, *, by: User) -> WebhookEndpoint:
    """Change address, description and types. The secret stays. Raises WebhookError, WebhookEndpoint.DoesNotExist."""
    endpoint = _locked(endpoint_id)
    secrets = endpoint.open_secrets()
    endpoint.url, endpoint.about, endpoint.types = check_url(order.url), order.about.strip(), _kept(order.types)
    endpoint.seal_secrets(*secrets)  # bound to the address
    endpoint.failures, endpoint.paused_until = 0, None
    try:
        with transaction.atomic():
            endpoint.save(update_fields=["url", "about", "types", "secrets_sealed", "failures", "paused_until"])
    except IntegrityError as error:
        raise WebhookExists(_("There is already a webhook with this address.")) from error
    _settle_messages(order.types, by=by)
    _record("changed", endpoint, by)
    wake(endpoint.account_id, endpoint.id)
    return endpoint


@tenancy.needs_account
@transaction.atomic
def rotate_secret(endpoint_id: int, *, by: User) -> MadeEndpoint:
    """Create a new secret. For a day, deliveries are signed with both, so that none is refused in the meantime."""
    endpoint, secret = _locked(endpoint_id), new_secret()
    endpoint.seal_secrets(secret, endpoint.open_secrets()[0])
    endpoint.old_secret_until = clock.now() + OLD_SECRET_KEPT
    endpoint.save(update_fields=["secrets_sealed", "old_secret_until"])
    _record("secret_rotated", endpoint, by)
    return MadeEndpoint(endpoint, secret)


@tenancy.needs_account
@transaction.atomic
def switch_endpoint(endpoint_id: int, *, is_on: bool, by: User) -> WebhookEndpoint:
    """Once it's on again, it gets the events it missed, as far as they are still stored."""
    endpoint = _locked(endpoint_id)
    endpoint.state = EndpointState.ACTIVE if is_on else EndpointState.OFF
    endpoint.failures, endpoint.failing_since, endpoint.paused_until = 0, None, None
    endpoint.save(update_fields=["state", "failures", "failing_since", "paused_until"])
    _record("switched_on" if is_on else "switched_off", endpoint, by)
    if is_on:
        wake(endpoint.account_id, endpoint.id)
    return endpoint


@tenancy.needs_account
@transaction.atomic
def replay(endpoint_id: int, since: datetime, *, by: User) -> WebhookEndpoint:
    """Deliver all from a time on again. Raises WebhookError if events of that time are no longer stored."""
    endpoint, now = _locked(endpoint_id), clock.now()
    if since < now - KEPT or since > now:
        raise WebhookError(_("Choose a time within the last %(days)d days.") % {"days": KEPT.days})
    position = feed.position_at(since)
    WaitingEvent.objects.filter(endpoint=endpoint).delete()
    columns = []
    for lane in (Lane.FIRST, Lane.REST):
        if position < lane.position(endpoint):
            lane.move(endpoint, position)
        columns += lane.columns
    endpoint.generation += 1
    endpoint.failures, endpoint.paused_until = 0, None
    endpoint.save(update_fields=[*columns, "generation", "failures", "paused_until"])
    _record("replayed", endpoint, by, since=since.isoformat())
    wake(endpoint.account_id, endpoint.id)
    return endpoint


@tenancy.needs_account
def test_endpoint(endpoint_id: int, *, by: User) -> None:
    endpoint = WebhookEndpoint.objects.get(id=endpoint_id)
    _record("tested", endpoint, by)
    jobs.defer(
        TEST_JOB,
        JobQueue.WEBHOOK,
        once=f"webhook-{endpoint_id}-test",
        account_id=endpoint.account_id,
        endpoint_id=endpoint_id,
    )


@tenancy.needs_account
@transaction.atomic
def delete_endpoint(endpoint_id: int, *, by: User) -> None:
    endpoint = _locked(endpoint_id)
    _record("deleted", endpoint, by)
    endpoint.delete()


def _locked(endpoint_id: int) -> WebhookEndpoint:
    return WebhookEndpoint.objects.select_for_update(no_key=True).get(id=endpoint_id)


def _record(what: str, endpoint: WebhookEndpoint, by: User, **details: str) -> None:
    host = urlsplit(endpoint.url).hostname or ""
    audit.record(
        f"webhook.{what}",
        by=audit.person(by),
        account_id=endpoint.account_id,
        subject=f"webhook:{endpoint.id}",
        details={"host": host, "types": endpoint.types, **details},
    )
