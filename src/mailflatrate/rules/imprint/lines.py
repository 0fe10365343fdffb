"""Renders an imprint: the same lines in HTML, in text, on pages and in confirmation messages."""

from dataclasses import dataclass

from mailflatrate.locale.formats import formats_of
from mailflatrate.locale.texts import N_, NC_, translate
from mailflatrate.rules.imprint.model import ImprintRecord


@dataclass(frozen=True, slots=True)
class ImprintLine:
    key: str
    label: str
    text: str
    colon: str = ": "

    def __str__(self) -> str:
        return f"{self.label}{self.colon}{self.text}" if self.label else self.text


_LABELS: dict[str, str] = {
    "legal_name": N_("Company name"),
    "legal_form": N_("Legal form"),
    "representatives": N_("Represented by"),
    "on_behalf_of": N_("On behalf of"),
    "address": NC_("imprint", "Address"),
    "street": N_("Street address"),
    "postcode": N_("Postal code"),
    "city": N_("City"),
    "email": N_("Email"),
    "phone": N_("Phone"),
    "website": N_("Website"),
    "register_name": N_("Register"),
    "register": N_("Registered with"),
    "register_number": N_("Register number"),
    "vat_id": N_("VAT ID"),
    "w_idnr": N_("Business ID"),
    "supervisory_authority": N_("Supervisory authority"),
    "chamber": N_("Chamber"),
    "profession_title": N_("Professional title"),
    "profession_state": N_("Title awarded in"),
    "profession_rules_url": N_("Professional rules"),
    "editor_responsible": N_("Responsible for content"),
    "business_purpose": N_("Business purpose"),
    "media_policy": N_("Editorial policy"),
    "capital": N_("Capital"),
    "liquidation_note": NC_("imprint", "Note"),
    "privacy_url": N_("Privacy"),
    "extra_ids": N_("Other numbers"),
}
# The customer knows the number under its national name.
_VAT_LABELS = {"AT": "UID", "CH": "UID", "LI": "UID"}
_ALONE = (
    "vat_id",
    "w_idnr",
    "supervisory_authority",
    "chamber",
    "profession_title",
    "profession_state",
    "profession_rules_url",
    "editor_responsible",
    "business_purpose",
    "media_policy",
    "capital",
    "liquidation_note",
    "extra_ids",
    "privacy_url",
)
_COUNTRIES = {
    "DE": N_("Germany"),
    "AT": N_("Austria"),
    "CH": N_("Switzerland"),
    "LI": N_("Liechtenstein"),
    "GB": N_("United Kingdom"),
    "UK": N_("United Kingdom"),
    "US": N_("USA"),
    "CA": N_("Canada"),
    "FR": N_("France"),
    "IT": N_("Italy"),
    "NL": N_("Netherlands"),
    "BE": N_("Belgium"),
    "LU": N_("Luxembourg"),
    "DK": N_("Denmark"),
    "PL": N_("Poland"),
    "CZ": N_("Czechia"),
    "ES": N_("Spain"),
    "IE": N_("Ireland"),
    "SE": N_("Sweden"),
}


def field_label(field: str, language: str) -> str:
    """Return a field's display name, without a colon; the key itself if there is none."""
    return translate(_LABELS[field], language) if field in _LABELS else field


def imprint_lines(imprint: ImprintRecord, language: str) -> tuple[ImprintLine, ...]:
    """In order, without empty ones: name, on whose behalf, address, people, contact, register, numbers, privacy."""
    lines: list[ImprintLine] = []
    colon = formats_of(language).colon

    def add(key: str, text: str, label: str | None = None) -> None:
        if text:
            lines.append(ImprintLine(key, field_label(key, language) if label is None else label, text, colon))

    add("legal_name", _full_name(imprint), "")
    add("on_behalf_of", imprint.on_behalf_of)
    add("address", _postal_address(imprint, language), "")
    add("representatives", ", ".join(imprint.representatives))
    add("email", imprint.email)
    add("phone", imprint.phone)
    add("website", imprint.website)
    add("register", ", ".join(filter(None, (imprint.register_name, imprint.register_number))))
    for key in _ALONE:
        label = _VAT_LABELS.get(imprint.country) if key == "vat_id" else None
        add(key, imprint.value(key), label)
    return tuple(lines)


def _full_name(imprint: ImprintRecord) -> str:
    name, form = imprint.legal_name, imprint.legal_form
    if not form or form.casefold() in name.casefold():
        return name
    return f"{name} {form}"


def _postal_address(imprint: ImprintRecord, language: str) -> str:
    code = (imprint.address_country or imprint.country).upper()
    country = translate(_COUNTRIES[code], language) if code in _COUNTRIES else code
    # English-speaking countries write the postcode after the city.
    behind = code in ("US", "CA", "GB", "UK")
    town = (imprint.city, imprint.postcode) if behind else (imprint.postcode, imprint.city)
    parts = (imprint.street, " ".join(filter(None, town)), country)
    return ", ".join(filter(None, parts)) if imprint.street or imprint.city else ""
