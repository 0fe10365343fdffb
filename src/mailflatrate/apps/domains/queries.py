"""Scoped reads of sender domains."""

from datetime import timedelta
from urllib.parse import urlsplit

from django.db.models import QuerySet

from mailflatrate.apps.domains.models import (
    CheckKind,
    DkimKey,
    DnsCheck,
    DomainState,
    Mailbox,
    MediaHost,
    SenderAddress,
    SenderDomain,
)
from mailflatrate.base import clock, tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.mail.address import domain_of
from mailflatrate.rules.facts import DnsState
from mailflatrate.rules.limits import value
from mailflatrate.settings import load_settings

RECORD_STAYS = timedelta(days=value("dkim_overlap_days"))


def domains_to_check() -> list[tuple[int, int]]:
    with tenancy.platform(PlatformReason.HOUSEKEEPING):
        return list(SenderDomain.objects.order_by("id").values_list("account_id", "id"))


def domains_in_use() -> list[tuple[int, int, str]]:
    with tenancy.platform(PlatformReason.HOUSEKEEPING):
        proved = SenderDomain.objects.filter(verified_at__isnull=False).order_by("id")
        return list(proved.values_list("account_id", "id", "name"))


def domains() -> QuerySet[SenderDomain]:
    return SenderDomain.objects.prefetch_related("checks", "addresses").order_by("name")


def proved_domain_names() -> list[str]:
    proved = SenderDomain.objects.filter(verified_at__isnull=False, state=DomainState.VERIFIED)
    return list(proved.order_by("name").values_list("name", flat=True))


def senders() -> QuerySet[SenderAddress]:
    """With proved mailbox and domain, but not those of transactional email, which a campaign would end (R-66)."""
    proved = SenderAddress.objects.filter(
        verified_at__isnull=False, domain__verified_at__isnull=False, domain__transactional_since=None
    )
    return proved.select_related("domain").order_by("email")


def reply_addresses() -> QuerySet[Mailbox]:
    return Mailbox.objects.filter(for_replies=True).order_by("email")


def on_own_domain(email: str) -> bool:
    host = domain_of(email)
    names = SenderDomain.objects.filter(verified_at__isnull=False).values_list("name", flat=True)
    return any(host == name or host.endswith(f".{name}") for name in names)


def mailbox_proved(email: str) -> bool:
    return Mailbox.objects.filter(email=email.lower(), proved_at__isnull=False).exists()


def proved_mailboxes() -> list[str]:
    mailboxes = Mailbox.objects.filter(proved_at__isnull=False, refused_at=None).order_by("email")
    return list(mailboxes.values_list("email", flat=True))


def accounts_with_mailboxes() -> list[int]:
    with tenancy.platform(PlatformReason.HOUSEKEEPING):
        account_ids = Mailbox.objects.order_by("account_id").values_list("account_id", flat=True).distinct()
        return list(account_ids)


def media_base() -> str:
    """Return the base URL of the account's pictures: its own host if that passes its check, otherwise the service's."""
    public = load_settings().public_url
    if load_settings().media_host_target is None:
        return public
    host = MediaHost.objects.filter(replaced_at=None, passed_at__isnull=False).values_list("host", flat=True).first()
    port = urlsplit(public).port
    return (f"https://{host}:{port}" if port else f"https://{host}") if host else public


def account_of_media_host(host: str) -> int | None:
    with tenancy.platform(PlatformReason.PUBLIC_PAGE):
        return MediaHost.objects.filter(host=host).values_list("account_id", flat=True).first()


@tenancy.read_once
def signing_key(domain: SenderDomain) -> DkimKey | None:
    """Return the key that signs a domain's messages: the newest one in use, or the first one there is (R-59)."""
    keys = list(domain.keys.filter(retired_at=None).order_by("created_at", "id"))
    in_use = [(key.active_from, key.id, key) for key in keys if key.active_from]
    return max(in_use)[2] if in_use else next(iter(keys), None)


def service_key_published(service_domain: str) -> bool:
    """The key's record was found at the last check (R-59); a DNS failure does not unverify it."""
    with tenancy.platform(PlatformReason.HOUSEKEEPING):
        rows = DnsCheck.objects.filter(domain__account__is_house=True, domain__name=service_domain)
        check = rows.filter(kind=CheckKind.DKIM).select_related("domain").first()
    if check is None:
        return False
    silent = check.problem == DnsState.UNREACHABLE.value and check.domain.verified_at is not None
    return check.passed or silent


def waiting_key(domain: SenderDomain) -> DkimKey | None:
    present = signing_key(domain)
    waiting = DkimKey.objects.filter(domain=domain, retired_at=None, active_from=None).order_by("-created_at", "-id")
    return None if present is None else waiting.exclude(id=present.id).first()


def leaving_keys(domain: SenderDomain) -> QuerySet[DkimKey]:
    """Return retired keys whose record must stay published for messages still being delivered (R-106)."""
    return DkimKey.objects.filter(domain=domain, retired_at__gt=clock.now() - RECORD_STAYS).order_by("-retired_at")
