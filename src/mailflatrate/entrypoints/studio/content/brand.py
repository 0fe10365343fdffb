"""The account's brand: colors, fonts, logo, and a preview of a campaign while they are being chosen."""

from dataclasses import replace
from urllib.parse import urlencode

from django import forms
from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.clickjacking import xframe_options_sameorigin

from mailflatrate.apps.campaigns import queries
from mailflatrate.apps.campaigns.actions import brand as brand_actions
from mailflatrate.apps.campaigns.actions.brand import current_lookup, request_lookup
from mailflatrate.apps.campaigns.content.template_preview import gallery_message
from mailflatrate.apps.campaigns.errors import CampaignError
from mailflatrate.apps.campaigns.gallery import gallery_template
from mailflatrate.apps.campaigns.models import BrandLookup, Media
from mailflatrate.entrypoints.presenters.signup.embeds import FACES
from mailflatrate.entrypoints.presenters.signup.form_css import form_style
from mailflatrate.entrypoints.studio.access import StudioRequest, studio
from mailflatrate.entrypoints.studio.common import page
from mailflatrate.entrypoints.studio.content.cards import wanted_language
from mailflatrate.entrypoints.studio.content.message_frame import framed
from mailflatrate.entrypoints.ui.content_policy import allow_picture
from mailflatrate.entrypoints.ui.menu import CONTENT, Tab
from mailflatrate.entrypoints.ui.posts import refuse, see_other, succeed
from mailflatrate.mail.html.brand_style import BrandStyle, is_colour, readable
from mailflatrate.mail.html.contrast import MINIMUM_CONTRAST, contrast
from mailflatrate.mail.html.imprint import BlockStyle
from mailflatrate.rules.roles import Permission

FONT_WORDS = {
    "georgia": "Georgia",
    "palatino": "Palatino",
    "arial": "Arial",
    "system": gettext_lazy("Reader's default"),
    "verdana": "Verdana",
    "trebuchet": "Trebuchet",
    "courier": "Courier",
}


SHAPE_WORDS = {
    "rounded": gettext_lazy("Rounded"),
    "square": gettext_lazy("Square"),
    "pill": gettext_lazy("Fully rounded"),
}
LINK_WORDS = {"underline": gettext_lazy("Underlined"), "bold": gettext_lazy("Bold")}


class ColourInput(forms.TextInput):
    input_type = "color"


class BrandForm(forms.Form):
    primary = forms.CharField(
        label=gettext_lazy("Primary color"),
        widget=ColourInput,
        help_text=gettext_lazy("Used for buttons, bands and links."),
    )
    ink = forms.CharField(label=gettext_lazy("Text"), widget=ColourInput)
    sheet = forms.CharField(label=gettext_lazy("Content background"), widget=ColourInput)
    page = forms.CharField(label=gettext_lazy("Page background"), widget=ColourInput)
    heading_font = forms.ChoiceField(label=gettext_lazy("Heading font"), choices=list(FONT_WORDS.items()))
    body_font = forms.ChoiceField(label=gettext_lazy("Body font"), choices=list(FONT_WORDS.items()))
    logo: "forms.ModelChoiceField[Media]" = forms.ModelChoiceField(
        label=gettext_lazy("Logo"),
        queryset=None,
        required=False,
        empty_label=gettext_lazy("None: show the company name"),
        help_text=gettext_lazy("An image from Media, ideally with a transparent background."),
    )
    logo_dark: "forms.ModelChoiceField[Media]" = forms.ModelChoiceField(
        label=gettext_lazy("Logo for dark backgrounds"),
        queryset=None,
        required=False,
        empty_label=gettext_lazy("None: the same logo"),
        help_text=gettext_lazy("Shown in dark mode where the reader's email program can switch."),
    )
    button_shape = forms.ChoiceField(label=gettext_lazy("Buttons"), choices=list(SHAPE_WORDS.items()), required=False)
    link_style = forms.ChoiceField(label=gettext_lazy("Links"), choices=list(LINK_WORDS.items()), required=False)
    imprint_ink = forms.CharField(label=gettext_lazy("Text"), widget=ColourInput)
    imprint_ground = forms.CharField(label=gettext_lazy("Background"), widget=ColourInput)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # handed through
        self.fixes: dict[str, str] = {}  # a readable color for each field whose contrast is too low
        for name in ("logo", "logo_dark"):
            logos: forms.ModelChoiceField[Media] = self.fields[name]  # type: ignore[assignment]  # declared above
            logos.queryset = Media.objects.filter(animated=False).order_by("name")

    def clean(self) -> dict[str, object]:
        """Require valid colors and readable contrast for both texts (4.5 : 1, WCAG 1.4.3)."""
        values = super().clean() or self.cleaned_data
        for name in ("primary", "ink", "sheet", "page", "imprint_ink", "imprint_ground"):
            if name in values and not is_colour(values[name]):
                self.add_error(name, _("Choose a color."))
        if self.errors:
            return values
        for ink, ground in (("ink", "sheet"), ("imprint_ink", "imprint_ground")):
            ratio = contrast(values[ink], values[ground])
            if ratio < MINIMUM_CONTRAST:
                words = _(
                    "The contrast with its background is too low: %(ratio).1f:1. Text is readable from 4.5:1, so "
                    "choose a darker or lighter color."
                )
                self.fixes[ink] = readable(values[ink], values[ground])
                self.add_error(ink, words % {"ratio": ratio})
        return values


def _initial(brand: BrandStyle) -> dict[str, object]:
    kit = queries.brand_kit()
    return {
        "primary": brand.primary, "ink": brand.ink, "sheet": brand.sheet, "page": brand.page,
        "heading_font": brand.heading_font, "body_font": brand.body_font, "logo": kit.logo_id if kit else None,
        "logo_dark": kit.logo_dark_id if kit else None, "button_shape": brand.button_shape,
        "link_style": brand.link_style,
        "imprint_ink": brand.imprint.text_color, "imprint_ground": brand.imprint.background_color,
    }  # fmt: skip


@studio(
    "GET|POST brand/",
    "brand",
    Permission.SETUP,
    logs="brand.saved",
    tab=Tab(CONTENT, gettext_lazy("Brand"), gettext_lazy("logo, colors, fonts"), place=60),
)
def edit(request: StudioRequest) -> HttpResponse:
    """Choose the brand. Sent campaigns keep theirs; drafts in Markdown use the new one at once."""
    posted = _fixed(request.POST) if request.method == "POST" else None
    lookup = current_lookup()
    suggestion = _found(lookup) if lookup is not None and request.GET.get("from") == "website" else {}
    form = BrandForm(posted, initial=_initial(queries.brand_style()) | suggestion)
    if request.method == "POST" and form.is_valid():
        values = {name: value for name, value in form.cleaned_data.items() if value}
        logo, dark = values.pop("logo", None), values.pop("logo_dark", None)
        brand_actions.save_brand(values, logo_id=logo.id if logo else None, dark_logo_id=dark.id if dark else None)
        return succeed(request, _("Saved."), reverse("studio:brand"))
    context = {
        "form": form,
        "fixes": [(form[name], colour) for name, colour in form.fixes.items()],
        "message_url": reverse("studio:brand-preview"),
        "form_url": reverse("studio:brand-form-preview"),
        "tried": urlencode({name: value for name, value in suggestion.items() if name != "logo"}),
        "lookup": lookup,
        "is_found": bool(suggestion),
    }
    return page(request, "studio/content/brand.html", context)


def _found(lookup: BrandLookup) -> dict[str, object]:
    values = {name: value for name, value in lookup.values.items() if name in BrandForm.base_fields}
    return values | ({"logo": lookup.logo_id} if lookup.logo_id else {})


@studio("GET|POST brand/website/", "brand-website", Permission.SETUP, logs="brand.looked_up")
def website(request: StudioRequest) -> HttpResponse:
    if request.method == "POST":
        try:
            request_lookup(request.POST.get("url", ""))
        except CampaignError as refused:
            return refuse(request, str(refused), reverse("studio:brand"))
        return see_other(reverse("studio:brand"))
    return page(request, "studio/content/brand_website.html", {"lookup": current_lookup()})


def _fixed(posted: QueryDict) -> QueryDict:
    """Return the form with the proposed color that a button chose, as `field:#rrggbb`."""
    name, _colon, colour = posted.get("fix", "").partition(":")
    if name not in BrandForm.base_fields or not is_colour(colour):
        return posted
    copy = posted.copy()
    copy[name] = colour
    return copy


def _tried(asked: QueryDict) -> BrandStyle:
    brand = queries.brand_style()
    for name in ("primary", "ink", "sheet", "page"):
        if is_colour(asked.get(name, "")):
            brand = replace(brand, **{name: asked[name]})  # type: ignore[arg-type]  # the names above are texts
    for name, offered in brand_actions.CHOICES.items():
        if asked.get(name) in offered:
            brand = replace(brand, **{name: asked[name]})  # type: ignore[arg-type]  # and so are these
    tried = BlockStyle(
        asked.get("imprint_ink", brand.imprint.text_color),
        asked.get("imprint_ground", brand.imprint.background_color),
    )
    return replace(brand, imprint=tried.readable())


@xframe_options_sameorigin
@studio("GET brand/preview/", "brand-preview", Permission.SETUP)
def brand_preview(request: StudioRequest) -> HttpResponse:
    brand = _tried(request.GET)
    template = gallery_template("announcement", wanted_language(request))
    return framed(request, gallery_message(template, brand, request.account))


@xframe_options_sameorigin
@studio("GET brand/form/", "brand-form-preview", Permission.SETUP)
def brand_form_preview(request: StudioRequest) -> HttpResponse:
    brand = _tried(request.GET)
    style = form_style(brand)
    customer = {
        "name": request.account.name, "text": _("Newsletter"), "colour": style.colour, "logo_url": style.logo_url,
        "face": FACES[style.font],
    }  # fmt: skip
    words = brand.words()
    answer = render(request, "studio/content/brand_form.html", {"customer": customer, "brand": words})
    allow_picture(request, style.logo_url)
    return answer
