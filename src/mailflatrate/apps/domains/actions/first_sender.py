"""The first domain and From address of a new account: the address its owner proved when applying (R-46)."""

from contextlib import suppress

from django.utils.translation import gettext as _

from mailflatrate.apps.accounts.models import Applicant, User
from mailflatrate.apps.accounts.queries import current_account
from mailflatrate.apps.domains.actions.domains import add_domain, add_sender, check_domain, records_to_publish
from mailflatrate.apps.domains.actions.mailboxes import mailbox_of
from mailflatrate.apps.domains.errors import DomainError
from mailflatrate.apps.domains.models import Mailbox, SenderDomain
from mailflatrate.base import audit, clock, tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.mail.address import domain_of
from mailflatrate.settings import load_settings
from mailflatrate.wire.dns import UpdateRefused, publish_records


def prepare_sender(user: User) -> None:
    """For an account without a domain, unless it's at a mailbox provider. Nothing is sent before its DNS records are
    found; the mailbox counts as confirmed only if the person opened the link of an application.
    """
    if SenderDomain.objects.exists():
        return
    with suppress(DomainError):
        domain = add_domain(domain_of(user.email))
        _prove_by_application(user)
        add_sender(domain.id, user.email, current_account().name, by=user)


def _prove_by_application(user: User) -> None:
    proof = Applicant.objects.filter(email=user.email, proved_at__isnull=False).order_by("-proved_at").first()
    mailbox = mailbox_of(user.email)
    if proof is None or mailbox.proved_at is not None or mailbox.refused_at is not None:
        return
    account_id, now = mailbox.account_id, clock.now()
    with tenancy.platform(PlatformReason.APPLICATION):  # the account's own scope may not say that it was proved
        Mailbox.objects.filter(id=mailbox.id).update(proved_at=now, expires_at=None)
    audit.record(
        "mailbox.proved",
        by=audit.person(user),
        account_id=account_id,
        subject=f"mailbox:{mailbox.id}",
        details={"by": "application", "at": f"{proof.proved_at}"},
    )


def publish_in_demo(domain_id: int) -> None:
    """In the demonstration's own DNS. Raises DomainError outside of it, or if its name server doesn't take them."""
    settings = load_settings()
    if not settings.demo:
        raise DomainError(_("Only the demo has its own DNS."))
    domain = SenderDomain.objects.get(id=domain_id)
    records = [(each.host, each.record_type, each.value) for each in records_to_publish(domain)]
    try:
        publish_records(settings.dns_servers.split(",")[0].strip(), domain.name, records)
    except UpdateRefused as problem:
        raise DomainError(_("The demo's DNS didn't accept the records: %(why)s") % {"why": problem}) from problem
    check_domain(domain_id)
