"""Looks up a domain's registration date at the registries by RDAP (RFC 9083), through `wire.web`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime

from mailflatrate.wire.dns.resolver import Resolver
from mailflatrate.wire.web import WebStatus, fetch_page

MEDIA_TYPE = "application/rdap+json"


@dataclass(frozen=True, slots=True)
class Registration:
    at: datetime | None
    problem: str = ""


def find_registration(domain: str, server: str, resolver: Resolver, *, private: bool = False) -> Registration:
    """By its base address (RFC 9082 section 3.1.3). Never raises. Only tests permit a `private` network."""
    if not server:
        return Registration(None, "switched off")
    seen = fetch_page(f"{server.rstrip('/')}/domain/{domain}", resolver, private=private, accept=MEDIA_TYPE)
    if seen.status is not WebStatus.OK:
        return Registration(None, seen.problem)
    try:
        events = json.loads(seen.html)["events"]
        written = [event["eventDate"] for event in events if event.get("eventAction") == "registration"]
        moment = datetime.fromisoformat(min(written))
    except (ValueError, KeyError, TypeError, AttributeError):
        return Registration(None, "the registry does not say")
    return Registration(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
