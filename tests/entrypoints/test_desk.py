"""The desk's door: staff with a second factor, and nobody else; no measure without its line in the log."""

import re

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver

from mailflatrate.apps.accounts.models import Account
from mailflatrate.apps.accounts.session_store import SessionStore
from mailflatrate.base import tenancy
from mailflatrate.base.audit.models import AuditEntry
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.entrypoints.desk import access
from mailflatrate.entrypoints.web.adapter import AccountAdapter
from support.customers import Customer
from support.desk import desk
from support.people import browser, operator


def _addresses(prefix: str, entries: list[URLPattern | URLResolver]) -> list[str]:
    found = []
    for entry in entries:
        route = prefix + str(entry.pattern)
        found += _addresses(route, entry.url_patterns) if isinstance(entry, URLResolver) else [route]
    return found


ADDRESSES = sorted(route for route in _addresses("/", get_resolver().url_patterns) if route.startswith("/desk/"))


@pytest.mark.slow
@pytest.mark.parametrize("route", ADDRESSES)
def test_nobody_else_comes_in(database: str, route: str) -> None:
    """Every address of the desk: a stranger signs in first, a customer finds nothing, a bare operator is led on."""
    assert database
    address = re.sub(r"<[^>]+>", "1", route)
    carla = Customer.registered("Möbelhaus Nordstern").owner
    for method in ("get", "post"):
        answer = getattr(Client(), method)(address)
        if answer.status_code == 405:
            continue
        assert answer.headers["Location"].startswith("/login/")
        assert getattr(browser(carla), method)(address).status_code == 404
        bare = getattr(browser(operator()), method)(address)
        assert (bare.status_code, b"/2fa/totp/activate/" in bare.content) == (403, True)


def test_a_session_from_before_the_second_factor_stays_outside(database: str) -> None:
    """Having one is not enough: this session must have shown it; and a factor that is gone opens nothing."""
    otto = desk()
    assert "Otto" in otto.page("")
    assert browser(otto.user).get("/desk/").status_code == 403
    with tenancy.access():
        otto.user.authenticator_set.all().delete()  # type: ignore[attr-defined]  # allauth has no types
    assert otto.client.get("/desk/").status_code == 403


def test_a_further_factor_does_not_stand_in_for_the_one_that_was_not_shown(database: str) -> None:
    """Nor do recovery codes, or the first factor of somebody else."""
    otto, berta = desk().user, operator("Berta")
    request = RequestFactory().get("/")
    request.user, request.session = otto, SessionStore()
    with tenancy.access():
        key = Authenticator.objects.create(user=otto, type=Authenticator.Type.WEBAUTHN, data={})
        authenticator_added.send(sender=Authenticator, request=request, user=otto, authenticator=key)
        assert access.second_factor(request, otto) is None
        app = Authenticator.objects.create(user=berta, type=Authenticator.Type.TOTP, data={})
        authenticator_added.send(sender=Authenticator, request=request, user=berta, authenticator=app)
        assert access.second_factor(request, otto) is None
        codes = Authenticator.objects.create(user=otto, type=Authenticator.Type.RECOVERY_CODES, data={})
        authenticator_added.send(sender=Authenticator, request=request, user=otto, authenticator=codes)
        assert access.second_factor(request, otto) is None


def test_a_measure_without_its_line_does_not_stand(database: str) -> None:
    """The guard itself: what a forgetful view wrote is rolled back."""
    otto = desk()
    account_id = Customer.registered("Nordstern").account_id

    def forgetful(request: access.DeskRequest) -> HttpResponse:
        Account.objects.filter(id=account_id).update(name="changed")
        if request.GET:
            request.audit("account.renamed", account_id=account_id, reason="asked for it")
        return HttpResponse()

    def post(address: str) -> None:
        request = RequestFactory().post(address)
        request.user, request.session = otto.user, otto.client.session
        access.desk("POST", "home")(forgetful)(request)

    with pytest.raises(access.NotRecorded):
        post("/desk/")
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        assert Account.objects.get(id=account_id).name == "Nordstern"
    post("/desk/?told=1")
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        line = AuditEntry.objects.get(account_id=account_id)
        assert (line.actor, line.actor_kind, line.reason) == (otto.user.email, "staff", "asked for it")
        assert Account.objects.get(id=account_id).name == "changed"


def test_the_operator_begins_at_the_desk(database: str) -> None:
    """After signing in; a customer begins in the studio."""
    request = RequestFactory().get("/")
    for user, address in ((operator(), "/desk/"), (Customer.registered("Nordstern").owner, "/studio/")):
        request.user = user
        assert AccountAdapter().get_login_redirect_url(request) == address
