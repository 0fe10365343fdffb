"""Upload, describe and remove pictures."""

import hashlib
from functools import partial

from django.db import transaction

from mailflatrate.apps.accounts.models import User
from mailflatrate.apps.campaigns import queries
from mailflatrate.apps.campaigns.errors import MediaInUse, MediaRefused
from mailflatrate.apps.campaigns.gallery import picture_file
from mailflatrate.apps.campaigns.media import COLUMN, COLUMN_TWICE, THUMBNAIL, WHOLE
from mailflatrate.apps.campaigns.models import Media, MediaFile
from mailflatrate.base import child, tenancy
from mailflatrate.base.storage import files as storage
from mailflatrate.mail.picture_values import PictureRefused, PictureSet, Refusal, StoredPicture
from mailflatrate.settings import load_settings

MEGABYTE = 1024 * 1024


def upload_media(
    data: bytes, *, name: str, alt: str, decorative: bool, by: User | None, gallery_key: str = "",
    made_by_ai: bool = False,
) -> Media:  # fmt: skip
    """Store a picture in every width that messages need. The same file again is the same picture, with the newest text.

    Raises MediaRefused.
    """
    sha256 = hashlib.sha256(data).hexdigest()
    known = Media.objects.filter(sha256=sha256).first()
    if known is not None:
        if alt or decorative or made_by_ai:
            describe_media(
                known.id,
                name=name or known.name,
                alt=alt or known.alt,
                decorative=decorative or (known.decorative and not alt),
                made_by_ai=made_by_ai or known.made_by_ai,
            )
            known.refresh_from_db()
        return known
    files = _files(data)
    octets = sum(len(picture.data) for picture in files.values())
    if queries.media_octets() + octets > load_settings().media_quota_megabytes * MEGABYTE:
        raise MediaRefused(None)
    whole = files[WHOLE]
    media = Media.objects.create(
        name=name[:120] or "picture", alt=alt, decorative=decorative, sha256=sha256, width=whole.width,
        height=whole.height, animated=whole.animated, octets=octets, created_by=by, gallery_key=gallery_key,
        made_by_ai=made_by_ai,
    )  # fmt: skip
    for slot, picture in files.items():
        file = MediaFile.objects.create(
            media=media,
            slot=slot,
            width=picture.width,
            height=picture.height,
            ending=picture.format.value,
            octets=len(picture.data),
        )
        try:
            storage.put_bytes(file.stored_name, picture.data)
        except storage.StorageFailed as problem:
            raise MediaRefused(Refusal.NOT_STORED) from problem
    return media


def _files(data: bytes) -> dict[int, StoredPicture]:
    """Decode and resize in a child process: a small file may unpack to a huge one."""
    try:
        found: PictureSet = child.call("picture.set", data)
    except PictureRefused as refused:
        raise MediaRefused(refused.reason) from refused
    except child.ChildBusy as busy:
        raise MediaRefused(Refusal.BUSY) from busy
    except child.ChildError as problem:
        raise MediaRefused(Refusal.TOO_COSTLY) from problem
    files = {WHOLE: found.whole, THUMBNAIL: found.thumbnail}
    files |= {slot: each for slot, each in zip((COLUMN, COLUMN_TWICE), found.narrower, strict=True) if each is not None}
    return files


def describe_media(media_id: int, *, name: str, alt: str, decorative: bool, made_by_ai: bool) -> Media:
    """Change a picture's name, its alt text, and how it was made. Raises Media.DoesNotExist."""
    media = Media.objects.select_for_update().get(id=media_id)
    media.name, media.alt, media.decorative = name[:120] or media.name, "" if decorative else alt, decorative
    media.made_by_ai = made_by_ai
    media.save(update_fields=["name", "alt", "decorative", "made_by_ai"])
    return media


def delete_media(media_id: int) -> None:
    """Delete a picture for good. Raises MediaInUse if a campaign that was sent shows it, Media.DoesNotExist."""
    media = Media.objects.select_for_update().get(id=media_id)
    if any(use.is_out for use in queries.media_uses(media_id)):
        raise MediaInUse("A campaign that was sent shows this picture.")
    account_id, names = media.account_id, [file.stored_name for file in MediaFile.objects.filter(media=media)]
    media.delete()
    transaction.on_commit(partial(_forget, account_id, names))


def _forget(account_id: int, names: list[str]) -> None:
    with tenancy.account(account_id):
        for name in names:
            storage.delete(name)


def gallery_media(stem: str, *, alt: str, by: User | None) -> Media:
    """Return one of our own pictures, added to the account's library the first time a template uses it."""
    data = picture_file(stem).read_bytes()
    known = Media.objects.filter(sha256=hashlib.sha256(data).hexdigest()).first()
    if known is not None:
        return known
    return upload_media(data, name=f"{stem}.png", alt=alt, decorative=False, by=by, gallery_key=stem)
