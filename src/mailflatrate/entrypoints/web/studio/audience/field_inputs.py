"""Inputs for the values of custom fields, rendered by the type of each field."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from mailflatrate.apps.lists.fields import fields
from mailflatrate.apps.lists.models import ContactField
from mailflatrate.rules.contact_fields import MAX_TEXT_CHARACTERS, WITH_CHOICES, ContactFieldType, value_text

NO_PROBLEMS: Mapping[str, str] = MappingProxyType({})
PREFIX = "field_"
_HTML_TYPES = {ContactFieldType.NUMBER: "text", ContactFieldType.DATE: "date"}


@dataclass(frozen=True, slots=True)
class FieldInput:
    """One field with a contact's value.

    `options` are (value, label, selected); `is_several`: more than one may be selected.
    """

    name: str
    label: str
    type: str
    value: str
    hint: str
    problem: str
    mode: str = ""
    options: tuple[tuple[str, str, bool], ...] = ()
    is_several: bool = False


def field_inputs(values: Mapping[str, Any], problems: Mapping[str, str] = NO_PROBLEMS) -> list[FieldInput]:
    """Return the inputs of all fields that aren't archived, in their order."""
    return [field_input(field, values.get(field.key), problems.get(field.key, "")) for field in fields()]


def field_input(field: ContactField, value: Any, problem: str = "") -> FieldInput:
    """Return the input of one field with a value, as stored or as typed."""
    kind = ContactFieldType(field.type)
    text = value_text(value)
    html_type = _HTML_TYPES.get(kind, "text")
    if kind is ContactFieldType.DATE and text and not _is_iso(text):
        html_type = "text"  # a date input would show nothing of a value that can't be read
    return FieldInput(
        name=f"{PREFIX}{field.key}",
        label=field.label,
        type=html_type,
        value=text,
        hint=_hint(kind),
        problem=problem,
        mode="decimal" if kind is ContactFieldType.NUMBER else "",
        options=_options(field, kind, value),
        is_several=kind is ContactFieldType.CHOICES,
    )


def _is_iso(text: str) -> bool:
    return len(text) == 10 and text[4] == text[7] == "-"


def _hint(kind: ContactFieldType) -> str:
    if kind is ContactFieldType.COUNTRY:
        return _("A country code or name, such as DE or Germany.")
    return _("A language code or name, such as de or German.") if kind is ContactFieldType.LANGUAGE else ""


def _options(field: ContactField, kind: ContactFieldType, value: Any) -> tuple[tuple[str, str, bool], ...]:
    """Return the choices; a stored value that is none of them stays selectable, so that saving doesn't lose it."""
    if kind is ContactFieldType.BOOLEAN:
        known = [("true", _("Yes")), ("false", _("No"))]
    elif kind in WITH_CHOICES:
        known = [(choice, choice) for choice in map(str, field.choices)]
    else:
        return ()
    chosen = [value_text(one) for one in value] if isinstance(value, list) else [value_text(value)]
    known += [(text, text) for text in chosen if text and text not in dict(known)]
    if kind is not ContactFieldType.CHOICES:
        known.insert(0, ("", "–"))
    return tuple((one, label, one in chosen) for one, label in known)


def posted_values(posted: QueryDict, before: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of all fields: the posted ones, and the current ones of fields that the page doesn't show.

    An unchanged value keeps its type and is not checked again.
    """
    kept: dict[str, Any] = {}
    shown = {field.key: ContactFieldType(field.type) for field in fields()}
    archived = {field.key for field in fields(archived=True)}
    kept |= {key: value for key, value in before.items() if key in archived}
    for key, kind in shown.items():
        texts = [text.strip()[: MAX_TEXT_CHARACTERS + 1] for text in posted.getlist(f"{PREFIX}{key}") if text.strip()]
        if not texts:
            continue
        value: Any = texts if kind is ContactFieldType.CHOICES else texts[-1]
        kept[key] = before[key] if key in before and value_text(before[key]) == value_text(value) else value
    return kept
