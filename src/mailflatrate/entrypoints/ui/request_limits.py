"""Texts about confirmation requests on other people's behalf: figures next to their limits (R-35)."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mailflatrate.entrypoints.presenters.language import reading_language
from mailflatrate.locale.formats import rate_number
from mailflatrate.rules.forms.request_limits import AskingAllowance, AskingLevel
from mailflatrate.rules.limits import value

LEVELS = {
    AskingLevel.OPEN: ("success", gettext_lazy("Grows with each confirmation")),
    AskingLevel.HELD: ("warning", gettext_lazy("Not growing: too few confirmations")),
    AskingLevel.FEW: ("warning", gettext_lazy("Reduced")),
    AskingLevel.STOPPED: ("error", gettext_lazy("Stopped")),
}


def asking_shown(allowance: AskingAllowance) -> dict[str, Any]:
    tone, level = LEVELS[allowance.level]
    is_judged = allowance.judged >= value("asks_sample")
    least, few, language = value("asks_confirmed_least"), value("asks_confirmed_few"), reading_language()
    needed, share = rate_number(least, language, least, least=0), None
    if is_judged:
        share = rate_number(100 * allowance.confirmed / allowance.judged, language, least, few, least=0)
    fix = _(
        "Request confirmation only from people who've just signed up with you, or put the sign-up form on your "
        "site. The form has no such limit."
    )
    if allowance.level is AskingLevel.OPEN and allowance.left:
        fix = ""
    return {
        "allowance": allowance,
        "tone": tone,
        "level": str(level),
        "confirmed_percent": share,
        "needed_percent": needed,
        "how_to_fix": fix,
    }
