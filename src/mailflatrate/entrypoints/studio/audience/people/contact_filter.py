"""The filter of the contact list in a URL or form: `where=<field>:<comparison>:<value>`; custom: `attribute.<key>`."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from mailflatrate.apps.intake.models import Import
from mailflatrate.apps.lists.errors import ListError
from mailflatrate.apps.lists.models import SUBSCRIPTION_LABELS, MailingList, SubscriptionState, Tag
from mailflatrate.apps.segments.contact_list.narrowing import MOST_CONDITIONS, ContactFilter
from mailflatrate.apps.segments.models import Segment
from mailflatrate.entrypoints.studio.common import whole_number
from mailflatrate.rules.conditions import Field

MAX_SEARCH_CHARACTERS = 100
MAX_CONDITION_CHARACTERS = 700
FILTER_PARTS = ("q", "list", "state", "tag", "segment", "import", "where")


def posted_filter(given: QueryDict) -> ContactFilter:
    """Return the filter; a list, tag, segment or import that the account doesn't have is left out."""
    numbers = {name: whole_number(given.get(name)) for name in ("list", "tag", "segment", "import")}
    models: dict[str, Any] = {"list": MailingList, "tag": Tag, "segment": Segment, "import": Import}
    ids = {
        name: number if number and models[name].objects.filter(id=number).exists() else None
        for name, number in numbers.items()
    }
    state = given.get("state", "")
    read = [condition_from(text) for text in given.getlist("where")[:MOST_CONDITIONS]]
    return ContactFilter(
        search=given.get("q", "").replace("\0", "").strip()[:MAX_SEARCH_CHARACTERS],
        list_id=ids["list"],
        state=SubscriptionState(state) if state in SUBSCRIPTION_LABELS else None,
        tag_id=ids["tag"],
        segment_id=ids["segment"],
        import_id=ids["import"],
        conditions=tuple(condition for condition in read if condition is not None),
    )


def exact_filter(given: QueryDict) -> ContactFilter:
    """Raises ListError if a part of it no longer exists, since the rest would select more contacts."""
    criteria = posted_filter(given)
    counts = Counter(name for name in FILTER_PARTS for value in given.getlist(name) if value.strip())
    if counts != Counter(name for name, _value in filter_pairs(criteria)):
        raise ListError(_("something in the filter no longer exists; filter the list again"))
    return criteria


def filter_pairs(criteria: ContactFilter) -> list[tuple[str, str]]:
    parts: list[tuple[str, object]] = [
        ("q", criteria.search),
        ("list", criteria.list_id),
        ("state", criteria.state.value if criteria.state else ""),
        ("tag", criteria.tag_id),
        ("segment", criteria.segment_id),
        ("import", criteria.import_id),
        *(("where", condition_text(condition)) for condition in criteria.conditions),
    ]
    return [(name, str(value)) for name, value in parts if value]


def condition_from(text: str) -> dict[str, Any] | None:
    """Return a condition in its stored form, not validated; None if the text isn't one."""
    field, colon, rest = text[:MAX_CONDITION_CHARACTERS].replace("\0", "").partition(":")
    if not colon:
        return None
    op, _colon, value = rest.partition(":")
    name, _dot, key = field.partition(".")
    condition: dict[str, Any] = {"field": name, "op": op}
    if name == Field.ATTRIBUTE:
        condition["key"] = key
    return {**condition, "value": value} if value else condition


def condition_text(condition: Mapping[str, Any]) -> str:
    field = str(condition["field"])
    if condition.get("key"):
        field = f"{field}.{condition['key']}"
    return f"{field}:{condition['op']}:{condition.get('value') or ''}"
