"""The filters of the contact list as chips: the chosen ones as text, each with the URL that removes it."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from mailflatrate.apps.lists.conditions.choices import named
from mailflatrate.apps.lists.contact_list.narrowing import ContactFilter
from mailflatrate.apps.lists.fields import definitions
from mailflatrate.apps.lists.models import SUBSCRIPTION_LABELS, Import, MailingList, Segment, SubscriptionState, Tag
from mailflatrate.apps.lists.queries import ListRow
from mailflatrate.entrypoints.presenters.language import date_words
from mailflatrate.entrypoints.presenters.segment_sentences import FIELD_WORDS
from mailflatrate.entrypoints.studio.audience.people.contact_state import ContactListState
from mailflatrate.entrypoints.studio.audience.segment_words import op_word
from mailflatrate.entrypoints.studio.common import FilterChip
from mailflatrate.rules.conditions import DATE_OPS, Field, Op


def chosen_chips(state: ContactListState) -> list[FilterChip]:
    """Return the active filters except search and status, which have their own places on the page."""
    wanted = state.wanted
    named = (
        (wanted.list_id, "list_id", _("List: %(name)s"), MailingList, "name"),
        (wanted.tag_id, "tag_id", _("Tag: %(name)s"), Tag, "name"),
        (wanted.segment_id, "segment_id", _("Segment: %(name)s"), Segment, "name"),
        (wanted.import_id, "import_id", _("Import: %(name)s"), Import, "file_name"),
    )
    chips = [
        FilterChip(
            text % {"name": model.objects.filter(id=number).values_list(column, flat=True).first() or number},
            state.narrowed(**{part: None}).query(),
        )
        for number, part, text, model, column in named
        if number is not None
    ]
    words = ConditionWords(wanted)
    for place, condition in enumerate(wanted.conditions):
        others = wanted.conditions[:place] + wanted.conditions[place + 1 :]
        chips.append(FilterChip(words.sentence(condition), state.narrowed(conditions=others).query()))
    return chips


def state_chips(state: ContactListState, lists: list[ListRow]) -> list[FilterChip]:
    """They have counts if the list is the only other filter, because counters know those."""
    wanted = state.wanted
    counted = ContactFilter(list_id=wanted.list_id, state=wanted.state) == wanted
    chosen = next((row for row in lists if row.id == wanted.list_id), None) if counted else None
    chips = [FilterChip(_("Any status"), state.narrowed(state=None).query(), wanted.state is None)]
    return chips + [
        FilterChip(
            str(label),
            state.narrowed(state=SubscriptionState(value)).query(),
            value == wanted.state,
            getattr(chosen, value) if chosen else "",
        )
        for value, label in SUBSCRIPTION_LABELS.items()
    ]


class ConditionWords:
    def __init__(self, wanted: ContactFilter) -> None:
        self._fields = definitions(str(each.get("key")) for each in wanted.conditions if each.get("key"))

    def sentence(self, condition: Mapping[str, Any]) -> str:
        field, op = Field(condition["field"]), Op(condition["op"])
        key = str(condition.get("key") or "")
        subject = self._fields[key].label if key in self._fields else key or str(FIELD_WORDS[field])
        value = self._value(field, op, condition.get("value"))
        if op in (Op.WITHIN_DAYS, Op.NOT_WITHIN_DAYS):
            text = (
                _("%(what)s: in the last %(days)s days")
                if op is Op.WITHIN_DAYS
                else _("%(what)s: not in the last %(days)s days")
            )
            return text % {"what": subject, "days": value}
        if op in (Op.HAS, Op.HAS_NOT):
            return (_("Tag: %(name)s") if op is Op.HAS else _("Without tag: %(name)s")) % {"name": value}
        if field is Field.FORM:
            return (_("Form: %(name)s") if op is Op.IN else _("Not by form: %(name)s")) % {"name": value}
        return " ".join(part for part in (subject, str(op_word(field, op)), value) if part)

    def _value(self, field: Field, op: Op, value: Any) -> str:
        if op in (Op.SET, Op.EMPTY, Op.NEVER) or value is None:
            return ""
        model: Any = {Op.ON: MailingList, Op.NOT_ON: MailingList, Op.HAS: Tag, Op.HAS_NOT: Tag}.get(op)
        if model is not None:
            return str(model.objects.filter(id=int(value)).values_list("name", flat=True).first() or value)
        if field is Field.FORM:
            return ", ".join(named(Field.FORM, map(int, str(value).split(","))).values()) or str(value)
        if op in DATE_OPS:
            return date_words(str(value), "SHORT_DATE_FORMAT")
        if value in ("true", "false"):
            return _("Yes") if value == "true" else _("No")
        return str(value)
