"""Texts and colors for the contents of a case."""

from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from mailflatrate.apps.abuse.actions.measures import CaseAction
from mailflatrate.rules.feedback.cases import Urgency

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

HOW: dict[str, "StrOrPromise"] = {
    "verp": _("Return-Path, valid signature"),
    "unsubscribe": _("unsubscribe link, valid signature"),
    "feedback": _("CFBL-Feedback-ID, valid signature"),
    "message-id": _("Message-ID, valid signature"),
    "preferences": _("preferences link, valid signature"),
    "personal-click": _("link in the email, valid signature"),
    "open": _("image in the email, valid signature"),
    "archive": _("web version link, valid signature"),
    "edition": _("link in the email, valid signature; identifies the campaign but no recipient"),
    "mailing-id": _("mailing ID, unsigned: an indication only"),
    "sender": _("mailing ID; verified that the recipient wrote to us"),
    "mail": _("mailing ID; the recipient verified their address by email"),
    "figures": _("campaign metrics"),
    "confirmation": _("confirmation email"),
}
PROOF: dict[str, tuple["StrOrPromise", str]] = {
    "dkim": (_("Sender verified by DKIM"), "success"),
    "source": (_("Known feedback loop"), "success"),
    "token": (_("Verified by a token"), "success"),
    "none": (_("Sender not verified"), "warning"),
    "unknown": (_("Sender's DKIM key couldn't be looked up yet"), "warning"),
    "hand": (_("Entered by our team"), ""),
}
EFFECT: dict[tuple[str, bool], "StrOrPromise"] = {
    ("complaint", True): _("No customer can email them any longer"),
    ("complaint", False): _("This sender can no longer email them"),
    ("unsubscribe", False): _("Removed from all lists of this sender"),
}
URGENCY: dict[Urgency, tuple["StrOrPromise", str]] = {
    Urgency.OVERDUE: (_("Overdue"), "error"),
    Urgency.PRESSING: (_("Urgent"), "error"),
    Urgency.SOON: (_("Due soon"), "warning"),
    Urgency.NORMAL: (_("On time"), ""),
    Urgency.QUIET: (_("No reply due"), ""),
    Urgency.RESTS: (_("Waiting for the customer"), "info"),
}
MEASURES: dict[str, "StrOrPromise"] = {
    CaseAction.SUPPRESS: _("Recipient suppressed everywhere"),
    CaseAction.FREEZE: _("Campaign frozen"),
    CaseAction.RELEASE: _("Campaign unfrozen"),
    CaseAction.THROTTLE: _("Account throttled"),
    CaseAction.PAUSE: _("Account paused"),
    CaseAction.SUSPEND: _("Account suspended"),
    CaseAction.STRIKE: _("Strike issued"),
    CaseAction.ASK: _("Proof requested from customer"),
}


def how_word(how: str) -> str:
    return str(HOW.get(how, how))


def effect_word(effect: str, platform: bool) -> str:
    return str(EFFECT.get((effect, platform), EFFECT.get((effect, False), "")))


def measure_word(measure: str) -> str:
    return str(MEASURES.get(measure, measure))


def span_word(span: timedelta) -> str:
    """Return a time span in the largest unit of which it has at least one."""
    minutes = int(abs(span.total_seconds()) // 60)
    if minutes < 60:
        return ngettext("%(n)d minute", "%(n)d minutes", minutes) % {"n": minutes}
    if minutes < 48 * 60:
        hours = minutes // 60
        return ngettext("%(n)d hour", "%(n)d hours", hours) % {"n": hours}
    days = minutes // (24 * 60)
    return ngettext("%(n)d day", "%(n)d days", days) % {"n": days}
