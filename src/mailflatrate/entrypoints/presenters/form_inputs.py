"""The inputs of a sign-up form, rendered by the type of each field, and the check of what a visitor entered.

The hosted page, the script, plain HTML and the preferences page all use these inputs; the server checks every value
again, whatever page it came from. A choice field without its choices, and an undeclared field, are rendered as text.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.utils import translation
from django.utils.translation import gettext as _

from mailflatrate.rules.contact_fields import (
    MAX_CHOICE_CHARACTERS,
    MAX_CHOICES,
    ContactFieldType,
    FieldDefinition,
    FieldValue,
    UnreadableValue,
    ValueFault,
    normalize_value,
    value_text,
)
from mailflatrate.rules.forms import FieldKind, FormField, FrozenForm
from mailflatrate.rules.forms.defaults import email_label

MAX_VALUE_CHARACTERS = 254
NAMES_IN_USE = ("act", "keep", "pause", "language", "fields")
"""What a posted preferences page carries besides fields."""
YES, NO = "true", "false"
_AUTOCOMPLETE = {FieldKind.FIRST_NAME: "given-name", FieldKind.LAST_NAME: "family-name", FieldKind.TEXT: ""}
_AUTOCOMPLETE_OF_TYPE = {ContactFieldType.COUNTRY: "country-name", ContactFieldType.LANGUAGE: "language"}


@dataclass(frozen=True, slots=True)
class Input:
    """A field as rendered. With `options` (value, label) it is a select, or check boxes if it `is_several`."""

    key: str
    label: str
    type: str
    autocomplete: str
    required: bool
    mode: str = ""
    options: tuple[tuple[str, str], ...] = ()
    is_several: bool = False


@dataclass(frozen=True, slots=True)
class FilledInput:
    """A field with the entered value, and what is wrong with it. `options` are (value, label, selected)."""

    input: Input
    value: str = ""
    error: str = ""
    options: tuple[tuple[str, str, bool], ...] = ()


def inputs(form: FrozenForm, language: str, typed: Mapping[str, FieldDefinition]) -> list[Input]:
    """Return the fields of a form in one language, the address first."""
    email = Input("email", email_label(language), "email", "email", True)
    return [email, *(field_input(field, language, typed) for field in form.content.fields)]


def field_input(field: FormField, language: str, typed: Mapping[str, FieldDefinition]) -> Input:
    """Return the input of one field. A language that the form doesn't have gets the label of its first one."""
    kind = definition_of(field, typed)
    label = field.labels.get(language) or next(iter(field.labels.values()), field.key)
    return Input(
        key=field.key,
        label=label,
        type="date" if kind.type is ContactFieldType.DATE else "text",
        autocomplete=_AUTOCOMPLETE[field.kind] or _AUTOCOMPLETE_OF_TYPE.get(kind.type, ""),
        required=field.required,
        mode="decimal" if kind.type is ContactFieldType.NUMBER else "",
        options=_options(kind, language),
        is_several=kind.type is ContactFieldType.CHOICES and bool(kind.choices),
    )


def definition_of(field: FormField, typed: Mapping[str, FieldDefinition]) -> FieldDefinition:
    """Return the type of a form's field, as the account declared it."""
    known = typed.get(field.key) if field.kind is FieldKind.TEXT else None
    if known is None or (known.type in (ContactFieldType.CHOICE, ContactFieldType.CHOICES) and not known.choices):
        return FieldDefinition(field.key)
    return known


def _options(kind: FieldDefinition, language: str) -> tuple[tuple[str, str], ...]:
    if kind.type is ContactFieldType.BOOLEAN:
        with translation.override(language):
            return ((YES, _("Yes")), (NO, _("No")))
    return tuple((choice, choice) for choice in kind.choices)


def filled_in(shown: Sequence[Input], values: Mapping[str, Any], errors: Mapping[str, str]) -> list[FilledInput]:
    """Return the inputs with values, as typed or as stored, and with their errors."""
    return [_filled(each, values.get(each.key), errors.get(each.key, "")) for each in shown]


def _filled(each: Input, value: Any, error: str) -> FilledInput:
    chosen = {value_text(one) for one in value} if isinstance(value, list) else {value_text(value)}
    options = tuple((option, label, option in chosen) for option, label in each.options)
    return FilledInput(each, "" if isinstance(value, list) else value_text(value), error, options)


@dataclass(frozen=True, slots=True)
class FormAnswers:
    """What a visitor entered: `typed_in` as it was typed, `values` in their stored form, `errors` by field."""

    typed_in: Mapping[str, Any]
    values: Mapping[str, FieldValue]
    errors: Mapping[str, str]


def read_answers(
    fields: Sequence[FormField], posted: QueryDict, typed: Mapping[str, FieldDefinition], *, month_first: bool
) -> FormAnswers:
    """Check what a visitor entered. Errors are in the visitor's language."""
    typed_in: dict[str, Any] = {}
    values: dict[str, FieldValue] = {}
    errors: dict[str, str] = {}
    for field in fields:
        wanted = definition_of(field, typed)
        if wanted.type is ContactFieldType.CHOICES:
            raw: Any = [one for one in map(_choice, posted.getlist(field.key)[: MAX_CHOICES + 1]) if one]
        else:
            raw = clean(posted.get(field.key))
        if not raw:
            if field.required:
                errors[field.key] = _("This field is required.")
            continue
        typed_in[field.key] = raw
        try:
            value = normalize_value(wanted, raw, month_first=month_first)
        except UnreadableValue as problem:
            errors[field.key] = fault_words(problem.fault)
        else:
            if value is not None:
                values[field.key] = value
    return FormAnswers(typed_in, values, errors)


def clean(text: str | None) -> str:
    """Return a posted text on one line, without NUL, cut to the longest that a form takes."""
    return " ".join((text or "").replace("\0", "").split())[:MAX_VALUE_CHARACTERS]


def _choice(text: str) -> str:
    return " ".join(text.replace("\0", "").split())[:MAX_CHOICE_CHARACTERS]


def fault_words(fault: ValueFault) -> str:
    """Return what is wrong with a value and how to write it, for the visitor."""
    words = {
        ValueFault.TOO_LONG: _("This is too long. Shorten it."),
        ValueFault.NOT_A_NUMBER: _("Enter a number, such as 12 or 3.5."),
        ValueFault.AMBIGUOUS_NUMBER: _("This number can be read two ways. Write 1234 or 1.23."),
        ValueFault.NOT_A_DATE: _("Enter a date, such as 2026-03-31."),
        ValueFault.AMBIGUOUS_DATE: _("This date can be read two ways. Write it like 2026-03-31."),
        ValueFault.NOT_YES_OR_NO: _("Choose yes or no."),
        ValueFault.NOT_A_CHOICE: _("Choose from the options shown."),
        ValueFault.NOT_A_COUNTRY: _("Enter a country, such as Germany or DE."),
        ValueFault.NOT_A_LANGUAGE: _("Enter a language, such as German or de."),
    }
    return words.get(fault) or _("This can't be used. Enter something else.")
