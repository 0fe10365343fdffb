"""A contact's fields as inputs, and the values that a page posted for them."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from django.http import QueryDict
from django.utils.translation import get_language

from mailflatrate.apps.lists.fields import fields
from mailflatrate.apps.lists.models import ContactField
from mailflatrate.entrypoints.presenters.signup.form_inputs import FilledInput, typed_input, with_value
from mailflatrate.rules.fields.field_type import MAX_TEXT_CHARACTERS
from mailflatrate.rules.fields.values import value_text

NO_PROBLEMS: Mapping[str, str] = MappingProxyType({})
PREFIX = "field_"


def contact_inputs(values: Mapping[str, Any], problems: Mapping[str, str] = NO_PROBLEMS) -> list[FilledInput]:
    return [contact_input(field, values.get(field.key), problems.get(field.key, "")) for field in fields()]


def contact_input(field: ContactField, value: Any, problem: str = "") -> FilledInput:
    drawn = typed_input(field.definition, f"{PREFIX}{field.key}", field.label, get_language() or "")
    return with_value(drawn, value, problem, keeps_unknown=True)


def posted_values(posted: QueryDict, before: Mapping[str, Any]) -> dict[str, Any]:
    """A field that the page doesn't show keeps its value. One that stays the same keeps its type, unchecked."""
    kept: dict[str, Any] = {}
    archived = {field.key for field in fields(archived=True)}
    kept |= {key: value for key, value in before.items() if key in archived}
    for field in fields():
        key = field.key
        texts = [text.strip()[: MAX_TEXT_CHARACTERS + 1] for text in posted.getlist(f"{PREFIX}{key}") if text.strip()]
        if not texts:
            continue
        value: Any = texts if field.kind.is_several else texts[-1]
        kept[key] = before[key] if key in before and value_text(before[key]) == value_text(value) else value
    return kept
