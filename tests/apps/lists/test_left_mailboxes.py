"""The last no of a mailbox counts for its other spellings: for consents from before it, and only for those brought."""

from datetime import timedelta

from mailflatrate.apps.lists.actions.consent import unsubscribe
from mailflatrate.apps.lists.actions.lists import create_list
from mailflatrate.apps.lists.actions.unsubscribe_undo import undo_unsubscribe
from mailflatrate.apps.lists.left_mailboxes import LeftMailboxes
from mailflatrate.apps.lists.models import Contact, Subscription, SubscriptionState
from mailflatrate.base import clock, tenancy
from mailflatrate.base.ids import mailbox_keys
from support.cast import per_test
from support.contact_files import HEADER, line
from support.customers import Customer, customer_with_list
from support.origins import approve_origin
from support.scope import within

LEFT, OTHER, THIRD = "anna.k+news@gmail.com", "annak@googlemail.com", "wilma@kunde-1.de"
anna = per_test(customer_with_list, "Anna")


def bring(anna: Customer, *emails: str, list_id: int | None = None) -> None:
    anna.bring("\n".join([HEADER, *map(line, emails)]), list_id=list_id)


def leave(anna: Customer, email: str) -> int:
    with tenancy.account(anna.account_id):
        contact = Contact.objects.get(email=email)
        unsubscribe(contact.id, list_id=anna.list_id, by="link", source="page")
        return contact.id


def offers(anna: Customer) -> int:
    found = within(anna, create_list, "Offers").id
    approve_origin(anna.account_id, found)
    return found


def mailable(anna: Customer, list_id: int) -> set[str]:
    with tenancy.account(anna.account_id):
        rows = Subscription.objects.filter(mailing_list_id=list_id, state=SubscriptionState.CONFIRMED)
        return set(rows.values_list("contact__email", flat=True))


def test_proof_from_before_the_no_brings_no_other_spelling(anna: Customer) -> None:
    second = offers(anna)
    bring(anna, LEFT)
    leave(anna, LEFT)
    bring(anna, OTHER, THIRD, list_id=second)
    assert mailable(anna, second) == {THIRD}


def test_proof_from_after_the_no_brings_another_spelling(anna: Customer) -> None:
    second = offers(anna)
    bring(anna, LEFT)
    with clock.frozen_at(clock.now() - timedelta(days=300)):
        leave(anna, LEFT)
    bring(anna, OTHER, THIRD, list_id=second)
    assert mailable(anna, second) == {OTHER, THIRD}


def test_subscription_of_another_spelling_stays(anna: Customer) -> None:
    bring(anna, LEFT, OTHER)
    leave(anna, LEFT)
    bring(anna, THIRD, OTHER)
    assert mailable(anna, anna.list_id) == {OTHER, THIRD}


def test_last_no_is_that_of_any_spelling_and_none_once_it_is_undone(anna: Customer) -> None:
    bring(anna, LEFT, THIRD)
    contact_id = leave(anna, LEFT)
    asked = [mailbox_keys(email) for email in (OTHER, LEFT, THIRD, "unknown@kunde-1.de")]
    with tenancy.account(anna.account_id):
        noes = LeftMailboxes().last_noes(asked)
        assert set(noes) == {asked[0].exact, asked[1].exact}
        assert undo_unsubscribe(contact_id, source="page", ip=None, user_agent="") == 1
        assert LeftMailboxes().last_noes(asked) == {}
