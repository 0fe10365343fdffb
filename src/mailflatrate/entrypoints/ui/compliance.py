"""How the pages show `rules.compliance`: one row per criterion, in the reader's language."""

from collections.abc import Iterable
from typing import Any

from django.template.defaultfilters import floatformat
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mailflatrate.entrypoints.presenters.language import reading_language
from mailflatrate.locale.formats import rate_number
from mailflatrate.rules.compliance.judge import CriterionResult, State
from mailflatrate.rules.compliance.table import Holder, MeasuredFigure
from mailflatrate.rules.feedback.measures import ThresholdCause, rate_limits

_TONES = {
    State.HELD: "success",
    State.DONE: "success",
    State.NEAR: "warning",
    State.BROKEN: "error",
    State.OPEN: "info",
    State.UNKNOWN: "",
}


def parts(found: Iterable[CriterionResult]) -> list[dict[str, Any]]:
    titles = {Holder.MEASURED: _("Measured"), Holder.OPERATOR: _("Your responsibility"), Holder.BUILT: _("Built in")}
    rows = list(found)
    made = []
    for holder, title in titles.items():
        mine = [row for row in rows if row.criterion.holder is holder]
        if mine:
            unsettled = sum(one.state in (State.OPEN, State.BROKEN) for one in mine)
            made.append(
                {
                    "title": title,
                    "rows": [_row(one) for one in mine],
                    "open": unsettled,
                    "settled": holder is Holder.BUILT,
                }
            )
    return made


def _row(found: CriterionResult) -> dict[str, Any]:
    criterion, said = found.criterion, found.criterion.said(reading_language())
    return {
        "title": said.title,
        "how": said.how,
        "asked_by": ", ".join(body.value for body in criterion.bodies) or _("no one yet"),
        "rule": criterion.rule,
        "word": _word(found),
        "tone": _TONES[found.state],
        "figure": _figure(found),
    }


def _word(found: CriterionResult) -> str:
    if found.criterion.holder is Holder.BUILT:
        return _("held")
    if found.criterion.holder is Holder.OPERATOR:
        return {State.DONE: _("met"), State.BROKEN: _("not met")}.get(found.state, _("open"))
    return {State.HELD: _("within the limit"), State.NEAR: _("near the limit"), State.BROKEN: _("over the limit")}.get(
        found.state, _("no data yet")
    )


def _figure(found: CriterionResult) -> str:
    figure, kind = found.figure, found.criterion.figure
    if figure is None or kind is None or found.limit is None:
        return ""
    if kind.is_percent:
        cause = ThresholdCause.HARD_BOUNCES if kind is MeasuredFigure.HARD_BOUNCES else ThresholdCause.COMPLAINTS
        limits, language = (found.limit, *rate_limits(cause)), reading_language()
        shown, limit = rate_number(figure, language, *limits), rate_number(found.limit, language, *limits)
        return _("%(shown)s%%, limit %(limit)s%%") % {"shown": shown, "limit": limit}
    number, limit = int(figure), floatformat(found.limit, 0)
    if kind is MeasuredFigure.KEY_AGE:
        words = ngettext("%(number)s day, limit %(limit)s", "%(number)s days, limit %(limit)s", number)
        return words % {"number": number, "limit": limit}
    if kind is MeasuredFigure.LATE_ANSWERS:
        return ngettext("%(number)s late", "%(number)s late", number) % {"number": number}
    if not number:
        return _("on every domain")
    return ngettext("missing on %(number)s domain", "missing on %(number)s domains", number) % {"number": number}
