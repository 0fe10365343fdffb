"""Splits a full name as far as that is certain."""

# A family name begins with these.
_PARTICLES = frozenset(
    {"von", "vom", "van", "de", "den", "der", "del", "della", "di", "da", "dos", "du", "la", "le", "el", "ten", "ter"}
    | {"zu", "zum", "zur", "af", "av"}
)
_TITLES = frozenset({"dr", "prof", "mr", "mrs", "ms", "miss", "mx", "herr", "frau", "dipl", "ing", "mag", "phd"})


def split_name(text: str) -> tuple[str, str]:
    """`Anna von Berg`, `Berg, Anna`, `Dr. Anna Berg`. One word is a first name, an address none."""
    name = " ".join(text.split())
    if "@" in name or not any(sign.isalpha() for sign in name):
        return "", ""
    last, comma, first = name.partition(",")
    if comma and first.strip():
        return first.strip(), last.strip()
    words = name.split(" ")
    while len(words) > 1 and _bare(words[0]) in _TITLES:
        words.pop(0)
    if len(words) == 1:
        return words[0], ""
    begin = next((at for at, word in enumerate(words[1:], start=1) if word in _PARTICLES), len(words) - 1)
    return " ".join(words[:begin]), " ".join(words[begin:])


def _bare(word: str) -> str:
    return word.lower().rstrip(".").replace("-", "")
