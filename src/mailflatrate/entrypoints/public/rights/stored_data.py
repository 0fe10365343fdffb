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
        (_("Lists"), [_list(one) for one in stored["subscriptions"]]),
        (_("Your consents and where they came from"), [_consent(one) for one in stored["consents"]]),
        (_("Emails sent to you"), [_message(one) for one in stored["mailings"][::-1][:MOST_SHOWN]]),
        (_("Your clicks"), [(_when(one["at"]), one["link"] or "") for one in stored["clicks"][::-1][:MOST_SHOWN]]),
        (_("Your answers"), [(_when(one["at"]), _answer(one)) for one in stored["answers"][::-1][:MOST_SHOWN]]),
        (_("Automations that email you"), [_automation(one) for one in stored["automations"][::-1][:MOST_SHOWN]]),
        (_("Bounces, complaints and replies"), [(_when(one["at"]), _came_back(one)) for one in stored["came_back"]]),
        (_("Notes about you"), [(_when(one["at"]), one["text"]) for one in stored["notes"][::-1]]),
        (
            _("Changes to your data"),
            [row for one in stored["changes"][::-1][:MOST_SHOWN] for row in _changed(one, person["asked_as"])],
        ),
        (
            _("Emails stopped"),
            [(_when(suppressed["since"]), str(REASON_LABELS[suppressed["reason"]]))] if suppressed else [],
        ),
        (
            _("Your requests"),
            [(_when(one["at"]), str(DataRequestKind(one["what"]).label)) for one in stored["requests"]],
        ),
        (
            _("Data controller"),
            [("", line) for line in (stored["responsible"]["name"], *stored["responsible"]["imprint"])],
        ),
    ]


def receipts(stored: dict[str, Any]) -> Rows:
    return [(_when(one["at"]), one["path"]) for one in stored["receipts"]]


def _changed(one: dict[str, Any], asked_as: dict[str, str]) -> Rows:
    when = _when(one["at"])
    if one["what"] == ChangeKind.TAGS:
        added, removed = _("Tag added: %(name)s"), _("Tag removed: %(name)s")
        return [(when, (added if is_added else removed) % {"name": name}) for name, is_added in one["values"].items()]
    own = {"first_name": _("First name"), "last_name": _("Last name"), external_ids.FIELD: _("External ID")}
    return [
        (when, f"{own.get(key) or _attribute(key, asked_as)}: {value_words(None, before)} → {value_words(None, after)}")
        for key, (before, after) in one["values"].items()
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


def _list(one: dict[str, Any]) -> tuple[str, str]:
    state = str(SUBSCRIPTION_LABELS[SubscriptionState(one["state"])])
    since = _when(one["unsubscribed_at"] if one["state"] == "unsubscribed" else one["confirmed_at"])
    return one["list"], f"{state}, {since}" if since else state


def _consent(one: dict[str, Any]) -> tuple[str, str]:
    parts = [
        str(CONSENT_LABELS[ConsentKind(one["what"])]),
        one["list"] or "",
        source_word(one.get("source", "")),
        one.get("file", ""),
    ]
    ips = {one.get("signup_ip"), one.get("confirmed_ip")} - {None}
    parts += [_("IP address %(ip)s") % {"ip": ip} for ip in sorted(map(str, ips))]
    return _when(one["at"]), " · ".join(part for part in (*parts, one.get("browser", "")) if part)


def _message(one: dict[str, Any]) -> tuple[str, str]:
    subject = one["subject"] or _("Service notice")
    return _when(one["at"]), f"{subject} ({DeliveryState(one['state']).label})"


def _answer(row: dict[str, Any]) -> str:
    return " ".join(filter(None, (row["question"], f"“{row['answer']}”", row["comment"])))


def _automation(one: dict[str, Any]) -> tuple[str, str]:
    state = _("under way") if one["state"] == EnrolmentState.ACTIVE else pgettext("automation", "Ended")
    return _when(one["entered_at"]), " · ".join((one["automation"], one["list"], state))


def _came_back(one: dict[str, Any]) -> str:
    kind, text = FeedbackKind(one["what"]), one["text"]
    said = unsubscribed_word(text) if kind == FeedbackKind.UNSUBSCRIBE and text else text
    return f"{kind.label} {said}".strip()
