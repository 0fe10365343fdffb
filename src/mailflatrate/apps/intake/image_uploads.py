"""Customers' images: decoded in a child process and re-encoded, so that only pixels are kept."""

from django.utils.translation import gettext as _

from mailflatrate.apps.lists.errors import ListError
from mailflatrate.base import child
from mailflatrate.mail.images.picture_values import PictureFormat, PictureRefused, Refusal, StoredPicture

MAX_UPLOAD_BYTES = 8 * 1024 * 1024
PICTURE_TYPES = {"png": "image/png", "jpeg": "image/jpeg"}


def clean_picture(data: bytes) -> tuple[bytes, str]:
    """As `png` or `jpeg`, scaled for a screen. Raises ListError."""
    if len(data) > MAX_UPLOAD_BYTES:
        raise ListError(_("the image is larger than %(limit)d MB") % {"limit": MAX_UPLOAD_BYTES // 1024 // 1024})
    try:
        picture: StoredPicture = child.call("picture.still", data)
    except PictureRefused as refused:
        if refused.reason is Refusal.TOO_MANY_PIXELS:
            raise ListError(_("the image has too many pixels; make it smaller")) from None
        raise ListError(_("this image can't be read; use PNG, JPEG, WebP or GIF")) from None
    except child.ChildError:
        raise ListError(_("reading the image takes too long; make it smaller")) from None
    return picture.data, "jpeg" if picture.format is PictureFormat.JPEG else "png"
