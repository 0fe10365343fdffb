"""The customer's choices for single columns, applied to the suggested mapping."""

from collections.abc import Mapping, Sequence

from mailflatrate.apps.intake.reading.columns import ATTRIBUTE_PREFIX, ColumnTarget, name_status
from mailflatrate.rules.fields.field_keys import attribute_key
from mailflatrate.rules.prior_status.columns import StatusField

ATTRIBUTE = "attribute"
LEAVE = ""
CHOICES = frozenset((*(target.value for target in ColumnTarget), *(field.value for field in StatusField), ATTRIBUTE))


def choice_of(name: str) -> str:
    """`attribute:city` is ATTRIBUTE, `state:2` is `state`."""
    return ATTRIBUTE if name.startswith(ATTRIBUTE_PREFIX) else name.partition(":")[0]


def with_choices(mapping: Mapping[str, str], header: Sequence[str], choices: Mapping[str, str]) -> dict[str, str]:
    """Field -> title. A chosen field leaves its suggested column; unknown choices count as LEAVE."""
    own = {title: choices[title] for title in header if title in choices}
    taken = {choice for choice in own.values() if choice in set(ColumnTarget)}
    chosen = {name: title for name, title in mapping.items() if title not in own and name not in taken}
    for title, choice in own.items():
        if choice == ATTRIBUTE:
            chosen[_free_key(title, chosen)] = title
        elif choice in set(StatusField):
            chosen[name_status(choice, title, chosen)] = title
        elif choice in set(ColumnTarget):
            chosen[choice] = title
    return chosen


def _free_key(title: str, mapping: Mapping[str, str]) -> str:
    key = base = ATTRIBUTE_PREFIX + attribute_key(title)
    number = 2
    while key in mapping:
        key, number = f"{base}_{number}", number + 1
    return key
