"""Values of custom fields as text in the reader's language: yes and no, dates, countries."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils import formats
from django.utils.translation import gettext as _

from mailflatrate.entrypoints.web.countries import country_name
from mailflatrate.rules.contact_fields import ContactFieldType, FieldDefinition, value_text


def value_words(kind: ContactFieldType | None, value: Any) -> str:
    """Return a stored value as a page shows it; a value that doesn't fit its type is unchanged."""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if kind is ContactFieldType.NUMBER and isinstance(value, int | float):
        return str(formats.number_format(value, use_l10n=True))
    if kind is ContactFieldType.DATE and isinstance(value, str):
        try:
            return str(formats.date_format(date.fromisoformat(value), "DATE_FORMAT"))
        except ValueError:
            return value
    return country_name(value) if kind is ContactFieldType.COUNTRY and isinstance(value, str) else value_text(value)


def field_label(known: Mapping[str, FieldDefinition], key: str) -> str:
    """Return the label of a field, archived or not; the key if there is no such field."""
    own = {"first_name": _("First name"), "last_name": _("Last name")}
    return own.get(key) or (known[key].label if key in known else key)
