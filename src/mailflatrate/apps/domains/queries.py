"""Scoped reads of sender domains."""

from django.db.models import QuerySet

from mailflatrate.apps.domains.models import DkimKey, SenderAddress, SenderDomain
from mailflatrate.base import tenancy
from mailflatrate.base.tenancy import PlatformReason


def domains_to_check() -> list[tuple[int, int]]:
    """Account and id of every domain on the platform."""
    with tenancy.platform(PlatformReason.HOUSEKEEPING):
        return list(SenderDomain.objects.order_by("id").values_list("account_id", "id"))


def domains() -> QuerySet[SenderDomain]:
    """The account's domains with their checks and addresses."""
    return SenderDomain.objects.prefetch_related("checks", "addresses").order_by("name")


def senders() -> QuerySet[SenderAddress]:
    """Addresses that may stand in From, verified ones only."""
    return SenderAddress.objects.filter(verified_at__isnull=False).select_related("domain").order_by("email")


def signing_key(domain: SenderDomain) -> DkimKey | None:
    """The key that letters of a domain are signed with: the newest that is not retired (R-59)."""
    return DkimKey.objects.filter(domain=domain, retired_at=None).order_by("-created_at", "-id").first()
