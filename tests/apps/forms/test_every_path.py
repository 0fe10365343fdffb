"""One decision on every path into a list: the public form, a person added by hand or by the API, a new address of a
subscriber (R-17 to R-24), with what the account itself adds to the question (R-23)."""

from collections.abc import Callable

import pytest

from mailflatrate.apps.domains.models import SenderAddress, SenderDomain
from mailflatrate.apps.forms.actions import sign_up
from mailflatrate.apps.forms.errors import FormError
from mailflatrate.apps.forms.models import ConfirmationRequestKind
from mailflatrate.apps.lists.models import Contact
from mailflatrate.base import tenancy
from mailflatrate.rules.addresses import AddressVerdict, decide_address
from support.forms import FormCustomer, fresh_address

ADDRESSES = """
info@papierladen.de Info+x@papierladen.de vertrieb-berlin@papierladen.de kündigung@papierladen.de ınfo@papierladen.de
kundenservice24@papierladen.de team.marketing@papierladen.de bestellanfragen@papierladen.de no-reply-shop@papierladen.de
chef@papierladen.de info.anna@papierladen.de аnna@papierladen.de anna@mailinator.com anna@papierladen.test
"a"@papierladen.de anna..b@papierladen.de anna@[192.0.2.1] max.post@papierladen.de marketa@papierladen.de
jürgen@papierladen.de
""".split()  # noqa: SIM905  # a page of addresses


def by_form(lindenhof: FormCustomer, email: str) -> bool:
    lindenhof.post(email)
    return bool(stored(lindenhof, email))


def by_hand(lindenhof: FormCustomer, email: str) -> bool:
    with tenancy.account(lindenhof.account_id):
        try:
            sign_up.request_confirmation(
                lindenhof.form_id,
                email,
                kind=ConfirmationRequestKind.PERSON,
                note="asked at the fair",
                by=lindenhof.anna.owner,
            )
        except FormError:
            return False
    return bool(stored(lindenhof, email))


def by_move(lindenhof: FormCustomer, email: str) -> bool:
    with tenancy.account(lindenhof.account_id):
        contact = Contact.objects.order_by("id").first()
        assert contact is not None
        sign_up.request_address_change(
            contact, lindenhof.anna.list_id, email, language="de", ip=None, user_agent="", source_url=""
        )
    return bool(stored(lindenhof, email))


def stored(lindenhof: FormCustomer, email: str) -> list[object]:
    return list(lindenhof.requests(decide_address(email).address or email))


PATHS = [by_form, by_hand, by_move]


@pytest.mark.parametrize("path", PATHS)
def test_every_path_asks_the_one_function(lindenhof: FormCustomer, path: Callable[[FormCustomer, str], bool]) -> None:
    taken = [email for email in ADDRESSES if path(lindenhof, email)]
    assert taken == [email for email in ADDRESSES if decide_address(email).verdict is AddressVerdict.ACCEPT]
    assert len(taken) == 3


@pytest.mark.parametrize("path", PATHS)
def test_the_accounts_own_addresses_are_refused_on_every_path(
    lindenhof: FormCustomer, path: Callable[[FormCustomer, str], bool]
) -> None:
    with tenancy.account(lindenhof.account_id):
        own = SenderAddress.objects.values_list("email", flat=True)[0]
        bounce_host = SenderDomain.objects.all()[0].bounce_host
    assert not path(lindenhof, own)
    assert not path(lindenhof, f"anna.huber@{bounce_host}")
    assert path(lindenhof, fresh_address())
