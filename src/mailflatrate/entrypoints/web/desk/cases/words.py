"""What stands in a case, in words and colours."""

from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from mailflatrate.apps.abuse.actions import Measure
from mailflatrate.apps.abuse.models import CaseState
from mailflatrate.rules.cases import Urgency

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

HOW: dict[str, "StrOrPromise"] = {
    "verp": _("its Return-Path, signature valid"),
    "unsubscribe": _("its unsubscribe link, signature valid"),
    "feedback": _("its CFBL-Feedback-ID, signature valid"),
    "message-id": _("its Message-ID, signature valid"),
    "preferences": _("its preferences link, signature valid"),
    "personal-click": _("a link in it, signature valid"),
    "open": _("a picture in it, signature valid"),
    "archive": _("its link to the web view, signature valid"),
    "edition": _("a link in it, signature valid; it names the mailing, no person"),
    "mailing-id": _("its mailing ID, which is not signed: a hint"),
    "sender": _("its mailing ID, and the recipient proved that he wrote"),
    "mail": _("its mailing ID; the recipient proved his address by mail"),
    "figures": _("figures of the mailing"),
    "confirmation": _("the confirmation mail"),
}
PROOF: dict[str, tuple["StrOrPromise", str]] = {
    "dkim": (_("Sender proved by DKIM"), "success"),
    "source": (_("Known feedback loop"), "success"),
    "token": (_("Proved by a token"), "success"),
    "none": (_("Sender not proved"), "warning"),
    "unknown": (_("Sender's key could not be asked for yet"), "warning"),
    "hand": (_("Entered at the desk"), ""),
}
EFFECT: dict[tuple[str, bool], "StrOrPromise"] = {
    ("complaint", True): _("Gets no mail through us any more, from anybody"),
    ("complaint", False): _("Gets no mail from this sender any more"),
    ("unsubscribe", False): _("Taken off all lists of this sender"),
}
STATE_TONES = {CaseState.OPEN: "error", CaseState.ASKED: "info", CaseState.ANSWERED: "warning", CaseState.CLOSED: ""}
URGENCY: dict[Urgency, tuple["StrOrPromise", str]] = {
    Urgency.OVERDUE: (_("Overdue"), "error"),
    Urgency.PRESSING: (_("Urgent"), "error"),
    Urgency.SOON: (_("Due soon"), "warning"),
    Urgency.NORMAL: (_("In time"), ""),
    Urgency.QUIET: (_("Nobody waits"), ""),
    Urgency.RESTS: (_("Waits for the customer"), "info"),
}
MEASURES: dict[str, "StrOrPromise"] = {
    Measure.SUPPRESS: _("Person suppressed everywhere"),
    Measure.FREEZE: _("Mailing frozen"),
    Measure.RELEASE: _("Mailing let go"),
    Measure.THROTTLE: _("Account throttled"),
    Measure.PAUSE: _("Account paused"),
    Measure.SUSPEND: _("Account suspended"),
    Measure.STRIKE: _("Strike given"),
    Measure.ASK: _("Customer asked for proof"),
}


def how_word(how: str) -> str:
    """By what the mailing was found."""
    return str(HOW.get(how, how))


def effect_word(effect: str, platform: bool) -> str:
    """What a report did at once."""
    return str(EFFECT.get((effect, platform), EFFECT.get((effect, False), "")))


def measure_word(measure: str) -> str:
    """A measure that was taken."""
    return str(MEASURES.get(measure, measure))


def span_word(span: timedelta) -> str:
    """A span of time in its largest unit that is at least one."""
    minutes = int(abs(span.total_seconds()) // 60)
    if minutes < 60:
        return ngettext("%(n)d minute", "%(n)d minutes", minutes) % {"n": minutes}
    if minutes < 48 * 60:
        hours = minutes // 60
        return ngettext("%(n)d hour", "%(n)d hours", hours) % {"n": hours}
    days = minutes // (24 * 60)
    return ngettext("%(n)d day", "%(n)d days", days) % {"n": days}
