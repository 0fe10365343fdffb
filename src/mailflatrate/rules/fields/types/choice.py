"""One of the choices that the account lists."""

from collections.abc import Sequence

from mailflatrate.locale.texts import N_
from mailflatrate.rules.fields.field_type import (
    CHOICE_COMPARISONS,
    ContactFieldType,
    FieldDefinition,
    UnreadableValue,
    ValueFault,
)

NOT_A_CHOICE = ValueFault(
    "not_a_choice", N_("“%(label)s” must be one of: %(choices)s"), N_("Choose from the options shown.")
)


class Choice(ContactFieldType):
    def read(self, definition: FieldDefinition, text: str, *, month_first: bool | None = None) -> str:
        folded = " ".join(text.split()).casefold()
        for choice in definition.choices:
            if choice.casefold() == folded:
                return choice
        raise UnreadableValue(NOT_A_CHOICE)

    def options(self, definition: FieldDefinition, language: str) -> Sequence[tuple[str, str]]:
        return tuple((choice, choice) for choice in definition.choices)


TYPE = Choice(
    name="choice",
    label=N_("One choice"),
    place=5,
    comparisons=CHOICE_COMPARISONS,
    faults=(NOT_A_CHOICE,),
    has_choices=True,
    is_menu=True,
)
