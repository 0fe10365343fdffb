"""Turns an edition and a recipient into the octets of one signed message: the hot path of the whole service. A
`Composer`, made once per edition, encodes and hashes what is constant; `draft` fills the placeholders, `sign_drafts`
signs several messages at once. Pure: no clock, randomness or I/O. The same input gives the same octets.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from operator import itemgetter
from typing import Final, NamedTuple

from mailflatrate.mail.headers import (
    address_octets,
    mailbox,
    one_line,
    serialise,
    unfolded,
    unstructured,
)
from mailflatrate.mail.identifiers.tokens import KeyRing, TokenPurpose
from mailflatrate.mail.identifiers.verp import return_path
from mailflatrate.mail.links import LINK_PURPOSES, LINK_VARIABLES, LinkKind, ServiceLink, link_prefix
from mailflatrate.mail.message.body_plan import BodyPlan
from mailflatrate.mail.message.edition import (
    CampaignStream,
    EditionContent,
    EditionPart,
    NoticeStream,
    Recipient,
    ServiceIdentity,
    TransactionalStream,
    Values,
)
from mailflatrate.mail.message.header_plan import (
    HeaderPlan,
    campaign_plan,
    missing_signature,
    notice_plan,
    transactional_plan,
)
from mailflatrate.mail.segments import Dynamic, Static
from mailflatrate.mail.signing.dkim import MAX_BULK_LIFETIME, PendingSignature, Signer
from mailflatrate.mail.signing.rsa_key import DigestSigner, OpenSslSigner

_WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_ONE_BY_ONE: Final = OpenSslSigner()
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class ComposeError(ValueError):
    """The edition or its sender cannot become a message. Raised by `Composer()`, never per message."""


class ReadyMessage(NamedTuple):
    """`content` ends in CRLF and no line begins with a dot (DATA needs no stuffing). It is ASCII, lines of at most 998
    octets, unless `smtputf8` is set (RFC 6531). Addresses have no brackets, `message_id` has them.
    """

    envelope_from: str
    envelope_to: str
    content: bytes
    message_id: str
    smtputf8: bool

    @property
    def size(self) -> int:
        return len(self.content)


class MessageDraft(NamedTuple):
    envelope_from: str
    envelope_to: str
    pieces: tuple[bytes, ...]
    unsigned: tuple[PendingSignature, ...]
    message_id: str
    smtputf8: bool

    @property
    def body(self) -> bytes:
        return b"".join(self.pieces).partition(b"\r\n\r\n")[2]


def sign_drafts(drafts: Sequence[MessageDraft], signer: DigestSigner) -> list[ReadyMessage]:
    signatures = iter(signer.sign([(header.key, header.digest) for draft in drafts for header in draft.unsigned]))
    return [
        ReadyMessage(
            draft.envelope_from,
            draft.envelope_to,
            b"".join((*[header.field(next(signatures)) for header in draft.unsigned], *draft.pieces)),
            draft.message_id,
            draft.smtputf8,
        )
        for draft in drafts
    ]


class _TokenPlan:
    __slots__ = ("_account_id", "_clicks", "_purposes", "_ring", "_seal")

    def __init__(self, ring: KeyRing, account_id: int) -> None:
        self._ring = ring
        self._account_id = account_id
        self._purposes: list[TokenPurpose] = [TokenPurpose.VERP]
        self._clicks: list[int] = []
        self._seal: Callable[[int], list[str]] = ring.sealer(self._purposes, account_id)

    def need(self, purpose: TokenPurpose) -> int:
        if purpose not in self._purposes:
            self._purposes.append(purpose)
            self._seal = self._ring.sealer(self._purposes, self._account_id)
        return self._purposes.index(purpose)

    def need_link(self, link: ServiceLink) -> int:
        """Return the index of its token. Clicks come last in the list, so call this for them last."""
        if link.kind is LinkKind.CLICK:
            raise ComposeError("a link that is the same for everybody is fixed text (R-108)")
        if link.kind is not LinkKind.PERSONAL_CLICK:
            return self.need(LINK_PURPOSES[link.kind])
        self._clicks.append(link.number)
        return len(self._purposes) + len(self._clicks) - 1

    def seal(self, delivery_id: int) -> list[str]:
        tokens = self._seal(delivery_id)
        for number in self._clicks:
            tokens.append(self._ring.seal(TokenPurpose.PERSONAL_CLICK, self._account_id, delivery_id, number))
        return tokens


class _DateField:
    """Rewritten only when the second changes (RFC 5322 section 3.3)."""

    __slots__ = ("canonical", "second", "written")

    def __init__(self) -> None:
        self.second = -1
        self.written = self.canonical = b""

    def turn_to(self, second: int, at: datetime) -> None:
        if at.tzinfo is None:
            raise ValueError("the time of a message must have a time zone")
        moment = at.astimezone(UTC)
        # Not strftime: its names of days and months follow the process's locale.
        text = (
            f"{_WEEKDAYS[moment.weekday()]}, {moment.day:02d} {_MONTHS[moment.month - 1]} {moment.year}"
            f" {moment:%H:%M:%S} +0000"
        )
        value = text.encode("ascii")
        self.second, self.written, self.canonical = second, b"Date: " + value + b"\r\n", b"date:" + value + b"\r\n"


class Composer:
    """Don't share it between threads: it caches the date of the last second."""

    def __init__(
        self,
        content: EditionContent,
        stream: CampaignStream | NoticeStream | TransactionalStream,
        service: ServiceIdentity,
        ring: KeyRing,
        signers: Sequence[Signer],
    ) -> None:
        """`signers` must cover From and CFBL-Address (R-59, R-64); none only for measurements. Raises `ComposeError`,
        and `HeaderError` for a name, subject or address not allowed in a header.
        """
        if isinstance(stream, CampaignStream):
            plan = campaign_plan(stream, service)
            feedback_domain = stream.feedback_domain or service.mail_domain
            lacking = missing_signature(stream.sender.address, feedback_domain, [signer.domain for signer in signers])
        elif isinstance(stream, TransactionalStream):
            plan = transactional_plan(stream, service)
            lacking = missing_signature(
                stream.sender.address, stream.feedback_domain, [signer.domain for signer in signers]
            )
        else:
            plan = notice_plan(stream, service)
            lacking = missing_signature(stream.sender.address, None, [signer.domain for signer in signers])
        if signers and lacking:
            raise ComposeError(lacking)
        self._bounce_domain = stream.bounce_domain
        self._text, self._html = content.text, content.html
        self._body = BodyPlan(content.text, content.html, plan.boundary, service.web_base_url)
        self._tokens = _TokenPlan(ring, stream.account_id)
        self._plan_header(plan, content.subject, signers, is_bulk=isinstance(stream, CampaignStream))
        self._plan_values(content, stream, service.web_base_url)
        self._link_tokens = [self._tokens.need_link(link) for link in self._body.links]

    def compose(self, recipient: Recipient, at: datetime) -> ReadyMessage:
        return sign_drafts([self.draft(recipient, at)], _ONE_BY_ONE)[0]

    def draft(self, recipient: Recipient, at: datetime) -> MessageDraft:
        """`at` (aware) dates message and signatures. Raises `HeaderError` for an invalid address, and what a renderer
        raises. Name and subject are made fit for a header line: a line break in a first name must not cost the message.
        """
        tokens = self._tokens.seal(recipient.delivery_id)
        values = self._values(recipient, tokens)
        rest = self._body.fill(
            self._text.render(values), self._html.render(values), [tokens[index] for index in self._link_tokens]
        )
        to = mailbox("To", recipient.address, one_line(recipient.display_name))
        second = int(at.timestamp())
        date = self._date
        if second != date.second:
            date.turn_to(second, at)
        header_tokens = self._header_tokens(tokens)
        written = b"To: " + to + b"\r\n" + date.written + (self._template % header_tokens).encode("ascii")
        subject = b""
        if self._subject is not None:
            subject = unstructured("Subject", one_line(_joined(self._subject, values)))
            written += b"Subject: " + subject + b"\r\n"
        unsigned: tuple[PendingSignature, ...] = ()
        if self._signing:
            signed = b"to:" + unfolded(to) + b"\r\n" + date.canonical
            signed += (self._canonical_template % header_tokens).encode("ascii")
            if self._subject is not None:
                signed += b"subject:" + unfolded(subject) + b"\r\n"
            body_hash = self._body.body_hash(rest)
            unsigned = tuple([signing.prepare(signed, body_hash, second) for signing in self._signing])
        smtputf8 = not to.isascii()
        return MessageDraft(
            return_path(tokens[0], self._bounce_domain),
            address_octets(recipient.address).decode() if smtputf8 else recipient.address,
            (self._constant, written, self._head, rest),
            unsigned,
            self._message_id % tokens[self._message_id_token],
            smtputf8,
        )

    def _plan_header(self, plan: HeaderPlan, subject: EditionPart, signers: Sequence[Signer], *, is_bulk: bool) -> None:
        constant = list(plan.constant)
        self._subject: EditionPart | None = None if subject.is_fixed else subject
        if subject.is_fixed:
            text = "".join(segment.text for segment in subject.segments if isinstance(segment, Static))
            constant.insert(1, (b"Subject", unstructured("Subject", text)))
        elif any(isinstance(segment, ServiceLink) for segment in subject.segments):
            raise ComposeError("a subject can't contain links")
        own_names = [b"To", b"Date", *(name for name, _ in plan.with_tokens)]
        if not subject.is_fixed:
            own_names.append(b"Subject")
        # Writing a sample proves, before the first recipient, that no field occurs twice and no value is broken.
        serialise([*constant, *((name, b"sample") for name in own_names)])
        self._constant = serialise(constant)
        self._head = b"\r\n" + self._body.head
        self._template, self._canonical_template = plan.template, plan.canonical_template
        self._header_tokens = itemgetter(*(self._tokens.need(purpose) for purpose in plan.purposes))
        self._message_id = plan.message_id
        self._message_id_token = self._tokens.need(TokenPurpose.MESSAGE_ID)
        self._date = _DateField()
        lifetime = MAX_BULK_LIFETIME if is_bulk else None
        self._signing = [signer.plan(constant, own_names, lifetime) for signer in signers]

    def _plan_values(
        self,
        content: EditionContent,
        stream: CampaignStream | NoticeStream | TransactionalStream,
        web_base_url: str,
    ) -> None:
        parts = (content.subject, content.text, content.html)
        self._has_fillings = any(part.has_fillings for part in parts)
        self._shared_values: dict[str, object] = {}
        if not isinstance(stream, NoticeStream):
            self._shared_values["mailing_id"] = stream.mailing_id
        links = sorted(content.rendered_links, key=lambda kind: kind.value) if self._has_fillings else []
        self._urls = [
            (LINK_VARIABLES[kind], link_prefix(web_base_url, kind), self._tokens.need(LINK_PURPOSES[kind]))
            for kind in links
        ]

    def _values(self, recipient: Recipient, tokens: list[str]) -> Values:
        if not self._has_fillings:
            return recipient.values
        values = {**recipient.values, **self._shared_values}
        for name, prefix, index in self._urls:
            values[name] = prefix + tokens[index]
        return values


def _joined(part: EditionPart, values: Values) -> str:
    strings = part.render(values)
    return "".join(
        [
            strings[segment.index] if isinstance(segment, Dynamic) else segment.text
            for segment in part.segments
            if not isinstance(segment, ServiceLink)
        ]
    )
