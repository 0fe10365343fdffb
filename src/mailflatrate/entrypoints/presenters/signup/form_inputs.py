"""Inputs for the values of fields, by the type of each field, and the check of what was entered, whatever page it came
from. A choice field without its choices, and an undeclared field, are text.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from mailflatrate.entrypoints.presenters.language import date_words
from mailflatrate.rules.fields.field_type import (
    MAX_CHOICE_CHARACTERS,
    MAX_CHOICES,
    FieldDefinition,
    FieldValue,
    UnreadableValue,
    ValueFault,
)
from mailflatrate.rules.fields.types.text import TYPE as TEXT
from mailflatrate.rules.fields.values import normalize_value, value_text
from mailflatrate.rules.forms import FieldKind, FormField, FrozenForm
from mailflatrate.rules.forms.defaults import email_label
from mailflatrate.rules.forms.phone import read_phone

MAX_VALUE_CHARACTERS = 254
NAMES_IN_USE = ("act", "keep", "pause", "language", "fields")
"""What a posted preferences page carries besides fields."""
YES, NO = "true", "false"
_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_AUTOCOMPLETE = {FieldKind.FIRST_NAME: "given-name", FieldKind.LAST_NAME: "family-name", FieldKind.PHONE: "tel"}
_TYPE = {FieldKind.PHONE: "tel", FieldKind.SOURCE: "hidden"}


@dataclass(frozen=True, slots=True)
class Input:
    """With `options` (value, label) a select, or check boxes if it `is_several`; `step`: of its form, from 0."""

    key: str
    label: str
    type: str = "text"
    autocomplete: str = ""
    required: bool = False
    mode: str = ""
    options: tuple[tuple[str, str], ...] = ()
    is_several: bool = False
    step: int = 0


@dataclass(frozen=True, slots=True)
class FilledInput:
    """A field with the entered value, and what is wrong with it. `options` are (value, label, selected)."""

    input: Input
    value: str = ""
    error: str = ""
    options: tuple[tuple[str, str, bool], ...] = ()


def inputs(form: FrozenForm, language: str, typed: Mapping[str, FieldDefinition]) -> list[Input]:
    """Return the fields of a form in one language, the address first, in the order of its steps."""
    email = Input("email", email_label(language), "email", "email", True)
    steps = enumerate(form.content.steps())
    asked = [replace(field_input(field, language, typed), step=step) for step, fields in steps for field in fields]
    return [email, *asked]


def field_input(field: FormField, language: str, typed: Mapping[str, FieldDefinition]) -> Input:
    """Return the input of one field. A language that the form doesn't have gets the label of its first one."""
    label = field.labels.get(language) or next(iter(field.labels.values()), field.key)
    drawn = typed_input(definition_of(field, typed), field.key, label, language)
    autocomplete = _AUTOCOMPLETE.get(field.kind) or definition_of(field, typed).type.autocomplete
    is_required = field.required and field.kind is not FieldKind.SOURCE
    kind = _TYPE.get(field.kind, drawn.type)
    return replace(drawn, type=kind, autocomplete=autocomplete, required=is_required)


def typed_input(field: FieldDefinition, key: str, label: str, language: str) -> Input:
    return Input(
        key=key,
        label=label,
        type=field.type.input_type,
        mode=field.type.input_mode,
        options=tuple(field.type.options(field, language)),
        is_several=field.type.is_several and bool(field.choices),
    )


def definition_of(field: FormField, typed: Mapping[str, FieldDefinition]) -> FieldDefinition:
    definition = typed.get(field.key) if field.kind is FieldKind.TEXT else None
    if definition is None or (definition.type.has_choices and not definition.choices):
        return FieldDefinition(field.key, TEXT)
    return definition


def filled_in(form_inputs: Sequence[Input], values: Mapping[str, Any], errors: Mapping[str, str]) -> list[FilledInput]:
    return [
        with_value(form_input, values.get(form_input.key), errors.get(form_input.key, "")) for form_input in form_inputs
    ]


def with_value(form_input: Input, value: Any, error: str = "", *, keeps_unknown: bool = False) -> FilledInput:
    """`keeps_unknown`: a stored value that is none of the options stays selectable, so that saving keeps it."""
    chosen = [value_text(part) for part in value] if isinstance(value, list) else [value_text(value)]
    labels = dict(form_input.options)
    if keeps_unknown and labels:
        labels |= {text: text for text in chosen if text and text not in labels}
    options = tuple((option, label, option in chosen) for option, label in labels.items())
    text = "" if isinstance(value, list) else value_text(value)
    if form_input.type == "date" and text and not _ISO_DATE.fullmatch(text):
        # A date input would show nothing of a value that can't be read, or has no year.
        form_input, text = replace(form_input, type="text"), date_words(text, "DATE_FORMAT")
    return FilledInput(form_input, text, error, options)


def in_parts(filled_inputs: Sequence[FilledInput]) -> list[dict[str, Any]]:
    count = 1 + max(field.input.step for field in filled_inputs)
    return [
        {
            "label": _("Step %(step)d of %(count)d") % {"step": step + 1, "count": count} if count > 1 else "",
            "inputs": [field for field in filled_inputs if field.input.step == step],
            "is_last": step == count - 1,
        }
        for step in range(count)
    ]


@dataclass(frozen=True, slots=True)
class FormAnswers:
    """What a visitor entered: `typed_in` as it was typed, `values` in their stored form, `errors` by field."""

    typed_in: Mapping[str, Any]
    values: Mapping[str, FieldValue]
    errors: Mapping[str, str]


def read_answers(
    fields: Sequence[FormField], posted: QueryDict, typed: Mapping[str, FieldDefinition], *, month_first: bool
) -> FormAnswers:
    typed_in: dict[str, Any] = {}
    values: dict[str, FieldValue] = {}
    errors: dict[str, str] = {}
    for field in fields:
        definition = definition_of(field, typed)
        if definition.type.is_several:
            raw: Any = [choice for choice in map(_choice, posted.getlist(field.key)[: MAX_CHOICES + 1]) if choice]
        else:
            raw = clean(posted.get(field.key))
        if not raw:
            if field.required and field.kind is not FieldKind.SOURCE:
                errors[field.key] = _("This field is required.")
            continue
        typed_in[field.key] = raw
        try:
            is_phone = field.kind is FieldKind.PHONE
            value = read_phone(raw) if is_phone else normalize_value(definition, raw, month_first=month_first)
        except UnreadableValue as problem:
            errors[field.key] = fault_words(problem.fault)
        else:
            if value is not None:
                values[field.key] = value
    return FormAnswers(typed_in, values, errors)


def prefilled(
    fields: Sequence[FormField], given: QueryDict, typed: Mapping[str, FieldDefinition], *, month_first: bool
) -> dict[str, Any]:
    """By field: the address and every value that suits. Never a consent: the visitor alone ticks a box (R-26)."""
    answers = read_answers(fields, given, typed, month_first=month_first)
    good = {key: raw for key, raw in answers.typed_in.items() if key not in answers.errors}
    email = clean(given.get("email"))
    return {**good, "email": email} if email else good


def clean(text: str | None) -> str:
    """Return a posted text on one line, without NUL, cut to the longest that a form takes."""
    return " ".join((text or "").replace("\0", "").split())[:MAX_VALUE_CHARACTERS]


def _choice(text: str) -> str:
    return " ".join(text.replace("\0", "").split())[:MAX_CHOICE_CHARACTERS]


def fault_words(fault: ValueFault) -> str:
    return _(fault.prompt)
