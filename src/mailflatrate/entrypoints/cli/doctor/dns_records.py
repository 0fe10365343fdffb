"""Our own DNS records: the sending host, the service's domain, and the key of its own messages."""

from collections.abc import Iterator

from mailflatrate.apps.accounts.actions.people import house_account
from mailflatrate.apps.delivery.queries import held_service_mail
from mailflatrate.apps.domains.actions import domains
from mailflatrate.apps.domains.actions import service as service_actions
from mailflatrate.apps.domains.connect_template import key_records
from mailflatrate.apps.domains.models import SenderDomain
from mailflatrate.apps.domains.record_checks import check_record, listings_of_service
from mailflatrate.apps.domains.records import service_spf_host
from mailflatrate.base import tenancy
from mailflatrate.entrypoints.boot.doctor_report import Line, RecordToPublish, missing, ok, unpublished, warning
from mailflatrate.entrypoints.cli.doctor.host import is_public_name
from mailflatrate.settings.schema import Settings
from mailflatrate.wire.dns import DnsAnswer, Resolver, SpfStatus, find_mx, find_spf

LONGEST_FOUND = 80


def house_lines(settings: Settings) -> Iterator[Line]:
    """The result is stored, so that service messages waiting for the key are sent as soon as its record exists."""
    service_actions.check_service_domain(settings)
    yield from _held()
    with tenancy.account(house_account().id):
        domain = SenderDomain.objects.filter(name=settings.service_domain).first()
        if domain is None:
            yield missing(
                "dkim",
                f"{settings.service_domain} has no signing key, so service messages are on hold",
                "Set MAILFLATRATE_SERVICE_DOMAIN to your domain, then run `mailflatrate migrate`.",
            )
            return
        resolver = domains.configured_resolver()
        for record in domains.records_to_publish(domain):
            check = check_record(record, resolver)
            if check.passed:
                yield ok(record.kind.value, f"{record.host} is correct")
            else:
                suffix = f", found {_shortened(check.found)!r}" if check.found else ""
                correct_record = RecordToPublish(record.host, record.record_type, record.value)
                yield unpublished(record.kind.value, f"{record.host}: {check.state.value}{suffix}", correct_record)


def _shortened(text: str) -> str:
    """Shorten a record to fit a title: a key has hundreds of characters. Its length reveals a truncated one."""
    return text if len(text) <= LONGEST_FOUND else f"{text[:LONGEST_FOUND]}… ({len(text)} characters)"


def _held() -> Iterator[Line]:
    held = held_service_mail()
    if held is not None:
        yield missing(
            "service-mail",
            f"service messages on hold: {held.waiting}. The signing key of {held.domain} isn't published, so "
            "receivers couldn't verify them",
            "Once the key's record shown below is published, they are sent within minutes.",
        )


def service_lines(settings: Settings) -> Iterator[Line]:
    resolver = domains.configured_resolver()
    addresses = _addresses(resolver, settings.helo_name)
    yield from _helo(resolver, settings.helo_name, addresses)
    yield _spf(resolver, addresses)
    yield from _mx(resolver, settings.service_domain)
    yield from _domain_connect(settings, resolver)
    yield from _blocklists(settings, resolver)


def _blocklists(settings: Settings, resolver: Resolver) -> Iterator[Line]:
    """Check the blocklists; off until lists are configured, because most have terms to agree to (R-89)."""
    listings = listings_of_service(settings, resolver)
    for listing in listings:
        if listing.listed:
            yield missing(
                "blocklist",
                f"{listing.what} is listed on {listing.blocklist} ({listing.answer})",
                "Find and stop the cause, then request delisting.",
            )
        elif listing.listed is None:
            yield warning(
                "blocklist",
                f"{listing.blocklist} doesn't answer for {listing.what}: {listing.answer}",
                "Use your own DNS resolver. Many blocklists refuse public ones.",
            )
    if listings and not any(listing.listed is not False for listing in listings):
        yield ok("blocklist", f"{len(listings)} blocklist lookups, no listing")


def _domain_connect(settings: Settings, resolver: Resolver) -> Iterator[Line]:
    if settings.domain_connect_key is None:
        return
    host, values = key_records(settings)
    if set(resolver.txt(host).values) == set(values):
        yield ok("domain-connect", f"{host} publishes the key of Domain Connect links")
    else:
        fix = "Publish what `mailflatrate domains connect-key` prints, and remove all other TXT records of this name."
        yield warning("domain-connect", f"{host} doesn't publish the key, so DNS providers refuse our links", fix)


def _addresses(resolver: Resolver, host: str) -> list[str]:
    return [*resolver.a(host).values, *resolver.aaaa(host).values]


def _helo(resolver: Resolver, helo: str, addresses: list[str]) -> Iterator[Line]:
    """Check the forward-confirmed reverse DNS: name -> address -> the same name (R-99)."""
    if not is_public_name(helo):
        yield missing(
            "ptr",
            f"helo_name {helo} can't be resolved by receivers",
            "Set MAILFLATRATE_HELO_NAME, then publish its address and have the PTR record set.",
        )
        return
    if not addresses:
        yield missing("ptr", f"helo_name {helo} has no address", f"Publish {helo} A <address of the sending host>.")
    for address in addresses:
        answer: DnsAnswer = resolver.ptr(address)
        if helo.lower().rstrip(".") in answer.values:
            yield ok("ptr", f"{address} resolves to {helo} and back")
        else:
            names = ", ".join(answer.values) or answer.status.value
            yield missing(
                "ptr",
                f"the PTR record of {address} isn't {helo} but {names}",
                "Ask the provider of the IP address to set its PTR record.",
            )


def _spf(resolver: Resolver, addresses: list[str]) -> Line:
    """Check the SPF record that every customer's SPF includes (R-61)."""
    host = service_spf_host()
    seen = find_spf(resolver, host)
    correct_record = RecordToPublish(host, "TXT", f"v=spf1 {' '.join(_mechanism(sender) for sender in addresses)} -all")
    if seen.status is not SpfStatus.OK:
        text = f"{host}: {seen.problem or seen.status.value}"
        if not addresses:
            return missing("spf", text, f'Publish {host} TXT "v=spf1 ip4:<address> -all".')
        return unpublished("spf", text, correct_record)
    outside = [address for address in addresses if not seen.covers(address)]
    if outside:
        return unpublished("spf", f"{host} doesn't list {', '.join(outside)}", correct_record)
    if seen.all_qualifier != "-":
        return warning("spf", f"{host} lists our addresses but doesn't end in -all", "End the record with -all.")
    return ok("spf", f"{host} lists {len(addresses)} of our addresses")


def _mechanism(address: str) -> str:
    return f"{'ip6' if ':' in address else 'ip4'}:{address}"


def _mx(resolver: Resolver, service: str) -> Iterator[Line]:
    """Check the MX host: abuse@, fbl@ and all customers' bounces arrive at mx.<service domain>."""
    mine = f"mx.{service}"
    hosts = [exchange.host for exchange in find_mx(resolver, service).hosts]
    if not hosts:
        correct_record = RecordToPublish(service, "MX", f"10 {mine}")
        yield unpublished("mx", f"{service} has no MX record, so abuse@{service} can't be reached", correct_record)
    elif mine in hosts:
        yield ok("mx", f"mail for {service} is delivered to {mine}")
    else:
        fix = f"Make sure abuse@, postmaster@, fbl@ and unsub+...@ are forwarded from there to {mine}."
        yield warning("mx", f"mail for {service} is delivered to {', '.join(hosts)}", fix)
    if _addresses(resolver, mine):
        yield ok("mx", f"{mine} has an address")
    else:
        yield missing(
            "mx",
            f"{mine} has no address, so bounces can't be received",
            f"Publish {mine} A <address of the host that runs `mailflatrate inbound`>.",
        )
