"""A sign-up form (R-25 to R-28, R-93, R-97): the draft becomes a frozen version, with the wording as people read it and
a hash that identifies it forever. `rules.gate.judge.judge_form` decides whether it may be published.
"""

from mailflatrate.rules.forms.content import (
    FieldKind,
    Font,
    FormContent,
    FormField,
    FormRedirects,
    FormStyle,
    FormTexts,
    FurtherList,
    content_from_json,
)
from mailflatrate.rules.forms.defaults import default_content, default_texts, field_label
from mailflatrate.rules.forms.freeze import FrozenForm, FrozenList, FrozenTexts, freeze, frozen_from_json

__all__ = [
    "FieldKind",
    "Font",
    "FormContent",
    "FormField",
    "FormRedirects",
    "FormStyle",
    "FormTexts",
    "FrozenForm",
    "FrozenList",
    "FrozenTexts",
    "FurtherList",
    "content_from_json",
    "default_content",
    "default_texts",
    "field_label",
    "freeze",
    "frozen_from_json",
]
