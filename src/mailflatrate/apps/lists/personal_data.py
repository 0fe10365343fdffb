"""What may not be stored about a person: specially protected data (R-97), anything about minors (R-39). Every path
that writes attributes calls `judge_attributes`; imports decide by the same names column by column.
"""

from collections.abc import Mapping, Sequence
from enum import Enum
from functools import lru_cache
from typing import Any

from mailflatrate.base import clock
from mailflatrate.rules.contacts.birth_dates import age_says_minor, minor_reader
from mailflatrate.rules.contacts.personal_data import is_age, is_birth, is_special, says_nothing


class PersonalFault(Enum):
    SPECIAL = "special"
    MINOR = "minor"


def judge_attributes(
    values: Mapping[str, Any], labels: Mapping[str, Sequence[str]] | None = None, *, country: str = ""
) -> dict[str, PersonalFault]:
    """By key. `labels`: a form's names for them; `country`: how dates are read."""
    faults: dict[str, PersonalFault] = {}
    for key, value in values.items():
        special, birth, age = _about((key, *(labels or {}).get(key, ())))
        if special:
            faults[key] = PersonalFault.SPECIAL
        elif (birth and minor_reader(country, clock.now().date())(str(value))) or (age and age_says_minor(str(value))):
            faults[key] = PersonalFault.MINOR
    return faults


@lru_cache(maxsize=2_000)
def _about(names: tuple[str, ...]) -> tuple[bool, bool, bool]:
    """Special data, a birth date, an age. Cached, as forms repeat. Under a name without meaning (`g`), a date is a
    birth date.
    """
    return is_special(*names), is_birth(*names) or all(map(says_nothing, names)), is_age(*names)
