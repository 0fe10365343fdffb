"""Changes of many contacts at once, for programs: never consent, never addresses, and no one is added."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from mailflatrate.apps.accounts.queries import current_account
from mailflatrate.apps.lists.actions.contacts import MAX_ATTRIBUTES, refuse_personal
from mailflatrate.apps.lists.errors import ListError, NameInUse
from mailflatrate.apps.lists.fields import check_form, declare_missing, definitions, month_first, read_values
from mailflatrate.apps.lists.models import Contact, Tag
from mailflatrate.apps.lists.tags import checked_name, give_tags, known_or_new, take_tags
from mailflatrate.base import clock, tenancy
from mailflatrate.base.ids import address_key
from mailflatrate.rules.fields.field_type import FieldDefinition

MOST_EDITS = 1_000
_WRITE = """
UPDATE contact c SET first_name = t.first_name, last_name = t.last_name, external_id = t.external_id,
    attributes = t.attributes::jsonb, updated_at = %s
FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[])
    AS t(id, first_name, last_name, external_id, attributes)
WHERE c.account_id = %s AND c.id = t.id
"""


@dataclass(frozen=True, slots=True)
class ContactEdit:
    """By exactly one of `contact_id`, `email` and `external_id`. Name None: unchanged; attribute None: removed."""

    contact_id: int | None = None
    email: str | None = None
    external_id: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    new_external_id: str | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)
    add_tags: Sequence[str] = ()
    remove_tags: Sequence[str] = ()


class EditOutcome(StrEnum):
    """The possible outcomes of an edit."""

    CHANGED = "changed"
    UNCHANGED = "unchanged"
    UNKNOWN = "unknown"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class EditResult:
    """`problem`: why it was refused."""

    outcome: EditOutcome
    contact_id: int | None = None
    problem: str = ""


@tenancy.needs_account
def edit_contacts(edits: Sequence[ContactEdit]) -> list[EditResult]:
    """In order; a failing one doesn't stop the others. Locked by id: no deadlock. Raises ListError for tags, external
    ids.
    """
    try:
        with transaction.atomic():
            return _edit_all(edits)
    except IntegrityError as error:
        raise NameInUse(_("another contact has one of these external ids already")) from error


def _edit_all(edits: Sequence[ContactEdit]) -> list[EditResult]:
    ids = _find(edits)
    locked = Contact.objects.select_for_update(no_key=True).filter(
        id__in=[person_id for person_id in ids if person_id is not None]
    )
    people = {contact.id: contact for contact in locked.order_by("id")}
    _declare(edits)
    names = {edit.new_external_id for edit in edits if edit.new_external_id}
    taken = dict(Contact.objects.filter(external_id__in=names).values_list("external_id", "id"))
    batch = _Batch(people, definitions({key for edit in edits for key in edit.attributes}), taken)
    drafts = [batch.apply(edit, contact_id) for edit, contact_id in zip(edits, ids, strict=True)]
    changed = batch.save()
    return [
        EditResult(EditOutcome.CHANGED, draft.contact_id)
        if draft.outcome is EditOutcome.UNCHANGED and draft.contact_id in changed
        else draft
        for draft in drafts
    ]


def _find(edits: Sequence[ContactEdit]) -> list[int | None]:
    keys = {edit.email: address_key(edit.email) for edit in edits if edit.email is not None}
    rows = Contact.objects.filter(address_key__in=[key for key in keys.values() if key is not None])
    by_key = {bytes(key): contact_id for key, contact_id in rows.values_list("address_key", "id")}
    names = [edit.external_id for edit in edits if edit.external_id is not None]
    by_name = dict(Contact.objects.filter(external_id__in=names).values_list("external_id", "id"))

    def found(edit: ContactEdit) -> int | None:
        if edit.contact_id is not None:
            return edit.contact_id
        return by_key.get(keys[edit.email] or b"") if edit.email is not None else by_name.get(edit.external_id)

    return [found(edit) for edit in edits]


def _declare(edits: Sequence[ContactEdit]) -> None:
    fresh: dict[str, Any] = {}
    for edit in edits:
        for key, value in edit.attributes.items():
            if value is not None:
                fresh.setdefault(key, value)
    for key, value in fresh.items():
        try:
            declare_missing({key: value})
        except ListError:
            continue


def _write(rows: Sequence[Contact], now: datetime) -> None:
    columns: list[Any] = [
        [contact.id for contact in rows],
        [contact.first_name for contact in rows],
        [contact.last_name for contact in rows],
        [contact.external_id for contact in rows],
        [json.dumps(contact.attributes, ensure_ascii=False) for contact in rows],
    ]
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, [now, *columns, tenancy.current_account_id()])


class _Batch:
    def __init__(
        self, people: Mapping[int, Contact], fields: Mapping[str, FieldDefinition], taken: dict[str | None, int]
    ) -> None:
        self._people = people
        self._known = fields
        self._country = current_account().country
        self._month_first = month_first()
        self._taken = taken
        self._changed: dict[int, Contact] = {}
        self._freed: set[int] = set()
        self._given: dict[str, set[int]] = defaultdict(set)
        self._lost: dict[str, set[int]] = defaultdict(set)

    def apply(self, edit: ContactEdit, contact_id: int | None) -> EditResult:
        """In memory: all of it, or nothing."""
        contact = self._people.get(contact_id or 0)
        if contact is None:
            return EditResult(EditOutcome.UNKNOWN)
        try:
            attributes = self._attributes(contact, edit.attributes)
            lost = {name.strip().casefold() for name in edit.remove_tags}
            given = {name for name in map(checked_name, edit.add_tags) if name.casefold() not in lost}
            external_id = self._external_id(contact, edit.new_external_id)
        except ListError as problem:
            return EditResult(EditOutcome.REFUSED, contact.id, str(problem))
        first_name = contact.first_name if edit.first_name is None else edit.first_name.strip()[:120]
        last_name = contact.last_name if edit.last_name is None else edit.last_name.strip()[:120]
        if (contact.first_name, contact.last_name, contact.external_id, contact.attributes) != (
            first_name,
            last_name,
            external_id,
            attributes,
        ):
            self._changed[contact.id] = contact
        contact.first_name, contact.last_name = first_name, last_name
        contact.external_id, contact.attributes = external_id, attributes
        for name in given:
            self._given[name].add(contact.id)
        for name in lost:
            self._lost[name].add(contact.id)
        return EditResult(EditOutcome.UNCHANGED, contact.id)

    def _attributes(self, contact: Contact, changes: Mapping[str, Any]) -> dict[str, Any]:
        """After the changes. Raises ListError."""
        had = contact.attributes
        new = {
            key: value for key, value in changes.items() if value is not None and contact.attributes.get(key) != value
        }
        refuse_personal(new, self._country)
        for key in new:
            check_form(key)
        whole = {**had, **changes, **read_values(new, self._known, order=self._month_first)}
        kept = {key: value for key, value in whole.items() if value is not None}
        if len(kept) > MAX_ATTRIBUTES:
            raise ListError(_("a contact can have up to %(limit)d custom fields") % {"limit": MAX_ATTRIBUTES})
        return kept

    def _external_id(self, contact: Contact, name: str | None) -> str | None:
        """Raises ListError if another contact has it."""
        if name is None or name == (contact.external_id or ""):
            return contact.external_id
        if name and self._taken.setdefault(name, contact.id) != contact.id:
            raise NameInUse(_("another contact already has the external id “%(name)s”") % {"name": name})
        if contact.external_id:
            self._taken.pop(contact.external_id, None)
            self._freed.add(contact.id)
        return name or None

    def save(self) -> set[int]:
        tagged = self._save_tags()
        now = clock.now()
        # First no one has an id that another one of them gets.
        Contact.objects.filter(id__in=self._freed).update(external_id=None)
        rows = [contact for _id, contact in sorted(self._changed.items())]
        _write(rows, now)
        Contact.objects.filter(id__in=tagged - self._changed.keys()).update(updated_at=now)
        return tagged | self._changed.keys()

    def _save_tags(self) -> set[int]:
        changed: set[int] = set()
        if self._lost:
            for tag_id, folded in Tag.objects.filter(folded__in=self._lost).values_list("id", "folded"):
                changed |= set(take_tags(sorted(self._lost[folded]), [tag_id]))
        tag_ids = known_or_new({name.casefold(): name for name in self._given}) if self._given else {}
        for name, ids in self._given.items():
            changed |= set(give_tags(sorted(ids), [tag_ids[name.casefold()]]))
        return changed
