"""Languages, by their ISO 639-1 codes."""

from mailflatrate.locale.cldr import language_names
from mailflatrate.locale.texts import N_
from mailflatrate.rules.contacts.languages import ATTRIBUTES, CODES, language_code
from mailflatrate.rules.fields.field_type import ValueFault
from mailflatrate.rules.fields.types.country import Coded

TYPE = Coded(
    name="language",
    label=N_("Language"),
    place=8,
    faults=(
        ValueFault(
            "not_a_language",
            N_("“%(label)s” must be a language, such as de or German"),
            N_("Choose a language from the list."),
        ),
    ),
    forms=("language",),
    autocomplete="language",
    codes=CODES,
    code_of=language_code,
    names_in=language_names,
    keys=ATTRIBUTES,
)
