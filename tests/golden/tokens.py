"""Addresses of public pages that messages lead to: sealed tokens, and codes that only their recipient knows."""

import psycopg

from mailflatrate.base.ids import key_ring
from mailflatrate.mail.identifiers.tokens import TokenPurpose

_DELIVERY = "SELECT account_id, id, 0 FROM delivery WHERE account_id = %(anna)s AND campaign_id = 2 ORDER BY id LIMIT 2"
_EDITION = "SELECT account_id, id, 1 FROM edition WHERE account_id = %(anna)s ORDER BY id LIMIT 1"
SEALED: dict[str, tuple[TokenPurpose, str]] = {
    "/u/<>": (TokenPurpose.UNSUBSCRIBE, _DELIVERY),
    "/p/<>": (TokenPurpose.PREFERENCES, _DELIVERY),
    "/w/<>": (TokenPurpose.ARCHIVE, _DELIVERY),
    "/d/<>": (TokenPurpose.PRIVACY, _DELIVERY),
    "/report/stop/<>": (TokenPurpose.REPORT, _DELIVERY),
    "/q/<>/0/0": (TokenPurpose.POLL, _DELIVERY),
    "/k/<>": (TokenPurpose.PERSONAL_CLICK, _DELIVERY.replace(", 0 ", ", 1 ")),
    "/c/<>": (TokenPurpose.CLICK, _EDITION),
    "/e/<>": (TokenPurpose.CALENDAR, _EDITION),
    "/n/<>": (
        TokenPurpose.NOT_ME,
        "SELECT account_id, id, 0 FROM delivery WHERE account_id = %(anna)s AND transactional_id IS NOT NULL",
    ),
    "/r/<>": (
        TokenPurpose.PRIVACY_REQUEST,
        "SELECT account_id, id, 0 FROM privacy_request WHERE account_id = %(anna)s ORDER BY id",
    ),
    "/receipt/<>": (
        TokenPurpose.RECEIPT,
        "SELECT account_id, id, 0 FROM consent_event WHERE account_id = %(anna)s ORDER BY id LIMIT 2",
    ),
    "/m/<>/1.png": (TokenPurpose.MEDIA, "SELECT account_id, id, 0 FROM media WHERE account_id = %(anna)s LIMIT 1"),
    "/mailbox/<>": (
        TokenPurpose.MAILBOX,
        "SELECT account_id, id, round FROM mailbox WHERE account_id = %(anna)s ORDER BY id",
    ),
    "/dns/<>": (
        TokenPurpose.DNS_RECORDS,
        "SELECT account_id, id, '2026-12-20'::date - '1970-01-01'::date FROM sender_domain"
        " WHERE account_id = %(anna)s ORDER BY id LIMIT 1",
    ),
}
"""A path -> what its token is for, and a statement with what it seals: account, row and extra number."""
PATTERNS = {"/q/<>/0/0": "/q/<>/<>/<>", "/m/<>/1.png": "/m/<>/<>"}


def sealed(owner_url: str, anna: int) -> dict[str, list[str]]:
    """Return the paths with tokens by the beginning of their pattern."""
    ring, found = key_ring(), {}
    with psycopg.connect(owner_url) as owner:
        for path, (purpose, statement) in SEALED.items():
            rows = owner.execute(statement, {"anna": anna}).fetchall()
            paths = [path.replace("<>", ring.seal(purpose, *row)) for row in rows]
            found[PATTERNS.get(path, path)] = [*paths, path.replace("<>", "0" * 40)]
    return found
