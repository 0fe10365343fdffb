"""Mailchimp's Marketing API 3.0. The proof: `ip_signup`, `timestamp_signup`, and `ip_opt`, `timestamp_opt` of the
confirmation. A table for each status: archived contacts only come when asked for.
"""

import base64
import re
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, Final

from django.utils.translation import gettext as _

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
from mailflatrate.apps.lists.errors import FetchProblem

_PAGE: Final = 500
_CAMPAIGNS: Final = 20
_DATA_CENTER: Final = re.compile(r"[a-z]{2,4}[0-9]{1,3}")
_STATES: Final = {
    "unsubscribed": "unsubscribed",
    "cleaned": "cleaned",
    "archived": "archived",
    "transactional": "nonsubscribed",
    "pending": "pending",
    "subscribed": "subscribed",
}
"""Status -> how the file's name begins; refusals first."""
_FIXED: Final = (
    "Email Address",
    "MEMBER_STATUS",
    "OPTIN_TIME",
    "OPTIN_IP",
    "CONFIRM_TIME",
    "CONFIRM_IP",
    "UNSUB_TIME",
    "UNSUB_REASON",
    "CLEAN_TIME",
    "LAST_CHANGED",
    "SIGNUP_SOURCE",
    "LEID",
    "EUID",
    "TAGS",
)
_MEMBER: Final = (
    "members.email_address,members.status,members.timestamp_signup,members.ip_signup,members.timestamp_opt,"
    "members.ip_opt,members.last_changed,members.source,members.web_id,members.unique_email_id,"
    "members.unsubscribe_reason,members.tags,members.merge_fields"
)


class Mailchimp:
    """By a key that ends in its data center: `...-us21`."""

    def __init__(self, key: str, _base_url: str, link: ApiLink) -> None:
        data_center = key.rpartition("-")[2]
        if not _DATA_CENTER.fullmatch(data_center):
            raise FetchProblem(_("A Mailchimp key ends in its data center, such as -us21. Copy the whole key."))
        secret = base64.b64encode(f"mailflatrate:{key}".encode()).decode()
        base_url = _base_url or f"https://{data_center}.api.mailchimp.com"
        self._api = JsonApi(f"{base_url}/3.0", {"Authorization": f"Basic {secret}"}, link)

    def audiences(self) -> list[SourceList]:
        fields = "lists.id,lists.name,lists.stats.member_count"
        answer = self._api.get("/lists", count=1000, fields=fields)
        return source_lists(objects(_of(answer, "lists")), _count)

    def parts(self, audience: SourceList) -> list[Part]:
        answer = self._api.get(f"/lists/{audience.id}/merge-fields", count=1000, fields="merge_fields.tag")
        own = [cell(field.get("tag")) for field in objects(_of(answer, "merge_fields"))]
        header = columns_for(_FIXED, own)
        return [
            Part(
                file_name(audience.name, prefix=f"{word}_email_audience_export_"),
                header,
                partial(self._rows, audience.id, state, header[len(_FIXED) :]),
            )
            for state, word in _STATES.items()
        ]

    def _rows(self, audience_id: str, state: str, own: Sequence[str]) -> Iterator[Sequence[object]]:
        def read(offset: int) -> list[dict[str, Any]]:
            answer = self._api.get(
                f"/lists/{audience_id}/members", _PAGE, status=state, count=_PAGE, offset=offset, fields=_MEMBER
            )
            return objects(_of(answer, "members"))

        for page in self._api.pages(read, _PAGE):
            merged = page.get("merge_fields")
            fields = merged if isinstance(merged, dict) else {}
            left = state in ("unsubscribed", "archived")
            yield (
                page.get("email_address"),
                page.get("status") or state,
                page.get("timestamp_signup"),
                page.get("ip_signup"),
                page.get("timestamp_opt"),
                page.get("ip_opt"),
                page.get("last_changed") if left else "",
                page.get("unsubscribe_reason"),
                page.get("last_changed") if state == "cleaned" else "",
                page.get("last_changed"),
                page.get("source"),
                page.get("web_id"),
                page.get("unique_email_id"),
                ", ".join(f'"{text_of(tag, "name")}"' for tag in objects(page.get("tags"))),
                *(fields.get(name) for name in own),
            )

    def templates(self) -> Iterator[HtmlTemplate]:
        """The newest sent campaigns: Mailchimp doesn't return templates' HTML."""
        fields = "campaigns.id,campaigns.settings.title,campaigns.settings.subject_line"
        answer = self._api.get(
            "/campaigns", status="sent", count=_CAMPAIGNS, sort_field="send_time", sort_dir="DESC", fields=fields
        )
        for campaign in objects(_of(answer, "campaigns")):
            settings = campaign.get("settings")
            named = settings if isinstance(settings, dict) else {}
            content = self._api.get(f"/campaigns/{cell(campaign.get('id'))}/content", is_large=True, fields="html")
            subject = text_of(named, "subject_line")
            yield HtmlTemplate(text_of(named, "title") or subject, subject, cell(_of(content, "html")))


def _of(answer: object, name: str) -> object:
    return answer.get(name) if isinstance(answer, dict) else None


def _count(audience: dict[str, Any]) -> int | None:
    number = _of(audience.get("stats"), "member_count")
    return number if isinstance(number, int) else None
