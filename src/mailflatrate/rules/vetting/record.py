"""R-02: what an application must contain. A company without a register number, VAT id or earlier provider explains why
in that field.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from mailflatrate.locale.texts import N_, translate


@dataclass(frozen=True, slots=True)
class RecordField:
    key: str
    label: str

    def name(self, language: str) -> str:
        return translate(self.label, language)


# Source: M3AAWG Vetting BCP (2011): corporate entity and history, sending history, list and data collection.
FIELDS: tuple[RecordField, ...] = (
    RecordField("legal_name", N_("Legal company name")),
    RecordField("register_number", N_("Register and number")),
    RecordField("vat_id", N_("VAT ID")),
    RecordField("street", N_("Street address")),
    RecordField("postcode", N_("Postal code")),
    RecordField("city", N_("City")),
    RecordField("country", N_("Country")),
    RecordField("responsible_person", N_("Responsible person")),
    RecordField("phone", N_("Phone")),
    RecordField("website", N_("Website")),
    RecordField("imprint_url", N_("Website imprint page")),
    RecordField("sector", N_("Industry")),
    RecordField("business_model", N_("What the company does")),
    RecordField("sending_history", N_("Sending history")),
    RecordField("previous_provider", N_("Previous provider")),
    RecordField("leaving_reason", N_("Reason for switching")),
    RecordField("monthly_volume", N_("Messages per month")),
    RecordField("cadence", N_("How often")),
    RecordField("lists", N_("Lists, with their size and how they were collected")),
    RecordField("form_url", N_("Sign-up form")),
    RecordField("sample_mailing", N_("Sample campaign")),
)
_BY_KEY = {field.key: field for field in FIELDS}
LIST_KEYS = ("name", "size", "collection")


def field_name(key: str, language: str) -> str:
    """Return a field's display name. Raises KeyError if it does not exist."""
    return _BY_KEY[key].name(language)


def missing_fields(record: Mapping[str, object]) -> tuple[str, ...]:
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
