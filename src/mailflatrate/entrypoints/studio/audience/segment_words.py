"""The labels in the segment builder's menus, and the predefined segments."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from mailflatrate.apps.lists.fields import fields
from mailflatrate.apps.segments.inactive import inactive_conditions
from mailflatrate.entrypoints.presenters.segment_sentences import FIELD_WORDS
from mailflatrate.rules.conditions import Field, Op
from mailflatrate.rules.contacts.personal_data import is_birth

Words = str | Promise
Pairs = list[tuple[str, Any]]

OP_WORDS: Mapping[Op, Words] = {
    Op.EQUALS: lazy("is"),
    Op.NOT_EQUALS: lazy("is not"),
    Op.CONTAINS: lazy("contains"),
    Op.NOT_CONTAINS: lazy("doesn't contain"),
    Op.STARTS: lazy("starts with"),
    Op.IN: lazy("is one of"),
    Op.SET: lazy("has a value"),
    Op.EMPTY: lazy("is empty"),
    Op.LESS: lazy("is less than"),
    Op.AT_MOST: lazy("is at most"),
    Op.MORE: lazy("is more than"),
    Op.AT_LEAST: lazy("is at least"),
    Op.BETWEEN: lazy("is between"),
    Op.BEFORE: lazy("is before"),
    Op.AFTER: lazy("is after"),
    Op.ON_DAY: lazy("is on"),
    Op.LAST_DAYS: lazy("was in the last … days"),
    Op.ANNIVERSARY: lazy("has its anniversary within … days"),
    Op.YES: lazy("is yes"),
    Op.NO: lazy("is no"),
    Op.ON: lazy("is confirmed on"),
    Op.NOT_ON: lazy("is not confirmed on"),
    Op.ON_WITHIN_DAYS: lazy("confirmed in the last … days"),
    Op.ON_LONGER_DAYS: lazy("confirmed more than … days ago"),
    Op.WITHIN_DAYS: lazy("in the last … days"),
    Op.NOT_WITHIN_DAYS: lazy("not in the last … days"),
    Op.NEVER: lazy("never"),
    Op.HAS: lazy("is one of"),
    Op.HAS_ALL: lazy("includes all of"),
    Op.HAS_NOT: lazy("is none of"),
    Op.GOT: lazy("was sent to them"),
    Op.NOT_GOT: lazy("was not sent to them"),
    Op.DID: lazy("clicked"),
    Op.DID_NOT: lazy("didn't click"),
}
FIELD_OPS: Mapping[tuple[Field, Op], Words] = {
    (Field.TAG, Op.SET): lazy("has any tag"),
    (Field.TAG, Op.EMPTY): lazy("has no tags"),
    (Field.RECEIVED, Op.AT_LEAST): lazy("at least"),
    (Field.RECEIVED, Op.LESS): lazy("fewer than"),
    (Field.ANSWERED, Op.DID): lazy("include"),
    (Field.ANSWERED, Op.DID_NOT): lazy("don't include"),
    (Field.EVENT, Op.DID): lazy("happened"),
    (Field.EVENT, Op.DID_NOT): lazy("didn't happen"),
}
_GROUPS: Sequence[tuple[Words, Sequence[Field]]] = (
    (lazy("Person"), (Field.FIRST_NAME, Field.LAST_NAME, Field.EMAIL_DOMAIN, Field.PROVIDER)),
    (lazy("Lists and tags"), (Field.LIST, Field.TAG, Field.CONSENT, Field.FORM, Field.SOURCE)),
    (lazy("Campaigns"), (Field.CAMPAIGN, Field.RECEIVED, Field.CLICKED, Field.ANSWERED, Field.ACTIVITY, Field.EVENT)),
)


def op_word(field: Field, op: Op) -> Words:
    return FIELD_OPS.get((field, op), OP_WORDS[op])


def field_groups(own: Pairs) -> list[tuple[str, Pairs]]:
    groups = [(str(title), [(field.value, FIELD_WORDS[field]) for field in group]) for title, group in _GROUPS]
    return [groups[0], *([(_("Custom fields"), own)] if own else []), *groups[1:]]


@dataclass(frozen=True, slots=True)
class ReadySegment:
    key: str
    name: str
    definition: Any


def ready_segments() -> list[ReadySegment]:
    unclicked = [
        {"field": "received", "op": "at_least", "times": 1, "days": 90},
        {"field": "clicked", "op": "did_not", "days": 90},
    ]
    engaged = [
        {"field": "activity", "op": "within_days", "value": 90},
        {"field": "consent", "op": "within_days", "value": 30},
    ]
    segments = [
        ReadySegment("new", _("Confirmed in the last 30 days"), [engaged[1]]),
        ReadySegment("engaged", _("Active in the last 90 days, or new"), {"match": "any", "items": engaged}),
        ReadySegment("unclicked", _("Nothing clicked in 90 days"), unclicked),
        ReadySegment("inactive", _("Inactive for a year"), inactive_conditions()),
        ReadySegment("nothing", _("No campaign received yet"), [{"field": "received", "op": "less", "times": 1}]),
        ReadySegment("nameless", _("First name missing"), [{"field": "first_name", "op": "empty"}]),
        ReadySegment("gmail", _("Gmail addresses"), [{"field": "provider", "op": "in", "value": ["google"]}]),
    ]
    born = next((row for row in fields() if row.kind.is_date and is_birth(row.key, row.label)), None)
    if born is not None:
        soon = [{"field": "attribute", "key": born.key, "op": "anniversary", "value": 7}]
        segments.append(ReadySegment("birthday", _("Birthday in the next 7 days"), soon))
    return segments
