"""How a mail system's non-standard bounce is recognized, and where it names the recipient."""

import re
from dataclasses import dataclass

from mailflatrate.mail.reading import address

#: An address as these notices print it, for use inside the patterns of a dialect.
ADDR = r"[^\s<>()\[\]\"',;:|]{1,128}@[^\s<>()\[\]\"',;:|]{1,255}"


@dataclass(frozen=True, slots=True)
class BounceDialect:
    """`openings`: lower-case phrases (`*`: at most 400 characters), one must occur. `recipients`: patterns whose first
    group is an address, tried in order. `endings` begin the returned message. `delays` tell a delay from a failure.
    `whole`: the diagnostic is the whole notice, not only the text after the address.
    """

    writer: str
    openings: tuple[str, ...]
    recipients: tuple[re.Pattern[str], ...]
    endings: tuple[str, ...] = ()
    delays: tuple[str, ...] = ()
    whole: bool = False


@dataclass(frozen=True, slots=True)
class NamedRecipient:
    address: str
    diagnostic: str


# How the returned mail is announced, in any system's bounces.
COMMON_ENDINGS = (
    "\n--- below this line is a copy of the message",
    "\n--- enclosed is a copy of the message",
    "\n--- original message follows",
    "\n------ this is a copy of ",
    "\n----- original message",
    "\n   ----- original message",
    "\n   ----- message header follows",
    "\n   ----- unsent message follows",
    "\n   ----- returned message follows",
    "\n----- message header follows",
    "\n----- returned message",
    "\n----- unsent message",
    "\noriginal message follows",
    "\nmessage headers follow",
    "\n--- the header of the original message is following",
    "\n---- start of returned message",
    "\n--------returned mail follows",
    "\nbelow is a copy of the original message",
    "\n    below is a copy of the original message",
    "\n------- returned message -",
    "\n--- mensaje original adjunto",
    "\nreceived: from ",
    "\nreturn-path: <",
    "\nincluded is a copy of the message header",
    "\na copy of the original message below this line",
    "\n-----original message-----",
    "\n---------- forwarded message",
    "\n|------------------------- message text follows",
    "\n-------original m",
    "\n-------- unsent message below",
    "\n --------unsent message below",
    "\nyour message reads (in part)",
    "\nthe first 50 lines of your original message",
    "\nhere is a copy of the first part of the message",
    "\nthe header and top 20 lines of the message",
    "\n   -- the header and top 20 lines",
)


def find_phrase(text: str, phrase: str, start: int = 0) -> int:
    """Return -1 if there is none."""
    if "*" not in phrase:
        return text.find(phrase, start)
    first, *rest = phrase.split("*")
    begin = text.find(first, start)
    at = begin + len(first)
    for piece in rest:
        if begin < 0:
            return -1
        at = text.find(piece, at, at + 400 + len(piece))
        if at < 0:
            return -1
        at += len(piece)
    return begin


def opening_of(dialect: BounceDialect, lower: str) -> int:
    """Return -1 if there is none."""
    for phrase in dialect.openings:
        at = find_phrase(lower, phrase)
        if at >= 0:
            return at
    return -1


def end_of(dialect: BounceDialect, lower: str, start: int) -> int:
    """Return the notice's length if there is no returned message."""
    end = len(lower)
    for phrase in dialect.endings + COMMON_ENDINGS:
        at = lower.find(phrase, start, end)
        if at >= 0:
            end = at
    return end


def named_by(dialect: BounceDialect, text: str) -> list[NamedRecipient]:
    """`text` is the notice without the returned message. Duplicates are left out."""
    for pattern in dialect.recipients:
        matches = list(pattern.finditer(text))
        named_recipients: list[NamedRecipient] = []
        seen: set[str] = set()
        for index, match in enumerate(matches):
            mailbox = address.clean(match[1])
            if not mailbox or mailbox.lower() in seen:
                continue
            seen.add(mailbox.lower())
            until = matches[index + 1].start() if index + 1 < len(matches) else len(text)
            named_recipients.append(NamedRecipient(mailbox, text if dialect.whole else text[match.start() : until]))
        if len(named_recipients) == 1:
            # Text before the only address ("mailbox full: ...") belongs to it as well.
            return [NamedRecipient(named_recipients[0].address, text)]
        if named_recipients:
            return named_recipients
    return []
