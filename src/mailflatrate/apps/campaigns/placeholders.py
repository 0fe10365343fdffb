"""Our placeholder texts that the author should have replaced and that a campaign still contains (R-52), in any of our
languages.

They come from the editor's blocks, the starter content, the sample text of the gallery's templates, and the messages of
recipes.
"""

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Final

from mailflatrate.apps.campaigns.default_blocks import STANDS_FOR_SOMETHING, palette_words
from mailflatrate.apps.campaigns.gallery import KEYS, LANGUAGES, headline, invented_words
from mailflatrate.apps.campaigns.recipe_messages import invented_texts
from mailflatrate.locale.texts import languages
from mailflatrate.mail.content_facts import blocks_of

LONG: Final = 30
"""A text with this many characters is ours wherever it appears; a shorter one only if it is all that a block says."""


@cache
def placeholders() -> frozenset[str]:
    """Return every placeholder text that the author has to replace, without markup."""
    return frozenset(text for source in _sources() for text in blocks_of(source))


def _sources() -> Iterator[str]:
    for language in languages():
        words = palette_words(language)
        yield headline(language)
        yield from (words[name] for name in STANDS_FOR_SOMETHING)
    for language in LANGUAGES:
        for key in KEYS:
            yield from invented_words(key, language)
    yield from invented_texts()


def placeholders_in(parts: Iterable[str]) -> tuple[str, ...]:
    """Return our placeholder texts found in parts of a campaign: its blocks, its subject, lines of its text part."""
    found: dict[str, None] = {}
    short, long = _by_length()
    for part in parts:
        if part in short:
            found[part] = None
        if len(part) >= LONG:
            found |= dict.fromkeys(text for text in long if text in part)
    return tuple(found)


@cache
def _by_length() -> tuple[frozenset[str], frozenset[str]]:
    long = frozenset(text for text in placeholders() if len(text) >= LONG)
    return placeholders() - long, long
