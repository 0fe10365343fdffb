"""Errors, refusals and states as sentences."""

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from mailflatrate.apps.campaigns.actions.media import MEGABYTE
from mailflatrate.apps.lists.models import OriginState
from mailflatrate.mail.images.picture_values import MAX_UPLOAD_OCTETS, Refusal


def error_sentence(error: Exception | str) -> str:
    """Translate an app's refusal. Stored errors are translated here, new ones where they are raised."""
    text = str(error)
    text = str(capfirst(_(text))) if text else ""
    return text if not text or text.endswith((".", "?", "…")) else f"{text}."


def origin_sentence(state: OriginState) -> str:
    if state == OriginState.FORM:
        return _(
            "Everyone signs up through your own form and confirms by email. Before you import contacts, declare "
            "the list origin."
        )
    if state == OriginState.WAITING:
        return _(
            "Our team will review your declaration and the proof. Until then, imported contacts stay in "
            "quarantine. Contacts who confirmed here can be emailed."
        )
    if state == OriginState.APPROVED:
        return _("The list origin is approved. All confirmed contacts can be emailed.")
    return _("The list origin was rejected. You can't send to this list or import into it.")


def refusal_sentence(reason: Refusal | None) -> str:
    limit = MAX_UPLOAD_OCTETS // MEGABYTE
    sentences = {
        None: _("There's not enough storage left. Delete images you don't use."),
        Refusal.EMPTY: _("The file is empty. Choose it again."),
        Refusal.TOO_LARGE: _("The file is larger than %(limit)d MB. Make it smaller and upload it again.")
        % {"limit": limit},
        Refusal.SVG: _(
            "This is an SVG file. Email programs don't show SVG, and it can contain scripts. Save it as a PNG and "
            "upload that."
        ),
        Refusal.NO_PICTURE: _(
            "This isn't a PNG, JPEG, GIF or WebP file, even if its name says so. Save it in one of these formats."
        ),
        Refusal.BROKEN: _("The file is damaged and can't be read completely. Save the image again and upload that."),
        Refusal.TOO_MANY_PIXELS: _("The image has more than 16 million pixels. Make it smaller and upload it again."),
        Refusal.TOO_COSTLY: _(
            "The image takes too much time or memory to process. Make it smaller and upload it again."
        ),
        Refusal.BUSY: _("Another image is being processed. Upload this one again in a minute."),
        Refusal.NOT_STORED: _("The image couldn't be saved. Upload it again in a few minutes."),
        Refusal.LONG_ANIMATION: _(
            "The animation is too long for email. Keep it under 3 MB and 300 frames, or use a still image."
        ),
    }
    return sentences[reason]
