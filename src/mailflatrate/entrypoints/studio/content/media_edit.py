"""Turn, crop and scale a picture of the library into a new one."""

from decimal import Decimal
from typing import Any

from django import forms
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mailflatrate.apps.campaigns.actions import media as media_actions
from mailflatrate.apps.campaigns.errors import MediaRefused
from mailflatrate.apps.campaigns.media import COLUMN_TWICE, WHOLE, media_path
from mailflatrate.apps.campaigns.models import Media, MediaFile
from mailflatrate.entrypoints.presenters.lookups import find_media
from mailflatrate.entrypoints.presenters.sentences import refusal_sentence
from mailflatrate.entrypoints.studio.access import StudioRequest, studio
from mailflatrate.entrypoints.studio.common import page
from mailflatrate.entrypoints.ui.posts import succeed
from mailflatrate.mail.images.picture_values import (
    LEAST_SIDE_PX,
    TURNS,
    WHOLE_SHARE,
    PictureEdit,
    crop_around,
    turned_point,
    turned_size,
)
from mailflatrate.rules.roles import Permission

SHAPES = {"1:1": (1, 1), "4:3": (4, 3), "3:4": (3, 4), "16:9": (16, 9), "2:1": (2, 1), "3:1": (3, 1)}
_EDGES = ("left", "top", "right", "bottom")


def _edge(label: Any, usual: int) -> forms.DecimalField:
    return forms.DecimalField(
        label=label,
        min_value=0,
        max_value=100,
        decimal_places=2,
        initial=usual,
        widget=forms.NumberInput({"step": "any"}),
    )


class EditForm(forms.Form):
    """A turn, a crop and a width. A shape is cut around the focal point unless the edges say otherwise."""

    turn = forms.TypedChoiceField(
        label=gettext_lazy("Rotate"),
        coerce=int,
        initial=0,
        choices=[(turn, "0°" if not turn else f"{turn}° ↻") for turn in TURNS],
    )
    mirror = forms.BooleanField(label=gettext_lazy("Mirror"), required=False)
    shape = forms.ChoiceField(
        label=gettext_lazy("Shape"),
        required=False,
        choices=[("", gettext_lazy("Free")), *((shape, shape) for shape in SHAPES)],
        help_text=gettext_lazy("Cut around the focal point of the image."),
    )
    left = _edge(gettext_lazy("Left edge (%)"), 0)
    top = _edge(gettext_lazy("Top edge (%)"), 0)
    right = _edge(gettext_lazy("Right edge (%)"), 100)
    bottom = _edge(gettext_lazy("Bottom edge (%)"), 100)
    width = forms.IntegerField(
        label=gettext_lazy("Width (pixels)"),
        required=False,
        min_value=LEAST_SIDE_PX,
        help_text=gettext_lazy("Leave it empty to keep the size. An image is never enlarged."),
    )

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if not self.errors and (values["left"] >= values["right"] or values["top"] >= values["bottom"]):
            self.add_error("right", _("There's nothing between these edges."))
        return values

    def edit(self, media: Media) -> PictureEdit:
        values = self.cleaned_data
        left, top, right, bottom = (int(Decimal(values[name]) * 100) for name in _EDGES)
        if values["shape"] and (left, top, right, bottom) == (0, 0, WHOLE_SHARE, WHOLE_SHARE):
            size = turned_size(media.width, media.height, values["turn"])
            point = turned_point(media.focus_x, media.focus_y, values["turn"], mirror=values["mirror"])
            left, top, right, bottom = crop_around(size, SHAPES[values["shape"]], point)
        return PictureEdit(values["turn"], values["mirror"], left, top, right, bottom, values["width"] or 0)


@studio("GET|POST media/<int:media_id>/edit/", "media-edit", Permission.DRAFT, logs="media.edited")
def edit(request: StudioRequest, media_id: int) -> HttpResponse:
    media = find_media(media_id)
    form = EditForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        changes = form.edit(media)
        if changes.changes_nothing:
            form.add_error(None, _("Nothing is changed yet: rotate, crop or scale the image first."))
        else:
            try:
                made = media_actions.edit_media(media_id, changes, by=request.user)
            except MediaRefused as refused:
                form.add_error(None, refusal_sentence(refused.reason))
            else:
                message = _("Saved as a new image. The original is still there.")
                return succeed(request, message, reverse("studio:media-one", args=[made.id]))
    files = {file.slot: file for file in MediaFile.objects.filter(media=media)}
    seen = files.get(COLUMN_TWICE) or files[WHOLE]
    context = {"media": media, "form": form, "seen": media_path(media, seen.slot, seen.ending)}
    return page(request, "studio/content/media_edit.html", context)
