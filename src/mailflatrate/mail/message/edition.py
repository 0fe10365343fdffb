"""The composer's input: the compiled content of an edition, its sender, and one recipient at a time."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, NamedTuple, Protocol

from mailflatrate.mail.headers import NamedAddress
from mailflatrate.mail.links import LINK_VARIABLES, LinkKind, ServiceLink
from mailflatrate.mail.segments import Dynamic, Segment, Static

Values = Mapping[str, object]
"""A recipient's values as personalization reads them, such as {"contact": {"first_name": "Dora"}}."""

Renderer = Callable[[Values], Sequence[str]]
"""The strings of one part for one recipient; `Dynamic(index)` points into them. An HTML part's are already escaped."""

_SENDER_ID: Final = re.compile(r"[A-Za-z0-9_-]{5,15}")
_BASE_URL: Final = re.compile(r"https://[a-z0-9.-]+(:[0-9]+)?(/[A-Za-z0-9_-]+)*")
_FEEDBACK_FIELD: Final = re.compile(r"[A-Za-z0-9_.-]{1,60}")


def _render_nothing(_values: Values) -> Sequence[str]:
    return ()


@dataclass(frozen=True, slots=True)
class EditionPart:
    segments: tuple[Segment | ServiceLink, ...]
    render: Renderer = _render_nothing

    @classmethod
    def fixed(cls, text: str) -> "EditionPart":
        return cls((Static(text),))

    @property
    def is_fixed(self) -> bool:
        return all(isinstance(segment, Static) for segment in self.segments)

    @property
    def has_fillings(self) -> bool:
        return any(isinstance(segment, Dynamic) for segment in self.segments)


class CompiledPart(Protocol):
    @property
    def segments(self) -> tuple[Segment, ...]: ...

    @property
    def source(self) -> str: ...

    def render_dynamic(self, values: Mapping[str, Any]) -> Sequence[str]: ...


@dataclass(frozen=True, slots=True)
class EditionContent:
    """`rendered_links` are those that renderers may use by name (`LINK_VARIABLES`); each costs a token per message. A
    `ServiceLink` segment needs no entry here.
    """

    subject: EditionPart
    html: EditionPart
    text: EditionPart
    rendered_links: frozenset[LinkKind] = frozenset(LINK_VARIABLES)

    @classmethod
    def of(cls, subject: CompiledPart, html: CompiledPart, text: CompiledPart) -> "EditionContent":
        parts = (subject, html, text)
        return cls(
            subject=EditionPart(subject.segments, subject.render_dynamic),
            html=EditionPart(html.segments, html.render_dynamic),
            text=EditionPart(text.segments, text.render_dynamic),
            rendered_links=frozenset(
                kind for kind, name in LINK_VARIABLES.items() if any(name in part.source for part in parts)
            ),
        )


@dataclass(frozen=True, slots=True)
class ServiceIdentity:
    """`mail_domain` receives unsub+token@ and abuse@; `web_base_url` is "https://host" of the public pages;
    `feedback_sender_id` ends every Feedback-ID (R-63); `csa_complaints` only for a certified pool (R-58).
    """

    mail_domain: str
    web_base_url: str
    feedback_sender_id: str
    csa_complaints: str | None = None

    def __post_init__(self) -> None:
        if not _BASE_URL.fullmatch(self.web_base_url):
            raise ValueError("web_base_url must be https://host without a trailing slash (RFC 8058 section 3.1)")
        if not _SENDER_ID.fullmatch(self.feedback_sender_id):
            raise ValueError("feedback_sender_id must have 5 to 15 letters or digits (R-63)")


@dataclass(frozen=True, slots=True)
class CampaignStream:
    """`mailing_id` in display form; `account_label` and `stream_label` opaque, constant, without colons;
    `list_identifier` without brackets, constant for the list's life (R-57). `feedback_domain` receives fbl@ (None: the
    service's mail domain); at or under the From domain it saves the second signature (R-64). `language`: RFC 3282.
    """

    account_id: int
    account_label: str
    mailing_id: str
    sender: NamedAddress
    reply_to: NamedAddress
    bounce_domain: str
    list_identifier: str
    list_name: str
    stream_label: str = "campaign"
    feedback_domain: str | None = None
    language: str = ""

    def __post_init__(self) -> None:
        labels = (self.mailing_id, self.account_label, self.stream_label)
        if not all(_FEEDBACK_FIELD.fullmatch(label) for label in labels) or len(set(labels)) != 3:
            raise ValueError("the fields of a Feedback-ID must be plain words and all different (R-63)")


@dataclass(frozen=True, slots=True)
class NoticeStream:
    """No list, no bulk, marked as automatic (R-32, RFC 3834 section 5). `in_reply_to` has its brackets; a malformed one
    is left out.
    """

    account_id: int
    sender: NamedAddress
    bounce_domain: str
    reply_to: NamedAddress | None = None
    in_reply_to: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class TransactionalStream:
    """A template's messages (R-112): no list, no bulk, marked as automatic. `mailing_id` in display form is the
    reviewed version's. Reports go to `feedback_domain`, at or under the From domain.
    """

    account_id: int
    account_label: str
    mailing_id: str
    sender: NamedAddress
    bounce_domain: str
    feedback_domain: str
    language: str = ""


class Recipient(NamedTuple):
    delivery_id: int
    address: str
    display_name: str = ""
    values: Values = MappingProxyType({})
