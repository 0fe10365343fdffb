"""Our placeholder texts that a campaign still contains (R-52), in any of our languages. A text counts where it is all
that a block says: with a word changed, it is the author's. Only what says what to write there is never theirs.
"""

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Final

from mailflatrate.apps.campaigns.content.default_blocks import STANDS_FOR_SOMETHING, palette_words
from mailflatrate.apps.campaigns.gallery import KEYS, LANGUAGES, closing, headline, invented_words
from mailflatrate.apps.campaigns.recipe_messages import invented_texts
from mailflatrate.locale.texts import languages
from mailflatrate.mail.content.facts import blocks_of

LONG: Final = 30
"""A text this long is surely ours; a shorter one only beside another of the same template."""


@cache
def placeholders() -> frozenset[str]:
    return _own().union(*_templates())


@cache
def _own() -> frozenset[str]:
    """Return the texts that say what to write there, which no one means."""
    return frozenset(text for source in _own_sources() for text in blocks_of(source))


def _own_sources() -> Iterator[str]:
    for language in languages():
        words = palette_words(language)
        yield headline(language)
        yield closing(language)[0]
        yield from (words[name] for name in STANDS_FOR_SOMETHING)
    yield from invented_texts()


@cache
def _templates() -> tuple[frozenset[str], ...]:
    return tuple(
        frozenset(text for source in invented_words(key, language) for text in blocks_of(source))
        for language in LANGUAGES
        for key in KEYS
    )


def placeholders_in(parts: Iterable[str]) -> tuple[str, ...]:
    words = list(dict.fromkeys(parts))
    instructions = [text for text in _own() if len(text) >= LONG]
    ours = _own().intersection(words) | {text for text in instructions for part in words if text in part}
    for texts in _templates():
        matches = texts.intersection(words)
        if len(matches) > 1 or any(len(text) >= LONG for text in matches):
            ours = ours | matches
    return tuple(sorted(ours, key=lambda text: next(at for at, part in enumerate(words) if text in part)))
