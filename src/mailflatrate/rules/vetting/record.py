"""R-02: what an application must say before anybody may approve it. No field may stay empty.

Where a company has no register number, no VAT id, or no earlier provider, it writes why; the reviewer reads it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mailflatrate.rules.verdict import Language


@dataclass(frozen=True, slots=True)
class RecordField:
    """One field of the record and what people call it."""

    key: str
    en: str
    de: str

    def name(self, language: Language) -> str:
        """The name in one language."""
        return self.de if language is Language.GERMAN else self.en


# Source: M3AAWG Vetting BCP (2011): corporate entity and history, sending history, list and data collection.
FIELDS: tuple[RecordField, ...] = (
    RecordField("legal_name", "Company name with its legal form", "Firma mit Rechtsform"),
    RecordField("register_number", "Register and number", "Register und Nummer"),
    RecordField("vat_id", "VAT ID", "USt-IdNr."),
    RecordField("street", "Street and number", "Straße und Hausnummer"),
    RecordField("postcode", "Postcode", "Postleitzahl"),
    RecordField("city", "City", "Ort"),
    RecordField("country", "Country", "Land"),
    RecordField("responsible_person", "Person who answers for it", "Verantwortliche Person"),
    RecordField("phone", "Phone", "Telefon"),
    RecordField("website", "Website", "Website"),
    RecordField("imprint_url", "Imprint on the website", "Impressum der Website"),
    RecordField("sector", "Line of business", "Branche"),
    RecordField("business_model", "What the company does", "Was die Firma tut"),
    RecordField("sending_history", "Mailings until now", "Mailings bisher"),
    RecordField("previous_provider", "Provider until now", "Dienst bisher"),
    RecordField("leaving_reason", "Reason for the change", "Grund des Wechsels"),
    RecordField("monthly_volume", "Messages a month", "Nachrichten im Monat"),
    RecordField("cadence", "How often", "Wie oft"),
    RecordField("lists", "Lists with their size and how they were collected", "Listen mit Größe und Art der Erhebung"),
    RecordField("form_url", "Sign-up form", "Anmeldeformular"),
    RecordField("sample_mailing", "A sample mailing", "Ein Beispiel-Mailing"),
)
_BY_KEY = {field.key: field for field in FIELDS}
LIST_KEYS = ("name", "size", "collection")


def field_name(key: str, language: Language) -> str:
    """What people call a field. Raises KeyError for one that does not exist."""
    return _BY_KEY[key].name(language)


def missing_fields(record: Mapping[str, object]) -> tuple[str, ...]:
    """Keys of the fields that say nothing, in the order of the form; empty: the record is complete."""
    return tuple(field.key for field in FIELDS if _is_empty(field.key, record.get(field.key)))


def _is_empty(key: str, value: object) -> bool:
    if key == "lists":
        rows = value if isinstance(value, list | tuple) else []
        return not rows or any(not isinstance(row, Mapping) or _row_is_empty(row) for row in rows)
    if key == "monthly_volume":
        return not isinstance(value, int) or value <= 0
    return not str(value or "").strip()


def _row_is_empty(row: Mapping[str, object]) -> bool:
    return any(row.get(key) in (None, "", 0) or not str(row.get(key)).strip() for key in LIST_KEYS)
