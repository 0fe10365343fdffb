"""Texts about confirmation requests on other people's behalf: figures next to their limits (R-35)."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mailflatrate.rules.forms.request_limits import AskingAllowance, AskingLevel
from mailflatrate.rules.limits import value

LEVELS = {
    AskingLevel.OPEN: ("success", gettext_lazy("Grows with each confirmation")),
    AskingLevel.HELD: ("warning", gettext_lazy("Not growing: too few confirmations")),
    AskingLevel.FEW: ("warning", gettext_lazy("Reduced")),
    AskingLevel.STOPPED: ("error", gettext_lazy("Stopped")),
}


@dataclass(frozen=True, slots=True)
class AskingShown:
    """An allowance as text."""

    allowance: AskingAllowance
    tone: str
    level: str
    confirmed_percent: int | None
    """None while too few people had time to answer."""
    needed_percent: int
    how_to_fix: str


def asking_shown(allowance: AskingAllowance) -> AskingShown:
    """Return the figures with their meaning and how to change them."""
    tone, level = LEVELS[allowance.level]
    known = allowance.judged >= value("asks_sample")
    share = round(100 * allowance.confirmed / allowance.judged) if known else None
    fix = _(
        "Request confirmation only from people who've just signed up with you, or put the sign-up form on your "
        "site. The form has no such limit."
    )
    if allowance.level is AskingLevel.OPEN and allowance.left:
        fix = ""
    return AskingShown(allowance, tone, str(level), share, round(value("asks_confirmed_least")), fix)
