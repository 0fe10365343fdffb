"""Shared rows: `<mj-include path="block:ID" />` is what the row says now; an edition contains it, and never changes."""

import re
from collections.abc import Callable
from copy import copy
from typing import Any, Final

from mailflatrate.apps.campaigns.models import Campaign, SavedBlock

MOST_INCLUDES: Final = 30
"""Shared rows in one draft; any further one is left in the source, which then doesn't compile."""
_INCLUDE = re.compile(r"<mj-include\s+path=\"block:(\d{1,18})\"\s*(?:/>|>\s*</mj-include\s*>)")


def include_of(block_id: int) -> str:
    return f'<mj-include path="block:{block_id}" />'


def shared_ids(source: str) -> list[int]:
    return list(dict.fromkeys(int(number) for number in _INCLUDE.findall(source)))


def with_shared_blocks(source: str, account_id: int) -> str:
    """A row takes one line, so that mistakes keep their lines. A name without a row stays for the compiler."""
    ids = shared_ids(source)
    if not ids:
        return source
    rows = SavedBlock.objects.filter(account_id=account_id, is_shared=True, id__in=ids)
    return put_in(source, {row.id: row.content for row in rows})


def put_in(source: str, contents: dict[int, str]) -> str:
    if not contents:
        return source
    left = MOST_INCLUDES

    def content(match: re.Match[str]) -> str:
        nonlocal left
        left -= 1
        return contents.get(int(match[1]), match[0]) if left >= 0 else match[0]

    return _INCLUDE.sub(content, source)


def resolved(campaign: Campaign) -> Campaign:
    if "<mj-include" not in f"{campaign.content}{campaign.variants}{campaign.translations}":
        return campaign
    expanded = copy(campaign)
    written = rewritten(campaign, lambda content: with_shared_blocks(content, campaign.account_id))
    expanded.content, expanded.variants, expanded.translations = written.values()
    return expanded


def rewritten(campaign: Campaign, change: Callable[[str], str]) -> dict[str, Any]:
    further = {
        name: [version | {"content": change(version["content"])} for version in getattr(campaign, name)]
        for name in ("variants", "translations")
    }
    return {"content": change(campaign.content), **further}
