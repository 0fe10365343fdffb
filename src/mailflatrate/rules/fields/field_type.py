"""What a type of custom fields has to do, and the fields and faults that it works with."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

from mailflatrate.locale.texts import N_
from mailflatrate.rules.conditions import ConditionValue, Op

MAX_TEXT_CHARACTERS = 2000
MAX_CHOICES = 200
MAX_CHOICE_CHARACTERS = 120
KEY = re.compile(r"[a-z][a-z0-9_]{0,59}")
"""A field's name in placeholders, files and the API. It never changes."""

FieldValue = str | int | float | bool | list[str]
CHOICE_COMPARISONS = (Op.IN, Op.NOT_EQUALS, Op.SET, Op.EMPTY)


@dataclass(frozen=True, slots=True)
class ValueFault:
    """`name` is stored; `sentence`, with %(label)s, is for the customer, `prompt` for a form's visitor."""

    name: str
    sentence: str
    prompt: str = N_("This can't be used. Enter something else.")


TOO_LONG = ValueFault(
    "too_long", N_("“%(label)s” is too long: use up to 2,000 characters"), N_("This is too long. Shorten it.")
)
NOT_A_VALUE = ValueFault("not_a_value", N_("“%(label)s” must be a text, a number, or true or false"))


class UnreadableValue(ValueError):
    """Raised when a value doesn't fit its field; `fault` says why."""

    def __init__(self, fault: ValueFault) -> None:
        super().__init__(fault.name)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class FieldDefinition:
    key: str
    type: ContactFieldType
    label: str = ""
    choices: Sequence[str] = field(default_factory=tuple)
    default: FieldValue | None = None


class Sorting(Enum):
    """How contacts are sorted by a field's values: EXACT compares texts by their characters; NONE can't be sorted."""

    TEXT = "text"
    EXACT = "exact"
    NUMBER = "number"
    BOOLEAN = "boolean"
    NONE = "none"


NamesIn = Callable[[str], Mapping[str, str]]


class ValueWriter(Protocol):
    """Writes parts of values in the reader's language; a text that it can't read is unchanged."""

    def number(self, number: int | float) -> str: ...

    def date(self, text: str) -> str: ...

    def code(self, names_in: NamesIn, code: str) -> str: ...


@dataclass(frozen=True, kw_only=True)
class ContactFieldType(ABC):
    """`name` is stored, `label` a message id, `place` in menus. `quick_comparisons` are those of the contact list's
    filter, with `options` as a menu if `is_menu`. `forms`: spellings that propose the type. `is_several`: a value is a
    list. `is_converted`: the stored form may differ from the text. `suits_free_values`: values from before their field
    was declared get this type, because messages print them as before.
    """

    name: str
    label: str
    place: int
    comparisons: tuple[Op, ...]
    quick_comparisons: tuple[Op, ...] = (Op.EQUALS, Op.NOT_EQUALS, Op.SET, Op.EMPTY)
    faults: tuple[ValueFault, ...] = ()
    forms: tuple[str, ...] = ()
    sorting: Sorting = Sorting.TEXT
    input_type: str = "text"
    input_mode: str = ""
    autocomplete: str = ""
    has_choices: bool = False
    is_several: bool = False
    is_menu: bool = False
    is_number: bool = False
    is_date: bool = False
    is_converted: bool = True
    suits_free_values: bool = False

    @abstractmethod
    def read(self, definition: FieldDefinition, text: str, *, month_first: bool | None) -> FieldValue | None:
        """Return the stored form of a text that isn't blank. Raises UnreadableValue."""

    def normalize(self, definition: FieldDefinition, raw: object, *, month_first: bool | None) -> FieldValue | None:
        """Return the stored form of any value that isn't empty. Raises UnreadableValue."""
        return self.read(definition, plain(raw), month_first=month_first)

    def fits(self, form: str, text: str) -> bool:
        return False

    def rank(self, form: str, key: str, title: str) -> int:
        """Return how well the type suits a new field whose values all have this form; 0 for not at all."""
        return 0

    def adapted(self, op: Op, value: ConditionValue) -> tuple[Op, ConditionValue]:
        if op is Op.EQUALS and Op.ON_DAY in self.comparisons:
            return Op.ON_DAY, value
        if (
            op is Op.EQUALS
            and Op.EQUALS not in self.comparisons
            and Op.IN in self.comparisons
            and isinstance(value, str)
        ):
            return Op.IN, (value,)
        return op, value

    def compared(self, definition: FieldDefinition, raw: object) -> FieldValue | None:
        """Return a value that isn't blank as a condition compares it with stored ones. Raises UnreadableValue."""
        return self.normalize(definition, raw, month_first=None)

    def options(self, definition: FieldDefinition, language: str) -> Sequence[tuple[str, str]]:
        return ()

    def words(self, value: str | int | float, write: ValueWriter) -> str:
        return str(value)


_LARGEST_WHOLE = 10**30


def plain(raw: object) -> str:
    if not isinstance(raw, str | int | float | bool) or (isinstance(raw, int) and abs(raw) > _LARGEST_WHOLE):
        raise UnreadableValue(NOT_A_VALUE)
    text = str(raw).lower() if isinstance(raw, bool) else str(raw).replace("\0", "").strip()
    if len(text) > MAX_TEXT_CHARACTERS:
        raise UnreadableValue(TOO_LONG)
    return text
