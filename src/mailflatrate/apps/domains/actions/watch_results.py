"""Reactions to news from the DNS or a blocklist about a sender domain (R-89, R-106)."""

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from mailflatrate.apps.accounts.actions.account_status import Reasons, change_account_status
from mailflatrate.apps.accounts.actions.notices import tell_owners
from mailflatrate.apps.accounts.models import AccountStatus, NoticeKind
from mailflatrate.apps.accounts.queries import current_account
from mailflatrate.apps.domains.models import SenderDomain
from mailflatrate.base import clock, tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.settings import load_settings
from mailflatrate.wire.dns import Listing

MACHINE = "domains.watch_lists"


def tell_failing(domain: SenderDomain, hosts: list[str]) -> None:
    """Notify the account's owners, once until the domain passes again. `hosts` are the names of the wrong records."""
    if domain.failing_reported_at is not None:
        return
    domain.failing_reported_at = clock.now()
    domain.save(update_fields=["failing_reported_at"])
    url = f"{load_settings().public_url}/studio/senders/{domain.id}/"
    facts = {"domain": domain.name, "hosts": hosts, "url": url}
    with tenancy.platform(PlatformReason.HOUSEKEEPING):
        tell_owners(domain.account_id, NoticeKind.SENDER, "domains/mail/failing", facts)


@tenancy.needs_account
@transaction.atomic
def keep_listings(domain_id: int, said: list[Listing]) -> None:
    """A new listing pauses the account until a person reviews it; a list without an answer changes nothing."""
    if any(each.listed is None for each in said) and not any(each.listed for each in said):
        return
    domain = SenderDomain.objects.select_for_update().get(id=domain_id)
    before, now = domain.listed_on, ", ".join(sorted(each.blocklist for each in said if each.listed))
    if now == before:
        return
    SenderDomain.objects.filter(id=domain_id).update(listed_on=now)
    account = current_account()
    if before or not now or not account.may_send:
        return
    with translation.override(account.language):
        reasons = Reasons(
            "blocklisted",
            text=_("Your sending domain %(domain)s is on a blocklist: %(lists)s.")
            % {"domain": domain.name, "lists": now},
            remedy=_("Find out why from the blocklist, fix the cause, and request removal. Then tell us."),
            rule="R-89",
            evidence={"domain": domain.name, "answers": [str(each) for each in said if each.listed]},
        )
    change_account_status(account.id, AccountStatus.PAUSED, reasons, by=None, machine=MACHINE)
