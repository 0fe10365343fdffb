"""The imprint object of an account. A campaign stores the version it showed (validator note 6)."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import Enum


class Organization(Enum):
    COMPANY = "company"
    """A legal person in a company register: GmbH, AG, UG, KG with a company as partner, Ltd, Inc."""
    REGISTERED_TRADER = "registered_trader"
    """A person or partnership in a register without being a legal person: e. K., OHG, KG."""
    ASSOCIATION = "association"
    """A registered association, co-operative or foundation."""
    PUBLIC_BODY = "public_body"
    """A legal person of public law: municipality, university, chamber."""
    PARTNERSHIP = "partnership"
    """An unregistered partnership: GbR."""
    SOLE_TRADER = "sole_trader"
    """One person who trades or works freelance, unregistered."""

    @property
    def legal_person(self) -> bool:
        return self in (Organization.COMPANY, Organization.ASSOCIATION, Organization.PUBLIC_BODY)

    @property
    def registered(self) -> bool:
        return self in (Organization.COMPANY, Organization.REGISTERED_TRADER, Organization.ASSOCIATION)


@dataclass(frozen=True, slots=True)
class ImprintRecord:
    """As the customer wrote it; "" for none, never "n/a". `country` is ISO 3166. `representatives` and `extra_ids` have
    an entry per line, such as `SIREN: 123 456 789`.
    """

    country: str
    organisation: Organization
    legal_name: str = ""
    legal_form: str = ""
    representatives: tuple[str, ...] = ()
    on_behalf_of: str = ""
    street: str = ""
    postcode: str = ""
    city: str = ""
    address_country: str = ""
    email: str = ""
    phone: str = ""
    website: str = ""
    register_name: str = ""
    register_number: str = ""
    vat_id: str = ""
    w_idnr: str = ""
    supervisory_authority: str = ""
    chamber: str = ""
    profession_title: str = ""
    profession_state: str = ""
    profession_rules_url: str = ""
    editor_responsible: str = ""
    business_purpose: str = ""
    media_policy: str = ""
    capital: str = ""
    liquidation_note: str = ""
    privacy_url: str = ""
    extra_ids: tuple[str, ...] = ()

    def value(self, field: str) -> str:
        held: object = getattr(self, field)
        if isinstance(held, tuple):
            return ", ".join(held)
        return held if isinstance(held, str) else str(held)


_FIELDS = frozenset(field.name for field in fields(ImprintRecord))
_LISTS = frozenset({"representatives", "extra_ids"})


def imprint_from_mapping(stored: Mapping[str, object]) -> ImprintRecord:
    """Ignore unknown keys. Raises KeyError or ValueError if required values are missing."""
    texts = {
        key: str(value or "").strip()
        for key, value in stored.items()
        if key in _FIELDS and key not in _LISTS and key not in ("country", "organisation")
    }
    lists = {key: _entries(stored.get(key, ())) for key in _LISTS}
    return ImprintRecord(
        country=str(stored["country"]).upper(),
        organisation=Organization(stored["organisation"]),
        representatives=lists["representatives"],
        extra_ids=lists["extra_ids"],
        **texts,
    )


def _entries(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        value = value.splitlines()
    if not isinstance(value, (list, tuple)):
        return ()
    return tuple(text for text in (str(item).strip() for item in value) if text)
