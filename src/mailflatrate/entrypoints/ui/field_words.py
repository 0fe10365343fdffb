"""Values of custom fields as text in the reader's language: yes and no, dates, countries, languages."""

from collections.abc import Mapping
from typing import Any

from django.utils import formats
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from mailflatrate.entrypoints.presenters.language import date_words
from mailflatrate.locale.texts import known_language
from mailflatrate.rules.contacts import external_ids
from mailflatrate.rules.fields.field_type import ContactFieldType, FieldDefinition, NamesIn
from mailflatrate.rules.fields.types.date import YEARLESS
from mailflatrate.rules.fields.values import value_text


class _PageWriter:
    def number(self, number: int | float) -> str:
        return str(formats.number_format(number, use_l10n=True))

    def date(self, text: str) -> str:
        return date_words(text, "DATE_FORMAT")

    def code(self, names_in: NamesIn, code: str) -> str:
        return names_in(known_language(get_language())).get(code, code)


def value_words(kind: ContactFieldType | None, value: Any) -> str:
    """Return a stored value as a page shows it; a value that doesn't fit its type is unchanged."""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, str) and YEARLESS.fullmatch(value):
        return date_words(value, "DATE_FORMAT")
    return value_text(value) if kind is None or value is None else kind.words(value, _PageWriter())


def field_label(definitions: Mapping[str, FieldDefinition], key: str) -> str:
    """Return the label of a field, archived or not; the key if there is no such field."""
    own = {"first_name": _("First name"), "last_name": _("Last name"), external_ids.FIELD: _("External ID")}
    return own.get(key) or (definitions[key].label if key in definitions else key)
