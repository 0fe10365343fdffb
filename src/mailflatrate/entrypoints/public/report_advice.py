"""What people can do next if nothing they entered names a campaign of ours, so that no report is unanswered (R-83)."""

import re

from django.utils.translation import gettext as _

from mailflatrate.apps.inbound.untrusted_mail import show_mail
from mailflatrate.entrypoints.presenters.abuse_report import is_picture
from mailflatrate.mail.identifiers.mailing_id import parse_mailing_id
from mailflatrate.mail.reading import address

_LIKE_AN_ID = re.compile(r"(?<![\w@.])[0-9A-Za-z]{4}[\s\-‐‑‒–—−]?[0-9A-Za-z]{4}[\s\-‐‑‒–—−]?[0-9A-Za-z](?![\w@])")
_FEWEST_FIELDS = 2


def advice(raw: bytes) -> str:
    if is_picture(raw):
        return _(
            "This is an image, and we can't reliably read text in images. Enter the mailing ID shown at the bottom "
            "of the email. If you can't see one, save the email itself as a file; see the instructions below."
        )
    sender = _sender_of_mail(raw)
    if sender is not None:
        return _(
            "Nothing in this email points to us, so it probably wasn't sent through us. The sender is shown as "
            "%(sender)s. If you know them, use the unsubscribe link in the email; otherwise, mark it as spam. If "
            "you think it came from us, select the last box and our team will review it."
        ) % {"sender": sender or "–"}
    text = raw[:4000].decode("utf-8", "replace")
    if parse_mailing_id(text) is not None:
        return _(
            "This mailing ID has the right format, but it doesn't match any email we've sent. Check it against the "
            "bottom of the email, or paste the email headers instead."
        )
    if _LIKE_AN_ID.search(text):
        return _(
            "This mailing ID has a typo: one character is wrong. It should look like 4K7Q-92XD-8 and never "
            "contains the letters O, I, L or U. You can also paste the email headers or choose the email as a file."
        )
    return _(
        "We couldn't match this to any email we've sent. The mailing ID is at the bottom of the email and looks "
        "like 4K7Q-92XD-8. If you can't find it, paste the email headers or choose the email as a file; see the "
        "instructions below."
    )


def _sender_of_mail(raw: bytes) -> str | None:
    """Return the sender the message claims; None if it is not a message."""
    shown = show_mail(raw[:400_000])
    return address.clean(shown.sender).lower()[:120] if shown.telling >= _FEWEST_FIELDS else None
