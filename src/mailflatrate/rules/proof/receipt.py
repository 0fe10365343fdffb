"""The receipt for a double opt-in consent: a signed JSON object that says what the ledger proves about the person, and
nothing about anyone else, in names of Kantara's Consent Receipt Specification 1.1; `proof` has the elements (R-29). See
`docs/consent-receipt.md`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from mailflatrate.locale.texts import N_, translate
from mailflatrate.rules.proof.elements import ProofEvent, elements_of

RECEIPT_FORM: Final = "mailflatrate consent receipt 1"
KANTARA_VERSION: Final = "KI-CR-v1.1.0"
CONSENT_TYPE: Final = "EXPLICIT"
_ENDINGS = ("withdrawn", "objection")
_NOT_IN_RECEIPTS: Final = frozenset({"withdrawals", "entered_by", "entered_with", "entered_how"})
"""Withdrawals have a place of their own, and a receipt names nobody of the company's team."""


class ConsentChannel(StrEnum):
    FORM = "form"
    STAND = "stand"
    PERSON = "person"
    PROGRAM = "program"


_METHODS: Final = {
    ConsentChannel.FORM: "double opt-in: form, then a button behind a link sent to the address",
    ConsentChannel.STAND: (
        "double opt-in: form on a tablet of {company}, then a button behind a link sent to the address"
    ),
    ConsentChannel.PERSON: (
        "double opt-in: request by a person of {company}, without our form, then a button behind a link sent to the "
        "address"
    ),
    ConsentChannel.PROGRAM: (
        "double opt-in: request by a program of {company}, without our form, then a button behind a link sent to the "
        "address"
    ),
}
_SENTENCES: Final = {
    ConsentChannel.FORM: N_("The form was filled in, and then confirmed with the button behind the link in an email."),
    ConsentChannel.STAND: N_(
        "The form was filled in on a tablet of {company}, and then confirmed with the button behind the link in an "
        "email."
    ),
    ConsentChannel.PERSON: N_(
        "Someone at {company} entered the address, without this service's form. It was then confirmed with the button "
        "behind the link in an email."
    ),
    ConsentChannel.PROGRAM: N_(
        "A program of {company} submitted the address, without this service's form. It was then confirmed with the "
        "button behind the link in an email."
    ),
}


def consent_channel(confirmation: ProofEvent) -> ConsentChannel:
    if confirmation.detail("stand") is not None:
        return ConsentChannel.STAND
    by_kind = {"person": ConsentChannel.PERSON, "api": ConsentChannel.PROGRAM}
    return by_kind.get(str(confirmation.detail("kind")), ConsentChannel.FORM)


def method_sentence(source: str, company: str, language: str) -> str:
    """Return how a consent was collected, for people. Raises ValueError for an unknown source."""
    return translate(_SENTENCES[ConsentChannel(source)], language).format(company=company)


@dataclass(frozen=True, slots=True)
class ReceiptController:
    """As the form showed it; the imprint is line by line. `country` is the ISO 3166 code of its jurisdiction."""

    company: str
    imprint: tuple[str, ...]
    privacy_url: str
    country: str


@dataclass(frozen=True, slots=True)
class ReceiptList:
    """`events` are of the person and the list, ordered by id; `event` is the id of the confirmation."""

    name: str
    event: int
    events: Sequence[ProofEvent]

    @property
    def confirmation(self) -> ProofEvent:
        return next(ledger_event for ledger_event in self.events if ledger_event.record.id == self.event)

    def as_json(self) -> dict[str, Any]:
        until_then = [ledger_event for ledger_event in self.events if ledger_event.record.id <= self.event]
        later = [
            ledger_event
            for ledger_event in self.events
            if ledger_event.record.id > self.event and ledger_event.record.kind in _ENDINGS
        ]
        consent = self.confirmation
        return {
            "service": self.name,
            "purposes": [
                {
                    "purpose": consent.detail("wording"),
                    "purposeCategory": ["Marketing"],
                    "consentType": CONSENT_TYPE,
                    "primaryPurpose": True,
                    "termination": "until withdrawn",
                }
            ],
            "proof": [
                {"step": element.step.value, "key": element.key, "value": element.value}
                for element in elements_of(until_then)
                if element.key not in _NOT_IN_RECEIPTS
            ],
            "page": consent.detail("page") or consent.detail("place"),
            "withdrawn_at": later[0].record.occurred_at if later else None,
        }


def build_receipt(
    receipt_id: str, lists: Sequence[ReceiptList], controller: ReceiptController, *, issued_at: str, keys_url: str
) -> dict[str, Any]:
    """May be about several lists; the first names the person. `issued_at` is in the ledger's format, `keys_url` where
    the service publishes its keys.
    """
    first = lists[0].confirmation
    source = consent_channel(first)
    confirmed_at = datetime.fromisoformat(first.record.occurred_at)
    return {
        "format": RECEIPT_FORM,
        "version": KANTARA_VERSION,
        "jurisdiction": controller.country,
        "consentTimestamp": int(confirmed_at.timestamp()),
        "collectionMethod": _METHODS[source].format(company=controller.company),
        "requested_through": source.value,
        "consentReceiptID": receipt_id,
        "language": first.detail("language"),
        "piiPrincipalId": first.value("email"),
        "piiControllers": [{"piiController": controller.company, "imprint": list(controller.imprint)}],
        "policyUrl": controller.privacy_url,
        "services": [service.as_json() for service in lists],
        "issued_at": issued_at,
        "keys": keys_url,
    }
