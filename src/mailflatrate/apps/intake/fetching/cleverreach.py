"""CleverReach's REST API v3. The proof: `registered`, `activated` (seconds since 1970, 0: never) and `source`; an IP
address only as an attribute. The blacklist is the account's.
"""

import base64
from collections.abc import Iterator, Sequence
from typing import Any, Final
from urllib.parse import quote, urlsplit

from django.utils.translation import gettext as _

from mailflatrate.apps.intake.fetching.api import ApiLink, JsonApi
from mailflatrate.apps.intake.fetching.connector import (
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

_PAGE: Final = 1000
_TEMPLATES: Final = 30
_CAMPAIGNS: Final = 20
_DETAIL: Final = 7
_FIXED: Final = (
    "id",
    "email",
    "registered",
    "activated",
    "deactivated",
    "bounced",
    "active",
    "imported",
    "points",
    "stars",
    "source",
    "last_ip",
    "last_location",
    "last_client",
    "tags",
)


class CleverReach:
    """By a token, or ID and secret of an OAuth app as `ID:SECRET`."""

    def __init__(self, key: str, base_url: str, link: ApiLink) -> None:
        self._key, self._link = key, link
        self._base_url = base_url or "https://rest.cleverreach.com"
        self._domains = (urlsplit(self._base_url).hostname or "", "cleverreach.com")
        self._signed_in: JsonApi | None = None

    @property
    def _api(self) -> JsonApi:
        if self._signed_in is None:
            token = self._token() if ":" in self._key else self._key
            self._signed_in = JsonApi(f"{self._base_url}/v3", {"Authorization": f"Bearer {token}"}, self._link)
        return self._signed_in

    def _token(self) -> str:
        secret = base64.b64encode(self._key.encode()).decode()
        api = JsonApi(f"{self._base_url}/oauth", {"Authorization": f"Basic {secret}"}, self._link)
        answer = api.post_form("/token.php", grant_type="client_credentials")
        token = text_of(answer, "access_token") if isinstance(answer, dict) else ""
        if not token or not token.isascii() or not token.isprintable():
            raise FetchProblem(_("The other system rejects this key. Create a new one there and start again."))
        return token

    def audiences(self) -> list[SourceList]:
        return source_lists(objects(self._api.get("/groups.json")), _count)

    def parts(self, audience: SourceList) -> list[Part]:
        own = [
            text_of(attribute, "name")
            for path in (f"/groups.json/{audience.id}/attributes", "/attributes.json")
            for attribute in objects(self._api.get(path))
        ]
        header = columns_for(_FIXED, own)
        return [
            Part("blacklist.csv", ("email", "Blacklist", "points", "stars"), self._blacklist, of_account=True),
            Part(file_name(audience.name), header, lambda: self._rows(audience.id, header[len(_FIXED) :])),
        ]

    def _rows(self, group_id: str, own: Sequence[str]) -> Iterator[Sequence[object]]:
        def read(offset: int) -> list[dict[str, Any]]:
            path = f"/groups.json/{group_id}/receivers"
            return objects(self._api.get(path, _PAGE, pagesize=_PAGE, page=offset // _PAGE, detail=_DETAIL, type="all"))

        for person in self._api.pages(read, _PAGE):
            fields: dict[str, Any] = {}
            for kind in ("global_attributes", "attributes"):
                attributes = person.get(kind)
                fields |= attributes if isinstance(attributes, dict) else {}
            yield (*(person.get(name) for name in _FIXED), *(fields.get(name) for name in own))

    def _blacklist(self) -> Iterator[Sequence[object]]:
        def read(number: int) -> list[dict[str, Any]]:
            try:
                return objects(self._api.get("/blacklist.json", is_large=True, pagesize=_PAGE, page=number))
            except FetchProblem as problem:
                if number and problem.is_missing:
                    return []  # there is no page after the last
                raise

        for person in self._api.numbered(read, _PAGE):
            yield person.get("email"), "yes", "", ""

    def templates(self) -> Iterator[HtmlTemplate]:
        """The account's own, then its newest sent campaigns."""
        answer = self._api.get("/mailings/templates/user.json", is_large=True)
        for mailing in objects(answer.get("templates") if isinstance(answer, dict) else None)[:_TEMPLATES]:
            yield HtmlTemplate(
                text_of(mailing, "name"), "", html_at(text_of(mailing, "file"), self._domains, self._link)
            )
        answer = self._api.get("/mailings.json", is_large=True, state="finished", limit=_CAMPAIGNS)
        for mailing in objects(answer.get("finished") if isinstance(answer, dict) else answer)[:_CAMPAIGNS]:
            whole = self._api.get(f"/mailings.json/{quote(text_of(mailing, 'id'), safe='')}", is_large=True)
            subject = text_of(mailing, "subject")
            yield HtmlTemplate(text_of(mailing, "name") or subject, subject, _html_of(whole))


def _html_of(mailing: object) -> str:
    if not isinstance(mailing, dict):
        return ""
    content = mailing.get("content")
    inner = text_of(content, "html") if isinstance(content, dict) else ""
    return inner or text_of(mailing, "body_html", "html")


def _count(audience: dict[str, Any]) -> int | None:
    number = audience.get("receiver_count", audience.get("total_count"))
    return number if isinstance(number, int) else None
