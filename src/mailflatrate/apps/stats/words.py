"""What a measure says to the customer: what was found, what it means, and what he can do (R-09)."""

from collections.abc import Sequence

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from mailflatrate.apps.stats.models import Measure, Scope
from mailflatrate.apps.stats.queries import first_of_each
from mailflatrate.rules.measures import Cause, Level, Need
from mailflatrate.rules.providers import provider_name
from mailflatrate.settings import load_settings

_SENTENCES = {
    Cause.COMPLAINTS: gettext_noop("%(events)s of %(base)s recipients reported a mailing as spam (%(percent)s %%)."),
    Cause.HARD_BOUNCES: gettext_noop("%(events)s of %(base)s addresses do not exist (%(percent)s %%)."),
    Cause.PROVIDER_BOUNCES: gettext_noop(
        "At %(provider)s, %(events)s of %(base)s addresses do not exist (%(percent)s %%)."
    ),
    Cause.PROVIDER_COMPLAINTS: gettext_noop(
        "At %(provider)s, %(events)s of %(base)s recipients reported the mailing as spam (%(percent)s %%)."
    ),
    Cause.PROVIDER_REFUSALS: gettext_noop(
        "%(provider)s turned away %(events)s of %(base)s messages because of the sender (%(percent)s %%)."
    ),
    Cause.UNSUBSCRIBES: gettext_noop("%(events)s of %(base)s recipients unsubscribed (%(percent)s %%)."),
    Cause.NEW_COMPLAINTS: gettext_noop(
        "%(events)s recipients reported mailings as spam within %(span)s; a new account may not reach %(limit)s."
    ),
    Cause.NEW_HARD_BOUNCES: gettext_noop(
        "%(events)s addresses did not exist within %(span)s; a new account may not reach %(limit)s."
    ),
}
_FIGURES = {
    Cause.COMPLAINTS: gettext_noop("Complaints"),
    Cause.HARD_BOUNCES: gettext_noop("Hard bounces"),
    Cause.PROVIDER_BOUNCES: gettext_noop("Hard bounces"),
    Cause.PROVIDER_COMPLAINTS: gettext_noop("Complaints"),
    Cause.PROVIDER_REFUSALS: gettext_noop("Refusals"),
    Cause.UNSUBSCRIBES: gettext_noop("Unsubscribes"),
    Cause.NEW_COMPLAINTS: gettext_noop("Complaints"),
    Cause.NEW_HARD_BOUNCES: gettext_noop("Hard bounces"),
}
_SPANS = {Scope.DAY: gettext_noop("a day"), Scope.WEEK: gettext_noop("seven days")}
_REMEDIES = {
    Cause.COMPLAINTS: gettext_noop(
        "Look at whom you write to and what they signed up for. People who reported you are on your lists no more."
    ),
    Cause.HARD_BOUNCES: gettext_noop(
        "Addresses that do not exist come from old lists or from lists without a confirmed sign-up. The dead ones are"
        " suppressed already; tell us where the list comes from."
    ),
    Cause.PROVIDER_BOUNCES: gettext_noop(
        "A provider that gets mail for people who do not exist soon refuses all of it. Tell us where the list comes"
        " from."
    ),
    Cause.PROVIDER_COMPLAINTS: gettext_noop(
        "Look at whom you write to and what they signed up for. People who reported you are on your lists no more."
    ),
    Cause.PROVIDER_REFUSALS: gettext_noop(
        "These refusals say nothing about the addresses. Look at the checks of your sender domain; we ask the provider."
    ),
    Cause.UNSUBSCRIBES: gettext_noop(
        "So many goodbyes at once say that the mailing was not what people signed up for. Look at its promise and its"
        " rhythm before you go on."
    ),
}
_REMEDIES |= {
    Cause.NEW_COMPLAINTS: _REMEDIES[Cause.COMPLAINTS],
    Cause.NEW_HARD_BOUNCES: _REMEDIES[Cause.HARD_BOUNCES],
}
_DONE = {
    Level.WARN: gettext_noop("Nothing was stopped. This is a warning, so that it stays that way."),
    Level.PAUSE_LANE: gettext_noop(
        "Nothing more of this mailing goes to this provider until a person of ours has looked at it. All others get it."
    ),
    Level.PAUSE_MAILING: gettext_noop("The mailing is paused. A person looks at it before it may go on."),
}
LEVELS = {
    Level.WARN: gettext_noop("Warning"),
    Level.THROTTLE: gettext_noop("Throttled"),
    Level.PAUSE_LANE: gettext_noop("Provider paused"),
    Level.PAUSE_MAILING: gettext_noop("Mailing paused"),
    Level.PAUSE_ACCOUNT: gettext_noop("Account paused"),
    Level.SUSPEND: gettext_noop("Account suspended"),
}


def sentence(measure: Measure) -> str:
    """What was found, with its figures, in the active language."""
    need, span = need_of(measure), _SPANS.get(Scope(measure.scope))
    return _(_SENTENCES[need.cause]) % {
        "events": number_format(need.events, force_grouping=True),
        "base": number_format(need.base, force_grouping=True),
        "percent": number_format(round(need.percent, 2), 2),
        "provider": provider_name(need.provider),
        "span": _(span) if span else "",
        "limit": number_format(need.limit, 0),
    }


def limit(measure: Measure) -> str:
    """The line that was crossed, in the active language: a share, or a number where it is a ceiling."""
    if Cause(measure.cause).is_ceiling:
        return number_format(measure.limit_percent, 0)
    return f"{number_format(measure.limit_percent, 2)} %"


def need_of(measure: Measure) -> Need:
    """What was found when a measure was taken."""
    return Need(
        Cause(measure.cause), Level(measure.level), measure.rule, measure.events, measure.base, measure.limit_percent,
        measure.provider,
    )  # fmt: skip


def remedy(need: Need) -> str:
    """What the customer can do, in the active language."""
    return _(_REMEDIES[need.cause])


def title(measure: Measure) -> str:
    """The figure and its limit in a few words, in the active language; for subjects and lines."""
    cause = Cause(measure.cause)
    name = _(_FIGURES[cause])
    figure = (
        number_format(measure.events)
        if cause.is_ceiling
        else f"{number_format(round(need_of(measure).percent, 2), 2)} %"
    )
    if measure.provider:
        name = _("%(figure)s at %(provider)s") % {"figure": name, "provider": provider_name(measure.provider)}
    return _("%(name)s: %(figure)s (limit %(limit)s)") % {"name": name, "figure": figure, "limit": limit(measure)}


def page_of(measure: Measure) -> str:
    """The page where the customer acts on it, below the studio."""
    return f"campaigns/{measure.campaign_id}/" if measure.campaign_id else "standing/#warnings"


def message(account_name: str, measures: Sequence[Measure]) -> tuple[str, str]:
    """Subject and text for the owners about everything that was found, the strongest first, in the active language."""
    found = first_of_each(measures)
    parts = [_about(measure) for measure in found]
    subject = _subject(found)
    return f"{account_name}: {subject}", "\n\n".join(parts) + "\n"


def _subject(measures: Sequence[Measure]) -> str:
    strongest, others = measures[0], len(measures) - 1
    if Level(strongest.level) is Level.WARN:
        if not others:
            return title(strongest)
        return ngettext("%(n)d figure over its limit", "%(n)d figures over their limits", others + 1) % {
            "n": others + 1
        }
    what = {
        Level.PAUSE_LANE: _("a campaign is paused at one provider"),
        Level.PAUSE_MAILING: _("a campaign is paused"),
    }[Level(strongest.level)]
    if not others:
        return what
    return ngettext("%(what)s, and %(n)d more warning", "%(what)s, and %(n)d more warnings", others) % {
        "what": what,
        "n": others,
    }


def _about(measure: Measure) -> str:
    need = need_of(measure)
    lines = [
        title(measure),
        sentence(measure),
        _(_DONE[need.level]),
        remedy(need),
        _("Rule: %(text)s") % {"text": need.rule},
    ]
    return "\n".join([*lines, f"{load_settings().public_url}/studio/{page_of(measure)}"])
