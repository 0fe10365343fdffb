"""Proposes the type of a new field, only one that fits every value, and never a number for identifiers: postal codes,
phone and customer numbers stay text.
"""

from collections.abc import Iterable

from mailflatrate.rules.fields.field_type import ContactFieldType
from mailflatrate.rules.fields.types.text import TYPE as TEXT
from mailflatrate.rules.fields.values import FIELD_TYPES

_FORMS = {form: kind for kind in FIELD_TYPES.values() for form in kind.forms}
"""The forms that can be told from values, with the types that they propose."""


class TypeGuess:
    __slots__ = ("_open",)

    def __init__(self, forms: Iterable[str] = _FORMS) -> None:
        self._open = {form: _FORMS[form] for form in forms}

    def add(self, value: object) -> None:
        if isinstance(value, bool):
            text = "yes" if value else "no"
        else:
            text = str(value).strip()
            if not text:
                return
        if self._open:
            self._open = {form: kind for form, kind in self._open.items() if kind.fits(form, text)}

    def forms(self) -> list[str]:
        """Return the remaining forms; before any value, all of them. Text always fits and isn't listed."""
        return list(self._open)


def propose_type(key: str, suited: Iterable[str], title: str = "") -> ContactFieldType:
    forms = tuple(suited)
    if len(forms) == len(_FORMS):
        return TEXT  # there was no value: none suits everything
    form = max(forms, key=lambda form: _FORMS[form].rank(form, key, title), default="")
    return _FORMS[form] if form and _FORMS[form].rank(form, key, title) else TEXT


def propose_for(key: str, values: Iterable[object], title: str = "") -> ContactFieldType:
    guess = TypeGuess()
    for value in values:
        guess.add(value)
    return propose_type(key, guess.forms(), title)
