"""Languages by their ISO 639-1 codes, recognized from the names that files and people use."""

import re
from functools import cache

from mailflatrate.locale.cldr import language_names
from mailflatrate.locale.texts import languages
from mailflatrate.rules.names.folded import codes_by_name, folded

_CODE_LIST = (
    "aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el "
    "en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu "
    "ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na "
    "nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so "
    "sq sr ss st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu"
)
ATTRIBUTES = ("language", "lang", "locale", "sprache", "langue")
"""Names of contact attributes that hold a language, as an import spells them; preferences are stored in the first."""
CODES = frozenset(_CODE_LIST.split())
# Each code with its names in English, German, French and the language itself, in lower case.
_NAMES = (
    "de german allemand deutsch, en english anglais englisch, "
    "fr french französisch franzoesisch français francais, it italian italien italienisch italiano, "
    "es spanish espagnol spanisch español espanol castellano, pt portuguese portugais portugiesisch português, "
    "nl dutch néerlandais niederländisch niederlaendisch nederlands, da danish danois dänisch daenisch dansk, "
    "sv swedish suédois schwedisch svenska, no norwegian norvégien norwegisch norsk, "
    "fi finnish finnois finnisch suomi, pl polish polonais polnisch polski, "
    "cs czech tchèque tschechisch čeština, sk slovak slovaque slowakisch slovenčina, "
    "sl slovenian slovène slowenisch slovenščina, hr croatian croate kroatisch hrvatski, "
    "hu hungarian hongrois ungarisch magyar, ro romanian roumain rumänisch rumaenisch română, "
    "bg bulgarian bulgare bulgarisch български, el greek grec griechisch ελληνικά, "
    "tr turkish turc türkisch tuerkisch türkçe, ru russian russe russisch русский, "
    "uk ukrainian ukrainien ukrainisch українська, ar arabic arabe arabisch العربية, "
    "zh chinese chinois chinesisch 中文, ja japanese japonais japanisch 日本語"
)
_BY_NAME = {name: group.split()[0] for group in _NAMES.split(",") for name in group.split()[1:]}
_TAG = re.compile(r"([a-z]{2})(?:[-_][a-z0-9]{2,8}){0,3}")


def language_code(text: str) -> str | None:
    """Accept a code, a tag such as de-AT, or a name; None if unknown."""
    word = text.strip().lower()
    if word in _BY_NAME:
        return _BY_NAME[word]
    match = _TAG.fullmatch(word)
    return match[1] if match is not None and match[1] in CODES else _all_names().get(folded(text))


def spellings(code: str) -> tuple[str, ...]:
    return (code, *(name for name, named_code in _BY_NAME.items() if named_code == code and name != code))


@cache
def _all_names() -> dict[str, str]:
    return codes_by_name(CODES, map(language_names, languages()))
