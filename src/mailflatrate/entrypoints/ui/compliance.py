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


def parts(judgements: Iterable[CriterionResult]) -> list[dict[str, Any]]:
    titles = {Holder.MEASURED: _("Measured"), Holder.OPERATOR: _("Your responsibility"), Holder.BUILT: _("Built in")}
    rows = list(judgements)
    made = []
    for holder, title in titles.items():
        mine = [row for row in rows if row.criterion.holder is holder]
        if mine:
            unsettled = sum(judgement.state in (State.OPEN, State.BROKEN) for judgement in mine)
            made.append(
                {
                    "title": title,
                    "rows": [_row(judgement) for judgement in mine],
                    "open": unsettled,
                    "settled": holder is Holder.BUILT,
                }
            )
    return made


def _row(judgement: CriterionResult) -> dict[str, Any]:
    criterion, text = judgement.criterion, judgement.criterion.said(reading_language())
    return {
        "title": text.title,
        "how": text.how,
        "asked_by": ", ".join(body.value for body in criterion.bodies) or _("no one yet"),
        "rule": criterion.rule,
        "word": _word(judgement),
        "tone": _TONES[judgement.state],
        "figure": _figure(judgement),
    }


def _word(judgement: CriterionResult) -> str:
    if judgement.criterion.holder is Holder.BUILT:
        return _("held")
    if judgement.criterion.holder is Holder.OPERATOR:
        return {State.DONE: _("met"), State.BROKEN: _("not met")}.get(judgement.state, _("open"))
    return {State.HELD: _("within the limit"), State.NEAR: _("near the limit"), State.BROKEN: _("over the limit")}.get(
        judgement.state, _("no data yet")
    )


def _figure(judgement: CriterionResult) -> str:
    figure, kind = judgement.figure, judgement.criterion.figure
    if figure is None or kind is None or judgement.limit is None:
        return ""
    if kind.is_percent:
        cause = ThresholdCause.HARD_BOUNCES if kind is MeasuredFigure.HARD_BOUNCES else ThresholdCause.COMPLAINTS
        limits, language = (judgement.limit, *rate_limits(cause)), reading_language()
        percent, limit = rate_number(figure, language, *limits), rate_number(judgement.limit, language, *limits)
        return _("%(shown)s%%, limit %(limit)s%%") % {"shown": percent, "limit": limit}
    number, limit = int(figure), floatformat(judgement.limit, 0)
    if kind is MeasuredFigure.KEY_AGE:
        words = ngettext("%(number)s day, limit %(limit)s", "%(number)s days, limit %(limit)s", number)
        return words % {"number": number, "limit": limit}
    if kind is MeasuredFigure.LATE_ANSWERS:
        return ngettext("%(number)s late", "%(number)s late", number) % {"number": number}
    if not number:
        return _("on every domain")
    return ngettext("missing on %(number)s domain", "missing on %(number)s domains", number) % {"number": number}
