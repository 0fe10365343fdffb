"""The account's custom fields, and checks of values against them."""

from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from mailflatrate.apps.accounts.queries import current_account
from mailflatrate.apps.lists.errors import FieldProblem, ListError
from mailflatrate.apps.lists.models import ContactField, FieldMigration, FieldMigrationState
from mailflatrate.base import jobs, tenancy
from mailflatrate.rules.contacts.countries import MONTH_FIRST_COUNTRIES
from mailflatrate.rules.contacts.personal_data import is_special
from mailflatrate.rules.fields.field_type import (
    KEY,
    ContactFieldType,
    FieldDefinition,
    FieldValue,
    UnreadableValue,
    ValueFault,
)
from mailflatrate.rules.fields.types.boolean import TYPE as BOOLEAN
from mailflatrate.rules.fields.types.number import TYPE as NUMBER
from mailflatrate.rules.fields.types.text import TYPE as TEXT
from mailflatrate.rules.fields.values import normalize_value, suited_values

MAX_FIELDS = 500
MIGRATE_JOB = "lists.migrate_fields"
OWN_NAMES = ("email", "first_name", "last_name")
"""Every contact has these; no field may be called like that."""


@tenancy.needs_account
@tenancy.read_once
def fields(*, archived: bool = False) -> list[ContactField]:
    """In their order."""
    return list(ContactField.objects.filter(archived_at__isnull=not archived).order_by("place", "id"))


def definitions(keys: Iterable[str] | None = None) -> dict[str, FieldDefinition]:
    """Archived ones included."""
    rows = ContactField.objects.order_by("place", "id")
    if keys is not None:
        rows = rows.filter(key__in=list(keys))
    return {row.key: row.definition for row in rows}


@tenancy.read_once
def defaults() -> dict[str, FieldValue]:
    rows = ContactField.objects.filter(archived_at=None, default__isnull=False)
    values: dict[str, FieldValue] = {row.key: row.default for row in rows if row.default is not None}
    return values


def month_first() -> bool:
    """Whether 03/04/2026 means March 4 in the account's country."""
    return current_account().country.upper() in MONTH_FIRST_COUNTRIES


def read_values(
    values: Mapping[str, Any],
    field_definitions: Mapping[str, FieldDefinition] | None = None,
    *,
    order: bool | None = None,
) -> dict[str, FieldValue | None]:
    """As stored; undeclared keys by their value. `order`: from `month_first`. Raises FieldProblem."""
    field_definitions = definitions(values) if field_definitions is None else field_definitions
    if order is None:
        order = month_first() if values else False
    stored: dict[str, FieldValue | None] = {}
    problems: dict[str, str] = {}
    for key, raw in values.items():
        definition = field_definitions.get(key) or FieldDefinition(key, _type_of(raw))
        try:
            stored[key] = normalize_value(definition, raw, month_first=order)
        except UnreadableValue as error:
            problems[key] = fault_sentence(definition, error.fault)
    if problems:
        raise FieldProblem(problems)
    return stored


def suited(values: Mapping[str, Any]) -> dict[str, Any]:
    """As stored; missing fields are declared. Never refuses a confirmed sign-up: what no longer fits is left out."""
    if not values:
        return {}
    with suppress(ListError):  # if the account has as many fields as it can have, the values are kept all the same
        declare_missing(values)
    return suited_values(values, definitions(values), Counter(), month_first=month_first())


def _type_of(raw: Any) -> ContactFieldType:
    """By its form alone; text is text, whatever it says."""
    if isinstance(raw, bool):
        return BOOLEAN
    return NUMBER if isinstance(raw, int | float) else TEXT


def fault_sentence(definition: FieldDefinition, fault: ValueFault) -> str:
    return _(fault.sentence) % {
        "label": definition.label or definition.key,
        "choices": ", ".join(definition.choices[:20]),
    }


def declare_missing(values: Mapping[str, Any]) -> None:
    """As text, number, or yes or no. Raises ListError."""
    types = {key: _type_of(raw) for key, raw in values.items() if raw is not None}
    declare(types)


@tenancy.needs_account
def declare(types: Mapping[str, ContactFieldType], labels: Mapping[str, str] | None = None) -> None:
    """Not for keys that every contact has, or special data (R-97). Restores archived ones. Raises ListError."""
    types = {key: kind for key, kind in types.items() if key not in OWN_NAMES and not is_special(key)}
    if not types:
        return
    existing = dict(ContactField.objects.filter(key__in=list(types)).values_list("key", "archived_at"))
    missing = [key for key in types if key not in existing]
    for key in missing:
        check_form(key)
    if any(existing.values()):
        ContactField.objects.filter(key__in=list(types), archived_at__isnull=False).update(archived_at=None)
    if not missing:
        return
    if ContactField.objects.count() + len(missing) > MAX_FIELDS:
        raise ListError(_("an account can have up to %(limit)d fields") % {"limit": MAX_FIELDS})
    with transaction.atomic():
        last = ContactField.objects.aggregate(last=Max("place"))["last"] or 0
        ContactField.objects.bulk_create(
            [
                ContactField(
                    account_id=current_account().id,
                    key=key,
                    label=((labels or {}).get(key) or readable(key))[:120],
                    type=types[key].name,
                    place=last + number,
                )
                for number, key in enumerate(missing, start=1)
            ],
            ignore_conflicts=True,  # two imports may declare the same field at once
        )


def check_form(key: str) -> None:
    """Raises ListError for an invalid form."""
    if not KEY.fullmatch(key):
        raise ListError(
            _("“%(name)s” can't be used as a field name: use lowercase letters, digits and _") % {"name": key}
        )


def check_key(key: str) -> None:
    """Raises ListError for an invalid form, a key that every contact has, or special data (R-97)."""
    check_form(key)
    if key in OWN_NAMES:
        raise ListError(_("every contact already has “%(name)s”") % {"name": key})
    if is_special(key):
        raise ListError(special_sentence(key))


def special_sentence(name: str) -> str:
    return _(
        "“%(name)s” is about health, belief, origin, politics or sex life. The law gives such data special "
        "protection and email doesn't need it, so it isn't stored here"
    ) % {"name": name}


def readable(key: str) -> str:
    """`kunden_nr` becomes `Kunden nr`."""
    words = key.replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def walk_contacts(state: FieldMigrationState) -> None:
    """READING declares missing fields as well, CONVERTING only rewrites values."""
    account_id = tenancy.current_account_id()
    row, created = FieldMigration.objects.select_for_update().get_or_create(
        account_id=account_id, defaults={"state": state}
    )
    # Reading is followed by a conversion anyway.
    if not created and (row.state != FieldMigrationState.READING or state == FieldMigrationState.READING):
        row.state, row.after_key, row.found, row.changed = state, b"", {}, 0
        row.save(update_fields=["state", "after_key", "found", "changed"])
    jobs.defer(MIGRATE_JOB, jobs.JobQueue.IMPORT, account_id=account_id)
