"""Adding a filter to the contact list: the available filters, and the inputs of each kind."""

from collections.abc import Mapping
from typing import Any

from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from mailflatrate.apps.intake import queries as intake_queries
from mailflatrate.apps.lists import queries
from mailflatrate.apps.lists.errors import ListError
from mailflatrate.apps.lists.fields import fields
from mailflatrate.apps.lists.models import ContactField
from mailflatrate.apps.lists.tags import tags
from mailflatrate.apps.segments import queries as segments_queries
from mailflatrate.apps.segments.builders import conditions_sql
from mailflatrate.apps.segments.conditions.choices import offered
from mailflatrate.apps.segments.contact_list.narrowing import MOST_CONDITIONS
from mailflatrate.entrypoints.presenters.segment_sentences import FIELD_WORDS
from mailflatrate.entrypoints.studio.audience.people.contact_state import ContactListState
from mailflatrate.entrypoints.studio.audience.segment_words import op_word
from mailflatrate.entrypoints.studio.common import whole_number
from mailflatrate.rules.conditions import DATE_OPS, NUMBER_OPS, OPS, Field, Op

NEWEST_IMPORTS = 50
ANY_STATE = "any"
_ATTRIBUTE = f"{Field.ATTRIBUTE.value}."
_PARTS = {"list": "list_id", "segment": "segment_id", "import": "import_id"}
"""Kinds that are parts of the filter themselves, not conditions."""
_CONTACT_KINDS = (
    *("list", "tag", "segment", "form", "source", "import"),
    *("activity", "consent", "email_domain", "first_name", "last_name"),
)
_KIND_WORDS: Mapping[str, str | Promise] = {
    "segment": gettext_lazy("Segment"),
    "import": gettext_lazy("Import"),
}
_NOT_HERE = (Op.IN, Op.HAS_ALL, Op.ON_WITHIN_DAYS, Op.ON_LONGER_DAYS)
"""Comparisons that need several values; the segment builder has them."""
_VALUELESS = (Op.SET, Op.EMPTY, Op.NEVER)
Options = list[tuple[str, str]]


def filter_kinds() -> list[tuple[str, Options]]:
    words = {**{field.value: word for field, word in FIELD_WORDS.items()}, **_KIND_WORDS}
    own = [(f"{_ATTRIBUTE}{field.key}", field.label) for field in fields()]
    groups = [(_("Contact"), [(kind, str(words[kind])) for kind in _CONTACT_KINDS]), (_("Fields"), own)]
    return [group for group in groups if group[1]]


def filter_inputs(by: str, op: str) -> dict[str, Any]:
    field = _field_of(by)
    if field is None and by not in _CONTACT_KINDS:
        by = _CONTACT_KINDS[0]
    ops = _ops(by, field)
    op = op if op in dict(ops) else ops[0][0] if ops else ""
    options = _options(by, field)
    value_type = "select" if options is not None else "text"
    if op in _VALUELESS:
        value_type = "none"
    elif op in DATE_OPS or (field is not None and field.kind.is_date):
        value_type = "date"
    elif op in NUMBER_OPS or by in (Field.ACTIVITY, Field.CONSENT):
        value_type = "number"
    hint = _("Days") if by in (Field.ACTIVITY, Field.CONSENT) and value_type == "number" else ""
    return {"by": by, "op": op, "ops": ops, "value_type": value_type, "options": options or [], "hint": hint}


def with_added_filter(state: ContactListState, given: QueryDict) -> ContactListState:
    """Return the state with the filter of the form (`by`, `op`, `value`). Raises ListError or SegmentError."""
    by, op, value = given.get("by", ""), given.get("op", ""), given.get("value", "").replace("\0", "").strip()
    field = _field_of(by)
    if field is None and by not in _CONTACT_KINDS:
        raise ListError(_("choose what to filter by"))
    if by in _PARTS and op in ("", ANY_STATE):
        number = whole_number(value)
        if (value, number) == ("", 0) or value not in dict(_options(by, None) or ()):
            raise ListError(_("choose one"))
        return state.narrowed(**{_PARTS[by]: number})
    if len(state.wanted.conditions) >= MOST_CONDITIONS:
        raise ListError(_("a filter can have up to %(limit)d conditions") % {"limit": MOST_CONDITIONS})
    condition: dict[str, Any] = {"field": Field.ATTRIBUTE.value if field else by, "op": op, "value": value}
    if field is not None:
        condition["key"] = field.key
    conditions_sql([condition])
    if op in _VALUELESS:
        condition.pop("value")
    kept = [other for other in state.wanted.conditions if other != condition]
    return state.narrowed(conditions=(*kept, condition))


def _field_of(by: str) -> ContactField | None:
    key = by.removeprefix(_ATTRIBUTE)
    return next((field for field in fields() if by.startswith(_ATTRIBUTE) and field.key == key), None)


def _ops(by: str, field: ContactField | None) -> Options:
    if by in ("segment", "import"):
        return []
    if field is not None:
        return [(op.value, str(op_word(Field.ATTRIBUTE, op))) for op in field.kind.quick_comparisons]
    hidden = () if by == Field.FORM else _NOT_HERE
    ops = [(op.value, str(op_word(Field(by), op))) for op in OPS[Field(by)] if op not in hidden]
    return [(ANY_STATE, _("is on, in any status")), *ops] if by == "list" else ops


def _options(by: str, field: ContactField | None) -> Options | None:
    if field is not None and field.kind.is_menu:
        return list(field.kind.options(field.definition, get_language() or ""))
    match by:
        case "list":
            return [(str(row.id), row.name) for row in queries.list_table()]
        case "tag":
            return [(str(tag.id), tag.name) for tag in tags()]
        case "segment":
            return [(str(segment.id), segment.name) for segment in segments_queries.segments()]
        case "form":
            return [(str(form_id), name) for form_id, name in offered(Field.FORM)]
        case "import":
            return [
                (str(job.id), f"{job.file_name} → {job.mailing_list.name}")
                for job in intake_queries.imports_page(size=NEWEST_IMPORTS)
            ]
    return None
