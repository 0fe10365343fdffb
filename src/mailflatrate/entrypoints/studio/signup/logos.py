"""The logos that a form can show: images from the account's media, and one from elsewhere that it shows already."""

from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from mailflatrate.apps.campaigns.media import WHOLE, media_url
from mailflatrate.apps.campaigns.models import MediaFile
from mailflatrate.apps.domains.queries import media_base

_MOST_IMAGES = 200


def logo_choices(logo_url: str) -> list[tuple[str, str]]:
    base = media_base()
    files = MediaFile.objects.filter(slot=WHOLE, media__animated=False).select_related("media")
    images = [
        (media_url(file.media, WHOLE, file.ending, base=base), file.media.name)
        for file in files.order_by("-media_id")[:_MOST_IMAGES]
    ]
    paths = {urlsplit(url).path for url, _name in images}
    if logo_url and urlsplit(logo_url).path in paths:  # the same image, on one of our hosts that has changed since
        images = [(logo_url if urlsplit(url).path == urlsplit(logo_url).path else url, name) for url, name in images]
    elif logo_url:
        images.insert(0, (logo_url, _("Image on %(host)s") % {"host": urlsplit(logo_url).hostname}))
    return [("", _("None: the first letter")), *images]
