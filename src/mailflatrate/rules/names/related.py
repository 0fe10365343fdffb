"""Checks whether a sender's name is related to the company in the imprint (R-45)."""

from collections.abc import Iterable

from mailflatrate.rules.imprint import ImprintRecord
from mailflatrate.rules.names.brands import is_service_word
from mailflatrate.rules.names.domains import registrable
from mailflatrate.rules.names.scripts import skeleton, words_of

_LEAST = 3


def is_related(name: str, imprint: ImprintRecord, domains: Iterable[str]) -> bool:
    """A word in the company's name, people, website or domains, or its initials. "newsletter" or "team" prove nothing,
    and one or two characters are never related, because nothing can be told from them.
    """
    legal = skeleton(f"{imprint.legal_name} {imprint.on_behalf_of} {' '.join(imprint.representatives)}")
    houses = " ".join(registrable(domain).split(".")[0] for domain in domains)
    words = words_of(f"{legal} {skeleton(houses)} {skeleton(imprint.website)}")
    packed_known, packed_name = "".join(words), "".join(words_of(skeleton(name)))
    telling = [word for word in words_of(skeleton(name)) if len(word) >= _LEAST and not is_service_word(word)]
    if any(word in packed_known for word in telling):
        return True
    if any(len(word) > _LEAST and word in packed_name and not is_service_word(word) for word in words):
        return True
    initials = "".join(word[0] for word in words_of(skeleton(imprint.legal_name)))
    return any(len(word) > 1 and word in initials for word in words_of(skeleton(name)))
