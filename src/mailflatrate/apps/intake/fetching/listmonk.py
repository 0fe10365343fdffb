"""listmonk's API, at the customer's own address. A subscription's `meta` has the opt-in's IP address, if recorded, but
no time. Blocklisted ones and bounces are the installation's.
"""

import base64
from collections.abc import Iterator, Sequence
from typing import Any, Final

from mailflatrate.apps.intake.fetching.api import ApiLink, JsonApi, page_of
from mailflatrate.apps.intake.fetching.connector import (
    HtmlTemplate,
    Part,
    SourceList,
    cell,
    file_name,
    objects,
    source_lists,
    text_of,
)

_PAGE: Final = 500
_FIXED: Final = (
    "uuid",
    "email",
    "name",
    "attributes",
    "status",
    "subscription_status",
    "created_at",
    "updated_at",
    "optin_ip",
)
_BOUNCES: Final = {"hard": "bounced", "complaint": "complained"}


class Listmonk:
    """By an API user and its token as `USER:TOKEN`."""

    def __init__(self, key: str, base_url: str, link: ApiLink) -> None:
        secret = base64.b64encode(key.encode()).decode()
        self._api = JsonApi(f"{base_url.rstrip('/')}/api", {"Authorization": f"Basic {secret}"}, link)

    def audiences(self) -> list[SourceList]:
        return source_lists(self._results("/lists", {}), _count)

    def parts(self, audience: SourceList) -> list[Part]:
        return [
            Part(
                "bounces.csv",
                ("uuid", "email", "status", "created_at"),
                self._bounces,
                of_account=True,
                may_be_forbidden=True,
            ),
            Part("blocklist.csv", _FIXED, self._blocklisted, of_account=True, may_be_forbidden=True),
            Part(file_name(audience.name), _FIXED, lambda: self._rows({"list_id": audience.id}, audience.id)),
        ]

    def _results(self, path: str, query: dict[str, Any]) -> Iterator[dict[str, Any]]:
        def read(number: int) -> list[dict[str, Any]]:
            answer = self._api.get(path, _PAGE, page=number + 1, per_page=_PAGE, **query)
            data = answer.get("data") if isinstance(answer, dict) else None
            return page_of(objects(data.get("results") if isinstance(data, dict) else None), _PAGE)

        return self._api.numbered(read, _PAGE)

    def _rows(self, query: dict[str, str], list_id: str) -> Iterator[Sequence[object]]:
        for result in self._results("/subscribers", {"order_by": "created_at", "order": "ASC", **query}):
            lists = objects(result.get("lists"))
            mine = next((entry for entry in lists if cell(entry.get("id")) == list_id), {})
            meta = mine.get("subscription_meta")
            yield (
                result.get("uuid"),
                result.get("email"),
                result.get("name"),
                result.get("attribs"),
                result.get("status"),
                mine.get("subscription_status"),
                result.get("created_at"),
                result.get("updated_at"),
                meta.get("optin_ip") if isinstance(meta, dict) else "",
            )

    def _blocklisted(self) -> Iterator[Sequence[object]]:
        """Takes a key that may search."""
        return self._rows({"query": "subscribers.status = 'blocklisted'"}, "")

    def _bounces(self) -> Iterator[Sequence[object]]:
        """For good, or complained."""
        for result in self._results("/bounces", {"order_by": "created_at", "order": "asc"}):
            if (kind := _BOUNCES.get(text_of(result, "type"))) is not None:
                yield result.get("subscriber_uuid"), result.get("email"), kind, result.get("created_at")

    def templates(self) -> Iterator[HtmlTemplate]:
        answer = self._api.get("/templates", is_large=True)
        for template in objects(answer.get("data") if isinstance(answer, dict) else None):
            if template.get("type") != "tx":
                yield HtmlTemplate(text_of(template, "name"), text_of(template, "subject"), text_of(template, "body"))


def _count(audience: dict[str, Any]) -> int | None:
    number = audience.get("subscriber_count")
    return number if isinstance(number, int) else None
