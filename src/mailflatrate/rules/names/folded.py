"""Names of countries and languages as people type them: case, accents and signs make no difference."""

import re
import unicodedata
from collections.abc import Iterable, Mapping

_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})


def folded(name: str) -> str:
    parts = unicodedata.normalize("NFKD", name.casefold())
    plain = "".join(part for part in parts if not unicodedata.combining(part))
    return " ".join(re.findall(r"\w+", plain))


def codes_by_name(codes: Iterable[str], catalogs: Iterable[Mapping[str, str]]) -> dict[str, str]:
    known_codes, by_name = set(codes), dict[str, set[str]]()
    for catalog in catalogs:
        for code in known_codes & catalog.keys():
            for written in (catalog[code], unicodedata.normalize("NFC", catalog[code]).lower().translate(_UMLAUTS)):
                by_name.setdefault(folded(written), set()).add(code)
    return {name: next(iter(those)) for name, those in by_name.items() if len(those) == 1}
