"""MailerLite's new API. The proof: `subscribed_at`, `ip_address`, and `opted_in_at`, `optin_ip` of the confirmation.
Unsubscribes, bounces and complaints apply to the whole account, whichever group is chosen.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, Final
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from mailflatrate.apps.intake.fetching.api import ApiLink, JsonApi, page_of
from mailflatrate.apps.intake.fetching.connector import (
    MOST_AUDIENCES,
    HtmlTemplate,
    Part,
    SourceList,
    columns_for,
    file_name,
    objects,
    source_lists,
    text_of,
)
from mailflatrate.apps.intake.fetching.pages import html_at
from mailflatrate.apps.lists.errors import FetchProblem

_PAGE: Final = 100
_CAMPAIGNS: Final = 20
_EVERYONE: Final = "all"
_ACCOUNT_STATES: Final = ("junk", "bounced", "unsubscribed")
_GROUP_STATES: Final = ("unconfirmed", "active")
_FIXED: Final = (
    "id",
    "email",
    "status",
    "source",
    "ip_address",
    "subscribed_at",
    "unsubscribed_at",
    "opted_in_at",
    "optin_ip",
    "created_at",
    "updated_at",
)


class MailerLite:
    def __init__(self, key: str, base_url: str, link: ApiLink) -> None:
        base_url = base_url or "https://connect.mailerlite.com"
        self._link = link
        self._domains = (urlsplit(base_url).hostname or "", "mailerlite.com", "mailerlite.io", "mlsend.com")
        self._api = JsonApi(
            f"{base_url}/api", {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}, link
        )

    def audiences(self) -> list[SourceList]:
        groups = source_lists(self._followed("/groups", {}), _count, MOST_AUDIENCES - 1)
        return [SourceList(_EVERYONE, _("All subscribers")), *groups]

    def parts(self, audience: SourceList) -> list[Part]:
        own = [text_of(field, "key") for field in objects(_data(self._api.get("/fields", limit=100)))]
        header = columns_for(_FIXED, own)
        group = "/subscribers" if audience.id == _EVERYONE else f"/groups/{audience.id}/subscribers"
        asked = [("/subscribers", state) for state in _ACCOUNT_STATES] + [(group, state) for state in _GROUP_STATES]
        return [
            Part(
                f"{state} subscribers.csv"
                if state in _ACCOUNT_STATES
                else file_name(audience.name, prefix=f"{state} "),
                header,
                partial(self._rows, path, state, header[len(_FIXED) :]),
                of_account=state in _ACCOUNT_STATES,
            )
            for path, state in asked
        ]

    def _rows(self, path: str, state: str, own: Sequence[str]) -> Iterator[Sequence[object]]:
        for person in self._followed(path, {"filter[status]": state}):
            values = person.get("fields")
            fields = values if isinstance(values, dict) else {}
            yield (*(person.get(name) for name in _FIXED), *(fields.get(name) for name in own))

    def _followed(self, path: str, query: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """By cursor or by number, as the path has them."""
        cursor, seen, page = None, set[str](), 1
        while True:
            turn: dict[str, Any] = {"cursor": cursor} if cursor else ({"page": page} if page > 1 else {})
            answer = self._api.get(path, _PAGE, limit=_PAGE, **query, **turn)
            yield from page_of(objects(_data(answer)), _PAGE)
            meta = answer.get("meta") if isinstance(answer, dict) else None
            meta = meta if isinstance(meta, dict) else {}
            cursor = text_of(meta, "next_cursor")
            if cursor in seen:
                raise FetchProblem(
                    _("The other system keeps sending the same page. Upload the files of an export instead.")
                )
            seen.add(cursor)
            last = meta.get("last_page")
            if not cursor and not (isinstance(last, int) and page < last):
                return
            page += 1

    def templates(self) -> Iterator[HtmlTemplate]:
        """The newest sent campaigns: their own HTML, or its web version."""
        query: dict[str, Any] = {"limit": _CAMPAIGNS, "filter[status]": "sent"}
        answer = self._api.get("/campaigns", is_large=True, **query)
        for campaign in objects(_data(answer))[:_CAMPAIGNS]:
            for email in objects(campaign.get("emails"))[:1]:
                subject = text_of(email, "subject")
                html = text_of(email, "content") or html_at(text_of(email, "preview_url"), self._domains, self._link)
                yield HtmlTemplate(text_of(campaign, "name") or subject, subject, html)


def _data(answer: object) -> object:
    return answer.get("data") if isinstance(answer, dict) else None


def _count(audience: dict[str, Any]) -> int | None:
    number = audience.get("active_count")
    return number if isinstance(number, int) else None
