"""Signing keys are renewed with an overlap (R-59, R-106): the new one signs only once its record was seen."""

from datetime import timedelta

import pytest

from mailflatrate.apps.domains.actions import domains
from mailflatrate.apps.domains.models import DkimKey, DomainState, SenderDomain
from mailflatrate.apps.domains.queries import leaving_keys, signing_key, waiting_key
from mailflatrate.apps.domains.records import dkim_record, service_spf_host
from mailflatrate.base import clock, tenancy
from mailflatrate.wire.dns import DnsResolver, ZoneServer
from support.customers import Customer

Zone = dict[str, dict[str, list[str]]]


def zone_of(domain: SenderDomain, *more: DkimKey) -> Zone:
    """What the customer published: the records of the page, and further keys."""
    zone: Zone = {service_spf_host(): {"TXT": ["v=spf1 ip4:127.0.0.1 -all"]}}
    for record in [*domains.records_to_publish(domain), *(dkim_record(domain, key) for key in more)]:
        zone.setdefault(record.host, {}).setdefault(record.record_type, []).append(record.value)
    return zone


def look(domain: SenderDomain, zone: Zone) -> SenderDomain:
    with ZoneServer(zone) as server:
        return domains.check_domain(domain.id, resolver=DnsResolver([server.nameserver]))


def test_a_key_is_renewed_after_half_a_year_and_takes_over_when_it_is_seen() -> None:
    account_id = Customer.registered("Lindenhof").account_id
    with tenancy.account(account_id):
        domain = domains.add_domain("lindenhof-keys.example")
        first = signing_key(domain)
        assert first is not None
        assert look(domain, zone_of(domain)).state == DomainState.VERIFIED
        assert domains.renew_key(domain.id) is None
        with clock.frozen_at(clock.now() + timedelta(days=181)):
            second = domains.renew_key(domain.id)
            assert second is not None
            assert second.selector != first.selector
            assert domains.renew_key(domain.id) is None
            # Not published yet: the first one goes on signing and nothing fails.
            assert look(domain, zone_of(domain)).state == DomainState.VERIFIED
            assert (signing_key(domain), waiting_key(domain)) == (first, second)
            assert look(domain, zone_of(domain, second)).state == DomainState.VERIFIED
            assert (signing_key(domain), waiting_key(domain)) == (second, None)
            assert list(leaving_keys(domain)) == [first]
            with clock.frozen_at(clock.now() + timedelta(days=8)):
                assert list(leaving_keys(domain)) == []


def test_the_database_takes_no_key_in_clear_text() -> None:
    account_id = Customer.registered("Lindenhof").account_id
    with tenancy.account(account_id):
        domain = domains.add_domain("lindenhof-clear.example")
        key = signing_key(domain)
        assert key is not None
        assert "PRIVATE KEY" not in key.private_sealed
        assert b"PRIVATE KEY" in key.open()
    with pytest.raises(Exception, match="dkim_key_sealed"), tenancy.account(account_id):
        DkimKey.objects.filter(id=key.id).update(private_sealed="-----BEGIN PRIVATE KEY-----")
