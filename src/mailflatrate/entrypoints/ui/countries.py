"""Countries that companies apply from and whose imprints we know, by ISO 3166 code."""

from typing import Final

from django.utils.translation import gettext_lazy

COUNTRIES: Final = [
    ("DE", gettext_lazy("Germany")), ("AT", gettext_lazy("Austria")), ("CH", gettext_lazy("Switzerland")),
    ("BE", gettext_lazy("Belgium")), ("BG", gettext_lazy("Bulgaria")), ("CA", gettext_lazy("Canada")),
    ("HR", gettext_lazy("Croatia")), ("CY", gettext_lazy("Cyprus")), ("CZ", gettext_lazy("Czechia")),
    ("DK", gettext_lazy("Denmark")), ("EE", gettext_lazy("Estonia")), ("FI", gettext_lazy("Finland")),
    ("FR", gettext_lazy("France")), ("GR", gettext_lazy("Greece")), ("HU", gettext_lazy("Hungary")),
    ("IS", gettext_lazy("Iceland")), ("IE", gettext_lazy("Ireland")), ("IT", gettext_lazy("Italy")),
    ("LV", gettext_lazy("Latvia")), ("LI", gettext_lazy("Liechtenstein")), ("LT", gettext_lazy("Lithuania")),
    ("LU", gettext_lazy("Luxembourg")), ("MT", gettext_lazy("Malta")), ("NL", gettext_lazy("Netherlands")),
    ("NO", gettext_lazy("Norway")), ("PL", gettext_lazy("Poland")), ("PT", gettext_lazy("Portugal")),
    ("RO", gettext_lazy("Romania")), ("SK", gettext_lazy("Slovakia")), ("SI", gettext_lazy("Slovenia")),
    ("ES", gettext_lazy("Spain")), ("SE", gettext_lazy("Sweden")), ("GB", gettext_lazy("United Kingdom")),
    ("US", gettext_lazy("United States")),
]  # fmt: skip
_NAMES: Final = dict(COUNTRIES)


def country_name(code: str) -> str:
    return str(_NAMES.get(code, code))
