"""A customer's versions: written, frozen when submitted, taken back, and begun anew."""

import pytest

from mailflatrate.apps.accounts.models import Role
from mailflatrate.apps.accounts.rights import NotPermitted
from mailflatrate.apps.domains.queries import senders
from mailflatrate.apps.transactional.actions import templates
from mailflatrate.apps.transactional.errors import KeyTaken, TemplateStateError, TransactionalError
from mailflatrate.apps.transactional.queries import sender_choices
from mailflatrate.base import tenancy
from support.people import person
from support.transactional import TransactionalCustomer


def test_campaigns_are_not_offered_the_sender_of_transactional_email(anna: TransactionalCustomer) -> None:
    with tenancy.account(anna.account_id):
        assert anna.sender_id not in senders().values_list("id", flat=True)
        assert anna.sender_id in {sender.id for sender in sender_choices()}


def test_the_next_version_begins_with_what_the_last_one_says(anna: TransactionalCustomer) -> None:
    approved, owner = anna.version(), anna.customer.owner
    with tenancy.account(anna.account_id):
        draft = templates.begin_version(approved.template_id, by=owner)
        assert (draft.number, draft.state, draft.content) == (2, "draft", approved.content)
        assert draft.mailing_id != approved.mailing_id
        assert templates.begin_version(approved.template_id, by=owner).id == draft.id
        templates.save_draft(draft.id, {"subject": "Changed"}, by=owner)
        templates.submit_version(draft.id, account_name="x", by=owner)
        with pytest.raises(TemplateStateError):
            templates.save_draft(draft.id, {"subject": "Buy now"}, by=owner)
        with pytest.raises(TemplateStateError):
            templates.begin_version(approved.template_id, by=owner)
    assert anna.send().version_id == approved.id, "the approved one is sent meanwhile"
    with tenancy.account(anna.account_id):
        templates.take_back(draft.id, by=owner)
        with pytest.raises(TemplateStateError):
            templates.take_back(approved.id, by=owner)
        with pytest.raises(TemplateStateError):
            templates.delete_template(approved.template_id, by=owner)


def test_a_key_is_used_once_and_needs_a_name(anna: TransactionalCustomer) -> None:
    with tenancy.account(anna.account_id):
        with pytest.raises(KeyTaken):
            templates.create_template("Another", "shipped", language="de", by=anna.customer.owner)
        with pytest.raises(TransactionalError):
            templates.create_template("  ", "x", language="de", by=anna.customer.owner)
        made = templates.create_template("Passwort zurücksetzen", "", language="de", by=anna.customer.owner)
        assert made.template.key == "passwort-zurucksetzen"
        templates.delete_template(made.template_id, by=anna.customer.owner)


def test_a_viewer_writes_nothing(anna: TransactionalCustomer) -> None:
    vera = person(anna.account_id, "Vera", Role.VIEWER)
    with tenancy.account(anna.account_id), pytest.raises(NotPermitted):
        templates.create_template("X", "x", language="en", by=vera)
