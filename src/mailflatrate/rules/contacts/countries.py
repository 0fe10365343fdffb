"""A recipient's country, because US and Canadian law on imprints and opt-outs applies by it (R-44): from an attribute,
otherwise from the address's ending. A `.com` says nothing.
"""

from functools import cache

from mailflatrate.locale.cldr import country_names
from mailflatrate.locale.texts import languages
from mailflatrate.rules.names.folded import codes_by_name, folded

ATTRIBUTES = (
    "country", "land", "country_code", "countrycode", "laendercode", "laenderkuerzel", "land_code", "staat", "nation",
    "iso_country", "pays", "paese",
)  # fmt: skip
"""Names of contact attributes that hold a country, as an import spells them."""

# ISO 3166 code -> names in English, German, French and their own language, in lower case. A code names itself.
_NAMES = {
    "DE": "germany deutschland brd d allemagne",
    "AT": "austria österreich oesterreich a autriche",
    "CH": "switzerland schweiz suisse svizzera",
    "LI": "liechtenstein fürstentum-liechtenstein",
    "US": "usa u.s. u.s.a. united-states united-states-of-america vereinigte-staaten amerika états-unis etats-unis",
    "CA": "canada kanada",
    "GB": "uk united-kingdom great-britain england scotland wales großbritannien vereinigtes-königreich "
    "royaume-uni grande-bretagne angleterre écosse",
    "FR": "france frankreich",
    "IT": "italy italien italia italie",
    "ES": "spain spanien españa espagne",
    "PT": "portugal",
    "NL": "netherlands the-netherlands holland niederlande nederland pays-bas",
    "BE": "belgium belgien belgië belgique",
    "LU": "luxembourg luxemburg",
    "DK": "denmark dänemark danmark danemark",
    "SE": "sweden schweden sverige suède",
    "NO": "norway norwegen norge norvège",
    "FI": "finland finnland suomi finlande",
    "IS": "iceland island islande",
    "IE": "ireland irland irlande",
    "PL": "poland polen polska pologne",
    "CZ": "czechia czech-republic tschechien tschechische-republik tchéquie république-tchèque",
    "SK": "slovakia slowakei slovaquie",
    "HU": "hungary ungarn hongrie",
    "SI": "slovenia slowenien slovénie",
    "HR": "croatia kroatien croatie",
    "RO": "romania rumänien roumanie",
    "BG": "bulgaria bulgarien bulgarie",
    "GR": "greece griechenland grèce",
    "TR": "turkey türkei türkiye turquie",
    "AU": "australia australien australie",
    "NZ": "new-zealand neuseeland nouvelle-zélande",
    "MX": "mexico mexiko mexique",
    "BR": "brazil brasilien brésil",
    "IN": "india indien inde",
    "CN": "china chine",
    "JP": "japan japon",
}
_BY_NAME = {name.replace("-", " "): code for code, names in _NAMES.items() for name in names.split()}
_BY_NAME |= {code.lower(): code for code in _NAMES}
_CODE_LIST = (
    "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ "
    "CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO "
    "FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE "
    "JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO "
    "MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW "
    "PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM "
    "TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW"
)
CODES = frozenset(_CODE_LIST.split())
# Names in English and German that people use and the CLDR doesn't have.
_OTHER_NAMES = {
    "BY": ("Weißrussland", "Weissrussland"),
    "CI": ("Elfenbeinküste", "Ivory Coast"),
    "CV": ("Kapverden", "Cape Verde"),
    "HK": ("Hongkong", "Hong Kong"),
    "KR": ("Korea", "Republik Korea", "Republic of Korea"),
    "MD": ("Moldawien",),
    "MK": ("Mazedonien", "Macedonia"),
    "MM": ("Birma", "Burma"),
    "MO": ("Macau", "Macao"),
    "PS": ("Palästina", "Palestine"),
    "SZ": ("Swasiland", "Swaziland"),
    "TL": ("Osttimor", "East Timor"),
    "VA": ("Vatikan", "Vatican"),
}
_BY_ENDING = {code.lower(): code for code in _NAMES} | {"uk": "GB", "gov": "US", "mil": "US", "edu": "US"}
# Sold worldwide, so they say nothing about the country.
_BY_ENDING = {ending: code for ending, code in _BY_ENDING.items() if ending not in {"in", "is", "li"}}


MONTH_FIRST_COUNTRIES = frozenset({"US", "PH", "PR", "GU"})
"""Where 03/04/2026 is the 4th of March."""


def country_of(attribute: str, ending: str) -> str | None:
    """Return an ISO 3166 code: the attribute's, otherwise the ending's; None if unknown."""
    named = _BY_NAME.get(" ".join(attribute.replace("-", " ").lower().split()))
    return named or _BY_ENDING.get(ending.lower())


def country_code(text: str) -> str | None:
    """Return the ISO 3166 code of a country given by code, or by name in a language of recipients; None if unknown."""
    named = _BY_NAME.get(" ".join(text.replace("-", " ").lower().split()))
    code = text.strip().upper()
    return named or (code if code in CODES else _all_names().get(folded(text)))


@cache
def _all_names() -> dict[str, str]:
    others = ({code: name} for code, names in _OTHER_NAMES.items() for name in names)
    return codes_by_name(CODES, [*map(country_names, languages()), *others])
