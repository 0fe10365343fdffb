"""The events that other programs hear of, and their payloads: ids and codes only, so that erasing a person leaves
nothing to chase. The program that stored a contact's number knows which person to forget.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, StrEnum
from typing import Any, Final

from mailflatrate.locale.texts import N_

KEPT: Final = timedelta(days=30)


class EventType(StrEnum):
    """The types of event."""

    CONTACT_CONFIRMED = "contact.confirmed"
    CONTACT_UNSUBSCRIBED = "contact.unsubscribed"
    CONTACT_SUPPRESSED = "contact.suppressed"
    CONTACT_ERASED = "contact.erased"
    CONTACT_CHANGED = "contact.changed"
    CONFIRMATION_ASKED = "confirmation.asked"
    CONFIRMATION_DENIED = "confirmation.denied"
    CONFIRMATION_EXPIRED = "confirmation.expired"
    CAMPAIGN_REVIEW = "campaign.review"
    CAMPAIGN_RETURNED = "campaign.returned"
    CAMPAIGN_STARTED = "campaign.started"
    CAMPAIGN_HELD = "campaign.held"
    CAMPAIGN_FINISHED = "campaign.finished"
    MESSAGE_SENT = "message.sent"
    MESSAGE_BOUNCED = "message.bounced"
    COMPLAINT_RECEIVED = "complaint.received"
    IMPORT_FINISHED = "import.finished"
    ORIGIN_DECIDED = "origin.decided"
    DOMAIN_FAILED = "domain.failed"
    ACCOUNT_STATUS = "account.status"
    AGREEMENT_NEW = "agreement.new"
    AUTOMATION_ENTERED = "automation.entered"
    AUTOMATION_FINISHED = "automation.finished"
    AUTOMATION_STEP = "automation.step"
    WEBHOOK_TEST = "webhook.test"


MUST_BE_OBEYED: Final = (EventType.CONTACT_UNSUBSCRIBED, EventType.CONTACT_SUPPRESSED, EventType.CONTACT_ERASED)
"""A program that keeps a copy has to act on these, so they are delivered before all others."""
PER_MESSAGE: Final = (EventType.MESSAGE_SENT, EventType.MESSAGE_BOUNCED)
"""One event for each message. Written only for accounts that switched them on."""
NEVER_STORED: Final = (EventType.CONTACT_CHANGED, EventType.WEBHOOK_TEST)
"""Read from the contacts' own change log, or made for one delivery: no one writes them to the outbox."""


class PayloadKind(Enum):
    ID = "integer"
    CODE = "string"


@dataclass(frozen=True, slots=True)
class PayloadMember:
    """One member of a payload. `codes`: the values it may have, where they are a closed set."""

    kind: PayloadKind
    about: str
    nullable: bool = False
    codes: tuple[str, ...] = ()


def _id(about: str, *, nullable: bool = False) -> PayloadMember:
    return PayloadMember(PayloadKind.ID, about, nullable)


def _code(about: str, *codes: str) -> PayloadMember:
    return PayloadMember(PayloadKind.CODE, about, codes=codes)


@dataclass(frozen=True, slots=True)
class EventDescription:
    label: str
    about: str
    members: Mapping[str, PayloadMember]
    example: Mapping[str, Any]


_CONTACT = _id("the contact")
_LIST = _id("the list")
_ANY_LIST = _id("the list; null: all lists of the account", nullable=True)
_CAMPAIGN = {"campaign_id": _id("the campaign")}
_MESSAGE = {"message_id": _id("the message"), **_CAMPAIGN, "contact_id": _CONTACT}
_AUTOMATION = {"automation_id": _id("the automation"), "enrolment_id": _id("the enrolment"), "contact_id": _CONTACT}

EVENTS: Final[Mapping[EventType, EventDescription]] = {
    EventType.CONTACT_CONFIRMED: EventDescription(
        N_("A contact confirmed their sign-up"),
        "A contact confirmed their sign-up to a list by email. Imported contacts are not confirmed again.",
        {"contact_id": _CONTACT, "list_id": _LIST},
        {"contact_id": 4711, "list_id": 12},
    ),
    EventType.CONTACT_UNSUBSCRIBED: EventDescription(
        N_("A contact unsubscribed or objected"),
        "A contact left a list, or all lists, in whatever way. Stop emailing them, in your own systems too.",
        {"contact_id": _CONTACT, "list_id": _ANY_LIST},
        {"contact_id": 4711, "list_id": 12},
    ),
    EventType.CONTACT_SUPPRESSED: EventDescription(
        N_("An address may no longer be emailed"),
        "A contact's address must not be emailed any longer. Complaints, objections and unsubscribes all read "
        "`opt_out`, so that no one learns who complained.",
        {
            "contact_id": _CONTACT,
            "reason": _code("why", "opt_out", "hard_bounce", "soft_bounce", "erased", "manual"),
        },
        {"contact_id": 4711, "reason": "hard_bounce"},
    ),
    EventType.CONTACT_ERASED: EventDescription(
        N_("A contact was erased"),
        "A contact was erased. Delete what you stored about them. Their id is never used again.",
        {"contact_id": _CONTACT, "reason": _code("asked for, or the retention period ended", "erased", "expired")},
        {"contact_id": 4711, "reason": "erased"},
    ),
    EventType.CONTACT_CHANGED: EventDescription(
        N_("Contacts were added or changed (up to a minute later)"),
        "The contacts with these ids were added, or their fields, tags or subscriptions changed. The ids follow one "
        "another without a gap.",
        {"first_contact_id": _id("the first contact"), "last_contact_id": _id("the last contact")},
        {"first_contact_id": 4711, "last_contact_id": 4711},
    ),
    EventType.CONFIRMATION_ASKED: EventDescription(
        N_("A confirmation email was sent"),
        "A confirmation email was sent for a list.",
        {"contact_id": _CONTACT, "list_id": _LIST},
        {"contact_id": 4711, "list_id": 12},
    ),
    EventType.CONFIRMATION_DENIED: EventDescription(
        N_("Someone answered “this wasn't me”"),
        "Someone answered “this wasn't me” to a confirmation email.",
        {"contact_id": _id("the contact; null if there was none yet", nullable=True), "list_id": _LIST},
        {"contact_id": 4711, "list_id": 12},
    ),
    EventType.CONFIRMATION_EXPIRED: EventDescription(
        N_("A sign-up was not confirmed in time"),
        "A sign-up was not confirmed in time, so its data was deleted.",
        {"contact_id": _CONTACT, "list_id": _LIST},
        {"contact_id": 4711, "list_id": 12},
    ),
    EventType.CAMPAIGN_REVIEW: EventDescription(
        N_("A campaign waits for our review"), "A campaign waits for our review.", _CAMPAIGN, {"campaign_id": 88}
    ),
    EventType.CAMPAIGN_RETURNED: EventDescription(
        N_("A campaign was returned from its review"),
        "A campaign was returned to draft from its review.",
        _CAMPAIGN,
        {"campaign_id": 88},
    ),
    EventType.CAMPAIGN_STARTED: EventDescription(
        N_("A campaign began sending"), "A campaign began sending.", _CAMPAIGN, {"campaign_id": 88}
    ),
    EventType.CAMPAIGN_HELD: EventDescription(
        N_("A campaign was paused"), "A campaign was paused, by a person or by a rule.", _CAMPAIGN, {"campaign_id": 88}
    ),
    EventType.CAMPAIGN_FINISHED: EventDescription(
        N_("A campaign has ended"),
        "A campaign is over.",
        {**_CAMPAIGN, "state": _code("how it ended", "sent", "cancelled")},
        {"campaign_id": 88, "state": "sent"},
    ),
    EventType.MESSAGE_SENT: EventDescription(
        N_("A message was sent (one event for each message)"),
        "The relay accepted a message. Off until the account switches on events for each message.",
        _MESSAGE,
        {"message_id": 900713, "campaign_id": 88, "contact_id": 4711},
    ),
    EventType.MESSAGE_BOUNCED: EventDescription(
        N_("A message bounced (one event for each message)"),
        "A message could not be delivered. Off until the account switches on events for each message.",
        {**_MESSAGE, "bounce": _code("what kind of bounce", "hard", "soft", "sender", "content", "")},
        {"message_id": 900713, "campaign_id": 88, "contact_id": 4711, "bounce": "hard"},
    ),
    EventType.COMPLAINT_RECEIVED: EventDescription(
        N_("Someone complained (sent hours later, without their identity)"),
        "Someone complained about a campaign. It never says who, and comes some hours later, so that no one can tell "
        "from the time.",
        {"campaign_id": _id("the campaign; null: unknown", nullable=True)},
        {"campaign_id": 88},
    ),
    EventType.IMPORT_FINISHED: EventDescription(
        N_("An import has ended"),
        "An import is over.",
        {"import_id": _id("the import"), "list_id": _LIST, "state": _code("how", "done", "failed", "cancelled")},
        {"import_id": 5, "list_id": 12, "state": "done"},
    ),
    EventType.ORIGIN_DECIDED: EventDescription(
        N_("A list origin was approved or rejected"),
        "A reviewer decided on a list's declared origin.",
        {"origin_id": _id("the declaration"), "list_id": _LIST, "decision": _code("how", "approved", "rejected")},
        {"origin_id": 3, "list_id": 12, "decision": "approved"},
    ),
    EventType.DOMAIN_FAILED: EventDescription(
        N_("A sending domain fails its checks"),
        "A sender domain no longer passes its checks.",
        {"domain_id": _id("the sender domain")},
        {"domain_id": 2},
    ),
    EventType.ACCOUNT_STATUS: EventDescription(
        N_("The account status changed"),
        "The account status changed.",
        {"before": _code("the status before"), "after": _code("the status now")},
        {"before": "active", "after": "paused"},
    ),
    EventType.AGREEMENT_NEW: EventDescription(
        N_("A new agreement has to be accepted"),
        "A new version of an agreement waits to be accepted.",
        {"kind": _code("which one", "terms", "anti_spam_policy", "data_processing"), "version": _code("its version")},
        {"kind": "terms", "version": "2026-12"},
    ),
    EventType.AUTOMATION_ENTERED: EventDescription(
        N_("A contact entered an automation"),
        "A contact entered an automation.",
        _AUTOMATION,
        {"automation_id": 7, "enrolment_id": 3004, "contact_id": 4711},
    ),
    EventType.AUTOMATION_FINISHED: EventDescription(
        N_("A contact finished or left an automation"),
        "A contact went through an automation to its end, or left it.",
        {**_AUTOMATION, "state": _code("how", "finished", "left")},
        {"automation_id": 7, "enrolment_id": 3004, "contact_id": 4711, "state": "finished"},
    ),
    EventType.AUTOMATION_STEP: EventDescription(
        N_("An automation calls this webhook"),
        "A contact came to a step of an automation that calls a webhook. Of all webhooks, only the one that the step "
        "names gets it, whatever types it chose.",
        {**_AUTOMATION, "step": _code("the step's id in the automation"), "webhook_id": _id("the webhook")},
        {"automation_id": 7, "enrolment_id": 3004, "contact_id": 4711, "step": "call", "webhook_id": 2},
    ),
    EventType.WEBHOOK_TEST: EventDescription("", "Someone pressed the test button of this webhook.", {}, {}),
}

_PYTHON: Final = {PayloadKind.ID: int, PayloadKind.CODE: str}


class InvalidPayload(ValueError):
    pass


def check_payload(event: EventType, payload: Mapping[str, Any]) -> None:
    """Raise InvalidPayload unless a payload has exactly the members of its type."""
    members = EVENTS[event].members
    if payload.keys() != members.keys():
        raise InvalidPayload(f"{event.value} has the members {sorted(members)}, not {sorted(payload)}")
    for name, member in members.items():
        value = payload[name]
        if value is None and member.nullable:
            continue
        if type(value) is not _PYTHON[member.kind] or (member.codes and value not in member.codes):
            raise InvalidPayload(f"{event.value}: {name} can't be {value!r}")


def payload_schema(event: EventType) -> dict[str, Any]:
    members = EVENTS[event].members
    return {
        "type": "object",
        "properties": {name: _member_schema(member) for name, member in members.items()},
        "required": list(members),
    }


def _member_schema(member: PayloadMember) -> dict[str, Any]:
    kind: Any = [member.kind.value, "null"] if member.nullable else member.kind.value
    return {
        "type": kind,
        "description": member.about,
        **({"enum": list(member.codes)} if member.codes else {}),
    }
