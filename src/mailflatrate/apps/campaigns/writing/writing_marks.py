"""What a model wrote in a draft. A suggestion counts while half of its pairs of words are still in its place: a
changed word keeps the mark, a new text or a restored version does not.
"""

import re
from collections import Counter
from collections.abc import Iterable
from itertools import pairwise
from typing import Any, Final

from mailflatrate.apps.campaigns.models import Campaign, CampaignVersion, WritingRequest, WritingState
from mailflatrate.apps.campaigns.variants import all_variants
from mailflatrate.apps.campaigns.writing.writing_texts import LINES, part_of

LEAST_SHARE: Final = 0.5
MOST_TAKEN: Final = 1_000
_MARKUP: Final = re.compile(r"<[^<>]{0,2000}>|\{\{[^{}]{0,1000}\}\}|\{%[^{}]{0,1000}%\}")
_WORD: Final = re.compile(r"\w+")


def suggested_parts(campaign: Campaign) -> dict[str, int]:
    rows = WritingRequest.objects.filter(campaign_id=campaign.id, state=WritingState.TAKEN).order_by("-id")
    newest = rows.values_list("taken", flat=True)[:MOST_TAKEN]
    taken = [suggestion for row in reversed(newest) for suggestion in row][-MOST_TAKEN:]
    if not taken:
        return {}
    texts = all_variants(campaign)
    there = {name: [_place([getattr(text, name)]) for text in texts] for name in LINES}
    whole = _place(text.content for text in texts)
    counts: Counter[str] = Counter()
    for pairs, part in _distinct(taken):
        places = there[part] if part in LINES else [whole]
        if any(len(pairs & place) >= LEAST_SHARE * len(pairs) for place in places):
            counts[part] += 1
    return {part: min(number, len(texts)) if part in LINES else number for part, number in sorted(counts.items())}


def copy_marks(original: Campaign, copied: Campaign) -> None:
    """Take along to a copied campaign what a model wrote in its original, and say it in the first version."""
    for row in WritingRequest.objects.filter(campaign_id=original.id, state=WritingState.TAKEN):
        row.pk, row.campaign_id = None, copied.id
        row.save(force_insert=True)
    if suggested := suggested_parts(copied):
        CampaignVersion.objects.filter(campaign=copied).update(suggested=suggested)


def _distinct(taken: list[dict[str, Any]]) -> set[tuple[frozenset[tuple[str, ...]], str]]:
    last: list[dict[str, Any]] = []
    for suggestion in taken:
        last = [earlier for earlier in last if earlier["text"] != suggestion["old"]]
        last.append(suggestion)
    return {
        (pairs, part_of(suggestion["key"])) for suggestion in last if (pairs := frozenset(_pairs(suggestion["text"])))
    }


def _pairs(text: str) -> list[tuple[str, ...]]:
    words = _WORD.findall(_MARKUP.sub(" ", text).lower())
    return list(pairwise(words)) or [(word,) for word in words]


def _place(texts: Iterable[str]) -> set[tuple[str, ...]]:
    """Return all pairs and words of a place, with and without its markup: alternative texts are in it."""
    pairs: set[tuple[str, ...]] = set()
    for text in texts:
        for source in (text, _MARKUP.sub(" ", text)):
            words = _WORD.findall(source.lower())
            pairs.update(pairwise(words))
            pairs.update((word,) for word in words)
    return pairs
