"""The service's own links in a message: each kind leads to one page and carries one token.

The path is the kind, the rest is the token; the URL holds nothing else, so nothing personal gets into logs or
referrers.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Final

from mailflatrate.mail.identifiers.tokens import TokenPurpose


class LinkKind(Enum):
    """Where a link leads; the value is the first segment of its path."""

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
"""The names under which personalization knows the links; the last one is known to transactional templates only.

`poll_url` is where answers begin: the numbers of question and answer follow it (`mail.poll_links`)."""


@dataclass(frozen=True, slots=True)
class ServiceLink:
    """A segment that is a whole URL of our service, the recipient's own.

    `number` tells the personal links of an edition apart and is 0 elsewhere. A CLICK link is the same for all
    recipients and therefore fixed text, not a segment.
    """

    kind: LinkKind
    number: int = 0


def link_prefix(web_base_url: str, kind: LinkKind) -> str:
    """Return the URL up to its token. `web_base_url` is "https://host" without a trailing slash."""
    return f"{web_base_url}/{kind.value}/"


def help_url(web_base_url: str, mailing_id: str) -> str:
    """Return the page that explains a campaign to anyone who has its ID (List-Help, RFC 2369 section 3.1)."""
    return f"{web_base_url}/help/{mailing_id}"


def report_url(web_base_url: str, token: str) -> str:
    """Return the page on which a reporter who got the token by email stops the campaigns they reported."""
    return f"{web_base_url}/report/stop/{token}"
