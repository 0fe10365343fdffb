"""Delivery results and reasons as text."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.delivery.models import DeliveryRecord, DeliveryState
from mailflatrate.apps.segments.audience import (
    GOT_EXCLUDED_CAMPAIGN,
    IN_EXCLUDED_SEGMENT,
    NOT_IN_SEGMENT,
    ON_EXCLUDED_LIST,
)
from mailflatrate.apps.segments.follow_up import GOAL_REACHED, GOAL_UNKNOWN, NOT_SENT_FIRST, PROMISE_REACHED
from mailflatrate.entrypoints.presenters.language import reading_language
from mailflatrate.mail.author_mistakes import param_in_words
from mailflatrate.rules.gate.judge import reason_text
from mailflatrate.rules.skip_reasons import WithholdReason


def bounce_word(kind: str) -> str:
    """Return the name of a kind of bounce (R-67, R-70)."""
    words = {
        "hard": _("does not exist"),
        "soft": _("temporarily unavailable"),
        "sender": _("rejected because of the sender"),
        "content": _("rejected because of the content"),
    }
    return words.get(kind, kind)


def why_it_stands(campaign: Campaign) -> str:
    if campaign.maybe_sent:
        return _(
            "The service was restored from a backup, so this campaign may already have been sent after that backup "
            "was made. Check your inbox, replies and statistics before you send it. Your recipients might get it "
            "twice."
        )
    mistake = param_in_words(campaign.state_reason, reading_language())
    return str(capfirst(mistake)) if mistake else campaign.state_reason


def reason_word(reason: str) -> str:
    own = {
        NOT_IN_SEGMENT: _("doesn't match the conditions"),
        ON_EXCLUDED_LIST: _("is on an excluded list"),
        IN_EXCLUDED_SEGMENT: _("is in an excluded segment"),
        NOT_SENT_FIRST: _("didn't get the campaign that this one follows up"),
        GOAL_UNKNOWN: _("hasn't agreed to click tracking, so clicks aren't known"),
        GOAL_REACHED: _("has done what the campaign asked for"),
        PROMISE_REACHED: _("got as many emails as the sign-up form promises"),
        GOT_EXCLUDED_CAMPAIGN: _("received an earlier campaign whose recipients are excluded"),
    }
    if reason in own:
        return own[reason]
    try:
        return reason_text(WithholdReason(reason), reading_language())
    except ValueError:
        return reason.replace("_", " ")


_FAILURES = {
    "host_lost": gettext_lazy("a sending server failed"),
    "sender_died": gettext_lazy("a sending process failed"),
    "database_behind": gettext_lazy("the database was restored"),
    "connection lost": gettext_lazy("the connection dropped"),
}


def detail_word(state: DeliveryState, detail: str) -> str:
    if state == DeliveryState.BOUNCED:
        return bounce_word(detail)
    failure = _FAILURES.get(detail.partition(":")[0])
    if failure is not None:  # it says nothing once the result is known
        return str(failure) if state == DeliveryState.IN_DOUBT else ""
    return reason_word(detail)


def reasons(numbers: Mapping[str, int]) -> list[dict[str, Any]]:
    return [
        {"key": key, "word": reason_word(key), "number": number}
        for key, number in sorted(numbers.items(), key=lambda pair: -pair[1])
        if number
    ]


@dataclass(frozen=True, slots=True)
class OutcomeLine:
    row: DeliveryRecord
    state: str
    tone: str
    detail: str

    @property
    def address(self) -> str:
        """Return the address; empty once the person has been erased."""
        return self.row.contact.email if self.row.contact else ""

    @property
    def reply(self) -> str:
        return self.row.reply


def line_of(row: DeliveryRecord) -> OutcomeLine:
    state = DeliveryState(row.state)
    detail = row.bounce if state == DeliveryState.BOUNCED else row.reason
    return OutcomeLine(row, str(state.label), state.tone, detail_word(state, detail) if detail else "")
