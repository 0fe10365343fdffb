"""The media library: upload, describe, see where a picture is used, delete it; and the picker in the editors."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from mailflatrate.apps.campaigns import queries
from mailflatrate.apps.campaigns.actions import media as media_actions
from mailflatrate.apps.campaigns.actions.media import MEGABYTE
from mailflatrate.apps.campaigns.errors import MediaInUse, MediaRefused
from mailflatrate.apps.campaigns.media import COLUMN, PATH, THUMBNAIL, WHOLE, media_path, media_url, message_url
from mailflatrate.apps.campaigns.models import Media, MediaFile
from mailflatrate.apps.domains.queries import media_base
from mailflatrate.entrypoints.presenters.lookups import find_media
from mailflatrate.entrypoints.presenters.sentences import refusal_sentence
from mailflatrate.entrypoints.studio.access import StudioRequest, is_htmx, studio
from mailflatrate.entrypoints.studio.common import page, whole_number
from mailflatrate.entrypoints.ui.menu import CONTENT, Tab
from mailflatrate.entrypoints.ui.posts import refuse, see_other, succeed
from mailflatrate.mail.images.picture_values import MAX_UPLOAD_OCTETS, Refusal
from mailflatrate.rules.roles import Permission
from mailflatrate.settings import load_settings

PAGE_PICTURES = 48
MOST_AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class MediaTile:
    """A picture in the grid. An editor inserts `insert_src`; this page uses `shot` and `column`."""

    media: Media
    shot: str
    insert_src: str
    insert_width: int

    @property
    def needs_words(self) -> bool:
        return not self.media.alt and not self.media.decorative


def _shown(rows: list[Media]) -> list[MediaTile]:
    files: dict[int, list[MediaFile]] = {row.id: [] for row in rows}
    for file in MediaFile.objects.filter(media_id__in=files):
        files[file.media_id].append(file)
    tiles, base = [], media_base()
    for row in rows:
        small = next(file for file in files[row.id] if file.slot == THUMBNAIL)
        width = min(row.width, 600)
        tiles.append(
            MediaTile(row, media_path(row, THUMBNAIL, small.ending), message_url(row, files[row.id], base=base), width)
        )
    return tiles


def _room() -> dict[str, Any]:
    return {"used": queries.media_octets(), "whole": load_settings().media_quota_megabytes * MEGABYTE}


@studio(
    "GET media/",
    "media",
    Permission.DRAFT,
    tab=Tab(CONTENT, gettext_lazy("Media"), gettext_lazy("images, pictures, files"), place=30),
)
def index(request: StudioRequest) -> HttpResponse:
    search = request.GET.get("q", "").strip().replace("\0", "")[:100]
    folder = request.GET.get("folder", "").replace("\0", "")[: media_actions.LONGEST_FOLDER]
    bare = request.GET.get("bare") == "1"
    images = queries.media(search=search, folder=folder)
    without = queries.media().filter(alt="", decorative=False).count()
    if bare:
        images = images.filter(alt="", decorative=False)
    before = whole_number(request.GET.get("before"))
    if before:
        images = images.filter(id__lt=before)
    rows = list(images[: PAGE_PICTURES + 1])
    more = rows[PAGE_PICTURES - 1].id if len(rows) > PAGE_PICTURES else 0
    context = {
        "pictures": _shown(rows[:PAGE_PICTURES]), "search": search, "bare": bare, "without": without, "room": _room(),
        "next_id": more, "whole": queries.media().count(), "max_megabytes": MAX_UPLOAD_OCTETS // MEGABYTE,
        "is_first_page": not before, "folder": folder, "folders": queries.media_folders(),
    }  # fmt: skip
    template = "studio/content/media_grid.html" if is_htmx(request) else "studio/content/media.html"
    return page(request, template, context)


def _take(request: StudioRequest) -> tuple[list[Media], list[str]]:
    kept, refused = [], []
    files = [file for file in request.FILES.getlist("files") if isinstance(file, UploadedFile)]
    for file in files[:MOST_AT_ONCE]:
        name = str(file.name or "")
        if file.size is not None and file.size > MAX_UPLOAD_OCTETS:
            refused.append(f"{name}: {refusal_sentence(Refusal.TOO_LARGE)}")
            continue
        try:
            alt = request.POST.get("alt", "").strip()[:250]
            decorative = request.POST.get("decorative") == "on"
            kept.append(
                media_actions.upload_media(
                    file.read(),
                    name=name,
                    alt=alt,
                    decorative=decorative,
                    by=request.user,
                    made_by_ai=request.POST.get("made_by_ai") == "on",
                    folder=request.POST.get("folder", ""),
                )
            )
        except MediaRefused as problem:
            refused.append(f"{name}: {refusal_sentence(problem.reason)}")
    return kept, refused


@studio("POST media/upload/", "media-upload", Permission.DRAFT, limited=True, logs="media.uploaded")
def upload(request: StudioRequest) -> HttpResponse:
    kept, refused = _take(request)
    if is_htmx(request):
        return _picker(request, refused)
    for sentence in refused:
        messages.error(request, sentence)
    if kept:
        message = ngettext("%(number)d image uploaded to Media.", "%(number)d images uploaded to Media.", len(kept))
        messages.success(request, message % {"number": len(kept)})
    elif not refused:
        messages.error(request, _("Choose at least one file."))
    bare = any(not row.alt and not row.decorative for row in kept)
    return see_other(reverse("studio:media") + ("?" + urlencode({"bare": 1}) if bare else ""))


class DescribeForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    alt = forms.CharField(
        label=gettext_lazy("Description"),
        max_length=250,
        required=False,
        help_text=gettext_lazy(
            "Describe the image in one sentence. The description is read aloud and shown when images are off."
        ),
        widget=forms.Textarea({"rows": 3}),
    )
    decorative = forms.BooleanField(label=gettext_lazy("Decorative image that needs no description"), required=False)

    made_by_ai = forms.BooleanField(
        label=gettext_lazy("Made by AI"),
        required=False,
        help_text=gettext_lazy(
            "In the EU, readers must be told if it looks like a photo. A pre-send check will remind you."
        ),
    )

    folder = forms.CharField(
        label=gettext_lazy("Folder"),
        max_length=media_actions.LONGEST_FOLDER,
        required=False,
        widget=forms.TextInput({"list": "folders", "autocomplete": "off"}),
    )
    focus_x = forms.IntegerField(label=gettext_lazy("From the left (%)"), min_value=0, max_value=100, required=False)
    focus_y = forms.IntegerField(label=gettext_lazy("From the top (%)"), min_value=0, max_value=100, required=False)

    def clean(self) -> dict[str, object]:
        """Require a description, or that the picture is marked as decorative."""
        values = super().clean() or self.cleaned_data
        if not values.get("alt") and not values.get("decorative"):
            self.add_error("alt", _("Describe the image, or mark it as decorative."))
        return values


@studio("GET|POST media/<int:media_id>/", "media-one", Permission.DRAFT, logs="media.changed")
def one(request: StudioRequest, media_id: int) -> HttpResponse:
    media = find_media(media_id)
    initial = {"name": media.name, "alt": media.alt, "decorative": media.decorative, "made_by_ai": media.made_by_ai}
    initial |= {"folder": media.folder, "focus_x": media.focus_x, "focus_y": media.focus_y}
    form = DescribeForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        words = form.cleaned_data
        media_actions.describe_media(
            media_id,
            name=words["name"],
            alt=words["alt"],
            decorative=words["decorative"],
            made_by_ai=words["made_by_ai"],
        )
        if "folder" in request.POST:
            media_actions.file_media([media_id], words["folder"])
        if words["focus_x"] is not None and words["focus_y"] is not None:
            media_actions.focus_media(media_id, words["focus_x"], words["focus_y"])
        following = queries.media().filter(alt="", decorative=False).first()
        if "next" in request.POST and following is not None:
            return succeed(request, _("Saved."), reverse("studio:media-one", args=[following.id]))
        return succeed(request, _("Saved."), reverse("studio:media"))
    files = {file.slot: file for file in MediaFile.objects.filter(media=media)}
    seen = files.get(COLUMN) or files[WHOLE]
    context = {
        "media": media,
        "form": form,
        "uses": queries.media_uses(media_id),
        "files": [(file, media_url(media, slot, file.ending)) for slot, file in sorted(files.items())],
        "seen": media_path(media, seen.slot, seen.ending),
        "address": message_url(media, list(files.values())),
        "folders": queries.media_folders(),
        "others": queries.media().filter(alt="", decorative=False).exclude(id=media_id).exists(),
    }
    return page(request, "studio/content/media_one.html", context)


@studio("POST media/<int:media_id>/delete/", "media-delete", Permission.DRAFT, logs="media.deleted")
def delete(request: StudioRequest, media_id: int) -> HttpResponse:
    """Delete a picture unless recipients can still see it."""
    media = find_media(media_id)
    try:
        media_actions.delete_media(media_id)
    except MediaInUse:
        message = _("A sent campaign uses this image, so it has to stay visible to its readers.")
        return refuse(request, message, reverse("studio:media-one", args=[media_id]))
    return succeed(request, _("“%(name)s” has been deleted.") % {"name": media.name}, reverse("studio:media"))


@studio("GET media/picker/", "media-picker", Permission.DRAFT, limited=True)
def picker(request: StudioRequest) -> HttpResponse:
    return _picker(request, [])


def _picker(request: StudioRequest, refused: list[str]) -> HttpResponse:
    search = request.GET.get("q", "").strip().replace("\0", "")[:100]
    rows = list(queries.media(search=search)[:PAGE_PICTURES])
    context = {"pictures": _shown(rows), "refused": refused, "search": search, "folder": PATH}
    return page(request, "studio/content/media_picker.html", context)
