"""The service's own domain: its signing key, created at the first start, and the check of its records."""

import structlog

from mailflatrate.apps.accounts.actions.people import house_account
from mailflatrate.apps.domains.actions.domains import add_domain, check_domain
from mailflatrate.apps.domains.errors import DomainError
from mailflatrate.apps.domains.models import SenderDomain
from mailflatrate.base import tenancy
from mailflatrate.settings.schema import Settings
from mailflatrate.wire.dns import Resolver

log = structlog.get_logger("domains")


def ensure_service_key(settings: Settings) -> None:
    """Safe to repeat. An unfit name is logged and left to `doctor`: it must not prevent the start."""
    with tenancy.account(house_account().id):
        if SenderDomain.objects.filter(name=settings.service_domain).exists():
            return
        try:
            add_domain(settings.service_domain)
        except DomainError as error:
            log.error("there is no signing key for service messages", domain=settings.service_domain, reason=str(error))


def check_service_domain(settings: Settings, *, resolver: Resolver | None = None) -> SenderDomain | None:
    with tenancy.account(house_account().id):
        domain = SenderDomain.objects.filter(name=settings.service_domain).first()
        return check_domain(domain.id, resolver=resolver) if domain is not None else None
