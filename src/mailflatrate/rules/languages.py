"""Languages by their ISO 639-1 codes, as files and people name them."""

from __future__ import annotations

import re

_CODE_LIST = (
    "aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el "
    "en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu "
    "ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na "
    "nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so "
    "sq sr ss st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu"
)
_CODES = frozenset(_CODE_LIST.split())
# Each code with its names in English, German and the language itself, in lower case.
_NAMES = (
    "de german deutsch, en english englisch, fr french französisch franzoesisch français francais, "
    "it italian italienisch italiano, es spanish spanisch español espanol castellano, "
    "pt portuguese portugiesisch português, nl dutch niederländisch niederlaendisch nederlands, "
    "da danish dänisch daenisch dansk, sv swedish schwedisch svenska, no norwegian norwegisch norsk, "
    "fi finnish finnisch suomi, pl polish polnisch polski, cs czech tschechisch čeština, "
    "sk slovak slowakisch slovenčina, sl slovenian slowenisch slovenščina, hr croatian kroatisch hrvatski, "
    "hu hungarian ungarisch magyar, ro romanian rumänisch rumaenisch română, bg bulgarian bulgarisch български, "
    "el greek griechisch ελληνικά, tr turkish türkisch tuerkisch türkçe, ru russian russisch русский, "
    "uk ukrainian ukrainisch українська, ar arabic arabisch العربية, zh chinese chinesisch 中文, "
    "ja japanese japanisch 日本語"
)
_BY_NAME = {name: each.split()[0] for each in _NAMES.split(",") for name in each.split()[1:]}
_TAG = re.compile(r"([a-z]{2})(?:[-_][a-z0-9]{2,8}){0,3}")


def language_code(text: str) -> str | None:
    """Return the ISO 639-1 code of a language named by code, by a tag such as de-AT, or by name; None if unknown."""
    word = text.strip().lower()
    if word in _BY_NAME:
        return _BY_NAME[word]
    match = _TAG.fullmatch(word)
    return match[1] if match is not None and match[1] in _CODES else None
