"""The seal of an edition proves that this program compiled it: anyone able to write rows could put a ticked hash
beside other content. The database doesn't know its key; a sender checks it before the first message (R-04, ADR
0010).
"""

import json

from mailflatrate.apps.campaigns.models import Edition
from mailflatrate.base.ids import key_ring

LATER_FACTS = ("events", "coupons", "visits", "own_hosts")
"""Facts that editions from before them lack, so that their seals stay what they are."""


def seal_of(edition: Edition) -> bytes:
    return key_ring().content_seal(_octets(edition))


def is_genuine(edition: Edition) -> bool:
    return key_ring().knows_content(_octets(edition), bytes(edition.seal))


def _octets(edition: Edition) -> bytes:
    parts = [
        edition.account_id, edition.campaign_id, edition.id, edition.number, edition.variant, edition.content_hash,
        edition.subject, edition.preheader, edition.html, edition.text, edition.links, edition.imprint_id,
    ]  # fmt: skip
    if printed := edition.facts.get("defaults"):
        parts.append(printed)
    if later := {name: value for name in LATER_FACTS if (value := edition.facts.get(name))}:
        parts.append(later)
    if edition.language:
        parts.append(edition.language)
    return json.dumps(parts, sort_keys=True, ensure_ascii=False).encode("utf-8", "surrogatepass")
