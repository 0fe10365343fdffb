"""A form's landing page: a draft of blocks that saves itself, what search engines say, checks, preview, publishing."""

import json
from html import escape
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.conf import settings
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override
from django.views.decorators.clickjacking import xframe_options_sameorigin

from mailflatrate.apps.campaigns.gallery import blank_source
from mailflatrate.apps.campaigns.queries import brand_style
from mailflatrate.apps.forms.actions import landing_pages as actions
from mailflatrate.apps.forms.errors import FormError
from mailflatrate.apps.forms.landing_pages import ShownLanding, landing_facts, landing_page_of, takedown_of
from mailflatrate.apps.forms.models import Form, LandingPage
from mailflatrate.apps.forms.queries import typed_fields
from mailflatrate.entrypoints.presenters.language import reading_language
from mailflatrate.entrypoints.presenters.signup.embeds import FACES
from mailflatrate.entrypoints.presenters.signup.form_css import page_css
from mailflatrate.entrypoints.presenters.signup.form_inputs import filled_in, in_parts, inputs
from mailflatrate.entrypoints.presenters.signup.landing_pages import compile_landing, landing_url
from mailflatrate.entrypoints.studio.access import StudioRequest, is_htmx, studio
from mailflatrate.entrypoints.studio.campaigns.blocks import editor_config
from mailflatrate.entrypoints.studio.common import page
from mailflatrate.entrypoints.studio.content.saved_blocks import saved_rows
from mailflatrate.entrypoints.studio.signup.builder import draft_as_published, wanted
from mailflatrate.entrypoints.studio.signup.logos import logo_choices
from mailflatrate.entrypoints.ui.content_policy import allow, allow_picture
from mailflatrate.entrypoints.ui.posts import refuse, succeed
from mailflatrate.mail.author_mistakes import in_words
from mailflatrate.mail.liquid import SourceRefused
from mailflatrate.rules.forms import FrozenForm
from mailflatrate.rules.forms.landing import (
    MAX_DESCRIPTION,
    MAX_SOURCE,
    MAX_TITLE,
    LandingContent,
    LandingFault,
    landing_faults,
    landing_from_json,
)
from mailflatrate.rules.roles import Permission

_OF_MESSAGES = ("poll", "nps")
"""Blocks that count one answer for each message, which a page has none of."""


def landing_blocks(frozen_form: FrozenForm, language: str, zone: str) -> dict[str, Any]:
    """Return the editor's context. Shared rows aren't offered: they follow campaigns, not pages."""
    parts = {
        "conditions": [],
        "fields": [("account.name", _("Your company"))],
        "imprint": _form_sketch(frozen_form, language),
        "zone": zone,
        "saved": {"rows": [row for row in saved_rows() if not row["shared"]], "campaign": 0, "url": ""},
    }
    return editor_config(language, parts, _words(), without=_OF_MESSAGES)


def starting_source(frozen_form: FrozenForm, language: str) -> str:
    brand, texts = brand_style(), frozen_form.texts(language)
    heading = f'<h1 style="margin:0;font-size:28px;line-height:1.25;font-weight:700">{_plain(texts.title)}</h1>'
    body = (
        f'<mj-text mj-class="title">{heading}</mj-text>\n<mj-text>{_plain(texts.intro)}</mj-text>\n'
        f'<mj-button href="#signup">{_plain(texts.button)}</mj-button>'
    )
    return blank_source(language, brand, body)


def _plain(text: str) -> str:
    """Return a text as markup without any Liquid in it."""
    return escape(text).replace("{", "&#123;")


def _words() -> dict[str, str]:
    return {
        "mj-body": _("Page"),
        "mf-imprint": _("Sign-up form and imprint"),
        "canvas": _("Page editor"),
        "nothing_chosen": _("Select a block in the page or in the outline to edit it."),
        "imprint_stays": _(
            "Every landing page ends with its form, your imprint and the link to your privacy notice. You change the "
            "form under Forms."
        ),
        "write_hint": _("Click the selected text in the page to write in it."),
        "markup_hint": _("For what can't be written in the page."),
        "html_only": _("This text has parts that can only be edited as HTML, in the panel beside the page."),
        "page-width": _("Page width (pixels)"),
        "saved_none": _("Rows that you save in a campaign can be inserted here."),
    }


def _form_sketch(frozen_form: FrozenForm, language: str) -> str:
    texts, style = frozen_form.texts(language), frozen_form.content.style
    box = "max-width:360px;margin:16px auto;padding:20px;border:1px solid #d0d4da;border-radius:10px;background:#fff"
    button = f"padding:10px;border-radius:6px;text-align:center;background:{style.colour};color:#fff"
    return (
        f'<div style="{box};font:15px/1.5 system-ui,sans-serif;color:#1f2328"><strong>{escape(texts.title)}</strong>'
        f"<p>{escape(texts.intro)}</p><p>{escape(frozen_form.frozen[language].wording)}</p>"
        f'<div style="{button}">{escape(texts.button)}</div></div>'
    )


def language_of(form: Form, frozen_form: FrozenForm) -> str:
    return frozen_form.language(form.mailing_list.language)


FAULTS = {
    LandingFault.TITLE: gettext_lazy("Enter a title under Page. It's the link in search results."),
    LandingFault.DESCRIPTION: gettext_lazy("Enter a description under Page. Search results and previews show it."),
    LandingFault.FORM: gettext_lazy("Publish the form first. The page shows its published version."),
    LandingFault.LANGUAGE: gettext_lazy("The form isn't published in this language. Choose another one under Page."),
    LandingFault.IMPRINT: gettext_lazy(
        "Your imprint or the link to your privacy notice is missing in the published form. Complete the imprint under "
        "Settings, then publish the form again."
    ),
    LandingFault.PICTURES: gettext_lazy(
        "Upload every image to Media. Images on other websites aren't shown, because they'd tell others who visits."
    ),
    LandingFault.TAKEDOWN: gettext_lazy(
        "Our team took a landing page of this account down. Until that is settled, no page can be published. Reply to "
        "our team under Account status."
    ),
}


class LandingForm(forms.Form):
    title = forms.CharField(label=gettext_lazy("Title"), max_length=MAX_TITLE, required=False)
    description = forms.CharField(
        label=gettext_lazy("Description"),
        max_length=MAX_DESCRIPTION,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("One or two sentences about what people get."),
    )
    picture = forms.ChoiceField(
        label=gettext_lazy("Preview image"),
        required=False,
        help_text=gettext_lazy("Shown when someone shares the link. At least 1200 pixels wide looks best."),
    )
    language = forms.ChoiceField(label=gettext_lazy("Language"))
    content = forms.CharField(required=False, max_length=MAX_SOURCE, widget=forms.Textarea, strip=False)

    def __init__(self, form: Form, page_content: LandingContent, posted: Any = None) -> None:
        super().__init__(posted, initial={**page_content.as_json(), "content": page_content.source})
        names = dict(settings.LANGUAGES)
        languages = draft_as_published(form).content.languages
        self.fields["language"].choices = [(code, names.get(code, code)) for code in languages]  # type: ignore[attr-defined]
        pictures = [(urlsplit(url).path, name) for url, name in logo_choices("")[1:]]
        self.fields["picture"].choices = [("", _("No image")), *pictures]  # type: ignore[attr-defined]

    def landing(self) -> LandingContent:
        given = self.cleaned_data
        title, description = (" ".join(given[name].split()) for name in ("title", "description"))
        return LandingContent(given["language"], title, description, given["picture"], given["content"])


def _draft(form: Form, stored: LandingPage | None) -> LandingContent:
    if stored is not None:
        return landing_from_json(stored.draft)
    frozen_form = draft_as_published(form)
    language = language_of(form, frozen_form)
    return LandingContent(language, source=starting_source(frozen_form, language))


def _problems(form: Form, content: LandingContent) -> list[str]:
    try:
        elsewhere = compile_landing(content)[1]
    except SourceRefused as refused:
        return [in_words(error, reading_language()) for error in refused.errors]
    return [str(FAULTS[fault]) for fault in landing_faults(landing_facts(content, form, elsewhere))]


def _context(form: Form, asked: LandingForm, content: LandingContent) -> dict[str, Any]:
    stored = landing_page_of(form.id)
    frozen_form = draft_as_published(form)
    problems = _problems(form, content)
    published = stored is not None and stored.current is not None and stored.is_published
    return {
        "signup": form,
        "landing_page": stored,
        "form": asked,
        "is_page": True,
        "blocks": landing_blocks(frozen_form, frozen_form.language(content.language), form.account.time_zone),
        "problems": problems,
        "url": landing_url(stored.code) if published and stored is not None else "",
        "takedown": takedown_of(stored) if stored is not None else None,
        "is_published_as_is": published and stored is not None and _is_published_as_is(stored),
        "saved_at": timezone.localtime(stored.changed_at if stored is not None else None),
        "errors_json": json.dumps([]),
    }


def _is_published_as_is(stored: LandingPage) -> bool:
    assert stored.current is not None
    return landing_from_json(stored.current.content) == landing_from_json(stored.draft)


@studio(
    "GET|POST forms/<int:form_id>/landing/",
    "form-landing",
    Permission.CONTACTS,
    limited=True,
    logs="landing_page.saved",
)
def edit(request: StudioRequest, form_id: int) -> HttpResponse:
    form = wanted(form_id)
    content = _draft(form, landing_page_of(form_id))
    asked = LandingForm(form, content, request.POST if request.method == "POST" else None)
    if request.method == "POST" and asked.is_valid():
        try:
            actions.save_landing_page(form_id, asked.landing())
        except FormError as error:
            asked.add_error(None, f"{capfirst(str(error))}.")
        else:
            content = asked.landing()
            if not is_htmx(request):
                return succeed(request, _("Saved."), reverse("studio:form-landing", args=[form_id]))
    allow(request, inline_styles=True)
    template = "landing_saved" if is_htmx(request) else "landing"
    status = 422 if asked.errors and not is_htmx(request) else 200
    return page(request, f"studio/signup/{template}.html", _context(form, asked, content), status=status)


@xframe_options_sameorigin
@studio("GET forms/<int:form_id>/landing/preview/", "form-landing-preview", Permission.CONTACTS, limited=True)
def preview(request: StudioRequest, form_id: int) -> HttpResponse:
    form = wanted(form_id)
    content, frozen = _draft(form, landing_page_of(form_id)), draft_as_published(form)
    try:
        compiled = compile_landing(content)[0]
    except SourceRefused:
        raise Http404 from None
    language = frozen.language(content.language)
    style, texts = frozen.content.style, frozen.frozen[language]
    allow(request, inline_styles=True)
    allow_picture(request, style.logo_url)
    context = {
        "customer": {
            "name": request.account.name,
            "text": frozen.list_name,
            "colour": style.colour,
            "logo_url": style.logo_url,
            "face": FACES[style.font],
        },
        "landing": ShownLanding(content, compiled.html, compiled.css, compiled.background),
        "privacy_url": frozen.privacy_url,
        "open": True,
        "preview": True,
        "texts": frozen.texts(language),
        "frozen": texts,
        "style_css": page_css(frozen.content.style),
        "parts": in_parts(filled_in(inputs(frozen, language, typed_fields(frozen.content)), {}, {})),
        "offered": [(offer, "") for offer in texts.further],
        "imprint_lines": [f"{label}: {text}" if label else text for label, text in texts.imprint],
        "imprint_url": "#imprint",
        "languages": [],
        "form_language": language,
    }
    with override(language):
        return page(request, "public/signup/landing.html", context)


@studio(
    "POST forms/<int:form_id>/landing/publish/",
    "form-landing-publish",
    Permission.CONTACTS,
    limited=True,
    logs="landing_page.published",
)
def publish(request: StudioRequest, form_id: int) -> HttpResponse:
    form, here = wanted(form_id), reverse("studio:form-landing", args=[form_id])
    stored = landing_page_of(form_id)
    if stored is None:
        return refuse(request, _("Not published. Enter a title and a description first."), here)
    content = _draft(form, stored)
    if _problems(form, content):
        return refuse(request, _("Not published yet. The panel lists what needs fixing."), here)
    compiled, elsewhere = compile_landing(content)
    try:
        faults = actions.publish_landing_page(form_id, content, compiled, elsewhere, by=request.user)
    except FormError as error:
        return refuse(request, f"{capfirst(str(error))}.", here)
    if faults:
        return refuse(request, str(FAULTS[faults[0]]), here)
    return succeed(request, _("Published. Share the link to your landing page."), here)


@studio(
    "POST forms/<int:form_id>/landing/unpublish/",
    "form-landing-unpublish",
    Permission.CONTACTS,
    limited=True,
    logs="landing_page.unpublished",
)
def unpublish(request: StudioRequest, form_id: int) -> HttpResponse:
    wanted(form_id)
    here = reverse("studio:form-landing", args=[form_id])
    try:
        actions.unpublish_landing_page(form_id)
    except FormError as error:
        return refuse(request, f"{capfirst(str(error))}.", here)
    return succeed(request, _("The page is no longer visible. Its draft is kept."), here)
