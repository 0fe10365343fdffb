"""The menu of time zones: one entry for every clock that people keep. Other zones of the IANA database stay valid."""

from typing import TYPE_CHECKING, Final
from zoneinfo import available_timezones

from django import forms
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

UTC_NAME: Final = "UTC"
_EUROPE: Final = (
    "Amsterdam Athens Belgrade Berlin Brussels Bucharest Budapest Copenhagen Dublin Helsinki Istanbul Kyiv Lisbon "
    "London Luxembourg Madrid Minsk Moscow Oslo Paris Prague Riga Rome Samara Sofia Stockholm Tallinn Vienna Vilnius "
    "Warsaw Zagreb Zurich"
)
_AMERICA: Final = (
    "Anchorage Argentina/Buenos_Aires Bogota Caracas Chicago Denver Guatemala Halifax La_Paz Lima Los_Angeles "
    "Mexico_City Montevideo New_York Nuuk Panama Phoenix Puerto_Rico Santiago Sao_Paulo St_Johns Toronto Vancouver"
)
_ASIA: Final = (
    "Almaty Baku Bangkok Beirut Colombo Dhaka Dubai Hong_Kong Jakarta Jerusalem Kabul Karachi Kathmandu Kolkata Manila "
    "Novosibirsk Omsk Riyadh Seoul Shanghai Singapore Taipei Tashkent Tbilisi Tehran Tokyo Vladivostok Yangon "
    "Yekaterinburg Yerevan"
)
_AFRICA: Final = "Accra Algiers Cairo Casablanca Johannesburg Lagos Nairobi Tunis"
_AUSTRALIA: Final = "Adelaide Brisbane Darwin Hobart Perth Sydney"
_ISLANDS: Final = (
    "Atlantic/Azores Atlantic/Canary Atlantic/Cape_Verde Atlantic/Reykjavik Pacific/Auckland Pacific/Fiji "
    "Pacific/Honolulu Pacific/Tongatapu"
)
GROUPS: Final[tuple[tuple["StrOrPromise", tuple[str, ...]], ...]] = (
    (_("Europe"), tuple(f"Europe/{city}" for city in _EUROPE.split())),
    (_("Americas"), tuple(f"America/{city}" for city in _AMERICA.split())),
    (_("Asia"), tuple(f"Asia/{city}" for city in _ASIA.split())),
    (_("Africa"), tuple(f"Africa/{city}" for city in _AFRICA.split())),
    (_("Australia"), tuple(f"Australia/{city}" for city in _AUSTRALIA.split())),
    (_("Atlantic and Pacific"), tuple(_ISLANDS.split())),
)
_IN_MENU: Final = frozenset(name for _region, names in GROUPS for name in names)


class TimeZoneField(forms.ChoiceField):
    """A time zone from the menu; any other name of the IANA database is accepted as well."""

    def valid_value(self, value: str) -> bool:
        return value == UTC_NAME or ("/" in value and value in available_timezones())


def zone_choices(present: str | None) -> list[tuple["StrOrPromise", object]]:
    first = [UTC_NAME] if not present or present == UTC_NAME or present in _IN_MENU else [UTC_NAME, present]
    grouped = [(region, [(name, _city(name)) for name in names]) for region, names in GROUPS]
    return [*((name, name.replace("_", " ")) for name in first), *grouped]


def zone_options(present: str | None) -> list[tuple[str, str]]:
    names = {name for name in (*_IN_MENU, present) if name and name != UTC_NAME}
    return [(name, name.replace("_", " ")) for name in (UTC_NAME, *sorted(names))]


def _city(name: str) -> str:
    """Return how people say a zone: "Buenos Aires" for `America/Argentina/Buenos_Aires`."""
    return name.rpartition("/")[2].replace("_", " ")
