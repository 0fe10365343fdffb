"""Which header fields a message of each stream has (R-32, R-54), each once. Customers supply only display names,
subject and the list's name, which `headers` encodes; no customer can name a field.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from mailflatrate.mail.address import domain_of
from mailflatrate.mail.headers import (
    Field,
    address_octets,
    canonical,
    mailbox,
    phrase_and_id,
    structured,
)
from mailflatrate.mail.identifiers.mailing_id import compact_form
from mailflatrate.mail.identifiers.tokens import TokenPurpose
from mailflatrate.mail.identifiers.verp import unsubscribe_address
from mailflatrate.mail.links import LinkKind, help_url, link_prefix
from mailflatrate.mail.message.edition import CampaignStream, NoticeStream, ServiceIdentity, TransactionalStream

_HOLE: Final = "%s"
_AUTOMATIC: Final[tuple[Field, ...]] = (
    (b"Auto-Submitted", b"auto-generated"),  # RFC 3834 section 5.2
    # Exchange's own: no out-of-office reply and no receipt. NDR is left out, because bounces must be returned.
    (b"X-Auto-Response-Suppress", b"DR, RN, NRN, OOF, AutoReply"),
)
_MESSAGE_ID: Final = re.compile(r"<[!-;=?-~]{1,120}@[!-;=?A-~]{1,120}>")


@dataclass(frozen=True, slots=True)
class HeaderPlan:
    """`with_tokens` fields have a `%s` for each purpose in `purposes`, in order; `message_id` has one."""

    constant: tuple[Field, ...]
    with_tokens: tuple[Field, ...]
    purposes: tuple[TokenPurpose, ...]
    message_id: str
    boundary: str

    @property
    def template(self) -> str:
        return b"".join(b"%b: %b\r\n" % field for field in self.with_tokens).decode("ascii")

    @property
    def canonical_template(self) -> str:
        """Return `template` in relaxed canonical form. Canonicalization changes no character of a token."""
        return b"".join(map(canonical, self.with_tokens)).decode("ascii")


def campaign_plan(stream: CampaignStream, service: ServiceIdentity) -> HeaderPlan:
    """R-54. Raises `HeaderError` for invalid names or addresses."""
    feedback_address = f"fbl@{stream.feedback_domain or service.mail_domain}"
    feedback_id = ":".join((stream.mailing_id, stream.account_label, stream.stream_label, service.feedback_sender_id))
    boundary = f"=_{compact_form(stream.mailing_id)}"
    constant: list[Field] = [
        (b"From", mailbox("From", stream.sender.address, stream.sender.display_name)),
        (b"Reply-To", mailbox("Reply-To", stream.reply_to.address, stream.reply_to.display_name)),
        (b"List-Id", phrase_and_id("List-Id", stream.list_name, stream.list_identifier)),
        (b"List-Unsubscribe-Post", b"List-Unsubscribe=One-Click"),  # RFC 8058 section 3.1, exactly
        (b"List-Post", b"NO"),  # RFC 2369 section 3.4: nobody can write to this list
        (b"List-Help", structured(f"<{help_url(service.web_base_url, stream.mailing_id)}>")),
        (b"Precedence", b"bulk"),
        (b"X-Mailing-ID", structured(stream.mailing_id)),
        (b"X-Report-Abuse-To", b"<" + address_octets(f"abuse@{service.mail_domain}") + b">"),
        (b"Feedback-ID", structured(feedback_id)),
        (b"CFBL-Address", address_octets(feedback_address) + b"; report=arf"),
    ]
    if service.csa_complaints is not None:
        constant.append((b"X-CSA-Complaints", address_octets(service.csa_complaints)))
    message_id = f"<{compact_form(stream.mailing_id)}.{_HOLE}@{_sender_domain(stream.sender.address)}>"
    one_click = f"<{link_prefix(service.web_base_url, LinkKind.UNSUBSCRIBE)}{_HOLE}>"
    by_mail = f"<mailto:{unsubscribe_address(_HOLE, service.mail_domain)}?subject=unsubscribe>"
    return HeaderPlan(
        constant=(*constant, *_mime_fields(boundary, stream.language)),
        with_tokens=(
            (b"Message-ID", structured(message_id)),
            (b"List-Unsubscribe", structured(one_click) + b",\r\n " + structured(by_mail)),
            (b"CFBL-Feedback-ID", _HOLE.encode()),
        ),
        purposes=(TokenPurpose.MESSAGE_ID, TokenPurpose.UNSUBSCRIBE, TokenPurpose.UNSUBSCRIBE, TokenPurpose.FEEDBACK),
        message_id=message_id,
        boundary=boundary,
    )


def notice_plan(stream: NoticeStream, service: ServiceIdentity) -> HeaderPlan:
    """No list fields, no bulk (R-32). Raises `HeaderError`."""
    boundary = "=_notice"
    message_id = f"<{_HOLE}@{_sender_domain(stream.sender.address)}>"
    constant: list[Field] = [
        (b"From", mailbox("From", stream.sender.address, stream.sender.display_name)),
        *_AUTOMATIC,
        (b"X-Report-Abuse-To", b"<" + address_octets(f"abuse@{service.mail_domain}") + b">"),
    ]
    if stream.reply_to is not None:
        constant.append((b"Reply-To", mailbox("Reply-To", stream.reply_to.address, stream.reply_to.display_name)))
    if _MESSAGE_ID.fullmatch(stream.in_reply_to):
        constant += [(b"In-Reply-To", structured(stream.in_reply_to)), (b"References", structured(stream.in_reply_to))]
    return HeaderPlan(
        constant=(*constant, *_mime_fields(boundary, stream.language)),
        with_tokens=((b"Message-ID", structured(message_id)),),
        purposes=(TokenPurpose.MESSAGE_ID,),
        message_id=message_id,
        boundary=boundary,
    )


def transactional_plan(stream: TransactionalStream, service: ServiceIdentity) -> HeaderPlan:
    """R-112: automatic like a notice, traceable like a campaign (R-55). Nothing of it comes from the program that
    ordered the message. Raises `HeaderError`.
    """
    feedback_id = ":".join((stream.mailing_id, stream.account_label, "transactional", service.feedback_sender_id))
    boundary = f"=_{compact_form(stream.mailing_id)}"
    message_id = f"<{compact_form(stream.mailing_id)}.{_HOLE}@{_sender_domain(stream.sender.address)}>"
    constant: list[Field] = [
        (b"From", mailbox("From", stream.sender.address, stream.sender.display_name)),
        *_AUTOMATIC,
        (b"X-Mailing-ID", structured(stream.mailing_id)),
        (b"X-Report-Abuse-To", b"<" + address_octets(f"abuse@{service.mail_domain}") + b">"),
        (b"Feedback-ID", structured(feedback_id)),
        (b"CFBL-Address", address_octets(f"fbl@{stream.feedback_domain}") + b"; report=arf"),
    ]
    return HeaderPlan(
        constant=(*constant, *_mime_fields(boundary, stream.language)),
        with_tokens=((b"Message-ID", structured(message_id)), (b"CFBL-Feedback-ID", _HOLE.encode())),
        purposes=(TokenPurpose.MESSAGE_ID, TokenPurpose.FEEDBACK),
        message_id=message_id,
        boundary=boundary,
    )


def _sender_domain(address: str) -> str:
    return domain_of(address_octets(address).decode("ascii"))


def missing_signature(from_address: str, feedback_domain: str | None, signing: Sequence[str]) -> str | None:
    """Return what the signing domains lack, or None. From must be signed by its own domain or one above it (DMARC
    alignment, R-62); a CFBL-Address not at or under the From domain also by its own (RFC 9477 section 3.1; R-64).
    """
    from_domain = _sender_domain(from_address)
    if not any(is_at_or_under(from_domain, domain) for domain in signing):
        return f"no signature is aligned with the From domain {from_domain}"
    if feedback_domain is None or is_at_or_under(feedback_domain, from_domain) or feedback_domain in signing:
        return None
    return f"the feedback address at {feedback_domain} needs a signature of that domain"


def is_at_or_under(domain: str, other: str) -> bool:
    return domain == other or domain.endswith(f".{other}")


def _mime_fields(boundary: str, language: str) -> tuple[Field, ...]:
    spoken = ((b"Content-Language", structured(language)),) if language else ()
    return (
        *spoken,
        (b"MIME-Version", b"1.0"),
        (b"Content-Type", b'multipart/alternative; boundary="' + boundary.encode("ascii") + b'"'),
    )
