"""A domain that is no longer set up correctly, and one that a blocklist names (R-89, R-106)."""

from collections.abc import Iterator

import pytest

from mailflatrate.apps.accounts.actions.people import house_account
from mailflatrate.apps.accounts.models import Account, Notice, NoticeKind
from mailflatrate.apps.domains.actions import domains
from mailflatrate.apps.domains.jobs import watch_lists
from mailflatrate.apps.domains.models import DomainState, SenderDomain
from mailflatrate.base import tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.settings.schema import load_settings
from mailflatrate.wire.dns import DnsResolver, ZoneServer
from support.cast import per_test
from support.customers import Customer, sending_customer
from support.scope import rows

anna = per_test(sending_customer, people=0)


def letters(anna: Customer) -> list[Notice]:
    with tenancy.account(house_account().id):
        found = Notice.objects.filter(
            recipient=anna.owner.email, kind__in=[NoticeKind.SENDER, NoticeKind.ACCOUNT_STATUS]
        )
        return [each for each in found.order_by("id") if "lindenhof.example" in each.text]


def look(anna: Customer, zone: dict[str, dict[str, list[str]]]) -> SenderDomain:
    with ZoneServer(zone) as dns, tenancy.account(anna.account_id):
        return domains.check_domain(SenderDomain.objects.get().id, resolver=DnsResolver([dns.nameserver]))


def published(anna: Customer) -> dict[str, dict[str, list[str]]]:
    with tenancy.account(anna.account_id):
        records = domains.records_to_publish(SenderDomain.objects.get())
    zone: dict[str, dict[str, list[str]]] = {}
    for record in records:
        zone.setdefault(record.host, {})[record.record_type] = [record.value]
    zone[f"spf.{load_settings().service_domain}"] = {"TXT": ["v=spf1 ip4:192.0.2.1 -all"]}
    return zone


def test_the_owners_hear_of_it_once_per_change(anna: Customer) -> None:
    good = published(anna)
    bad = {host: records for host, records in good.items() if not host.startswith("_dmarc.")}
    assert look(anna, good).state == DomainState.VERIFIED
    assert letters(anna) == []
    for _hour in range(3):
        assert look(anna, bad).state == DomainState.FAILING
    (letter,) = letters(anna)
    assert "_dmarc.lindenhof.example TXT" in letter.text
    assert "_domainkey" not in letter.text, "what is right is not named"
    look(anna, good)
    look(anna, bad)
    assert len(letters(anna)) == 2


def test_a_dns_that_does_not_answer_is_no_news(anna: Customer) -> None:
    good = published(anna)
    look(anna, good)
    silent = {**good, "_dmarc.lindenhof.example": {"SERVFAIL": [""]}}
    assert look(anna, silent).state == DomainState.FAILING
    assert letters(anna) == []
    look(anna, {host: records for host, records in good.items() if not host.startswith("_dmarc.")})
    assert len(letters(anna)) == 1, "gone for good, after an hour of silence"


@pytest.fixture
def lists(monkeypatch: pytest.MonkeyPatch) -> Iterator[ZoneServer]:
    """One blocklist, in a DNS of the test's own."""
    with ZoneServer({"names.test": {"TXT": ["a list"]}}) as server:
        monkeypatch.setenv("MAILFLATRATE_DNS_SERVERS", server.nameserver)
        monkeypatch.setenv("MAILFLATRATE_DOMAIN_BLOCKLISTS", "names.test")
        load_settings.cache_clear()
        yield server
    monkeypatch.undo()
    load_settings.cache_clear()


@pytest.mark.slow
def test_a_listed_domain_pauses_its_account_once(anna: Customer, lists: ZoneServer) -> None:
    def now() -> tuple[str, str]:
        with tenancy.platform(PlatformReason.OPERATOR_DESK):
            domain = SenderDomain.objects.get(account_id=anna.account_id)
            return Account.objects.get(id=anna.account_id).status, domain.listed_on

    others = [row for row in _statuses() if row[0] != anna.account_id]
    watch_lists(0)
    assert now() == ("active", "")
    rows(anna, SenderDomain).update(name=f"anna{anna.account_id}.com")
    lists.replace({f"anna{anna.account_id}.com.names.test": {"A": ["127.255.255.254"]}})
    watch_lists(0)
    assert now() == ("active", ""), "a list that refuses us says nothing"
    lists.replace({f"anna{anna.account_id}.com.names.test": {"A": ["127.0.1.2"]}})
    watch_lists(0)
    assert now() == ("paused", "names.test")
    watch_lists(0)
    lists.replace({"names.test": {"TXT": ["a list"]}})
    watch_lists(0)
    assert now() == ("paused", ""), "a person lets it go on (R-90)"
    with tenancy.account(house_account().id):
        notices = Notice.objects.filter(recipient=anna.owner.email, kind=NoticeKind.ACCOUNT_STATUS)
        told = [notice for notice in notices if "blocklist" in notice.text]
        assert len(told) == 1
    assert [row for row in _statuses() if row[0] != anna.account_id] == others


def _statuses() -> list[tuple[int, str]]:
    return list(rows(PlatformReason.OPERATOR_DESK, Account).order_by("id").values_list("id", "status"))
