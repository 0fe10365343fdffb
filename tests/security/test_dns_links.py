"""The page with a domain's records needs no sign-in, so its link must open nothing else, and end."""

from datetime import timedelta

import pytest
from django.test import Client

from mailflatrate.apps.accounts.models import Role
from mailflatrate.apps.domains.actions.domains import add_domain
from mailflatrate.apps.domains.models import SenderDomain
from mailflatrate.base import clock, tenancy
from mailflatrate.base.ids import key_ring
from mailflatrate.entrypoints.studio.trust.sharing import LINK_DAYS, share_url
from mailflatrate.mail.identifiers.tokens import TokenPurpose
from support.customers import Customer, sending_customer
from support.people import browser, person

pytestmark = pytest.mark.usefixtures("database")


def _link(anna: Customer) -> tuple[str, SenderDomain]:
    with tenancy.account(anna.account_id):
        domain = SenderDomain.objects.order_by("id")[0]
        return "/" + share_url(domain).partition("//")[2].partition("/")[2], domain


def test_the_link_shows_the_records_and_nothing_else(anna: Customer) -> None:
    link, domain = _link(anna)
    answer = Client().get(link)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert f"_domainkey.{domain.name}" in page
    assert answer.headers["Cache-Control"] == "no-store"
    for secret in (anna.owner.email, "/studio/", "PRIVATE KEY"):
        assert secret not in page
    file = Client().get(f"{link}/zone.txt")
    assert file.status_code == 200
    assert f"_domainkey.{domain.name}." in file.content.decode()
    assert "attachment" in file.headers["Content-Disposition"]
    for method in ("post", "put", "delete"):
        assert getattr(Client(), method)(link).status_code == 405


def test_it_ends_after_two_weeks(anna: Customer) -> None:
    link, _domain = _link(anna)
    with clock.frozen_at(clock.now() + timedelta(days=LINK_DAYS)):
        assert Client().get(link).status_code == 200
    with clock.frozen_at(clock.now() + timedelta(days=LINK_DAYS + 1)):
        assert Client().get(link).status_code == 404
        assert Client().get(f"{link}/zone.txt").status_code == 404


def test_no_other_token_and_no_other_account_opens_it(anna: Customer) -> None:
    link, domain = _link(anna)
    carla = sending_customer()
    far = 2**16 - 1
    for token in (
        link.rpartition("/")[2][:-1] + ("0" if link[-1] != "0" else "1"),
        key_ring().seal(TokenPurpose.MAILBOX, anna.account_id, domain.id, far),
        key_ring().seal(TokenPurpose.UNSUBSCRIBE, anna.account_id, domain.id),
        key_ring().seal(TokenPurpose.DNS_RECORDS, carla.account_id, domain.id, far),
        key_ring().seal(TokenPurpose.DNS_RECORDS, anna.account_id, 2**40, far),
        key_ring().seal(TokenPurpose.DNS_RECORDS, anna.account_id, domain.id, 0),
        "x" * 40,
        "",
    ):
        assert Client().get(f"/dns/{token}").status_code == 404, token
    own = key_ring().seal(TokenPurpose.DNS_RECORDS, anna.account_id, domain.id, far)
    for path in ("/u/", "/p/", "/w/", "/d/", "/r/", "/mailbox/"):
        assert Client().get(f"{path}{own}").status_code == 404, path


def test_a_link_is_revoked_alone(anna: Customer) -> None:
    link, domain = _link(anna)
    with tenancy.account(anna.account_id):
        other = add_domain("news.lindenhof-two.example")
        elsewhere = "/" + share_url(other).partition("//")[2].partition("/")[2]
    revoke = f"/studio/senders/{domain.id}/link/revoke/"
    carla = sending_customer()
    assert carla.client.post(revoke).status_code == 404
    assert browser(person(anna.account_id, "Vera", Role.VIEWER)).post(revoke).status_code == 403
    assert anna.client.get(revoke).status_code == 405
    assert Client().get(link).status_code == 200
    assert anna.client.post(revoke).status_code == 303
    assert Client().get(link).status_code == 404
    assert Client().get(f"{link}/zone.txt").status_code == 404
    assert Client().get(elsewhere).status_code == 200
    fresh, _domain = _link(anna)
    assert Client().get(fresh).status_code == 200
    assert anna.client.post(revoke).status_code == 303
    assert Client().get(fresh).status_code == 404
