"""Choose the language for answering a report by the common words in it."""

import re

_WORD = re.compile(r"[^\W\d_]+")
_COMMON = {
    "de": frozenset((
        "ich", "und", "nicht", "die", "der", "das", "ist", "mich", "bitte", "habe", "sie", "mir", "mail",
        "mails", "keine", "von", "auf", "mit", "für", "ein", "eine", "wie", "diese",
    )),
    "en": frozenset((
        "i", "and", "not", "the", "is", "me", "please", "have", "you", "my", "this", "these", "from", "for",
        "with", "of", "to", "was", "never", "do", "that", "it",
    )),
    "fr": frozenset((
        "je", "et", "ne", "pas", "le", "la", "les", "est", "vous", "votre", "vos", "mon", "mes", "moi",
        "merci", "plus", "ce", "cette", "ces", "pour", "avec", "une", "que", "jamais", "suis",
    )),
}  # fmt: skip
"""Common short words of each language; none is in two of them."""


def language_of(text: str, otherwise: str) -> str:
    """Return the language code; `otherwise` if the text is inconclusive."""
    words = _WORD.findall(text.lower()[:4000])
    counted = {language: sum(word in common for word in words) for language, common in _COMMON.items()}
    first, second = sorted(counted.values(), reverse=True)[:2]
    return otherwise if first == second else max(counted, key=counted.__getitem__)
