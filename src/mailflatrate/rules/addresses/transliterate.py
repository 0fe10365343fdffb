"""Transliterates Bulgarian and Greek words into Latin letters, both officially and as people do in addresses."""

from itertools import product

MOST_SPELLINGS = 24
"""Of one word; the usual ones come first."""

# Groups of letters before single ones; the official spelling first (the law of 2009 for Bulgarian, ELOT 743 for Greek).
_CYRILLIC = {
    "ия": ("ia", "iya", "ija"), "а": ("a",), "б": ("b",), "в": ("v",), "г": ("g",), "д": ("d",), "е": ("e",),
    "ж": ("zh", "j"), "з": ("z",), "и": ("i",), "й": ("y", "i", "j"), "к": ("k",), "л": ("l",), "м": ("m",),
    "н": ("n",), "о": ("o",), "п": ("p",), "р": ("r",), "с": ("s",), "т": ("t",), "у": ("u",),
    "ф": ("f",), "х": ("h", "x"),
    "ц": ("ts", "c"), "ч": ("ch",), "ш": ("sh",), "щ": ("sht",), "ъ": ("a", "u", "y"), "ь": ("y", ""),
    "ю": ("yu", "iu"), "я": ("ya", "ia", "q"),
}  # fmt: skip
_GREEK = {
    "ου": ("ou", "u"), "αυ": ("af", "av", "au"), "ευ": ("ef", "ev", "eu"), "γγ": ("ng", "gg"), "γκ": ("gk", "g"),
    "γχ": ("nch",), "μπ": ("b", "mp"), "ντ": ("nt", "d"), "α": ("a",), "β": ("v", "b"), "γ": ("g",), "δ": ("d",),
    "ε": ("e",), "ζ": ("z",), "η": ("i", "h"), "θ": ("th",), "ι": ("i",), "κ": ("k",), "λ": ("l",), "μ": ("m",),
    "ν": ("n",), "ξ": ("x", "ks"), "ο": ("o",), "π": ("p",), "ρ": ("r",), "σ": ("s",), "ς": ("s",), "τ": ("t",),
    "υ": ("y", "i", "u"), "φ": ("f", "ph"), "χ": ("ch", "x", "h"), "ψ": ("ps",), "ω": ("o", "w"),
}  # fmt: skip


def latin_spellings(word: str) -> tuple[str, ...]:
    """Return up to `MOST_SPELLINGS` spellings of the word in Latin letters; none for other scripts.

    `word` has no accents.
    """
    table = _CYRILLIC if "а" <= word[0] <= "я" else _GREEK if "α" <= word[0] <= "ω" else {}
    choices: list[tuple[str, ...]] = []
    at = 0
    while table and at < len(word):
        for size in (2, 1):
            found = table.get(word[at : at + size])
            if found is not None:
                choices.append(found)
                at += size
                break
        else:
            choices.append((word[at],))
            at += 1
    if not choices:
        return ()
    rare = sorted(product(*(range(len(each)) for each in choices)), key=sum) if _count(choices) <= 4_096 else []
    picks = rare or [tuple(0 for _ in choices)]
    return tuple("".join(each[at] for each, at in zip(choices, pick, strict=True)) for pick in picks[:MOST_SPELLINGS])


def _count(choices: list[tuple[str, ...]]) -> int:
    total = 1
    for each in choices:
        total *= len(each)
    return total
