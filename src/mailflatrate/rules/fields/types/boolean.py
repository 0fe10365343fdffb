"""Yes or no."""

from collections.abc import Sequence
from contextlib import suppress

from mailflatrate.locale.texts import N_, translate
from mailflatrate.rules.conditions import ConditionValue, Op
from mailflatrate.rules.fields.field_type import ContactFieldType, FieldDefinition, Sorting, UnreadableValue, ValueFault

NOT_YES_OR_NO = ValueFault("not_yes_or_no", N_("“%(label)s” must be yes or no"), N_("Choose yes or no."))
_YES = frozenset(["true", "yes", "y", "1", "on", "ja", "j", "wahr", "oui", "o", "vrai", "sí", "si", "x", "✓"])
_NO = frozenset(["false", "no", "n", "0", "off", "nein", "falsch", "non", "faux"])


def read_boolean(text: str) -> bool:
    """Return True or False for a word that means yes or no. Raises UnreadableValue."""
    word = text.strip().casefold()
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise UnreadableValue(NOT_YES_OR_NO)


class _Boolean(ContactFieldType):
    def read(self, definition: FieldDefinition, text: str, *, month_first: bool | None) -> bool:
        return read_boolean(text)

    def fits(self, form: str, text: str) -> bool:
        # A cross or an o may be anything else; 0 and 1 are rather numbers.
        return len(text) > 1 and text.strip().casefold() in _YES | _NO

    def rank(self, form: str, key: str, title: str) -> int:
        return 2

    def adapted(self, op: Op, value: ConditionValue) -> tuple[Op, ConditionValue]:
        if op in (Op.EQUALS, Op.NOT_EQUALS) and isinstance(value, str):
            with suppress(UnreadableValue):
                return (Op.YES if read_boolean(value) is (op is Op.EQUALS) else Op.NO), None
        return op, value

    def options(self, definition: FieldDefinition, language: str) -> Sequence[tuple[str, str]]:
        return (("true", translate(N_("Yes"), language)), ("false", translate(N_("No"), language)))


TYPE = _Boolean(
    name="boolean",
    label=N_("Yes or no"),
    place=4,
    comparisons=(Op.YES, Op.NO, Op.SET, Op.EMPTY),
    faults=(NOT_YES_OR_NO,),
    forms=("boolean",),
    sorting=Sorting.BOOLEAN,
    is_menu=True,
)
