"""Contacts. Subscriptions can't be added directly: people are asked, and count only once they have confirmed (R-25)."""

import json
from typing import Annotated, Any

from django.db import transaction
from django.http import Http404
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema
from pydantic import Field

from mailflatrate.apps.accounts.models import KeyScope
from mailflatrate.apps.forms.actions.sign_up import VisitorDetails, request_confirmation
from mailflatrate.apps.forms.models import ConfirmationRequestKind
from mailflatrate.apps.forms.queries import find_form
from mailflatrate.apps.lists import queries
from mailflatrate.apps.lists.actions import consent, contacts
from mailflatrate.apps.lists.actions import tags as tags_actions
from mailflatrate.apps.lists.sync import (
    ChangedContacts,
    ChangePosition,
    ChangesForgotten,
    changes_after,
    changes_since,
)
from mailflatrate.apps.privacy.actions.erasure import erase_for_customer
from mailflatrate.apps.privacy.actions.proof import ProofFormat, export_proof
from mailflatrate.apps.segments.contact_list.api_pages import PageEnd, contacts_with_ids, ordered_contacts
from mailflatrate.apps.segments.contact_list.narrowing import ContactFilter
from mailflatrate.entrypoints.api.v1.access_control import ApiRequest, endpoint
from mailflatrate.entrypoints.api.v1.audience.contact_schemas import (
    ContactChange,
    ContactDetail,
    ContactLookup,
    ContactQuery,
    ContactsPage,
    ErasureRequest,
    ErasureResult,
    PersonName,
    UnsubscribeRequest,
    UnsubscribeResult,
    contact_detail,
    contact_infos,
)
from mailflatrate.entrypoints.api.v1.audience.lists import ListLanguage
from mailflatrate.entrypoints.api.v1.problems import Code, Problem, wrong, wrong_query
from mailflatrate.entrypoints.api.v1.schemas import (
    Address,
    Id,
    RequestBodySchema,
    cursor_parts,
    fits,
    no_cursor,
    open_cursor,
    seal_cursor,
)
from mailflatrate.entrypoints.presenters.lookups import find_contact, find_list

ROUTER = Router(tags=["Contacts"])


class ConfirmationRequestInput(RequestBodySchema):
    """Whom to ask, for which form, and how they asked for it.

    None of this proves consent: only the person can confirm.
    """

    form_id: Annotated[Id, Field(description="a published form; the person confirms its wording")]
    email: Address
    note: Annotated[
        str,
        Field(
            min_length=3, max_length=1000, description="when and where the person signed up; becomes part of the proof"
        ),
    ]
    first_name: PersonName = ""
    last_name: PersonName = ""
    language: ListLanguage | None = None
    visitor: Annotated[VisitorDetails, Field(description="the person who signed up with you, as seen by your server")]
    own_address: Annotated[
        bool, Field(description="confirms that an address that looks like a role address is this person's own")
    ] = False


class ConfirmationRequestResult(Schema):
    """The confirmation email is being sent if the rules allow it. The response is the same for known, unknown and
    suppressed addresses.
    """

    asked: bool = True
    form_id: int
    list_id: int


@endpoint(ROUTER, "get", "/contacts", scope=KeyScope.READ, also=(410,))
def list_contacts(request: ApiRequest, which: Query[ContactQuery]) -> ContactsPage:
    """List contacts, page by page. Filter by search text, list, state or tag, and sort by address or last change. With
    `updated_since`, get everything that changed and nothing else: read until `next` is null, keep `resume`, and send it
    as `cursor` next time. A change appears once all transactions before it have ended, so none is missed; a contact may
    come more than once. Changes are kept for 90 days; after that you get 410 `cursor-expired`: read all contacts again.
    """
    changed = _changes(which)
    if changed is not None:
        mark = seal_cursor(_CHANGES, changed.position.change_id, changed.position.contact_id)
        rows = contacts_with_ids(changed.contact_ids)
        return ContactsPage(
            items=contact_infos(rows), next=mark if changed.more else None, resume=mark, erased_ids=changed.gone_ids
        )
    parts = open_cursor(which.cursor, str, str, int)
    if parts and parts[0] != which.sort.value:
        raise no_cursor()
    criteria = ContactFilter(which.search.strip(), which.list_id, which.state, which.tag_id)
    rows = ordered_contacts(criteria, which.sort, after=PageEnd(*parts[1:]) if parts else None, size=which.limit + 1)
    page_rows = rows[: which.limit]
    following = None
    if len(rows) > which.limit:
        end = PageEnd.of(page_rows[-1], which.sort)
        following = seal_cursor(which.sort.value, end.value, end.contact_id)
    return ContactsPage(items=contact_infos(page_rows), next=following)


_CHANGES = "changes"
_STANDS_ALONE = ("search", "list_id", "state", "tag_id", "sort")


def _changes(which: ContactQuery) -> ChangedContacts | None:
    parts = cursor_parts(which.cursor)
    marked = fits(parts, str, int, int) and parts[0] == _CHANGES
    if which.updated_since is None and not marked:
        return None
    others = [name for name in _STANDS_ALONE if name in which.model_fields_set]
    if others:
        raise wrong_query(others[0], _("can't be combined with “updated_since”"))
    try:
        if marked:
            return changes_after(ChangePosition(*parts[1:]), size=which.limit)
        if which.cursor:
            raise no_cursor()
        assert which.updated_since is not None
        return changes_since(which.updated_since, size=which.limit)
    except ChangesForgotten as error:
        raise Problem(Code.CURSOR_EXPIRED) from error


@endpoint(ROUTER, "post", "/contacts/look-up", scope=KeyScope.READ, protects=True)
def look_up_contact(request: ApiRequest, given: ContactLookup) -> ContactDetail:
    """Look up a contact by its exact address or external id.

    Returns 404 if there is none. It's a POST that changes nothing, so that the address doesn't appear in the logs of
    servers along the way.
    """
    if (given.email is None) == (given.external_id is None):
        raise wrong("email", _("send either “email” or “external_id”"))
    if given.email is not None:
        contact_id = queries.contact_by_address(given.email)
    else:
        contact_id = queries.contact_by_external_id(given.external_id or "")
    return contact_detail(contact_id or 0)


@endpoint(ROUTER, "get", "/contacts/{contact_id}", scope=KeyScope.READ)
def show_contact(request: ApiRequest, contact_id: Id) -> ContactDetail:
    """Show a contact. Includes all subscriptions, a summary of the consent ledger and any active suppression."""
    return contact_detail(contact_id)


@endpoint(ROUTER, "patch", "/contacts/{contact_id}", scope=KeyScope.CONTACTS_WRITE)
def change_contact(request: ApiRequest, contact_id: Id, given: ContactChange) -> ContactDetail:
    """Change names, external id, attributes and tags. The address and subscriptions can't be changed here: only the
    contact can change them.
    """
    find_contact(contact_id)
    with transaction.atomic():
        contacts.change_contact(
            contact_id,
            first_name=given.first_name,
            last_name=given.last_name,
            attributes=given.attributes or {},
            external_id=given.external_id or "" if "external_id" in given.model_fields_set else None,
        )
        if given.tags is not None:
            tags_actions.change_tags(contact_id, add=given.tags.add, remove=given.tags.remove)
    return contact_detail(contact_id)


@endpoint(ROUTER, "post", "/contacts/{contact_id}/unsubscribe", scope=KeyScope.SUPPRESS, protects=True)
def unsubscribe_contact(request: ApiRequest, contact_id: Id, given: UnsubscribeRequest) -> UnsubscribeResult:
    """Unsubscribe a contact from one list, or from everything. Takes effect at once, even for campaigns being sent."""
    find_contact(contact_id)
    if given.list_id is not None:
        find_list(given.list_id)
    ended = consent.unsubscribe(contact_id, list_id=given.list_id, by="customer", source=request.caller.source)
    return UnsubscribeResult(ended=ended)


@endpoint(ROUTER, "post", "/contacts/{contact_id}/erase", scope=KeyScope.ERASE, protects=True)
def erase_contact(request: ApiRequest, contact_id: Id, given: ErasureRequest) -> ErasureResult:
    """Erase a contact (R-94). Anonymous evidence stays, and so does the suppression of the address."""
    find_contact(contact_id)
    if not given.sure:
        raise wrong("sure", _("send true to confirm"))
    return ErasureResult(wiped=erase_for_customer(contact_id, by=request.caller.user))


@endpoint(ROUTER, "post", "/contacts/{contact_id}/lists/{list_id}/certificate", scope=KeyScope.READ, protects=True)
def certify_consent(request: ApiRequest, contact_id: Id, list_id: Id) -> dict[str, Any]:
    """Download the proof of one consent. Verify it offline with `mailflatrate consent verify`. This is a POST because
    every download is recorded in the audit log.
    """
    find_contact(contact_id)
    find_list(list_id)
    proof = export_proof(
        contact_id,
        list_id,
        ProofFormat.JSON,
        language=get_language() or "en",
        by=request.caller.actor,
        reason=request.caller.source,
    )
    certificate: dict[str, Any] = json.loads(proof.octets)
    return certificate


@endpoint(
    ROUTER,
    "post",
    "/confirmation-requests",
    scope=KeyScope.ASK,
    status=202,
    repeatable=True,
    location="/forms/{form_id}/requests",
)
def ask_person(request: ApiRequest, given: ConfirmationRequestInput) -> ConfirmationRequestResult:
    """Ask a person to confirm a subscription.

    This is the only way to add someone: they get one email, and are on the list only after they have confirmed. Role
    addresses and disposable ones are refused (R-17 to R-23). How many people you may ask a day depends on how many
    confirm; above that limit, and above the limits per visitor, you get 429 `asking-limited` (R-35).
    """
    form = find_form(given.form_id)
    if form is None or not request.caller.use.key.may_ask_for(form.id):
        raise Http404
    names = {name: getattr(given, name).strip() for name in ("first_name", "last_name") if getattr(given, name).strip()}
    request_confirmation(
        given.form_id,
        given.email,
        kind=ConfirmationRequestKind.API,
        note=f"{given.note.strip()} ({request.caller.source})",
        by=request.caller.user,
        values=names,
        language=given.language.value if given.language else "",
        checked=given.own_address,
        key=request.caller.use.key,
        visit=given.visitor,
    )
    return ConfirmationRequestResult(form_id=form.id, list_id=form.mailing_list_id)
