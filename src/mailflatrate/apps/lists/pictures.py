"""Pictures that customers upload: read by a library, written anew, so that nothing but pixels is kept."""

import io
import warnings

from django.utils.translation import gettext as _
from PIL import Image, UnidentifiedImageError

from mailflatrate.apps.lists.errors import ListError

MAX_UPLOAD_BYTES = 8 * 1024 * 1024
MAX_PIXELS = 40_000_000
MAX_SIDE = 2400
_FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
PICTURE_TYPES = {"png": "image/png", "jpeg": "image/jpeg"}


def clean_picture(data: bytes) -> tuple[bytes, str]:
    """The picture as `png` or `jpeg`, at most `MAX_SIDE` wide and high, and which of them. Raises ListError."""
    if len(data) > MAX_UPLOAD_BYTES:
        raise ListError(_("the picture is larger than %(limit)d MB") % {"limit": MAX_UPLOAD_BYTES // 1024 // 1024})
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=_FORMATS) as picture:
                if picture.width * picture.height > MAX_PIXELS:
                    raise ListError(_("the picture has too many pixels; make it smaller"))
                photograph = picture.format == "JPEG"
                pixels = picture.convert("RGB")
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise ListError(_("this is no picture that can be read: PNG, JPEG, WebP and GIF can")) from None
    pixels.thumbnail((MAX_SIDE, MAX_SIDE))
    out = io.BytesIO()
    if photograph:
        pixels.save(out, "JPEG", quality=85)
        return out.getvalue(), "jpeg"
    pixels.save(out, "PNG", optimize=True)
    return out.getvalue(), "png"
