"""Brevo's API v3. No proof of its own: `createdAt` is when the contact was added; opt-ins are attributes. Its
blocklist has reasons, which the export file lacks.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from mailflatrate.apps.intake.fetching.api import ApiLink, JsonApi
from mailflatrate.apps.intake.fetching.connector import (
    HtmlTemplate,
    Part,
    SourceList,
    cell,
    columns_for,
    file_name,
    objects,
    source_lists,
    text_of,
)

_PAGE: Final = 500
_BLOCKED_PAGE: Final = 100
_LISTS_PAGE: Final = 50
_MOST_TEMPLATES: Final = 50
_FIXED: Final = ("EMAIL", "CONTACT ID", "EMAIL_BLOCKLISTED", "UNSUBSCRIBED", "ADDED_TIME", "MODIFIED_TIME")
_BLOCKED: Final = ("EMAIL", "EMAIL_STATUS", "MODIFIED_TIME", "EMAIL_BLOCKLISTED")
_REASONS: Final = {"hardBounce": "bounced", "contactFlaggedAsSpam": "complained", "adminBlocked": "blocked"}


class Brevo:
    def __init__(self, key: str, base_url: str, link: ApiLink) -> None:
        self._api = JsonApi(f"{base_url or 'https://api.brevo.com'}/v3", {"api-key": key}, link)

    def audiences(self) -> list[SourceList]:
        def read(offset: int) -> list[dict[str, Any]]:
            answer = self._api.get("/contacts/lists", _LISTS_PAGE, limit=_LISTS_PAGE, offset=offset, sort="asc")
            return objects(answer.get("lists") if isinstance(answer, dict) else None)

        return source_lists(self._api.pages(read, _LISTS_PAGE), _count)

    def parts(self, audience: SourceList) -> list[Part]:
        answer = self._api.get("/contacts/attributes")
        own = objects(answer.get("attributes") if isinstance(answer, dict) else None)
        header = columns_for(_FIXED, [cell(attribute.get("name")) for attribute in own])
        return [
            Part(
                "blocked contacts.csv",
                _BLOCKED,
                self._blocked,
                of_account=True,
            ),
            Part(file_name(audience.name), header, lambda: self._rows(audience.id, header[len(_FIXED) :])),
        ]

    def _rows(self, list_id: str, own: Sequence[str]) -> Iterator[Sequence[object]]:
        def read(offset: int) -> list[dict[str, Any]]:
            answer = self._api.get(f"/contacts/lists/{list_id}/contacts", _PAGE, limit=_PAGE, offset=offset, sort="asc")
            return objects(answer.get("contacts") if isinstance(answer, dict) else None)

        for page in self._api.pages(read, _PAGE):
            attributes = page.get("attributes")
            fields = attributes if isinstance(attributes, dict) else {}
            left = page.get("listUnsubscribed")
            yield (
                page.get("email") or fields.get("EMAIL"),
                page.get("id"),
                bool(page.get("emailBlacklisted")),
                "yes" if isinstance(left, list) and list_id in map(str, left) else "",
                page.get("createdAt"),
                page.get("modifiedAt"),
                *(fields.get(name) for name in own),
            )

    def _blocked(self) -> Iterator[Sequence[object]]:
        def read(offset: int) -> list[dict[str, Any]]:
            answer = self._api.get(
                "/smtp/blockedContacts", _BLOCKED_PAGE, limit=_BLOCKED_PAGE, offset=offset, sort="asc"
            )
            return objects(answer.get("contacts") if isinstance(answer, dict) else None)

        for page in self._api.pages(read, _BLOCKED_PAGE):
            reason = page.get("reason")
            code = cell(reason.get("code")) if isinstance(reason, dict) else ""
            yield page.get("email"), _REASONS.get(code, "unsubscribed"), page.get("blockedAt"), True

    def templates(self) -> Iterator[HtmlTemplate]:
        answer = self._api.get("/smtp/templates", is_large=True, limit=_MOST_TEMPLATES, offset=0, sort="desc")
        for template in objects(answer.get("templates") if isinstance(answer, dict) else None):
            yield HtmlTemplate(
                text_of(template, "name"), text_of(template, "subject"), text_of(template, "htmlContent")
            )


def _count(audience: dict[str, Any]) -> int | None:
    number = audience.get("uniqueSubscribers") or audience.get("totalSubscribers")
    return number if isinstance(number, int) else None
