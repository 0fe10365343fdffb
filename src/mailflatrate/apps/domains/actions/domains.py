"""Sender domains, their keys and checks, and the addresses on them."""

import secrets
from contextlib import suppress
from datetime import timedelta

from django.db import transaction
from django.utils import translation
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from mailflatrate.apps.accounts.actions.account_status import Reasons, change_account_status
from mailflatrate.apps.accounts.actions.notices import tell_owners
from mailflatrate.apps.accounts.models import AccountStatus, Applicant, NoticeKind, User
from mailflatrate.apps.accounts.queries import current_account
from mailflatrate.apps.domains.actions.mailboxes import ask, mailbox_of
from mailflatrate.apps.domains.actions.media_hosts import check_media_host
from mailflatrate.apps.domains.errors import AddressInUse, DomainError
from mailflatrate.apps.domains.facts import judge_name
from mailflatrate.apps.domains.models import (
    DkimKey,
    DnsCheck,
    DomainState,
    Mailbox,
    MediaHost,
    SenderAddress,
    SenderDomain,
)
from mailflatrate.apps.domains.queries import signing_key, waiting_key
from mailflatrate.apps.domains.record_checks import check_record
from mailflatrate.apps.domains.records import DnsRecord, dkim_record, records_of
from mailflatrate.base import audit, clock, tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.locale.texts import known_language
from mailflatrate.mail.address import AddressError, domain_of, parse, to_a_label
from mailflatrate.mail.signing.dkim import generate_key
from mailflatrate.rules.addresses.providers import is_freemail
from mailflatrate.rules.facts import DnsState
from mailflatrate.rules.gate.judge import explain
from mailflatrate.rules.limits import value
from mailflatrate.settings import load_settings
from mailflatrate.wire.dns import DnsResolver, Listing, Resolver, UpdateRefused, publish_records

_FIRST_SHARE_NUMBER = 2**47
"""Above every id, within the 48 bits that a token has for it."""


def add_domain(name: str) -> SenderDomain:
    """It cannot send until its records are found. Raises DomainError if it's invalid, a provider's, or taken."""
    try:
        ascii_name = to_a_label(name.strip().rstrip(".").lower())
    except AddressError as error:
        raise _no_domain(name) from error
    if "." not in ascii_name:
        raise _no_domain(name)
    if is_freemail(ascii_name):
        words = _("%(domain)s belongs to a mailbox provider. Send from a domain of your own.")
        raise DomainError(words % {"domain": ascii_name})
    if SenderDomain.objects.filter(name=ascii_name).exists():
        raise AddressInUse(_("%(domain)s is already on your list.") % {"domain": ascii_name})
    domain = SenderDomain.objects.create(name=ascii_name)
    new_key(domain)
    return domain


def new_key(domain: SenderDomain) -> DkimKey:
    """Create another RSA-2048 key under a selector that was never used (R-59)."""
    private_pem, public_record = generate_key()
    number = DkimKey.objects.filter(domain=domain).count() + 1
    selector = f"mf{clock.now():%Y%m}-{number}"
    return DkimKey.objects.create(
        domain=domain,
        selector=selector,
        private_sealed=DkimKey.seal(domain.name, selector, private_pem),
        public_record=public_record,
    )


def records_to_publish(domain: SenderDomain) -> list[DnsRecord]:
    key = signing_key(domain)
    if key is None:
        raise DomainError(_("%(domain)s has no signing key.") % {"domain": domain.name})
    return records_of(domain, key)


def renew_key(domain_id: int) -> DkimKey | None:
    """Create the next key of a domain whose key is half a year old; return None if it is not due (R-59, R-106)."""
    domain = SenderDomain.objects.select_for_update().get(id=domain_id)
    present = signing_key(domain)
    served = timedelta(days=value("dkim_key_days"))
    if present is None or domain.verified_at is None or waiting_key(domain) is not None:
        return None
    return new_key(domain) if (present.active_from or present.created_at) <= clock.now() - served else None


def _take_over(domain: SenderDomain, resolver: Resolver) -> None:
    """Activate the waiting key once its record is published; the old key is retired, its record stays for a week."""
    waiting = waiting_key(domain)
    if waiting is None or not check_record(dkim_record(domain, waiting), resolver).passed:
        return
    now = clock.now()
    DkimKey.objects.filter(domain=domain, retired_at=None).exclude(id=waiting.id).update(retired_at=now)
    DkimKey.objects.filter(id=waiting.id).update(active_from=now)


def check_domain(domain_id: int, *, resolver: Resolver | None = None) -> SenderDomain:
    """A domain that no longer passes is failing (R-106) and its owners are told, unless the DNS gave no answer."""
    domain = SenderDomain.objects.select_for_update().get(id=domain_id)
    resolver = resolver or configured_resolver()
    now = clock.now()
    passed, wrong = True, []
    _take_over(domain, resolver)
    for record in records_to_publish(domain):
        check = check_record(record, resolver)
        passed = passed and check.passed
        if check.state in (DnsState.MISSING, DnsState.WRONG):
            wrong.append(f"{record.host} {record.record_type}")
        DnsCheck.objects.update_or_create(
            account_id=tenancy.current_account_id(),
            domain=domain,
            kind=record.kind,
            defaults={
                "host": record.host,
                "record_type": record.record_type,
                "expected": record.value,
                "found": check.found,
                "passed": check.passed,
                "problem": "" if check.passed else check.state.value,
                "checked_at": now,
            },
        )
    domain.checked_at = now
    if passed:
        domain.state, domain.verified_at = DomainState.VERIFIED, domain.verified_at or now
        domain.failing_reported_at = None
    else:
        domain.state = DomainState.FAILING if domain.verified_at else DomainState.PENDING
    domain.save(update_fields=["checked_at", "state", "verified_at", "failing_reported_at"])
    if wrong and domain.verified_at is not None:
        tell_failing(domain, wrong)
    if passed:
        _ask_senders(domain)
    check_media_host(domain, resolver)
    return domain


def _ask_senders(domain: SenderDomain) -> None:
    for sender in SenderAddress.objects.filter(domain=domain, verified_at=None):
        mailbox = mailbox_of(sender.email)
        if mailbox.asked_at is None and mailbox.refused_at is None:
            with suppress(DomainError):  # too many today: the page has a button for it
                ask(mailbox, by=audit.machine("domains.check_domain"))


@transaction.atomic
def add_sender(domain_id: int, email: str, display_name: str, *, by: User | None = None) -> SenderAddress:
    """Usable once the domain is verified and its mailbox, which is asked now or then, has confirmed (R-46); it never
    changes. Raises DomainError if it's invalid, on another domain, or has a name that no stream may use (R-45).
    """
    domain = SenderDomain.objects.get(id=domain_id)
    try:
        address = parse(email.strip())
    except AddressError as error:
        raise DomainError(_("“%(email)s” isn't an email address.") % {"email": email}) from error
    if address.domain != domain.name and not address.domain.endswith(f".{domain.name}"):
        raise DomainError(_("%(email)s isn't on %(domain)s.") % {"email": email, "domain": domain.name})
    if not display_name.strip():
        raise DomainError(_("Readers see the sender name first. Enter the name of your company or brand."))
    if SenderAddress.objects.filter(email=address.text).exists():
        raise AddressInUse(_("%(email)s is already one of your senders.") % {"email": email})
    name = display_name.strip()
    if refused := judge_name(name, address.text).blocked_by:
        words = explain(refused[0], known_language(get_language()))
        raise DomainError(f"{words.sentence} {words.fix}")
    mailbox = mailbox_of(address.text)
    sender = SenderAddress.objects.create(
        domain=domain, email=address.text, display_name=name, verified_at=mailbox.proved_at
    )
    if mailbox.proved_at is None and domain.verified_at is not None:
        ask(mailbox, by=audit.person(by) if by else audit.machine("domains.add_sender"))
    return sender


def revoke_records_links(domain_id: int) -> None:
    """Links made afterward work, and links of other domains are not affected."""
    number = _FIRST_SHARE_NUMBER + secrets.randbelow(_FIRST_SHARE_NUMBER)
    SenderDomain.objects.filter(id=domain_id).update(share_number=number)


def remove_domain(domain_id: int) -> None:
    """Delete a domain that no campaign was sent from. Raises DomainError if it is in use."""
    domain = SenderDomain.objects.get(id=domain_id)
    if SenderAddress.objects.filter(domain=domain).exists():
        raise DomainError(_("%(domain)s has sender addresses that campaigns use.") % {"domain": domain.name})
    if MediaHost.objects.filter(domain=domain).exists():
        raise DomainError(_("The images in your campaigns are served from %(domain)s.") % {"domain": domain.name})
    domain.delete()


def _no_domain(name: str) -> DomainError:
    return DomainError(_("“%(name)s” isn't a domain name. Use a name like news.your-company.com.") % {"name": name})


def configured_resolver(patience_seconds: float | None = None) -> DnsResolver:
    """Return the resolver named in the settings. `patience_seconds` shortens its timeout when a person is waiting."""
    settings = load_settings()
    servers = [server.strip() for server in settings.dns_servers.split(",") if server.strip()]
    return DnsResolver(
        servers or None,
        timeout_seconds=min(patience_seconds or settings.dns_timeout_seconds, settings.dns_timeout_seconds),
    )


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
def keep_listings(domain_id: int, answers: list[Listing]) -> None:
    """A new listing pauses the account until a person reviews it; a list without an answer changes nothing."""
    if any(answer.listed is None for answer in answers) and not any(answer.listed for answer in answers):
        return
    domain = SenderDomain.objects.select_for_update().get(id=domain_id)
    before, now = domain.listed_on, ", ".join(sorted(answer.blocklist for answer in answers if answer.listed))
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
            evidence={"domain": domain.name, "answers": [str(answer) for answer in answers if answer.listed]},
        )
    change_account_status(account.id, AccountStatus.PAUSED, reasons, by=None, machine=MACHINE)


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
    records = [(record.host, record.record_type, record.value) for record in records_to_publish(domain)]
    try:
        publish_records(settings.dns_servers.split(",")[0].strip(), domain.name, records)
    except UpdateRefused as problem:
        raise DomainError(_("The demo's DNS didn't accept the records: %(why)s") % {"why": problem}) from problem
    check_domain(domain_id)
