"""The service's own links: each kind leads to one page. The URL holds its kind and one token, nothing else, so nothing
personal gets into logs or referrers.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Final

from mailflatrate.mail.identifiers.tokens import TokenPurpose


class LinkKind(Enum):
    """The value is the first segment of its path."""

    UNSUBSCRIBE = "u"
    PREFERENCES = "p"
    WEB_VIEW = "w"
    CLICK = "c"
    PERSONAL_CLICK = "k"
    NOT_ME = "n"
    POLL = "q"


LINK_PURPOSES: Final = {
    LinkKind.UNSUBSCRIBE: TokenPurpose.UNSUBSCRIBE,
    LinkKind.PREFERENCES: TokenPurpose.PREFERENCES,
    LinkKind.WEB_VIEW: TokenPurpose.ARCHIVE,
    LinkKind.CLICK: TokenPurpose.CLICK,
    LinkKind.PERSONAL_CLICK: TokenPurpose.PERSONAL_CLICK,
    LinkKind.NOT_ME: TokenPurpose.NOT_ME,
    LinkKind.POLL: TokenPurpose.POLL,
}

LINK_VARIABLES: Final = {
    LinkKind.UNSUBSCRIBE: "unsubscribe_url",
    LinkKind.PREFERENCES: "preferences_url",
    LinkKind.WEB_VIEW: "web_url",
    LinkKind.POLL: "poll_url",
    LinkKind.NOT_ME: "not_me_url",
}
"""The last one is for transactional templates only. After `poll_url` follow the numbers of question and answer."""


@dataclass(frozen=True, slots=True)
class ServiceLink:
    """A whole URL, the recipient's own. `number` tells the personal links of an edition apart, otherwise 0. A CLICK
    link is the same for all recipients: fixed text, not a segment.
    """

    kind: LinkKind
    number: int = 0


def link_prefix(web_base_url: str, kind: LinkKind) -> str:
    """`web_base_url` is "https://host" without a trailing slash."""
    return f"{web_base_url}/{kind.value}/"


def help_url(web_base_url: str, mailing_id: str) -> str:
    return f"{web_base_url}/help/{mailing_id}"


def report_url(web_base_url: str, token: str) -> str:
    return f"{web_base_url}/report/stop/{token}"
