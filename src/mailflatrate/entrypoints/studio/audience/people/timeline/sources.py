"""The rows that each table adds to a timeline. Every source returns at most `size` rows, newest first."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mailflatrate.apps.accounts.models import User
from mailflatrate.apps.automations.models import Enrolment
from mailflatrate.apps.delivery.models import DeliveryRecord, DeliveryState
from mailflatrate.apps.inbound.models import Feedback, FeedbackKind
from mailflatrate.apps.lists.models import (
    ChangeKind,
    ChangeSource,
    ConsentKind,
    ContactNote,
    ContactTag,
    MailingList,
    RecordedChange,
    SubscriptionState,
)
from mailflatrate.apps.lists.queries import ContactRecord
from mailflatrate.apps.privacy.models import DataRequestState, PrivacyRequest
from mailflatrate.apps.suppression.models import Suppression
from mailflatrate.apps.suppression.queries import ever_suppressed
from mailflatrate.apps.tracking.models import Click
from mailflatrate.apps.tracking.queries import clicked_urls
from mailflatrate.entrypoints.presenters import outcomes
from mailflatrate.entrypoints.presenters.import_reasons import reason_word
from mailflatrate.entrypoints.studio.audience.people.timeline.events import (
    ChangedValue,
    TimelineCursor,
    TimelineEvent,
    TimelineKind,
    next_rows,
)
from mailflatrate.entrypoints.studio.audience.proof import happenings
from mailflatrate.entrypoints.ui.field_words import field_label, value_words
from mailflatrate.entrypoints.ui.source_labels import unsubscribed_word
from mailflatrate.rules.fields.field_type import FieldDefinition

SHOWN_CHANGES = 12
_REPLY_CHARACTERS = 300


@dataclass(frozen=True, slots=True)
class TimelineQuestion:
    """`is_whole`: no kind is chosen, so an event that two tables know is shown only once."""

    detail: ContactRecord
    reader: User
    known: Mapping[str, FieldDefinition]
    cursor: TimelineCursor | None
    size: int
    is_whole: bool

    @property
    def contact_id(self) -> int:
        return self.detail.contact.id


Source = Callable[[TimelineQuestion, int], list[TimelineEvent]]

_CONSENT_LOOKS = {
    ConsentKind.REQUESTED: ("user-plus", ""),
    ConsentKind.CONFIRMATION_SENT: ("mail-question-mark", ""),
    ConsentKind.CONFIRMED: ("badge-check", "success"),
    ConsentKind.IMPORTED: ("file-up", ""),
    ConsentKind.WITHDRAWN: ("user-minus", "warning"),
    ConsentKind.OBJECTION: ("hand", "warning"),
}


def consent(asked: TimelineQuestion, rank: int) -> list[TimelineEvent]:
    """Events are few, and all are loaded already; without any, return how the contact was added."""
    events = []
    for number, happening in enumerate(happenings(asked.detail.events)):
        icon, tone = _CONSENT_LOOKS.get(happening.kind, ("shield", ""))
        title = f"{happening.title}: {happening.list_name}" if happening.list_name else happening.title
        link = (reverse("studio:import", args=[happening.import_id]), _("View import")) if happening.import_id else None
        events.append(
            TimelineEvent(
                TimelineKind.CONSENT,
                happening.at,
                rank,
                number,
                icon,
                title,
                tone=tone,
                text=happening.proof,
                link=link,
            )
        )
    for number, row in enumerate(asked.detail.subscriptions, start=len(events)):
        if row.consent_event_id is None and row.state != SubscriptionState.PENDING:
            title = _("Added to “%(list)s” without proof of consent") % {"list": row.mailing_list.name}
            why = reason_word(row.quarantine_reason) if row.quarantine_reason else ""
            events.append(
                TimelineEvent(TimelineKind.CONSENT, row.created_at, rank, number, "list-plus", title, text=why)
            )
    if not events:
        made = asked.detail.contact.created_at
        events.append(TimelineEvent(TimelineKind.CONSENT, made, rank, 0, "user-plus", _("Added as a contact")))
    cursor = asked.cursor
    left = [event for event in events if cursor is None or cursor.covers(*_place(event))]
    return sorted(left, key=lambda event: event.order, reverse=True)[: asked.size]


def _place(event: TimelineEvent) -> tuple[datetime, int, int]:
    return event.at, event.rank, event.id


def emails(asked: TimelineQuestion, rank: int) -> list[TimelineEvent]:
    rows = DeliveryRecord.objects.filter(contact_id=asked.contact_id).select_related("campaign")
    rows = rows.annotate(at=Coalesce("settled_at", "created_at"))
    if asked.is_whole:  # the ledger's own row says that a confirmation was sent
        rows = rows.exclude(confirmation_id__isnull=False, state=DeliveryState.SENT)
    return [_email(row, row.at, rank) for row in next_rows(rows, rank, asked.cursor, asked.size)]


def _email(row: DeliveryRecord, at: datetime, rank: int) -> TimelineEvent:
    line = outcomes.line_of(row)
    if row.campaign is not None:
        title, url = row.campaign.name, reverse("studio:campaign", args=[row.campaign_id])
    else:
        title, url = (_("Confirmation email") if row.confirmation_id else _("Service notice")), ""
    attempts = None
    if row.campaign_id and row.attempts > 1:
        words = ngettext("%(n)d attempt", "%(n)d attempts", row.attempts) % {"n": row.attempts}
        attempts = (reverse("studio:campaign-attempts", args=[row.campaign_id, row.id]), words)
    icon = {DeliveryState.SENT: "mail-check", DeliveryState.BOUNCED: "mail-x"}.get(DeliveryState(row.state), "mail")
    return TimelineEvent(
        TimelineKind.EMAILS,
        at,
        rank,
        row.id,
        icon,
        title,
        url=url,
        tone=line.tone if line.tone == "error" else "",
        badge=line.state,
        badge_tone=line.tone,
        text=str(capfirst(line.detail)),
        reply=line.reply[:_REPLY_CHARACTERS],
        link=attempts,
    )


def clicks(asked: TimelineQuestion, rank: int) -> list[TimelineEvent]:
    """Return the clicks that are known to be the person's, which requires their own consent (R-107)."""
    mine = DeliveryRecord.objects.filter(contact_id=asked.contact_id).values("id")
    rows = Click.objects.filter(delivery_id__in=mine).select_related("campaign")
    page_rows = next_rows(rows, rank, asked.cursor, asked.size)
    urls = clicked_urls(page_rows)
    return [
        TimelineEvent(
            TimelineKind.CLICKS,
            row.at,
            rank,
            row.id,
            "mouse-pointer-click",
            _("Link checked by a security scanner") if row.machine else _("Clicked a link"),
            text=urls.get((row.edition_id, row.link_number), ""),
            link=(reverse("studio:campaign", args=[row.campaign_id]), row.campaign.name),
        )
        for row in page_rows
    ]


_FEEDBACK_LOOKS = {
    FeedbackKind.HARD_BOUNCE: ("mail-x", "error"),
    FeedbackKind.SOFT_BOUNCE: ("mail-warning", "warning"),
    FeedbackKind.COMPLAINT: ("flag", "error"),
    FeedbackKind.UNSUBSCRIBE: ("user-minus", "warning"),
    FeedbackKind.AUTO_REPLY: ("reply", ""),
    FeedbackKind.REPLY: ("reply", ""),
}


def feedback(asked: TimelineQuestion, rank: int) -> list[TimelineEvent]:
    rows = Feedback.objects.filter(contact_id=asked.contact_id).select_related("campaign")
    return [_feedback(row, rank) for row in next_rows(rows, rank, asked.cursor, asked.size)]


def _feedback(row: Feedback, rank: int) -> TimelineEvent:
    icon, tone = _FEEDBACK_LOOKS.get(FeedbackKind(row.kind), ("mail-warning", ""))
    is_words = row.kind == FeedbackKind.UNSUBSCRIBE
    answer = f"{row.status} {row.text}".strip()[:_REPLY_CHARACTERS]
    link = (reverse("studio:campaign", args=[row.campaign_id]), row.campaign.name) if row.campaign else None
    return TimelineEvent(
        TimelineKind.FEEDBACK,
        row.at,
        rank,
        row.id,
        icon,
        str(FeedbackKind(row.kind).label),
        tone=tone,
        text=str(capfirst(unsubscribed_word(row.text))) if is_words and row.text else "",
        reply="" if is_words else answer,
        link=link,
    )


def suppressions(asked: TimelineQuestion, rank: int) -> list[TimelineEvent]:
    rows = ever_suppressed(bytes(asked.detail.contact.address_key))
    return [
        TimelineEvent(
            TimelineKind.FEEDBACK,
            row.created_at,
            rank,
            row.id,
            "ban",
            _("Suppressed: %(reason)s") % {"reason": row.get_reason_display()},
            tone="error",
            text=_suppressed(row),
        )
        for row in next_rows(rows, rank, asked.cursor, asked.size, field="created_at")
    ]


def _suppressed(row: Suppression) -> str:
    if row.account_id is None:
        return _("This applies to all accounts on this service.")
    return _("Lifted since.") if row.lifted_at is not None else ""


def changes(asked: TimelineQuestion, rank: int) -> list[TimelineEvent]:
    rows = RecordedChange.objects.filter(contact_id=asked.contact_id).select_related("user")
    return [_change(asked, row, rank) for row in next_rows(rows, rank, asked.cursor, asked.size)]


def _change(asked: TimelineQuestion, row: RecordedChange, rank: int) -> TimelineEvent:
    by, link = _author(row)
    if row.kind == ChangeKind.TAGS:
        added = [name for name, is_added in sorted(row.values.items()) if is_added]
        removed = [name for name, is_added in sorted(row.values.items()) if not is_added]
        parts = [
            ngettext("Tag added: %(names)s", "Tags added: %(names)s", len(added)) % {"names": ", ".join(added)},
            ngettext("Tag removed: %(names)s", "Tags removed: %(names)s", len(removed)) % {"names": ", ".join(removed)},
        ]
        title = " · ".join(part for part, names in zip(parts, (added, removed), strict=True) if names)
        return TimelineEvent(TimelineKind.CHANGES, row.at, rank, row.id, "tag", title, by=by, link=link)
    changed_values = tuple(
        ChangedValue(field_label(asked.known, key), _words(asked, key, before), _words(asked, key, after))
        for key, (before, after) in sorted(row.values.items())[:SHOWN_CHANGES]
    )
    count = len(row.values)
    title = ngettext("%(n)d field changed", "%(n)d fields changed", count) % {"n": count}
    if count == 1:
        title = _("%(field)s changed") % {"field": changed_values[0].label}
    return TimelineEvent(
        TimelineKind.CHANGES, row.at, rank, row.id, "pencil", title, by=by, link=link, changes=changed_values
    )


def _words(asked: TimelineQuestion, key: str, value: Any) -> str:
    return value_words(asked.known[key].type if key in asked.known else None, value)[:_REPLY_CHARACTERS]


def _author(row: RecordedChange) -> tuple[str, tuple[str, str] | None]:
    name = _person(row.user)
    kind, _colon, number = row.reference.partition(":")
    is_numbered = number.isascii() and number.isdecimal()
    if row.source == ChangeSource.TEAM:
        return name, None
    if row.source == ChangeSource.API:
        return _("API key “%(name)s”") % {"name": row.reference}, None
    if row.source == ChangeSource.IMPORT and kind == "import" and is_numbered:
        return name, (reverse("studio:import", args=[int(number)]), _("View import"))
    if row.source == ChangeSource.BULK and kind == "bulk" and is_numbered:
        return name, (reverse("studio:bulk-action", args=[int(number)]), _("View bulk action"))
    return (str(ChangeSource(row.source).label) if row.source in ChangeSource.values else ""), None


def _person(user: User | None) -> str:
    return (user.name or user.email) if user is not None else _("a former team member")


def first_tags(asked: TimelineQuestion, rank: int) -> list[TimelineEvent]:
    """Return the tags that an import added. Other tags were recorded as changes, in the same transaction."""
    told = RecordedChange.objects.filter(
        contact_id=OuterRef("contact_id"), at=OuterRef("created_at"), kind=ChangeKind.TAGS
    )
    rows = ContactTag.objects.filter(~Exists(told), contact_id=asked.contact_id).select_related("tag")
    return [
        TimelineEvent(
            TimelineKind.CHANGES,
            row.created_at,
            rank,
            row.id,
            "tag",
            ngettext("Tag added: %(names)s", "Tags added: %(names)s", 1) % {"names": row.tag.name},
            by=str(ChangeSource.IMPORT.label),
        )
        for row in next_rows(rows, rank, asked.cursor, asked.size, field="created_at")
    ]


def notes(asked: TimelineQuestion, rank: int) -> list[TimelineEvent]:
    rows = ContactNote.objects.filter(contact_id=asked.contact_id).select_related("author")
    return [
        TimelineEvent(
            TimelineKind.NOTES,
            row.created_at,
            rank,
            row.id,
            "message-square",
            _("Note"),
            text=row.text,
            by=_person(row.author),
            note_id=row.id,
            is_own=row.author_id == asked.reader.id,
            is_edited=row.edited_at is not None,
        )
        for row in next_rows(rows, rank, asked.cursor, asked.size, field="created_at")
    ]


def requests(asked: TimelineQuestion, rank: int) -> list[TimelineEvent]:
    rows = PrivacyRequest.objects.filter(contact_id=asked.contact_id).select_related("started_by")
    return [
        TimelineEvent(
            TimelineKind.REQUESTS,
            row.requested_at,
            rank,
            row.id,
            "fingerprint",
            _("Data request: %(what)s") % {"what": row.get_kind_display()},
            badge=row.get_state_display(),
            badge_tone="success" if row.state == DataRequestState.DONE else "",
            by=_person(row.started_by) if row.started_by_id else _("The contact"),
            link=(reverse("studio:requests"), _("View data requests")),
        )
        for row in next_rows(rows, rank, asked.cursor, asked.size, field="requested_at")
    ]


# In the order of their ranks: what comes first is above what happened at the same moment.
def automation_entries(asked: TimelineQuestion, rank: int) -> list[TimelineEvent]:
    """Return when the person entered automations of the lists that the reader sees."""
    page_rows = next_rows(_enrolments(asked), rank, asked.cursor, asked.size, field="entered_at")
    return [_of_automation(row, row.entered_at, rank, "workflow", _("Entered an automation")) for row in page_rows]


def automation_ends(asked: TimelineQuestion, rank: int) -> list[TimelineEvent]:
    rows = _enrolments(asked).filter(ended_at__isnull=False)
    page_rows = next_rows(rows, rank, asked.cursor, asked.size, field="ended_at")
    left, finished = _("Left an automation"), _("Finished an automation")
    return [_of_automation(row, row.ended_at, rank, "flag", left if row.why else finished) for row in page_rows]


def _enrolments(asked: TimelineQuestion) -> QuerySet[Enrolment]:
    rows = Enrolment.objects.filter(contact_id=asked.contact_id, mailing_list__in=MailingList.objects.all())
    return rows.select_related("automation")


def _of_automation(row: Enrolment, at: datetime, rank: int, icon: str, title: str) -> TimelineEvent:
    way = f"{reverse('studio:automation_people', args=[row.automation_id])}?contact={row.contact_id}"
    text = row.get_why_display() if icon == "flag" else ""
    return TimelineEvent(
        TimelineKind.AUTOMATIONS, at, rank, row.id, icon, title, text=str(text), link=(way, row.automation.name)
    )


SOURCES: tuple[tuple[TimelineKind, Source], ...] = (
    (TimelineKind.NOTES, notes),
    (TimelineKind.CHANGES, changes),
    (TimelineKind.CHANGES, first_tags),
    (TimelineKind.REQUESTS, requests),
    (TimelineKind.FEEDBACK, suppressions),
    (TimelineKind.FEEDBACK, feedback),
    (TimelineKind.CLICKS, clicks),
    (TimelineKind.AUTOMATIONS, automation_ends),
    (TimelineKind.AUTOMATIONS, automation_entries),
    (TimelineKind.EMAILS, emails),
    (TimelineKind.CONSENT, consent),
)


def all_events(asked: TimelineQuestion, kind: TimelineKind | None) -> Iterable[TimelineEvent]:
    return [
        event
        for rank, (source_kind, source) in enumerate(SOURCES)
        if kind is None or source_kind is kind
        for event in source(asked, rank)
    ]
