"""The logos that a form can show: images from the account's media, and one from elsewhere that it shows already."""

from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from mailflatrate.apps.campaigns.media import WHOLE, media_url
from mailflatrate.apps.campaigns.models import MediaFile
from mailflatrate.apps.domains.queries import media_base

_MOST_IMAGES = 200


def logo_choices(shown: str) -> list[tuple[str, str]]:
    base = media_base()
    files = MediaFile.objects.filter(slot=WHOLE, media__animated=False).select_related("media")
    images = [
        (media_url(file.media, WHOLE, file.ending, base=base), file.media.name)
        for file in files.order_by("-media_id")[:_MOST_IMAGES]
    ]
    known = {urlsplit(url).path for url, _name in images}
    if shown and urlsplit(shown).path in known:  # the same image, on one of our hosts that has changed since
        images = [(shown if urlsplit(url).path == urlsplit(shown).path else url, name) for url, name in images]
    elif shown:
        images.insert(0, (shown, _("Image on %(host)s") % {"host": urlsplit(shown).hostname}))
    return [("", _("None: the first letter")), *images]
