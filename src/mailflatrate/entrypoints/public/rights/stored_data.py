"""The data stored about a person as text: sections of label and value, from the JSON of `privacy.stored_data`."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from mailflatrate.apps.automations.models import EnrolmentState
from mailflatrate.apps.consent.models import CONSENT_LABELS
from mailflatrate.apps.delivery.models import DeliveryState
from mailflatrate.apps.inbound.models import FeedbackKind
from mailflatrate.apps.lists.actions.contacts import LANGUAGE_ATTRIBUTE
from mailflatrate.apps.lists.models import SUBSCRIPTION_LABELS, ChangeKind, ConsentKind, SubscriptionState
from mailflatrate.apps.privacy.models import DataRequestKind
from mailflatrate.apps.suppression.models import REASON_LABELS
from mailflatrate.entrypoints.public.pauses import pause_words
from mailflatrate.entrypoints.ui.field_words import value_words
from mailflatrate.entrypoints.ui.source_labels import source_word, unsubscribed_word
from mailflatrate.rules.contacts import external_ids
from mailflatrate.rules.contacts.countries import ATTRIBUTES as COUNTRY_ATTRIBUTES
from mailflatrate.rules.contacts.local_time import ATTRIBUTES as ZONE_ATTRIBUTES

MOST_SHOWN = 50
Rows = list[tuple[str, str]]
Section = tuple[str, Rows]


def sections(stored: dict[str, Any]) -> list[Section]:
    """Empty sections say so; long ones show only the newest rows, the file has all."""
    person = stored["person"]
    attributes = sorted(person["attributes"].items())
    about: Rows = [
        (_("Email address"), person["email"]),
        (_("First name"), person["first_name"]),
        (_("Last name"), person["last_name"]),
        *(
            (_attribute(key, person["asked_as"]), value_words(None, value))
            for key, value in attributes
            if key != LANGUAGE_ATTRIBUTE
        ),
        (_("Tags"), ", ".join(person["tags"])),
        *([(_("From your previous address"), _earlier())] if person["has_earlier_address"] else []),
        (_("Stored since"), _when(person["stored_since"])),
        (_("Your clicks"), _("stored with your name") if person["clicks_by_name"] else _("anonymous: counted only")),
    ]
    suppressed = stored["suppressed"]
    return [
        (_("You"), [row for row in about if row[1]]),
        (_("Your preferences"), _preferences(stored["preferences"])),
        (_("Lists"), [_list(subscription) for subscription in stored["subscriptions"]]),
        (_("Your consents and where they came from"), [_consent(consent) for consent in stored["consents"]]),
        (_("Emails sent to you"), [_message(mailing) for mailing in _newest(stored["mailings"])]),
        (_("Your clicks"), [(_when(click["at"]), click["link"] or "") for click in _newest(stored["clicks"])]),
        (_("Your answers"), [(_when(row["at"]), _answer(row)) for row in _newest(stored["answers"])]),
        (_("Automations that email you"), [_automation(enrolment) for enrolment in _newest(stored["automations"])]),
        (_("Bounces, complaints and replies"), [(_when(row["at"]), _came_back(row)) for row in stored["came_back"]]),
        (_("Notes about you"), [(_when(note["at"]), note["text"]) for note in stored["notes"][::-1]]),
        (
            _("Changes to your data"),
            [row for change in _newest(stored["changes"]) for row in _changed(change, person["asked_as"])],
        ),
        (
            _("Emails stopped"),
            [(_when(suppressed["since"]), str(REASON_LABELS[suppressed["reason"]]))] if suppressed else [],
        ),
        (
            _("Your requests"),
            [(_when(row["at"]), str(DataRequestKind(row["what"]).label)) for row in stored["requests"]],
        ),
        (
            _("Data controller"),
            [("", line) for line in (stored["responsible"]["name"], *stored["responsible"]["imprint"])],
        ),
    ]


def receipts(stored: dict[str, Any]) -> Rows:
    return [(_when(receipt["at"]), receipt["path"]) for receipt in stored["receipts"]]


def _newest(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return rows[::-1][:MOST_SHOWN]


def _changed(change: dict[str, Any], asked_as: dict[str, str]) -> Rows:
    when = _when(change["at"])
    if change["what"] == ChangeKind.TAGS:
        added, removed = _("Tag added: %(name)s"), _("Tag removed: %(name)s")
        return [
            (when, (added if is_added else removed) % {"name": name}) for name, is_added in change["values"].items()
        ]
    own = {"first_name": _("First name"), "last_name": _("Last name"), external_ids.FIELD: _("External ID")}
    return [
        (when, f"{own.get(key) or _attribute(key, asked_as)}: {value_words(None, before)} → {value_words(None, after)}")
        for key, (before, after) in change["values"].items()
    ]


def _earlier() -> str:
    return _("Your name and details were carried over. To see them, make a request from an email sent to that address.")


def _attribute(key: str, asked_as: dict[str, str]) -> str:
    """Return a known label, that of the form that asked, or a column of a file without its underscores."""
    if key in COUNTRY_ATTRIBUTES:
        return _("Country")
    if key in ZONE_ATTRIBUTES:
        return _("Time zone")
    return asked_as.get(key) or capfirst(key.replace("_", " "))


def _preferences(chosen: dict[str, Any]) -> Rows:
    rows: Rows = [(_("How often"), pause_words(chosen["least_days_between_mailings"]))]
    if until := _when(chosen["paused_until"]):
        rows.append((_("Paused until"), until))
    if chosen["language"]:
        spoken = dict(settings.LANGUAGES).get(chosen["language"])
        rows.append((_("Language"), str(spoken) if spoken else str(chosen["language"])))
    return rows


def _when(text: str | None) -> str:
    if not text:
        return ""
    return date_format(timezone.localtime(datetime.fromisoformat(text)), "SHORT_DATETIME_FORMAT")


def _list(subscription: dict[str, Any]) -> tuple[str, str]:
    state = str(SUBSCRIPTION_LABELS[SubscriptionState(subscription["state"])])
    since = _when(
        subscription["unsubscribed_at"] if subscription["state"] == "unsubscribed" else subscription["confirmed_at"]
    )
    return subscription["list"], f"{state}, {since}" if since else state


def _consent(consent: dict[str, Any]) -> tuple[str, str]:
    parts = [
        str(CONSENT_LABELS[ConsentKind(consent["what"])]),
        consent["list"] or "",
        source_word(consent.get("source", "")),
        consent.get("file", ""),
    ]
    ips = {consent.get("signup_ip"), consent.get("confirmed_ip")} - {None}
    parts += [_("IP address %(ip)s") % {"ip": ip} for ip in sorted(map(str, ips))]
    return _when(consent["at"]), " · ".join(part for part in (*parts, consent.get("browser", "")) if part)


def _message(mailing: dict[str, Any]) -> tuple[str, str]:
    subject = mailing["subject"] or _("Service notice")
    return _when(mailing["at"]), f"{subject} ({DeliveryState(mailing['state']).label})"


def _answer(row: dict[str, Any]) -> str:
    return " ".join(filter(None, (row["question"], f"“{row['answer']}”", row["comment"])))


def _automation(enrolment: dict[str, Any]) -> tuple[str, str]:
    state = _("under way") if enrolment["state"] == EnrolmentState.ACTIVE else pgettext("automation", "Ended")
    return _when(enrolment["entered_at"]), " · ".join((enrolment["automation"], enrolment["list"], state))


def _came_back(feedback: dict[str, Any]) -> str:
    kind, text = FeedbackKind(feedback["what"]), feedback["text"]
    words = unsubscribed_word(text) if kind == FeedbackKind.UNSUBSCRIBE and text else text
    return f"{kind.label} {words}".strip()
