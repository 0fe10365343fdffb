"""The places that a step can move to, for people who don't drag."""

from collections.abc import Iterator, Sequence

from django.utils.translation import gettext as _

from mailflatrate.entrypoints.studio.automations.flow import Flow, FlowRow
from mailflatrate.rules.automations.editing import TOP


def places_for(flow: Flow, key: str) -> list[tuple[str, str]]:
    """Return each place with its words, without those inside the step itself and where it already is."""
    return list(_in_list(TOP, _("At the beginning"), flow.rows, key))


def _in_list(address: str, first: str, rows: Sequence[FlowRow], key: str) -> Iterator[tuple[str, str]]:
    if not rows or rows[0].key != key:
        yield f"{address}:0", first
    for number, row in enumerate(rows):
        follows = number + 1 < len(rows) and rows[number + 1].key == key
        if row.key == key:
            continue
        if not follows:
            yield f"{address}:{number + 1}", _("After: %(step)s") % {"step": row.title}
        for arm in row.arms:
            words = _("At the start of “%(arm)s”: %(step)s") % {"arm": arm.label, "step": row.title}
            yield from _in_list(arm.address, words, arm.rows, key)
