"""R-55: the header names the campaign, so that a report leads to it."""

import re

from mailflatrate.rules.messages.message import MessageFacts
from mailflatrate.rules.verdict import NO_PARAMS, Check, Params, RuleText, Severity

_NAME = re.compile(
    r"x-.*(?:mailing|campaign|mailin|message-?id|msg-?id|job|mid|ref|report-abuse|tracking|mailer-info|binding).*"
    r"|feedback-id|cfbl-feedback-id|x-sg-eid|x-ses-outgoing|x-mj-.*|x-kumo.*|x-mc-.*|x-cid|x-mailer-.*id"
)


def _hits(facts: MessageFacts) -> Params | None:
    if any(_NAME.fullmatch(field.name) and field.value for field in facts.own.fields):
        return None
    return NO_PARAMS


CHECK: Check[MessageFacts] = Check(
    rule="R-55",
    key="mailing-id",
    severity=Severity.WARN,
    anchor="header.x-mailing-id",
    source="RFC 9477 section 3.3; practice of Mailjet, Brevo, KumoMTA; hallmark of this service",
    hits=_hits,
    text=RuleText(
        title="Campaign identified in the headers",
        sentence="No header field identifies the campaign.",
        why=(
            "Reports reach abuse desks with the recipient and text redacted. Only an identifier shows which "
            "campaign was meant."
        ),
        fix="Put a unique, opaque campaign identifier in a field such as X-Mailing-ID.",
    ),
)
