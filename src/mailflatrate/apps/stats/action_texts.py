"""The texts that tell a customer about an action: what was found, what it means, and what they can do (R-09)."""

from collections.abc import Sequence

from django.utils.formats import number_format
from django.utils.translation import get_language, gettext_noop, ngettext
from django.utils.translation import gettext as _

from mailflatrate.apps.accounts.service_mail import Facts
from mailflatrate.apps.stats.models import Measure
from mailflatrate.apps.stats.queries import first_of_each
from mailflatrate.locale.formats import rate_number, written_rate
from mailflatrate.locale.texts import ENGLISH
from mailflatrate.rules.feedback.measures import FigureScope, MeasureLevel, RequiredMeasure, ThresholdCause, rate_limits
from mailflatrate.rules.sending.providers import provider_name
from mailflatrate.settings import load_settings

_SENTENCES = {
    ThresholdCause.COMPLAINTS: gettext_noop(
        "%(events)s of %(base)s recipients reported a campaign as spam (%(percent)s%%)."
    ),
    ThresholdCause.HARD_BOUNCES: gettext_noop("%(events)s of %(base)s addresses don't exist (%(percent)s%%)."),
    ThresholdCause.PROVIDER_BOUNCES: gettext_noop(
        "%(events)s of %(base)s addresses at %(provider)s don't exist (%(percent)s%%)."
    ),
    ThresholdCause.PROVIDER_COMPLAINTS: gettext_noop(
        "%(events)s of %(base)s recipients at %(provider)s reported the campaign as spam (%(percent)s%%)."
    ),
    ThresholdCause.PROVIDER_REFUSALS: gettext_noop(
        "%(provider)s rejected %(events)s of %(base)s messages because of the sender (%(percent)s%%)."
    ),
    ThresholdCause.UNSUBSCRIBES: gettext_noop("%(events)s of %(base)s recipients unsubscribed (%(percent)s%%)."),
    ThresholdCause.NEW_COMPLAINTS: gettext_noop(
        "%(events)s recipients reported campaigns as spam within %(span)s. A new account must stay below %(limit)s."
    ),
    ThresholdCause.NEW_HARD_BOUNCES: gettext_noop(
        "%(events)s addresses didn't exist within %(span)s. A new account must stay below %(limit)s."
    ),
}
_FIGURES = {
    ThresholdCause.COMPLAINTS: gettext_noop("Complaints"),
    ThresholdCause.HARD_BOUNCES: gettext_noop("Hard bounces"),
    ThresholdCause.PROVIDER_BOUNCES: gettext_noop("Hard bounces"),
    ThresholdCause.PROVIDER_COMPLAINTS: gettext_noop("Complaints"),
    ThresholdCause.PROVIDER_REFUSALS: gettext_noop("Rejections"),
    ThresholdCause.UNSUBSCRIBES: gettext_noop("Unsubscribes"),
    ThresholdCause.NEW_COMPLAINTS: gettext_noop("Complaints"),
    ThresholdCause.NEW_HARD_BOUNCES: gettext_noop("Hard bounces"),
}
_SPANS = {FigureScope.DAY: gettext_noop("a day"), FigureScope.WEEK: gettext_noop("seven days")}
_REMEDIES = {
    ThresholdCause.COMPLAINTS: gettext_noop(
        "Check who you're emailing and what they signed up for. Everyone who reported you has been removed from "
        "your lists."
    ),
    ThresholdCause.HARD_BOUNCES: gettext_noop(
        "Addresses that don't exist come from old lists or from lists without confirmed sign-ups. We've suppressed "
        "them. Tell us where the list comes from."
    ),
    ThresholdCause.PROVIDER_BOUNCES: gettext_noop(
        "A provider that gets mail for addresses that don't exist soon rejects everything. Tell us where the list "
        "comes from."
    ),
    ThresholdCause.PROVIDER_COMPLAINTS: gettext_noop(
        "Check who you're emailing and what they signed up for. Everyone who reported you has been removed from "
        "your lists."
    ),
    ThresholdCause.PROVIDER_REFUSALS: gettext_noop(
        "These rejections say nothing about the addresses. Check your sending domain's records. We'll ask the provider."
    ),
    ThresholdCause.UNSUBSCRIBES: gettext_noop(
        "So many unsubscribes at once show that the campaign wasn't what people signed up for. Review what you "
        "promised and how often you send before you continue."
    ),
}
_REMEDIES |= {
    ThresholdCause.NEW_COMPLAINTS: _REMEDIES[ThresholdCause.COMPLAINTS],
    ThresholdCause.NEW_HARD_BOUNCES: _REMEDIES[ThresholdCause.HARD_BOUNCES],
}
_DONE = {
    MeasureLevel.WARN: gettext_noop("Nothing was stopped. This is a warning to help keep it that way."),
    MeasureLevel.PAUSE_LANE: gettext_noop(
        "We've stopped sending this campaign to this provider until our team has reviewed it. All other recipients "
        "get it."
    ),
    MeasureLevel.PAUSE_CAMPAIGN: gettext_noop("The campaign is paused. Our team reviews it before it can be resumed."),
}
LEVELS = {
    MeasureLevel.WARN: gettext_noop("Warning"),
    MeasureLevel.THROTTLE: gettext_noop("Throttled"),
    MeasureLevel.PAUSE_LANE: gettext_noop("Provider paused"),
    MeasureLevel.PAUSE_CAMPAIGN: gettext_noop("Campaign paused"),
    MeasureLevel.PAUSE_ACCOUNT: gettext_noop("Account paused"),
    MeasureLevel.SUSPEND: gettext_noop("Account suspended"),
}


def sentence(measure: Measure) -> str:
    need, span = need_of(measure), _SPANS.get(FigureScope(measure.scope))
    return _(_SENTENCES[need.cause]) % {
        "events": number_format(need.events, force_grouping=True),
        "base": number_format(need.base, force_grouping=True),
        "percent": rate_number(need.percent, _language(), *_limits(need)),
        "provider": provider_name(need.provider),
        "span": _(span) if span else "",
        "limit": number_format(need.limit, 0),
    }


def limit(measure: Measure) -> str:
    """Return the exceeded limit as text in the active language: a percentage, or a number if it is a ceiling."""
    if ThresholdCause(measure.cause).is_ceiling:
        return number_format(measure.limit_percent, 0)
    return written_rate(measure.limit_percent, _language(), measure.limit_percent)


def _limits(need: RequiredMeasure) -> tuple[float, ...]:
    return need.limit, *rate_limits(need.cause)


def _language() -> str:
    return get_language() or ENGLISH


def need_of(measure: Measure) -> RequiredMeasure:
    return RequiredMeasure(
        ThresholdCause(measure.cause),
        MeasureLevel(measure.level),
        measure.rule,
        measure.events,
        measure.base,
        measure.limit_percent,
        measure.provider,
    )


def remedy(need: RequiredMeasure) -> str:
    return _(_REMEDIES[need.cause])


def title(measure: Measure) -> str:
    cause = ThresholdCause(measure.cause)
    name = _(_FIGURES[cause])
    need = need_of(measure)
    rate = written_rate(need.percent, _language(), *_limits(need))
    figure = number_format(measure.events) if cause.is_ceiling else rate
    if measure.provider:
        name = _("%(figure)s at %(provider)s") % {"figure": name, "provider": provider_name(measure.provider)}
    words = _("%(name)s: %(figure)s (limit %(limit)s)")
    if MeasureLevel(measure.level) is MeasureLevel.WARN:
        words = _("%(name)s: %(figure)s (warning from %(limit)s)")
    return words % {"name": name, "figure": figure, "limit": limit(measure)}


def page_of(measure: Measure) -> str:
    """Return the URL, relative to the studio, of the page where the customer can act on it."""
    return f"campaigns/{measure.campaign_id}/" if measure.campaign_id else "settings/status/#warnings"


def warning_facts(account_name: str, measures: Sequence[Measure]) -> Facts:
    """All findings, strongest first, in the active language."""
    first_measures = first_of_each(measures)
    return {
        "account": account_name,
        "summary": _subject(first_measures),
        "measures": [_about(measure) for measure in first_measures],
    }


def _subject(measures: Sequence[Measure]) -> str:
    strongest, others = measures[0], len(measures) - 1
    if MeasureLevel(strongest.level) is MeasureLevel.WARN:
        if not others:
            return title(strongest)
        return ngettext("%(n)d rate in the warning range", "%(n)d rates in the warning range", others + 1) % {
            "n": others + 1
        }
    what = {
        MeasureLevel.PAUSE_LANE: _("a campaign is paused at one provider"),
        MeasureLevel.PAUSE_CAMPAIGN: _("a campaign is paused"),
    }[MeasureLevel(strongest.level)]
    if not others:
        return what
    return ngettext("%(what)s, and %(n)d more warning", "%(what)s, and %(n)d more warnings", others) % {
        "what": what,
        "n": others,
    }


def _about(measure: Measure) -> Facts:
    need = need_of(measure)
    return {
        "title": title(measure),
        "sentence": sentence(measure),
        "done": _(_DONE[need.level]),
        "remedy": remedy(need),
        "rule": need.rule,
        "url": f"{load_settings().public_url}/studio/{page_of(measure)}",
    }
