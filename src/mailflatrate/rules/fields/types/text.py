"""Text of any kind, which is also what a value without a declared field is."""

from mailflatrate.locale.texts import N_
from mailflatrate.rules.conditions import TEXT_OPS, ConditionValue, Op
from mailflatrate.rules.fields.field_type import ContactFieldType, FieldDefinition


class _FreeText(ContactFieldType):
    def read(self, definition: FieldDefinition, text: str, *, month_first: bool | None) -> str:
        return text

    def adapted(self, op: Op, value: ConditionValue) -> tuple[Op, ConditionValue]:
        is_number = op in (Op.EQUALS, Op.NOT_EQUALS) and isinstance(value, int | float)
        return op, f"{value:g}" if is_number else value


TYPE = _FreeText(
    name="text",
    label=N_("Text"),
    place=1,
    comparisons=TEXT_OPS,
    quick_comparisons=(Op.EQUALS, Op.NOT_EQUALS, Op.CONTAINS, Op.STARTS, Op.SET, Op.EMPTY),
    is_converted=False,
)
