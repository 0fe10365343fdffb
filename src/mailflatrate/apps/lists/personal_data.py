"""What may not be stored about a person besides the address: specially protected data (R-97), and anything about minors
(R-39).

Every path that writes attributes calls `judge_attributes`: the contact page, the API, sign-ups, requests on someone's
behalf. Imports decide by the same names column by column, because they judge millions of cells.
"""

from collections.abc import Mapping, Sequence
from enum import Enum
from functools import lru_cache
from typing import Any

from mailflatrate.apps.lists.intake.birth_dates import age_says_minor, minor_reader
from mailflatrate.base import clock
from mailflatrate.rules.contacts.personal_data import is_age, is_birth, is_special, says_nothing


class PersonalFault(Enum):
    """The reason why a value may not be stored."""

    SPECIAL = "special"
    MINOR = "minor"


def judge_attributes(
    values: Mapping[str, Any], labels: Mapping[str, Sequence[str]] | None = None, *, country: str = ""
) -> dict[str, PersonalFault]:
    """Return the values that may not be stored, by key, each with the reason.

    `labels` are other names under which a form asks for them; `country` determines how dates are read.
    """
    found: dict[str, PersonalFault] = {}
    for key, value in values.items():
        special, birth, age = _about((key, *(labels or {}).get(key, ())))
        if special:
            found[key] = PersonalFault.SPECIAL
        elif (birth and minor_reader(country, clock.now().date())(str(value))) or (age and age_says_minor(str(value))):
            found[key] = PersonalFault.MINOR
    return found


@lru_cache(maxsize=2_000)
def _about(names: tuple[str, ...]) -> tuple[bool, bool, bool]:
    """Return whether names ask for special data, a birth date, an age. Cached, as forms repeat the same few fields.

    Under a name without meaning (`g`), a date counts as a birth date; a clearer name avoids this.
    """
    return is_special(*names), is_birth(*names) or all(map(says_nothing, names)), is_age(*names)
