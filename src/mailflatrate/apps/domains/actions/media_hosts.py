"""The host name that serves an account's pictures: set, check and remove it (ADR 0016)."""

from collections.abc import Callable
from urllib.parse import urlsplit

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from mailflatrate.apps.accounts.models import User
from mailflatrate.apps.domains.errors import DomainError
from mailflatrate.apps.domains.models import MediaHost, SenderDomain
from mailflatrate.base import audit, clock, tenancy
from mailflatrate.mail.address import AddressError, to_a_label
from mailflatrate.rules.facts import DnsState
from mailflatrate.settings import load_settings
from mailflatrate.wire.dns import Resolver
from mailflatrate.wire.probe import ProbeFailed, read_certificate

NO_CERTIFICATE = "certificate"
Handshake = Callable[[str, str, int], None]
"""Shakes hands with a server (the second) in the name of a host (the first). Raises ProbeFailed."""


def name_media_host(domain_id: int, name: str, *, by: User) -> MediaHost:
    """The previous name keeps working. Raises DomainError if it's invalid or in use; SenderDomain.DoesNotExist."""
    domain = SenderDomain.objects.select_for_update().get(id=domain_id)
    if load_settings().media_host_target is None:
        raise DomainError(_("Image hosts aren't set up on this service."))
    if domain.verified_at is None:
        raise DomainError(_("%(domain)s isn't verified yet.") % {"domain": domain.name})
    host = _host(name, domain)
    present = MediaHost.objects.filter(replaced_at=None).first()
    if present is not None and present.host == host:
        return present
    leave_media_host(by=by)
    try:
        with transaction.atomic():
            existing = MediaHost.objects.filter(host=host).first()
            made = existing or MediaHost(host=host, account_id=tenancy.current_account_id())
            made.domain, made.replaced_at, made.checked_at, made.passed_at = domain, None, None, None
            made.save()
    except IntegrityError as error:
        raise DomainError(_("%(host)s is already in use.") % {"host": host}) from error
    _record("media_host.named", made, by)
    return made


def _host(name: str, domain: SenderDomain) -> str:
    try:
        host = to_a_label(name.strip().rstrip(".").lower())
    except AddressError as error:
        raise _unfit(name, domain) from error
    labels = host.removesuffix(f".{domain.name}").split(".")
    fits = all(label and not label.startswith("-") and label.replace("-", "").isalnum() for label in labels)
    if not host.endswith(f".{domain.name}") or not fits or host == domain.bounce_host:
        raise _unfit(name, domain)
    return host


def _unfit(name: str, domain: SenderDomain) -> DomainError:
    facts = {"name": name, "example": f"media.{domain.name}"}
    return DomainError(_("“%(name)s” can't be used here. Choose a name like %(example)s.") % facts)


def leave_media_host(*, by: User) -> None:
    """Use the service's host for new picture URLs again. A media host that never passed its check is deleted."""
    for host in MediaHost.objects.select_for_update().filter(replaced_at=None):
        _record("media_host.left", host, by)
        if host.passed_at is None and not host.found:
            host.delete()
        else:
            host.replaced_at = clock.now()
            host.save(update_fields=["replaced_at"])


def _record(action: str, host: MediaHost, by: User) -> None:
    audit.record(
        action,
        by=audit.person(by),
        account_id=host.account_id,
        subject=f"media_host:{host.host}",
        details={"domain": host.domain_id},
    )


def _shake_hands(host: str, server: str, port: int) -> None:
    read_certificate(host, port, at=server)


def check_media_host(domain: SenderDomain, resolver: Resolver, handshake: Handshake = _shake_hands) -> None:
    """Check its DNS record and certificate; a DNS failure changes nothing."""
    target = (load_settings().media_host_target or "").rstrip(".").lower()
    host = MediaHost.objects.select_for_update().filter(domain=domain, replaced_at=None).first()
    if host is None or not target:
        return
    answer = resolver.cname(host.host)
    host.checked_at, host.found = clock.now(), ", ".join(answer.values)
    if not answer.is_known:
        host.problem = DnsState.UNREACHABLE.value
    elif target not in answer.values:
        host.problem, host.passed_at = (DnsState.WRONG if answer.values else DnsState.MISSING).value, None
    else:
        try:
            handshake(host.host, target, urlsplit(load_settings().public_url).port or 443)
        except ProbeFailed as problem:
            host.problem, host.passed_at = NO_CERTIFICATE, None
            host.found = f"{target}: {problem}"
        else:
            host.problem, host.passed_at = "", host.passed_at or clock.now()
    host.save(update_fields=["checked_at", "found", "problem", "passed_at"])
