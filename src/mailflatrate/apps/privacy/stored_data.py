"""Everything one customer stores about one person, as JSON values (GDPR Art. 15, R-94)."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from mailflatrate.apps.accounts.facts import structured_imprint
from mailflatrate.apps.accounts.queries import current_account
from mailflatrate.apps.automations.queries import PersonPath, paths_of
from mailflatrate.apps.campaigns.models import CouponCode
from mailflatrate.apps.campaigns.queries import newest_imprint
from mailflatrate.apps.consent.models import ConsentEvent, ConsentEvidence
from mailflatrate.apps.delivery.models import DeliveryRecord
from mailflatrate.apps.forms.models import ConfirmationRequestKind as SignupKind
from mailflatrate.apps.forms.models import SignupRequest
from mailflatrate.apps.forms.queries import asked_as
from mailflatrate.apps.inbound.models import Feedback
from mailflatrate.apps.intake.models import Import
from mailflatrate.apps.lists.actions.contacts import LANGUAGE_ATTRIBUTE
from mailflatrate.apps.lists.events import events_of
from mailflatrate.apps.lists.models import (
    ChangeKind,
    ConsentKind,
    Contact,
    ContactField,
    ContactNote,
    MailingList,
    RecordedChange,
    Subscription,
)
from mailflatrate.apps.lists.queries import contact_detail, lists_of
from mailflatrate.apps.lists.tags import tags_of
from mailflatrate.apps.privacy.models import PrivacyRequest
from mailflatrate.apps.privacy.receipt import receipts_of
from mailflatrate.apps.suppression.models import Suppression
from mailflatrate.apps.tracking.models import Click, Conversion
from mailflatrate.apps.tracking.poll_results import answers_of
from mailflatrate.apps.tracking.queries import clicked_urls
from mailflatrate.apps.transactional.models import TransactionalMessage
from mailflatrate.base import clock, tenancy
from mailflatrate.rules.contacts.suppression import SuppressionReason
from mailflatrate.rules.imprint import imprint_lines
from mailflatrate.settings.schema import load_settings

FORM = "mailflatrate access 1"


@tenancy.needs_account
def stored_about(contact_id: int, *, language: str, to_mailbox: bool = False) -> dict[str, Any] | None:
    """Times are ISO 8601 in UTC; None without such a contact. `to_mailbox`: for the reader of this address, so without
    what an earlier one stated, because a typing error in a change of address can reach a stranger.
    """
    detail = contact_detail(contact_id)
    if detail is None:
        return None
    contact = detail.contact
    carried: frozenset[str] = carried_over(contact_id, contact) if to_mailbox else frozenset()
    changes = _changes(contact_id, _ever_carried(contact_id) if to_mailbox else frozenset())
    deliveries = list(DeliveryRecord.objects.filter(contact_id=contact_id).select_related("campaign").order_by("id"))
    return {
        "format": FORM,
        "made_at": clock.now().isoformat(),
        "responsible": _responsible(language),
        "person": _person(contact, carried, changes, language),
        "preferences": {
            "language": contact.attributes.get(LANGUAGE_ATTRIBUTE),
            "least_days_between_mailings": contact.pause_days,
            "paused_until": contact.paused_until.isoformat() if contact.paused_until else None,
        },
        "subscriptions": [_subscription(row) for row in detail.subscriptions],
        "consents": _consents(detail.events, _movers(detail.events) if to_mailbox else ()),
        "receipts": receipts_of(contact_id) if to_mailbox else [],
        "sign_ups": _sign_ups(contact, to_mailbox),
        "mailings": [_message(row) for row in deliveries],
        "coupons": [
            {"at": row.given_at.isoformat() if row.given_at else None, "coupon": row.pool.name, "code": row.code}
            for row in CouponCode.objects.filter(contact_id=contact_id).select_related("pool").order_by("id")
        ],
        "transactional_messages": _transactional(contact),
        "clicks": _clicks(deliveries),
        "answers": answers_of([row.id for row in deliveries]),
        "came_back": [
            {"at": row.at.isoformat(), "what": row.kind, "text": row.text, "reason": row.reason}
            for row in Feedback.objects.filter(contact_id=contact_id).order_by("at")
        ],
        "suppressed": _suppressed(detail.suppression),
        "events": events_of(contact_id),
        "conversions": _conversions(contact_id),
        "automations": [_path(path) for path in reversed(paths_of(contact_id, limit=None))],
        "notes": _notes(contact_id),
        "changes": changes,
        "requests": [
            {"at": row.requested_at.isoformat(), "what": row.kind, "state": row.state}
            for row in PrivacyRequest.objects.filter(contact_id=contact_id).order_by("id")
        ],
    }


def _person(
    contact: Contact, carried: Collection[str], changes: Iterable[dict[str, Any]], language: str
) -> dict[str, Any]:
    """Return the person's own data, without the names and attributes in `carried`."""
    kept = contact.attributes.keys() - carried
    named = kept | {key for change in changes if change["what"] == ChangeKind.FIELDS for key in change["values"]}
    return {
        "email": contact.email,
        "first_name": "" if "first_name" in carried else contact.first_name,
        "last_name": "" if "last_name" in carried else contact.last_name,
        "external_id": contact.external_id,
        "attributes": {key: value for key, value in contact.attributes.items() if key not in carried},
        "asked_as": {
            **_labels(named),
            **asked_as(named, language),
        },
        "purposes": _purposes(kept),
        "tags": [tag.name for tag in tags_of([contact.id]).get(contact.id, [])],
        "has_earlier_address": bool(carried),
        "stored_since": contact.created_at.isoformat(),
        "last_activity": _iso(contact.last_activity_at),
        "clicks_by_name": contact.tracking,
    }


def _transactional(contact: Contact) -> list[dict[str, Any]]:
    rows = TransactionalMessage.objects.filter(address_key=contact.address_key).exclude(recipient="")
    return [
        {
            "at": row.created_at.isoformat(),
            "template": row.version.template.name,
            "about": row.reference_kind,
            "reference": row.reference,
            "data": row.open_data() if row.data_sealed else None,
            "refused": row.refused_by,
        }
        for row in rows.select_related("version__template").order_by("id")
    ]


def _notes(contact_id: int) -> list[dict[str, Any]]:
    """Return what the team wrote about the person, without who did."""
    rows = ContactNote.objects.filter(contact_id=contact_id).order_by("created_at", "id")
    return [{"at": row.created_at.isoformat(), "edited_at": _iso(row.edited_at), "text": row.text} for row in rows]


def _changes(contact_id: int, hidden: Collection[str]) -> list[dict[str, Any]]:
    rows = RecordedChange.objects.filter(contact_id=contact_id).order_by("at", "id")
    changes = []
    for row in rows:
        is_tags = row.kind == ChangeKind.TAGS
        values = {key: text for key, text in row.values.items() if is_tags or key not in hidden}
        if values:
            changes.append({"at": row.at.isoformat(), "what": row.kind, "by": row.source, "values": values})
    return changes


def _labels(keys: Collection[str]) -> dict[str, str]:
    return dict(ContactField.objects.filter(key__in=keys).values_list("key", "label"))


def _purposes(keys: Collection[str]) -> dict[str, str]:
    """Return what the customer says these fields are for (R-97); fields without a purpose are missing."""
    return dict(ContactField.objects.filter(key__in=keys).exclude(purpose="").values_list("key", "purpose"))


def _responsible(language: str) -> dict[str, Any]:
    account = current_account()
    imprint = structured_imprint(newest_imprint())
    lines = imprint_lines(imprint, language) if imprint else ()
    return {
        "name": account.name,
        "imprint": [str(line) for line in lines],
        "privacy_notice": imprint.privacy_url if imprint else "",
        "processor": load_settings().service_name,
    }


def _iso(moment: Any) -> str | None:
    return moment.isoformat() if moment else None


def _subscription(row: Subscription) -> dict[str, Any]:
    return {
        "list": row.mailing_list.public_name,
        "state": row.state,
        "confirmed_at": _iso(row.confirmed_at),
        "unsubscribed_at": _iso(row.unsubscribed_at),
    }


def _carried(contact_id: int) -> set[tuple[str, int | None]]:
    """Return each name or key that a change of address carried over, with the contact it came from."""
    details = ConsentEvidence.objects.filter(
        event__contact_id=contact_id, event__kind=ConsentKind.CONFIRMED, details__has_key="carried"
    ).values_list("details", flat=True)
    return {(name, detail.get("moved_from")) for detail in details for name in detail["carried"]}


def _ever_carried(contact_id: int) -> frozenset[str]:
    """Return what was ever carried over: an earlier value of it may be another mailbox's, whatever it is now."""
    return frozenset(name for name, _moved_from in _carried(contact_id))


def carried_over(contact_id: int, contact: Contact) -> frozenset[str]:
    """Return names, and keys of attributes, carried over by a change of address and not changed since."""
    carried = _carried(contact_id)
    before = Contact.objects.in_bulk({moved_from for _name, moved_from in carried if moved_from})
    return frozenset(
        name
        for name, moved_from in carried
        if moved_from not in before or _named(before[moved_from], name) == _named(contact, name)
    )


def _named(contact: Contact, name: str) -> Any:
    return getattr(contact, name) if name in ("first_name", "last_name") else contact.attributes.get(name)


_OF_THE_MOVER = ("moved_from", "carried", "was_confirmed", "signup_user_agent")
"""What the details of a changed address tell about the earlier one, and about the person who asked there."""


def _movers(events: Iterable[ConsentEvent]) -> frozenset[int]:
    """Return the ids of sign-ups that another mailbox requested through a change of address."""
    details = [row.evidence.details for row in events if getattr(row, "evidence", None) is not None]
    return frozenset(detail["request"] for detail in details if "moved_from" in detail and "request" in detail)


def _consents(events: Sequence[ConsentEvent], movers: Collection[int]) -> list[dict[str, Any]]:
    lists = lists_of(events)
    imports = Import.objects.in_bulk({row.source_import_id for row in events} - {None})
    return [
        _consent(row, lists.get(row.mailing_list_id), imports.get(row.source_import_id), movers)
        for row in reversed(events)
    ]


def _consent(
    row: ConsentEvent, mailing_list: MailingList | None, source: Import | None, movers: Collection[int]
) -> dict[str, Any]:
    evidence = getattr(row, "evidence", None)
    consent: dict[str, Any] = {
        "at": row.occurred_at.isoformat(),
        "what": row.kind,
        "recorded_at": row.recorded_at.isoformat(),
        "list": mailing_list.public_name if mailing_list else None,
    }
    if evidence is not None:
        consent |= {
            "email": evidence.email,
            "signup_at": _iso(evidence.signup_at),
            "signup_ip": evidence.signup_ip,
            "confirmed_at": _iso(evidence.confirmed_at),
            "confirmed_ip": evidence.confirmed_ip,
            "source": evidence.source,
            "browser": evidence.user_agent,
            "details": evidence.details,
        }
        if evidence.details.get("request") in movers:
            consent |= {
                "signup_ip": None,
                "browser": "" if row.kind != ConsentKind.CONFIRMED else evidence.user_agent,
                "details": {key: text for key, text in evidence.details.items() if key not in _OF_THE_MOVER},
            }
    if source is not None:
        consent["file"] = source.file_name
    return consent


def _sign_ups(contact: Contact, to_mailbox: bool) -> list[dict[str, Any]]:
    rows = SignupRequest.objects.filter(address_key=bytes(contact.address_key)).order_by("id")
    if to_mailbox:
        rows = rows.exclude(kind=SignupKind.MOVE)
    return [
        {
            "at": row.requested_at.isoformat(),
            "state": row.state,
            "form": row.source_url,
            "page": row.page_url,
            "ip": row.ip,
            "browser": row.user_agent,
            "values": row.values,
        }
        for row in rows
    ]


def _message(row: DeliveryRecord) -> dict[str, Any]:
    return {
        "delivery": row.id,
        "mailing": row.campaign.mailing_id if row.campaign else None,
        "subject": row.campaign.subject if row.campaign else None,
        "state": row.state,
        "at": _iso(row.settled_at or row.created_at),
        "reply": row.reply_text,
    }


def _path(path: PersonPath) -> dict[str, Any]:
    row = path.enrolment
    return {
        "automation": row.automation.name,
        "list": row.mailing_list.public_name,
        "entered_at": row.entered_at.isoformat(),
        "ended_at": _iso(row.ended_at),
        "state": row.state,
        "why": row.why,
        "steps": [
            {"at": step.at.isoformat(), "what": step.kind, "branch": step.target, "result": step.result}
            for step in path.steps
        ],
    }


def _clicks(deliveries: Iterable[DeliveryRecord]) -> list[dict[str, Any]]:
    rows = list(Click.objects.filter(delivery_id__in=[row.id for row in deliveries]).order_by("at"))
    targets = clicked_urls(rows)
    return [
        {
            "at": row.at.isoformat(),
            "delivery": row.delivery_id,
            "machine": row.machine,
            "link": targets.get((row.edition_id, row.link_number)),
        }
        for row in rows
    ]


def _conversions(contact_id: int) -> list[dict[str, Any]]:
    rows = Conversion.objects.filter(contact_id=contact_id).select_related("event", "campaign").order_by("id")
    return [{"at": row.event.at.isoformat(), "mailing": row.campaign.mailing_id, "by": row.source} for row in rows]


def _suppressed(row: Suppression | None) -> dict[str, Any] | None:
    """Return the suppression without how a complaint reached the desk: customers handle the file (R-80)."""
    if row is None:
        return None
    evidence = {} if row.reason == SuppressionReason.COMPLAINT else row.evidence
    return {"since": row.created_at.isoformat(), "reason": row.reason, "evidence": evidence}
