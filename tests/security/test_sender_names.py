"""A sender's name deceives in no stream: neither when it's added, nor in transactional and confirmation emails."""

import psycopg
import pytest
from django.db import Error

from mailflatrate.apps.domains.actions.domains import add_sender
from mailflatrate.apps.domains.errors import DomainError
from mailflatrate.apps.domains.models import SenderAddress
from mailflatrate.apps.forms.models import Form
from mailflatrate.apps.forms.queries import confirmation_senders
from mailflatrate.base import tenancy
from support.desk import desk
from support.forms import customer_with_form, fresh_address
from support.transactional import HOST, TransactionalCustomer, transactional_customer

DECEIVING = ("PayPal", "Ama\u200bzon", "Lindenhof\u202e moc.lapyap", "Dеutsche Post", "service@paypal.com", "DHL Paket")


@pytest.fixture
def anna(database: str) -> TransactionalCustomer:
    return transactional_customer()


@pytest.mark.parametrize("name", DECEIVING)
def test_a_deceiving_name_is_refused_when_it_is_added(anna: TransactionalCustomer, name: str) -> None:
    with tenancy.account(anna.account_id):
        domain_id = anna.version().sender.domain_id  # type: ignore[union-attr]
        with pytest.raises(DomainError, match="sender name"):
            add_sender(domain_id, f"other@{HOST}", name)


def test_an_honest_name_is_added(anna: TransactionalCustomer) -> None:
    with tenancy.account(anna.account_id):
        domain_id = anna.version().sender.domain_id  # type: ignore[union-attr]
        assert add_sender(domain_id, f"fine@{HOST}", "Lindenhof Kundendienst").id


@pytest.mark.parametrize("name", DECEIVING)
def test_a_name_from_before_sends_nothing_transactional(anna: TransactionalCustomer, database: str, name: str) -> None:
    rename(database, anna.account_id, name)
    assert anna.send().refused_by in ("sender-name-brand", "sender-name-letters", "sender-name-honest")


def test_a_reviewer_reads_what_is_wrong_with_a_shared_name(anna: TransactionalCustomer, database: str) -> None:
    rename(database, anna.account_id, "Sparkasse Kiel")
    page = desk().page(f"transactional/versions/{anna.version_id}/")
    assert "Check the sender name" in page and "mentions Sparkasse" in page


@pytest.mark.parametrize("name", [*DECEIVING, "Sparkasse Kiel"])
def test_a_confirmation_email_never_shows_it(database: str, name: str) -> None:
    here = customer_with_form()
    with tenancy.account(here.account_id):
        form = Form.objects.select_related("sender").get(id=here.form_id)
        has_sender = form.sender is not None
    if has_sender:
        rename(database, here.account_id, name)
    with tenancy.account(here.account_id):
        assert confirmation_senders({here.form_id})[here.form_id] is None
    here.sign_up(fresh_address())
    assert [mail for mail in here.send() if name in str(mail.message["From"])] == []


def test_sql_changes_neither_name_nor_address_of_a_sender(anna: TransactionalCustomer) -> None:
    for change in ({"display_name": "Volksbank Nord"}, {"email": f"else@{HOST}"}):
        with tenancy.account(anna.account_id), pytest.raises(Error, match=r"stays as it was added|nobody at"):
            SenderAddress.objects.filter(id=anna.sender_id).update(**change)


def rename(database: str, account_id: int, name: str) -> None:
    """Give all senders of an account a name that it couldn't choose."""
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute("SET session_replication_role = replica")
        owner.execute("UPDATE sender_address SET display_name = %s WHERE account_id = %s", [name, account_id])
