"""Numbers, in the spellings of several countries."""

import math
import re

from mailflatrate.locale.texts import N_
from mailflatrate.rules.conditions import NUMBER_OPS, Op
from mailflatrate.rules.fields.field_type import (
    ContactFieldType,
    FieldDefinition,
    Sorting,
    UnreadableValue,
    ValueFault,
    ValueWriter,
    plain,
)

MAX_NUMBER = 10**15
DECIMALS = 6
NOT_A_NUMBER = ValueFault(
    "not_a_number",
    N_("“%(label)s” must be a number, such as 12 or 3.5"),
    N_("Enter a number, such as 12 or 3.5."),
)
AMBIGUOUS_NUMBER = ValueFault(
    "ambiguous_number",
    N_("“%(label)s” can be read two ways: write 1234 or 1.23"),
    N_("This number can be read two ways. Write 1234 or 1.23."),
)
_PLAIN_NUMBER = re.compile(r"[-+]?\d{1,15}(?:[.,]\d{1,6})?")
_GROUPED = (
    re.compile(r"[-+]?\d{1,3}(?:\.\d{3})+(?:,\d{1,6})?"),
    re.compile(r"[-+]?\d{1,3}(?:,\d{3})+(?:\.\d{1,6})?"),
    re.compile(r"[-+]?\d{1,3}(?:[ '’\u00a0\u202f]\d{3})+(?:[.,]\d{1,6})?"),
)
_EITHER_WAY = re.compile(r"[-+]?[1-9]\d{0,2}[.,]\d{3}")
"""1.234 may be a thousand or a little more than one."""
_WRITTEN_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:[.,]\d+)?|-?[1-9]\d{0,2}(?:[.,' ]\d{3})+(?:[.,]\d+)?")
_NAMES_A_THING = re.compile(
    r"(?:^|_)(?:id|nr|no|num|nummer|number|plz|zip|zipcode|postal|postcode|postleitzahl|tel|telefon|phone|mobile|mobil|fax|"
    r"code|sku|ean|iban|vat)(?:_|$)|nummer$|_?nr$|plz|telefon|phone"
)


def read_number(raw: str | int | float) -> int | float:
    """Raises UnreadableValue."""
    if isinstance(raw, bool):
        raise UnreadableValue(NOT_A_NUMBER)
    if isinstance(raw, int | float):
        return _bounded(raw)
    text = raw.strip().replace("−", "-")
    if _EITHER_WAY.fullmatch(text):
        raise UnreadableValue(AMBIGUOUS_NUMBER)
    if _PLAIN_NUMBER.fullmatch(text):
        return _bounded(float(text.replace(",", ".")) if "." in text or "," in text else int(text))
    for place, grouped in enumerate(_GROUPED):
        if grouped.fullmatch(text):
            digits = re.sub(r"[ '’\u00a0\u202f]", "", text)
            digits = digits.replace(".", "").replace(",", ".") if place == 0 else digits
            digits = digits.replace(",", "") if place == 1 else digits.replace(",", ".")
            return _bounded(float(digits))
    raise UnreadableValue(NOT_A_NUMBER)


def _bounded(number: int | float) -> int | float:
    if abs(number) >= MAX_NUMBER or not math.isfinite(number):
        raise UnreadableValue(NOT_A_NUMBER)
    rounded = round(number, DECIMALS)
    return int(rounded) if rounded == int(rounded) else rounded


class _Number(ContactFieldType):
    def read(self, definition: FieldDefinition, text: str, *, month_first: bool | None) -> int | float:
        return read_number(text)

    def normalize(self, definition: FieldDefinition, raw: object, *, month_first: bool | None) -> int | float:
        text = plain(raw)
        return read_number(raw if isinstance(raw, int | float) else text)

    def compared(self, definition: FieldDefinition, raw: object) -> float:
        return float(self.normalize(definition, raw, month_first=None))

    def fits(self, form: str, text: str) -> bool:
        try:
            read_number(text)
        except UnreadableValue:
            return False
        return _WRITTEN_NUMBER.fullmatch(text) is not None

    def rank(self, form: str, key: str, title: str) -> int:
        return 0 if _NAMES_A_THING.search(key) else 3

    def words(self, value: str | int | float, write: ValueWriter) -> str:
        return str(value) if isinstance(value, str) else write.number(value)


TYPE = _Number(
    name="number",
    label=N_("Number"),
    place=2,
    comparisons=(Op.EQUALS, Op.NOT_EQUALS, *NUMBER_OPS, Op.BETWEEN, Op.SET, Op.EMPTY),
    quick_comparisons=(Op.EQUALS, *NUMBER_OPS, Op.SET, Op.EMPTY),
    faults=(NOT_A_NUMBER, AMBIGUOUS_NUMBER),
    forms=("number",),
    sorting=Sorting.NUMBER,
    input_mode="decimal",
    is_number=True,
    suits_free_values=True,
)
