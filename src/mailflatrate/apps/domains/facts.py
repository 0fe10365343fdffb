"""Rows of this app as facts for the rules."""

from dataclasses import dataclass

from mailflatrate.apps.accounts.facts import structured_imprint
from mailflatrate.apps.accounts.models import Imprint
from mailflatrate.apps.domains.mailable import known_facts
from mailflatrate.apps.domains.models import CheckKind, DnsCheck, SenderAddress, SenderDomain
from mailflatrate.apps.domains.queries import mailbox_proved, signing_key
from mailflatrate.mail.address import AddressError, domain_of, parse, to_a_label
from mailflatrate.rules.facts import DnsRecordFacts as DnsFacts
from mailflatrate.rules.facts import DnsState, FromFacts, SenderFacts
from mailflatrate.rules.gate.judge import judge_from
from mailflatrate.rules.imprint import ImprintRecord
from mailflatrate.rules.names.brands import load_brands
from mailflatrate.rules.verdict import Verdict
from mailflatrate.settings import load_settings

NO_SENDER = SenderFacts(
    from_address="",
    from_domain="",
    display_name="",
    address_verified_at=None,
    domain_verified_at=None,
    dkim=DnsFacts(DnsState.UNCHECKED),
    spf=DnsFacts(DnsState.UNCHECKED),
    dmarc=DnsFacts(DnsState.UNCHECKED),
    mx=DnsFacts(DnsState.UNCHECKED),
    dkim_domain="",
    return_path_domain="",
)


def dns_facts(check: DnsCheck | None) -> DnsFacts:
    if check is None or check.checked_at is None:
        return DnsFacts(DnsState.UNCHECKED)
    if check.passed:
        return DnsFacts(DnsState.OK, check.expected, check.found)
    return DnsFacts(DnsState(check.problem or DnsState.WRONG.value), check.expected, check.found)


def takes_mail(address: str) -> bool:
    """Return False if, according to the DNS, the address's domain accepts no mail (R-46); True if unknown."""
    try:
        domain = parse(address).domain
    except AddressError:
        return True  # no message can be composed with it; another rule reports that
    facts = known_facts([domain]).get(domain)
    return facts is None or (bool(facts.resolves) and not facts.null_mx)


def _reply_verified(reply_to: str) -> bool:
    """Return whether the Reply-To is verified; without one, replies go to the sender, which another rule checks."""
    try:
        return not reply_to or mailbox_proved(parse(reply_to).text)
    except AddressError:
        return True  # no message can be composed with it; another rule reports that


@dataclass(frozen=True, slots=True)
class NamedSender:
    from_line: FromFacts
    imprint: ImprintRecord | None


def from_facts(name: str, address: str) -> FromFacts:
    return FromFacts(
        name,
        address,
        to_a_label(domain_of(address)) if address else "",
        own_domains=frozenset(SenderDomain.objects.filter(verified_at__isnull=False).values_list("name", flat=True)),
        brands=load_brands(load_settings().brands_file),
    )


def judge_name(name: str, address: str) -> Verdict:
    """Judge a sender's name as it appears in From, by the rules of every stream (R-45)."""
    imprint = Imprint.objects.order_by("-version").first()
    return judge_from(NamedSender(from_facts(name, address), structured_imprint(imprint)))


def is_trusted_name(name: str, address: str) -> bool:
    verdict = judge_name(name, address)
    return verdict.allowed and not verdict.needs_review


def sender_facts(sender: SenderAddress | None, reply_to: str) -> SenderFacts:
    if sender is None:
        return NO_SENDER
    domain = sender.domain
    checks = {row.kind: row for row in domain.checks.all()}
    key = signing_key(domain)
    return SenderFacts(
        from_address=sender.email,
        from_domain=to_a_label(domain_of(sender.email)),
        display_name=sender.display_name,
        address_verified_at=sender.verified_at,
        domain_verified_at=domain.verified_at,
        dkim=dns_facts(checks.get(CheckKind.DKIM)),
        spf=dns_facts(checks.get(CheckKind.SPF)),
        dmarc=dns_facts(checks.get(CheckKind.DMARC)),
        mx=dns_facts(checks.get(CheckKind.MX)),
        dkim_domain=domain.name if key else "",
        return_path_domain=domain.bounce_host,
        reply_to=reply_to,
        reply_to_deliverable=takes_mail(reply_to or sender.email),
        reply_to_verified=_reply_verified(reply_to),
        own_domains=frozenset(SenderDomain.objects.filter(verified_at__isnull=False).values_list("name", flat=True)),
        brands=load_brands(load_settings().brands_file),
    )
