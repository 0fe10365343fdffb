"""How an imprint reads: ordered lines with labels, the same in HTML, in text, on pages and in confirmation
mails."""

from __future__ import annotations

from dataclasses import dataclass

from mailflatrate.rules.imprint.model import Imprint
from mailflatrate.rules.verdict import Language


@dataclass(frozen=True, slots=True)
class ImprintLine:
    """One line. `label` is empty for the name and the postal address, which explain themselves."""

    key: str
    label: str
    text: str

    def __str__(self) -> str:
        return f"{self.label}: {self.text}" if self.label else self.text


_LABELS: dict[str, tuple[str, str]] = {
    "legal_name": ("Company name", "Name der Firma"),
    "legal_form": ("Legal form", "Rechtsform"),
    "representatives": ("Represented by", "Vertreten durch"),
    "on_behalf_of": ("On behalf of", "Im Auftrag von"),
    "address": ("Address", "Anschrift"),
    "street": ("Street and number", "Straße und Hausnummer"),
    "postcode": ("Postcode", "Postleitzahl"),
    "city": ("City", "Ort"),
    "email": ("E-mail", "E-Mail"),
    "phone": ("Phone", "Telefon"),
    "website": ("Website", "Website"),
    "register_name": ("Register", "Register"),
    "register": ("Registered at", "Eingetragen bei"),
    "register_number": ("Register number", "Registernummer"),
    "vat_id": ("VAT ID", "USt-IdNr."),
    "w_idnr": ("Business ID", "Wirtschafts-IdNr."),
    "supervisory_authority": ("Supervisory authority", "Aufsichtsbehörde"),
    "chamber": ("Chamber", "Kammer"),
    "profession_title": ("Professional title", "Berufsbezeichnung"),
    "profession_state": ("Title awarded in", "Verliehen in"),
    "profession_rules_url": ("Professional rules", "Berufsrechtliche Regelungen"),
    "editor_responsible": ("Responsible for the content", "Verantwortlich für den Inhalt"),
    "business_purpose": ("Business", "Unternehmensgegenstand"),
    "media_policy": ("Editorial policy", "Grundlegende Richtung"),
    "capital": ("Capital", "Kapital"),
    "liquidation_note": ("Note", "Hinweis"),
    "privacy_url": ("Privacy", "Datenschutz"),
    "extra_ids": ("Further numbers", "Weitere Nummern"),
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
    "DE": ("Germany", "Deutschland"),
    "AT": ("Austria", "Österreich"),
    "CH": ("Switzerland", "Schweiz"),
    "LI": ("Liechtenstein", "Liechtenstein"),
    "GB": ("United Kingdom", "Vereinigtes Königreich"),
    "UK": ("United Kingdom", "Vereinigtes Königreich"),
    "US": ("USA", "USA"),
    "CA": ("Canada", "Kanada"),
    "FR": ("France", "Frankreich"),
    "IT": ("Italy", "Italien"),
    "NL": ("Netherlands", "Niederlande"),
    "BE": ("Belgium", "Belgien"),
    "LU": ("Luxembourg", "Luxemburg"),
    "DK": ("Denmark", "Dänemark"),
    "PL": ("Poland", "Polen"),
    "CZ": ("Czechia", "Tschechien"),
    "ES": ("Spain", "Spanien"),
    "IE": ("Ireland", "Irland"),
    "SE": ("Sweden", "Schweden"),
}


def field_label(field: str, language: Language) -> str:
    """The name of a field for people, without a colon; the key itself where there is none."""
    pair = _LABELS.get(field)
    if pair is None:
        return field
    return pair[1] if language is Language.GERMAN else pair[0]


def imprint_lines(imprint: Imprint, language: Language) -> tuple[ImprintLine, ...]:
    """The lines to render, empty fields left out: name, for whom, address, people, contact, register,
    numbers, privacy."""
    lines: list[ImprintLine] = []

    def add(key: str, text: str, label: str | None = None) -> None:
        if text:
            lines.append(ImprintLine(key, field_label(key, language) if label is None else label, text))

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


def _full_name(imprint: Imprint) -> str:
    name, form = imprint.legal_name, imprint.legal_form
    if not form or form.casefold() in name.casefold():
        return name
    return f"{name} {form}"


def _postal_address(imprint: Imprint, language: Language) -> str:
    code = (imprint.address_country or imprint.country).upper()
    pair = _COUNTRIES.get(code)
    country = code if pair is None else pair[1 if language is Language.GERMAN else 0]
    # English-speaking countries write the postcode behind the city.
    behind = code in ("US", "CA", "GB", "UK")
    town = (imprint.city, imprint.postcode) if behind else (imprint.postcode, imprint.city)
    parts = (imprint.street, " ".join(filter(None, town)), country)
    return ", ".join(filter(None, parts)) if imprint.street or imprint.city else ""
