"""Addresses in a notice that did not bounce: suppressing one would punish a person for another one's mailbox."""

import re

from mailflatrate.mail.address import domain_of
from mailflatrate.mail.bounce_text.contacts import only_contacts
from mailflatrate.mail.bounce_text.dialect import ADDR, NamedRecipient
from mailflatrate.mail.reading import address
from mailflatrate.mail.reading.mime import MimePart

_OWN_FIELDS = (
    "to", "from", "sender", "reply-to", "cc", "delivered-to", "envelope-to", "return-path",
    "errors-to", "list-post", "list-owner", "list-help", "list-unsubscribe", "list-subscribe", "x-beenthere",
)  # fmt: skip
# Classic VERP: the return path of the returned mail names its recipient, "bounces+dora=empfang.example@".
_VERP = re.compile(r"(?:^|[<\s,\"])[\w.+-]*?[+-]([\w.+%&'-]{1,64})=((?:[\w-]{1,63}\.)+[a-z]{2,24})@", re.I)
_VERP_FIELDS = ("delivered-to", "x-original-to", "envelope-to", "to")
# Where the list's own footer or the quoted details of the mail begin; nothing from there on names a failure.
_FOOTER = re.compile(
    r"^(?:-- |_{10,}|[-=*]{0,40} ?(?:original message|message) (?:details|headers)\b.*|"
    r"(?:to unsubscribe|um sich abzumelden|pour vous d[ée]sabonner|para darse de baja|per cancellarsi)\b.*|"
    r".{0,60}\b(?:mailing ?list|listinfo)\b.{0,80}|(?:original|ursprüngliche|message) .{0,20}details:?)[ \t]*$",
    re.I | re.M,
)
_QUOTED_FIELD = re.compile(
    r"^[ \t>|*]{0,6}(?:to|an|à|a|para|cc|from|von|de|da|sender|absender|reply-to|envelope-from|mail from|return-path)"
    r"[ \t]*:[^\n]{0,300}$",
    re.I | re.M,
)
_QUOTED_DETAIL = re.compile(
    r"^[ \t>|*]{0,6}(?:subject|betreff|objet|asunto|oggetto|assunto|onderwerp|date|sent|datum|message-id)[ \t]*:",
    re.I | re.M,
)
_NEAR = 400
#: One RCPT command of a session with the first digit of its reply, in any server's notation ("Out: 250", "<<< 550").
_RCPT = re.compile(
    rf"\bRCPT\s+TO:\s{{0,9}}<?({ADDR})>?[^\n]{{0,200}}\n(?:[ \t]{{2,9}}[A-Za-z<][^\n]{{0,200}}\n)?"
    r"[^\w\n]{0,12}(?:[A-Za-z]{1,9}:[ \t]{0,4})?([245])\d\d[ -]",
    re.I,
)


def own_addresses(message: MimePart) -> frozenset[str]:
    """Return its senders and recipients, and the addresses of a list it passed, in lower case."""
    own: set[str] = set()
    for name in _OWN_FIELDS:
        if name in message.headers:
            for value in message.headers.all(name):
                own.update(mailbox.lower() for mailbox in address.find_all(value))
    return frozenset(own)


def verp_recipient(message: MimePart) -> str:
    """Return the recipient encoded in the notice's own recipient address, or ""."""
    for name in _VERP_FIELDS:
        for value in message.headers.all(name) if name in message.headers else ():
            if "=" in value and (match := _VERP.search(value)):
                return f"{match[1]}@{match[2]}"
    return ""


def not_at_home(message: MimePart, named: list[NamedRecipient]) -> list[NamedRecipient]:
    """Leave out those at a domain to which the notice itself was delivered, except the one that VERP names."""
    reported = verp_recipient(message).lower()
    home = {
        domain_of(own)
        for name in _VERP_FIELDS
        for value in message.headers.all(name)
        for own in address.find_all(value)
    }
    return [item for item in named if item.address.lower() == reported or domain_of(item.address) not in home]


def accused(message: MimePart, named: list[NamedRecipient], text: str = "") -> list[NamedRecipient]:
    """Leave out those that did not fail, such as contacts in `text`; if VERP names the recipient, return only it."""
    own = own_addresses(message)
    left = [item for item in named if item.address.lower() not in own]
    if left and text:
        contacts = only_contacts(text, {item.address.lower() for item in left})
        accepted = _accepted_in_session(text)
        left = [item for item in left if item.address.lower() not in contacts | accepted]
    reported = verp_recipient(message).lower()
    if reported and any(item.address.lower() == reported for item in left):
        return [item for item in left if item.address.lower() == reported]
    return left


def _accepted_in_session(text: str) -> frozenset[str]:
    """Return the recipients (lower case) that a quoted session accepted while it refused another one."""
    if "rcpt" not in text.lower():
        return frozenset()
    replies = [(match[1].lower(), match[2]) for match in _RCPT.finditer(text)]
    refused = {mailbox for mailbox, digit in replies if digit != "2"}
    return frozenset(mailbox for mailbox, _ in replies if mailbox not in refused) if refused else frozenset()


def without_quotes(text: str) -> str:
    """Drop footers and the address lines of a message that the notice describes."""
    footer = _FOOTER.search(text, text.find("\n") + 1) if "\n" in text else None
    if footer is not None and footer.start() > 0:
        text = text[: footer.start()]
    if _QUOTED_DETAIL.search(text) is None:
        return text
    details = [match.start() for match in _QUOTED_DETAIL.finditer(text)]

    def blank(match: re.Match[str]) -> str:
        near = any(abs(match.start() - at) < _NEAR for at in details)
        return "" if near else match[0]

    return _QUOTED_FIELD.sub(blank, text)
