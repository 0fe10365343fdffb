"""What may be kept of a person besides the address: nothing the law protects most (R-97), nothing of minors (R-39).

Every door that writes attributes asks `judge_attributes`: the contact page, the API, sign-ups, requests on somebody's
behalf. Imports decide by the same names column by column, because they judge millions of cells.
"""

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any

from mailflatrate.apps.lists.intake.births import age_says_minor, minor_reader
from mailflatrate.base import clock
from mailflatrate.rules.personal_data import is_age, is_birth, is_special


class PersonalFault(Enum):
    """Why a value isn't kept."""

    SPECIAL = "special"
    MINOR = "minor"


def judge_attributes(
    values: Mapping[str, Any], labels: Mapping[str, Sequence[str]] | None = None, *, country: str = ""
) -> dict[str, PersonalFault]:
    """The values that may not be kept, by key. `labels` are further names under which a form asks for them; `country`
    is how dates are read."""
    says_minor = minor_reader(country, clock.now().date())
    found: dict[str, PersonalFault] = {}
    for key, value in values.items():
        names = (key, *(labels or {}).get(key, ()))
        text = str(value)
        if is_special(*names):
            found[key] = PersonalFault.SPECIAL
        elif (is_birth(*names) and says_minor(text)) or (is_age(*names) and age_says_minor(text)):
            found[key] = PersonalFault.MINOR
    return found
