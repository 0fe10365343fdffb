"""Checks whether an imprint is complete and well-formed, and whether a part shows it (R-44, validator notes 1 to 3)."""

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum

from mailflatrate.mail.address import AddressError, parse
from mailflatrate.rules.imprint.lines import imprint_lines
from mailflatrate.rules.imprint.model import ImprintRecord
from mailflatrate.rules.imprint.table import PO_BOX_ALLOWED, FieldRequirement, ImprintColumn, column_of, needs_of


class ImprintFault(Enum):
    MISSING = "missing"
    PO_BOX = "po_box"
    MALFORMED = "malformed"
    PLACEHOLDER = "placeholder"


@dataclass(frozen=True, slots=True)
class ImprintIssue:
    field: str
    fault: ImprintFault
    column: ImprintColumn


_PO_BOX = re.compile(
    r"\b(?:post(?:schlie(?:ss|ß))?fach|packstation|postlagernd|p\.?\s?o\.?\s?-?box|post\s+office\s+box|pobox"
    r"|general\s+delivery|poste\s+restante|case\s+postale|casella\s+postale|bo[iî]te\s+postale|apartado"
    r"|postbus|skrytka\s+pocztowa)\b",
    re.IGNORECASE,
)
_PLACEHOLDER = re.compile(
    r"(?:n\s?/\s?a|n\.\s?a\.|none|keine?|entf[aä]llt|tbd|todo|unknown|unbekannt|test|[-–—.xX?]+)",
    re.IGNORECASE,
)
_PHONE = re.compile(r"(?:\+|\()?[0-9][0-9 ()/.\-–]{5,24}")
_URL = re.compile(r"https://[^\s/.]+(?:\.[^\s/.]+)+(?:/\S*)?", re.IGNORECASE)

_POSTCODE = {
    "DE": re.compile(r"\d{5}"),
    "AT": re.compile(r"\d{4}"),
    "CH": re.compile(r"\d{4}"),
    "US": re.compile(r"\d{5}(?:-\d{4})?"),
    "CA": re.compile(r"[A-Z]\d[A-Z] ?\d[A-Z]\d", re.IGNORECASE),
    "GB": re.compile(r"[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}", re.IGNORECASE),
}
# Format only, by prefix: the VIES lookup is up to the reviewer and never blocks.
_VAT = {
    "DE": re.compile(r"DE\d{9}"),
    "AT": re.compile(r"ATU\d{8}"),
    "GB": re.compile(r"GB(?:\d{9}|\d{12}|GD\d{3}|HA\d{3})"),
    "XI": re.compile(r"XI(?:\d{9}|\d{12})"),
    "CH": re.compile(r"CHE\d{9}(?:MWST|TVA|IVA)?"),
    "BE": re.compile(r"BE[01]\d{9}"),
    "BG": re.compile(r"BG\d{9,10}"),
    "CY": re.compile(r"CY\d{8}[A-Z]"),
    "CZ": re.compile(r"CZ\d{8,10}"),
    "DK": re.compile(r"DK\d{8}"),
    "EE": re.compile(r"EE\d{9}"),
    "EL": re.compile(r"EL\d{9}"),
    "ES": re.compile(r"ES[A-Z0-9]\d{7}[A-Z0-9]"),
    "FI": re.compile(r"FI\d{8}"),
    "FR": re.compile(r"FR[A-HJ-NP-Z0-9]{2}\d{9}"),
    "HR": re.compile(r"HR\d{11}"),
    "HU": re.compile(r"HU\d{8}"),
    "IE": re.compile(r"IE\d[A-Z0-9+*]\d{5}[A-Z]{1,2}"),
    "IT": re.compile(r"IT\d{11}"),
    "LT": re.compile(r"LT(?:\d{9}|\d{12})"),
    "LU": re.compile(r"LU\d{8}"),
    "LV": re.compile(r"LV\d{11}"),
    "MT": re.compile(r"MT\d{8}"),
    "NL": re.compile(r"NL\d{9}B\d{2}"),
    "PL": re.compile(r"PL\d{10}"),
    "PT": re.compile(r"PT\d{9}"),
    "RO": re.compile(r"RO\d{2,10}"),
    "SE": re.compile(r"SE\d{12}"),
    "SI": re.compile(r"SI\d{8}"),
    "SK": re.compile(r"SK\d{10}"),
    "NO": re.compile(r"NO\d{9}(?:MVA)?"),
    "LI": re.compile(r"\d{5}"),
}
_REGISTER_NUMBER = {
    ImprintColumn.DE: re.compile(r"(?:HR ?[AB]|VR|GnR|GenR|PR|PartR|GsR|StR) ?\d{1,6}(?: ?[A-Z]{1,3})?", re.IGNORECASE),
    ImprintColumn.AT: re.compile(r"(?:FN ?)?\d{1,6} ?[a-z]|ZVR[- :]*\d{6,10}", re.IGNORECASE),
    ImprintColumn.UK: re.compile(r"\d{8}|[A-Z]{2}\d{6}|[A-Z]{2}\d{5}[A-Z]", re.IGNORECASE),
}


def check_imprint(imprint: ImprintRecord, recipient_countries: Collection[str] = ()) -> tuple[ImprintIssue, ...]:
    """In the order of the table. The account's country selects the column; recipients in the US and Canada add fields,
    because the law there applies by the reader's country (validator note 1).
    """
    home = column_of(imprint.country)
    columns = [home]
    for country in sorted({code.upper() for code in recipient_countries}):
        column = column_of(country)
        if column in (ImprintColumn.US, ImprintColumn.CA) and column not in columns:
            columns.append(column)
    issues: dict[str, ImprintIssue] = {}
    for column in columns:
        for field, need in needs_of(column).items():
            fault = _fault(imprint, field, need, column)
            if fault is not None:
                issues.setdefault(field, ImprintIssue(field, fault, column))
    return tuple(issues.values())


def missing_in(part_text: str, imprint: ImprintRecord, language: str) -> tuple[str, ...]:
    """Return keys of missing lines. `part_text` is what a reader sees: HTML without its tags."""
    seen = _squeeze(part_text)
    return tuple(line.key for line in imprint_lines(imprint, language) if _squeeze(line.text) not in seen)


def _fault(imprint: ImprintRecord, field: str, need: FieldRequirement, column: ImprintColumn) -> ImprintFault | None:
    text = imprint.value(field)
    if not text:
        return ImprintFault.MISSING if _is_due(need, imprint) else None
    if _PLACEHOLDER.fullmatch(text):
        return ImprintFault.PLACEHOLDER
    if field in ("street", "city") and _PO_BOX.search(text) and column not in PO_BOX_ALLOWED:
        return ImprintFault.PO_BOX
    return None if _well_formed(imprint, field, text) else ImprintFault.MALFORMED


def _is_due(need: FieldRequirement, imprint: ImprintRecord) -> bool:
    if need is FieldRequirement.LEGAL_PERSON:
        return imprint.organisation.legal_person
    if need is FieldRequirement.REGISTERED:
        return imprint.organisation.registered
    return need is FieldRequirement.MANDATORY


def _well_formed(imprint: ImprintRecord, field: str, text: str) -> bool:
    match field:
        case "email":
            return _is_address(text)
        case "phone":
            return _PHONE.fullmatch(text) is not None and sum(char.isdigit() for char in text) >= 6
        case "privacy_url" | "profession_rules_url":
            return _URL.fullmatch(text) is not None
        case "postcode":
            country = (imprint.address_country or imprint.country).upper().replace("UK", "GB")
            pattern = _POSTCODE.get(country)
            return pattern is None or pattern.fullmatch(text) is not None
        case "vat_id":
            return _is_vat_id(text)
        case "register_number":
            register = _REGISTER_NUMBER.get(column_of(imprint.country))
            return register is None or register.fullmatch(text) is not None
    return True


def _is_address(text: str) -> bool:
    try:
        parse(text)
    except AddressError:
        return False
    return True


def _is_vat_id(text: str) -> bool:
    packed = re.sub(r"[\s.\-/]", "", text).upper()
    pattern = _VAT.get(packed[:2])
    return pattern is not None and pattern.fullmatch(packed) is not None


def _squeeze(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
