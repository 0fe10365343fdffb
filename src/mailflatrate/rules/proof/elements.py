"""What must be on record about a consent (R-29), present or missing. Keys of `details` are those of
`apps.consent.ledger`. An imported person signed up elsewhere: what that system did not provide is missing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from mailflatrate.locale.texts import N_, NC_, translate
from mailflatrate.rules.proof.record import EventRecord


class ProofStep(Enum):
    SIGN_UP = "sign_up"
    MAIL = "mail"
    CONFIRMATION = "confirmation"
    LATER = "later"


@dataclass(frozen=True, slots=True)
class ProofEvent:
    record: EventRecord
    evidence: Mapping[str, Any] | None

    def detail(self, key: str) -> Any:
        details = (self.evidence or {}).get("details")
        return details.get(key) if isinstance(details, Mapping) else None

    def value(self, *fields: str) -> str | None:
        values = ((self.evidence or {}).get(field) for field in fields)
        return next((str(stored) for stored in values if stored not in (None, "")), None)


@dataclass(frozen=True, slots=True)
class Element:
    step: ProofStep
    key: str
    value: str | None
    event: int | None = None

    def as_json(self) -> dict[str, Any]:
        return {"step": self.step.value, "key": self.key, "value": self.value, "event": self.event}


_STEP_NAMES = {
    ProofStep.SIGN_UP: N_("Sign-up"),
    ProofStep.MAIL: N_("Confirmation email"),
    ProofStep.CONFIRMATION: N_("Confirmation"),
    ProofStep.LATER: N_("Afterward"),
}
ELEMENT_NAMES = {
    "address": N_("Email address"),
    "signed_up_at": NC_("proof", "Time"),
    "sign_up_ip": N_("IP address"),
    "sign_up_agent": N_("Browser"),
    "form": N_("Form or page"),
    "form_version": N_("Form version"),
    "wording": N_("Wording shown"),
    "ticked": N_("Boxes checked"),
    "language": N_("Language"),
    "entered_by": N_("Entered by"),
    "entered_with": N_("Entered with"),
    "entered_how": N_("How they signed up, as entered"),
    "message_id": N_("Message-ID"),
    "sent_at": NC_("proof", "Sent"),
    "body_sha256": N_("SHA-256 of the text"),
    "reply": N_("Mail server response"),
    "confirmed_at": NC_("proof", "Time"),
    "confirmation_ip": N_("IP address"),
    "confirmation_agent": N_("Browser"),
    "confirmation_page": N_("Page"),
    "token": N_("Link token"),
    "withdrawals": N_("Withdrawals and objections"),
}
SINCE_FORM_3 = frozenset({"entered_by", "entered_with", "entered_how", "confirmation_page"})
"""Elements that certificates of the forms before don't show (docs/features/certificates.md)."""
_ENDINGS = ("withdrawn", "objection", "tracking_withdrawn")


_BOXES = {"consent": N_("Consent"), "tracking": N_("Click tracking"), "further": N_("Another list")}


def box_names(ticked: str, language: str) -> str:
    codes = dict.fromkeys(box.partition(":")[0] for box in ticked.split(", "))
    return ", ".join(translate(_BOXES.get(code, code), language) for code in codes)


def step_name(step: ProofStep, language: str) -> str:
    return translate(_STEP_NAMES[step], language)


def element_name(key: str, language: str) -> str:
    return translate(ELEMENT_NAMES[key], language)


def basis_of(events: Sequence[ProofEvent]) -> ProofEvent | None:
    return next((event for event in reversed(events) if event.record.kind in ("confirmed", "imported")), None)


def elements_of(events: Sequence[ProofEvent]) -> list[Element]:
    basis = basis_of(events)
    imported = basis is not None and basis.record.kind == "imported"
    asked = basis if imported else _partner(events, basis, "requested", "requested_event")
    mailed = None if imported else _partner(events, basis, "confirmation_sent", "sent_event")
    return [*_sign_up(asked), *_mail(mailed), *_confirmation(basis, imported=imported), _later(events, basis)]


def missing_of(elements: Sequence[Element]) -> list[Element]:
    return [element for element in elements if element.value is None]


def _partner(events: Sequence[ProofEvent], basis: ProofEvent | None, kind: str, named: str) -> ProofEvent | None:
    of_kind = [event for event in events if event.record.kind == kind]
    if basis is None:
        return of_kind[-1] if of_kind else None
    event_id, request = basis.detail(named), basis.detail("request")
    for candidate in reversed(of_kind):
        if candidate.record.id == event_id or (request is not None and candidate.detail("request") == request):
            return candidate
    return None


def _element(step: ProofStep, key: str, source: ProofEvent | None, value: Any) -> Element:
    if isinstance(value, list | tuple):
        value = ", ".join(map(str, value))
    text = None if value in (None, "") else str(value)
    return Element(step, key, text, source.record.id if source and text is not None else None)


def _sign_up(asked: ProofEvent | None) -> list[Element]:
    def at(key: str, value: Any) -> Element:
        return _element(ProofStep.SIGN_UP, key, asked, value)

    if asked is None:
        keys = ("address", "signed_up_at", "sign_up_ip", "sign_up_agent", "form", "form_version", "wording", "ticked")
        return [at(key, None) for key in (*keys, "language")]
    moment = asked.value("signup_at") or (asked.record.occurred_at if asked.record.kind == "requested" else None)
    version, digest = asked.detail("form_version"), asked.detail("form_sha256")
    return [
        at("address", asked.value("email")),
        at("signed_up_at", moment),
        at("sign_up_ip", asked.value("signup_ip")),
        at("sign_up_agent", asked.value("user_agent")),
        at("form", asked.value("source")),
        at("form_version", f"{version or '?'}, SHA-256 {digest}" if digest else None),
        at("wording", asked.detail("wording")),
        at("ticked", asked.detail("ticked")),
        at("language", asked.detail("language")),
        *_entered(asked),
    ]


def _entered(asked: ProofEvent) -> list[Element]:
    if asked.detail("kind") not in ("person", "api"):
        return []
    who, key = asked.detail("by"), asked.detail("key")
    details = {"entered_by": who} if who or not key else {}
    details |= {"entered_with": key} if key else {}
    return [
        _element(ProofStep.SIGN_UP, name, asked, value)
        for name, value in {**details, "entered_how": asked.detail("note")}.items()
    ]


def _mail(mailed: ProofEvent | None) -> list[Element]:
    keys = ("message_id", "sent_at", "body_sha256", "reply")
    return [_element(ProofStep.MAIL, key, mailed, mailed.detail(key) if mailed else None) for key in keys]


def _confirmation(basis: ProofEvent | None, *, imported: bool) -> list[Element]:
    def at(key: str, value: Any) -> Element:
        return _element(ProofStep.CONFIRMATION, key, basis, value)

    keys = ("confirmed_at", "confirmation_ip", "confirmation_agent", "confirmation_page")
    if basis is None:
        return [at(key, None) for key in (*keys, "token")]
    return [
        at("confirmed_at", basis.value("confirmed_at") or basis.record.occurred_at),
        at("confirmation_ip", basis.value("confirmed_ip")),
        # One browser in an imported row is the one of the sign-up, where it is shown.
        at("confirmation_agent", None if imported else basis.value("user_agent")),
        at("confirmation_page", basis.detail("answered_on")),
        at("token", basis.detail("token")),
    ]


def _later(events: Sequence[ProofEvent], basis: ProofEvent | None) -> Element:
    endings = [event for event in events if event.record.kind in _ENDINGS]
    text = ", ".join(f"{ending.record.kind} {ending.record.occurred_at}" for ending in endings) or "-"
    return Element(ProofStep.LATER, "withdrawals", text, endings[-1].record.id if endings else None)
