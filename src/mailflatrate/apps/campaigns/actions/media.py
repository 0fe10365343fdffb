"""Upload, describe and remove pictures."""

import hashlib
from collections.abc import Collection
from functools import partial
from typing import Any

from django.db import transaction

from mailflatrate.apps.accounts.models import User
from mailflatrate.apps.campaigns import queries
from mailflatrate.apps.campaigns.errors import MediaInUse, MediaRefused
from mailflatrate.apps.campaigns.gallery import picture_file
from mailflatrate.apps.campaigns.media import COLUMN, COLUMN_TWICE, THUMBNAIL, WHOLE
from mailflatrate.apps.campaigns.models import Media, MediaFile
from mailflatrate.base import child, tenancy
from mailflatrate.base.storage import files as storage
from mailflatrate.mail.images.picture_values import PictureEdit, PictureRefused, PictureSet, Refusal, StoredPicture
from mailflatrate.settings import load_settings

MEGABYTE = 1024 * 1024
LONGEST_FOLDER = 60


def upload_media(
    data: bytes, *, name: str, alt: str, decorative: bool, by: User | None, gallery_key: str = "",
    made_by_ai: bool = False, folder: str = "",
) -> Media:  # fmt: skip
    """The same file again is the same picture, with the newest text. Raises MediaRefused."""
    sha256 = hashlib.sha256(data).hexdigest()
    existing = Media.objects.filter(sha256=sha256).first()
    if existing is not None:
        if alt or decorative or made_by_ai:
            describe_media(
                existing.id,
                name=name or existing.name,
                alt=alt or existing.alt,
                decorative=decorative or (existing.decorative and not alt),
                made_by_ai=made_by_ai or existing.made_by_ai,
            )
            existing.refresh_from_db()
        return existing
    whole = Media(
        name=name[:120] or "picture", alt=alt, decorative=decorative, sha256=sha256, gallery_key=gallery_key,
        made_by_ai=made_by_ai, folder=_folder(folder), created_by=by,
    )  # fmt: skip
    return _store(whole, _files("picture.set", data))


def edit_media(media_id: int, edit: PictureEdit, *, by: User | None) -> Media:
    """The old picture stays; the same edit again is the same picture. Raises MediaRefused, Media.DoesNotExist."""
    original = Media.objects.get(id=media_id)
    source = MediaFile.objects.get(media=original, slot=WHOLE)
    try:
        data = storage.get(source.stored_name)
    except (storage.NotStored, storage.StorageFailed) as problem:
        raise MediaRefused(Refusal.NOT_STORED) from problem
    files = _files("picture.edit", data, edit)
    sha256 = hashlib.sha256(files[WHOLE].data).hexdigest()
    existing = Media.objects.filter(sha256=sha256).first()
    if existing is not None:
        return existing
    made = Media(name=original.name, alt=original.alt, decorative=original.decorative, sha256=sha256, created_by=by)
    made.made_by_ai, made.folder, made.original = original.made_by_ai, original.folder, original
    return _store(made, files)


def _store(media: Media, files: dict[int, StoredPicture]) -> Media:
    octets = sum(len(picture.data) for picture in files.values())
    if queries.media_octets() + octets > load_settings().media_quota_megabytes * MEGABYTE:
        raise MediaRefused(None)
    whole = files[WHOLE]
    media.account_id, media.octets = tenancy.current_account_id(), octets
    media.width, media.height, media.animated = whole.width, whole.height, whole.animated
    media.save(force_insert=True)
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


def _folder(name: str) -> str:
    return " ".join(name.split())[:LONGEST_FOLDER]


def _files(reader: str, *given: Any) -> dict[int, StoredPicture]:
    """Decode and resize in a child process: a small file may unpack to a huge one."""
    try:
        pictures: PictureSet = child.call(reader, *given)
    except PictureRefused as refused:
        raise MediaRefused(refused.reason) from refused
    except child.ChildBusy as busy:
        raise MediaRefused(Refusal.BUSY) from busy
    except child.ChildError as problem:
        raise MediaRefused(Refusal.TOO_COSTLY) from problem
    files = {WHOLE: pictures.whole, THUMBNAIL: pictures.thumbnail}
    files |= {
        slot: picture
        for slot, picture in zip((COLUMN, COLUMN_TWICE), pictures.narrower, strict=True)
        if picture is not None
    }
    return files


def file_media(media_ids: Collection[int], folder: str) -> int:
    return Media.objects.filter(id__in=media_ids).update(folder=_folder(folder))


def focus_media(media_id: int, x: int, y: int) -> None:
    """Note what matters in a picture, in percent from the left and from the top."""
    Media.objects.filter(id=media_id).update(focus_x=min(100, max(0, x)), focus_y=min(100, max(0, y)))


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
    existing = Media.objects.filter(sha256=hashlib.sha256(data).hexdigest()).first()
    if existing is not None:
        return existing
    return upload_media(data, name=f"{stem}.png", alt=alt, decorative=False, by=by, gallery_key=stem)
