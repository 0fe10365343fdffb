"""Values of custom fields as text in the reader's language: yes and no, dates, countries, languages."""

from collections.abc import Mapping
from typing import Any

from django.utils import formats
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from mailflatrate.entrypoints.presenters.date_words import date_words
from mailflatrate.locale.cldr import country_names, language_names
from mailflatrate.locale.texts import known_language
from mailflatrate.rules import external_ids
from mailflatrate.rules.contact_fields import YEARLESS, ContactFieldType, FieldDefinition, value_text


def value_words(kind: ContactFieldType | None, value: Any) -> str:
    """Return a stored value as a page shows it; a value that doesn't fit its type is unchanged."""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if kind is ContactFieldType.NUMBER and isinstance(value, int | float):
        return str(formats.number_format(value, use_l10n=True))
    if isinstance(value, str) and (kind is ContactFieldType.DATE or YEARLESS.fullmatch(value)):
        return date_words(value, "DATE_FORMAT")
    text = value_text(value)
    if kind is ContactFieldType.COUNTRY:
        return country_names(known_language(get_language())).get(text, text)
    if kind is ContactFieldType.LANGUAGE:
        return language_names(known_language(get_language())).get(text, text)
    return text


def field_label(known: Mapping[str, FieldDefinition], key: str) -> str:
    """Return the label of a field, archived or not; the key if there is no such field."""
    own = {"first_name": _("First name"), "last_name": _("Last name"), external_ids.FIELD: _("External ID")}
    return own.get(key) or (known[key].label if key in known else key)
