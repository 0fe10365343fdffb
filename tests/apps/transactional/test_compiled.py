"""What a version compiles to: once per imprint, and again under a new one without a new review."""

from mailflatrate.apps.accounts.actions.agreements import save_imprint
from mailflatrate.apps.transactional.models import TemplateEdition
from mailflatrate.base import tenancy
from support.customers import IMPRINT
from support.transactional import transactional_customer


def test_a_new_imprint_is_in_the_next_message_without_a_new_review() -> None:
    anna = transactional_customer()
    first, second = anna.send(), anna.send()
    assert first.edition_id == second.edition_id
    moved = {**IMPRINT, "street": "Weidenweg 9"}
    save_imprint(anna.account_id, country="DE", fields=moved, by=anna.customer.owner)
    third = anna.send()
    assert third.refused_by == "" and third.edition_id != first.edition_id
    with tenancy.account(anna.account_id):
        editions = TemplateEdition.objects.order_by("id")
        assert ["Weidenweg 9" in edition.html for edition in editions] == [False, True]
        assert all(edition.is_genuine for edition in editions)
        assert all("not_me_url" in edition.text and "unsubscribe_url" not in edition.text for edition in editions)
