"""Countries, by their ISO 3166 codes."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cache

from mailflatrate.locale.cldr import country_names
from mailflatrate.locale.texts import N_, known_language
from mailflatrate.rules.conditions import Op
from mailflatrate.rules.contacts.countries import ATTRIBUTES, CODES, country_code
from mailflatrate.rules.fields.field_type import (
    CHOICE_COMPARISONS,
    ContactFieldType,
    FieldDefinition,
    NamesIn,
    UnreadableValue,
    ValueFault,
    ValueWriter,
)
from mailflatrate.rules.names.folded import folded


@dataclass(frozen=True, kw_only=True)
class Coded(ContactFieldType):
    codes: frozenset[str]
    code_of: Callable[[str], str | None]
    names_in: NamesIn
    keys: Collection[str]
    comparisons: tuple[Op, ...] = CHOICE_COMPARISONS

    def read(self, definition: FieldDefinition, text: str, *, month_first: bool | None) -> str:
        code = self.code_of(text)
        if code is None:
            raise UnreadableValue(self.faults[0])
        return code

    def fits(self, form: str, text: str) -> bool:
        return self.code_of(text) is not None

    def rank(self, form: str, key: str, title: str) -> int:
        return 4 if key in self.keys else 0

    def options(self, definition: FieldDefinition, language: str) -> tuple[tuple[str, str], ...]:
        return _menu(self.names_in, self.codes, known_language(language))

    def words(self, value: str | int | float, write: ValueWriter) -> str:
        return write.code(self.names_in, str(value))


@cache
def _menu(names_in: NamesIn, codes: frozenset[str], language: str) -> tuple[tuple[str, str], ...]:
    names = names_in(language)
    named = ((code, names[code][:1].upper() + names[code][1:]) for code in codes if code in names)
    return tuple(sorted(named, key=lambda option: folded(option[1])))


TYPE = Coded(
    name="country",
    label=N_("Country"),
    place=7,
    faults=(
        ValueFault(
            "not_a_country",
            N_("“%(label)s” must be a country, such as DE or Germany"),
            N_("Choose a country from the list."),
        ),
    ),
    forms=("country",),
    autocomplete="country",
    codes=CODES,
    code_of=country_code,
    names_in=country_names,
    keys=ATTRIBUTES,
)
