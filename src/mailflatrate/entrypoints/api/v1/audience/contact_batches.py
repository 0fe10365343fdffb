"""Many contacts in one request: names, fields, tags and external ids. Never consent, and never a new contact."""

from typing import Annotated

from django.utils.translation import gettext as _
from ninja import Router, Schema
from pydantic import Field

from mailflatrate.apps.accounts.models import KeyScope
from mailflatrate.apps.lists.actions.contact_batch import MOST_EDITS, ContactEdit, EditOutcome, edit_contacts
from mailflatrate.entrypoints.api.v1.access_control import ApiRequest, endpoint
from mailflatrate.entrypoints.api.v1.audience.batch_results import item_results, outcome_counts
from mailflatrate.entrypoints.api.v1.audience.contact_schemas import Attributes, ExternalId, PersonName, TagEdit
from mailflatrate.entrypoints.api.v1.problems import wrong
from mailflatrate.entrypoints.api.v1.schemas import Address, Id, RequestBodySchema

ROUTER = Router(tags=["Contacts"])


class ContactName(RequestBodySchema):
    """The contact, identified by exactly one of these."""

    id: Id | None = None
    email: Address | None = None
    external_id: ExternalId | None = None


class BatchEdit(RequestBodySchema):
    """Changes to one contact. Fields you leave out stay the same."""

    contact: ContactName
    external_id: Annotated[ExternalId | None, Field(description="null removes it")] = None
    first_name: PersonName | None = None
    last_name: PersonName | None = None
    attributes: Attributes = {}
    tags: TagEdit | None = None


class ContactBatch(RequestBodySchema):
    """Changes to up to 1,000 contacts."""

    items: Annotated[list[BatchEdit], Field(min_length=1, max_length=MOST_EDITS)]


class BatchItemResult(Schema):
    """The result for one item. `unknown`: there is no such contact; only people themselves can join a list."""

    index: int
    outcome: EditOutcome
    contact_id: int | None
    detail: Annotated[str, Field(description="why it was refused, in words")]


class BatchResult(Schema):
    """The result for each item, in the order of the request, and the number of items by result."""

    changed: int
    unchanged: int
    unknown: int
    refused: int
    items: list[BatchItemResult]


def _edit(index: int, item: BatchEdit) -> ContactEdit:
    named = item.contact
    if sum(identifier is not None for identifier in (named.id, named.email, named.external_id)) != 1:
        raise wrong(f"items.{index}.contact", _("send exactly one of “id”, “email” and “external_id”"))
    tags = item.tags or TagEdit()
    return ContactEdit(
        contact_id=named.id,
        email=named.email,
        external_id=named.external_id,
        first_name=item.first_name,
        last_name=item.last_name,
        new_external_id=item.external_id or "" if "external_id" in item.model_fields_set else None,
        attributes=item.attributes,
        add_tags=tags.add,
        remove_tags=tags.remove,
    )


@endpoint(ROUTER, "post", "/contacts/batch", scope=KeyScope.CONTACTS_WRITE, repeatable=True, batch=True)
def change_contacts(request: ApiRequest, given: ContactBatch) -> BatchResult:
    """Change names, fields, tags and external ids of up to 1,000 contacts.

    Each item is processed on its own: an invalid one is reported and doesn't stop the others. A contact that doesn't
    exist is not added.
    """
    edits = [_edit(index, item) for index, item in enumerate(given.items)]
    results = edit_contacts(edits)
    items = item_results(enumerate(results), BatchItemResult)
    return BatchResult(items=items, **outcome_counts(results, EditOutcome))
