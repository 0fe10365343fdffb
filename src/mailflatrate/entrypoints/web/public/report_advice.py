"""What somebody can do next where nothing that he gave names a mailing of ours: an answer, never a dead end (R-83)."""

import re

from django.utils.translation import gettext as _

from mailflatrate.apps.inbound.foreign import show_mail
from mailflatrate.mail.mailing_id import parse_mailing_id
from mailflatrate.mail.reading import address

# Pictures and PDF files, by what they begin with: screenshots of a mail on a phone.
_PICTURES = re.compile(rb"\x89PNG|\xff\xd8\xff|GIF8|%PDF|RIFF....WEBP|....ftyp(?:heic|heix|mif1|avif)", re.S)
_LIKE_AN_ID = re.compile(r"(?<![\w@.])[0-9A-Za-z]{4}[\s\-‐‑‒–—−]?[0-9A-Za-z]{4}[\s\-‐‑‒–—−]?[0-9A-Za-z](?![\w@])")
_FEWEST_FIELDS = 2


def is_picture(raw: bytes) -> bool:
    """Whether it is a picture of a mail and no mail."""
    return _PICTURES.match(raw) is not None


def advice(raw: bytes) -> str:
    """One paragraph in the active language on what was found in `raw`, and what to do now."""
    if is_picture(raw):
        return _(
            "This is a picture, in which no program can read reliably. Type the mailing ID that you see on it, at the"
            " end of the mail. If it cannot be seen, save the mail itself as a file; below it says how."
        )
    sender = _sender_of_mail(raw)
    if sender is not None:
        return _(
            "This mail does not name us, so it was hardly sent through us. Its sender calls himself %(sender)s. Use the"
            " link for unsubscribing in it if you know him; otherwise mark it as spam in your mailbox. If you believe"
            " that it came through us, tick the last box, and a person looks at it."
        ) % {"sender": sender or "–"}
    text = raw[:4000].decode("utf-8", "replace")
    if parse_mailing_id(text) is not None:
        return _(
            "This ID is well formed, but none of our mailings has it. Compare it once more with the end of the mail, or"
            " paste the header lines of the mail instead."
        )
    if _LIKE_AN_ID.search(text):
        return _(
            "This is not quite a mailing ID of ours: one symbol is wrong. It looks like 4K7Q-92XD-8; there is no letter"
            " O, I, L or U in it. Or paste the header lines of the mail, or choose the mail as a file."
        )
    return _(
        "No mailing of ours is named there. The mailing ID stands at the end of the mail and looks like 4K7Q-92XD-8. If"
        " you cannot find it, paste the header lines of the mail, or choose the mail as a file; below it says how."
    )


def _sender_of_mail(raw: bytes) -> str | None:
    """Who the mail says that it is from; None where it is no mail."""
    shown = show_mail(raw[:400_000])
    return address.clean(shown.sender).lower()[:120] if shown.telling >= _FEWEST_FIELDS else None
