"""In which language to answer somebody: German or English, by the small words that he uses."""

import re

_WORD = re.compile(r"[a-zäöüß]+")
_GERMAN = frozenset(
    [
        "ich",
        "und",
        "nicht",
        "die",
        "der",
        "das",
        "ist",
        "mich",
        "bitte",
        "habe",
        "sie",
        "mir",
        "mail",
        "mails",
        "keine",
        "von",
        "auf",
        "mit",
        "für",
        "ein",
        "eine",
        "wie",
        "diese",
    ]
)
_ENGLISH = frozenset(
    [
        "i",
        "and",
        "not",
        "the",
        "is",
        "me",
        "please",
        "have",
        "you",
        "my",
        "this",
        "these",
        "from",
        "for",
        "with",
        "of",
        "to",
        "was",
        "never",
        "do",
        "that",
        "it",
    ]
)


def language_of(text: str, otherwise: str) -> str:
    """ "de" or "en"; `otherwise` where the text does not tell."""
    words = _WORD.findall(text.lower()[:4000])
    german, english = sum(word in _GERMAN for word in words), sum(word in _ENGLISH for word in words)
    if german == english:
        return otherwise
    return "de" if german > english else "en"
