"""The builder: a draft that saves itself, its checks, and a preview of the form."""

import re
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.clickjacking import xframe_options_sameorigin

from mailflatrate.apps.accounts.facts import structured_imprint
from mailflatrate.apps.campaigns.queries import brand_style
from mailflatrate.apps.forms.actions import form_edits
from mailflatrate.apps.forms.errors import FormError
from mailflatrate.apps.forms.facts import form_facts
from mailflatrate.apps.forms.models import Form, FormState
from mailflatrate.apps.forms.queries import find_form, newest_imprint, open_list_names, typed_fields
from mailflatrate.apps.lists.fields import fields
from mailflatrate.entrypoints.presenters.panel import panel
from mailflatrate.entrypoints.presenters.signup.embeds import FACES
from mailflatrate.entrypoints.presenters.signup.form_css import (
    css_lines,
    css_parts,
    css_properties,
    form_style,
    page_css,
)
from mailflatrate.entrypoints.presenters.signup.form_inputs import filled_in, in_parts, inputs
from mailflatrate.entrypoints.studio.access import StudioRequest, is_htmx, studio
from mailflatrate.entrypoints.studio.common import page
from mailflatrate.entrypoints.studio.signup.compared import text_rows
from mailflatrate.entrypoints.studio.signup.fields import (
    DECLARED,
    LANGUAGES,
    STEPS,
    BuilderForm,
    FormFieldRow,
    can_be_asked,
    posted_rows,
    rows_of,
)
from mailflatrate.entrypoints.studio.signup.further import further_rows
from mailflatrate.entrypoints.ui.content_policy import allow_picture
from mailflatrate.entrypoints.ui.posts import refuse, see_other, succeed
from mailflatrate.rules.forms import FieldKind, FormContent, FrozenForm, FrozenTexts, content_from_json, freeze
from mailflatrate.rules.forms.compared import MAX_TEXTS
from mailflatrate.rules.forms.content import MAX_FIELDS
from mailflatrate.rules.forms.wording import wording_of
from mailflatrate.rules.gate.judge import judge_form
from mailflatrate.rules.roles import Permission
from mailflatrate.settings.schema import load_settings


def wanted(form_id: int) -> Form:
    form = find_form(form_id)
    if form is None:
        raise Http404
    return form


def _kinds(rows: list[FormFieldRow]) -> list[tuple[str, str]]:
    declared = [
        (f"{DECLARED}:{field.key}", f"{field.label} ({_(field.kind.label)})")
        for field in fields()
        if can_be_asked(field.key)
    ]
    labels = dict(declared)
    new = [(row.choice, _("Custom field")) for row in rows if row.kind is FieldKind.TEXT and row.choice not in labels]
    once = [
        (FieldKind.PHONE.value, _("Phone number")),
        (FieldKind.SOURCE.value, _("Hidden: sign-up source")),
    ]
    return [
        (FieldKind.FIRST_NAME.value, _("First name")),
        (FieldKind.LAST_NAME.value, _("Last name")),
        *declared,
        *new,
        *once,
        (FieldKind.TEXT.value, _("New text field")),
    ]


def draft_as_published(form: Form) -> FrozenForm:
    """Return the version that would be published now; without an imprint the company is left blank."""
    content = content_from_json(form.draft)
    imprint = structured_imprint(newest_imprint())
    if imprint is not None:
        names = open_list_names([offer.list_id for offer in content.further])
        return freeze(content, imprint, form.mailing_list.public_name, load_settings().service_name, names)
    frozen = {code: FrozenTexts(wording_of(content.texts[code], "…"), (), ()) for code in content.languages}
    return FrozenForm(content, form.account.name, form.mailing_list.public_name, "", frozen)


def _live(form: Form) -> dict[str, Any]:
    published = form.current is not None and draft_as_published(form).sha256 == form.current.sha256
    return {
        "signup": form,
        "panel": panel(judge_form(form_facts(form))),
        "languages": content_from_json(form.draft).languages,
        "css_lines": css_lines(content_from_json(form.draft).style.css),
        "saved_at": timezone.localtime(form.changed_at),
        "is_published_as_is": published and form.state == FormState.PUBLISHED,
    }


def _context(form: Form, asked: BuilderForm, rows: list[FormFieldRow]) -> dict[str, Any]:
    draft = content_from_json(form.draft)
    spoken = draft.languages
    further, other_lists = further_rows(draft, form.mailing_list_id)
    empty = [] if len(rows) >= MAX_FIELDS else [None]
    return {
        **_live(form),
        "form": asked,
        "texts": [(code, asked.texts(code)) for code in spoken],
        "rows": list(enumerate([*rows, *empty])),
        "kinds": _kinds(rows),
        "steps": list(enumerate(STEPS)),
        "text_rows": text_rows(draft),
        "text_counts": [(number, number == 1 + len(draft.others)) for number in range(1, MAX_TEXTS + 1)],
        "css_parts": css_parts(),
        "css_properties": css_properties(),
        "further": further,
        "other_lists": other_lists,
        "all_languages": LANGUAGES,
    }


@studio("GET|POST forms/<int:form_id>/edit/", "form-edit", Permission.CONTACTS, limited=True, logs="form.saved")
def edit(request: StudioRequest, form_id: int) -> HttpResponse:
    form = wanted(form_id)
    if request.method != "POST":
        rows = rows_of(content_from_json(form.draft))
        return page(request, "studio/signup/builder.html", _context(form, BuilderForm(form), rows))
    asked, rows = BuilderForm(form, request.POST), posted_rows(request.POST)
    before = content_from_json(form.draft)
    if asked.is_valid():
        try:
            form = form_edits.save_draft(
                form_id,
                name=asked.cleaned_data["name"],
                list_id=asked.cleaned_data["mailing_list"],
                sender_id=asked.cleaned_data["sender"],
                tags=[name for name in re.split(r"[,;|]", asked.cleaned_data["tags"]) if name.strip()],
                content=asked.content(rows, form.mailing_list.public_name, request.POST),
                correctable=asked.cleaned_data["correctable"],
            )
        except FormError as error:
            asked.add_error(None, f"{capfirst(str(error))}.")
    form = wanted(form_id)
    if asked.errors:
        status = 422
    else:
        after = content_from_json(form.draft)
        redraw = after.languages != before.languages or _asked(after) != _asked(before)
        if not is_htmx(request):
            messages.success(request, _("Saved."))
        if redraw or not is_htmx(request):
            return _here(request, form_id)
        status = 200
    template = "studio/signup/autosaved.html" if is_htmx(request) else "studio/signup/builder.html"
    return page(request, template, _context(form, asked, rows), status=200 if is_htmx(request) else status)


def _asked(content: FormContent) -> list[str]:
    further = [str(offer.list_id) for offer in content.further]
    return [*(field.key for field in content.fields), *further, str(len(content.others))]


def _here(request: StudioRequest, form_id: int) -> HttpResponse:
    here = reverse("studio:form-edit", args=[form_id])
    return HttpResponse(headers={"HX-Redirect": here}) if is_htmx(request) else see_other(here)


@xframe_options_sameorigin
@studio("GET forms/<int:form_id>/preview/", "form-preview", Permission.CONTACTS, limited=True)
def preview(request: StudioRequest, form_id: int) -> HttpResponse:
    form = wanted(form_id)
    frozen = draft_as_published(form)
    language = frozen.language(request.GET.get("language", ""))
    style = frozen.content.style
    allow_picture(request, style.logo_url)
    form_inputs = inputs(frozen, language, typed_fields(frozen.content))
    with override(language):
        parts = in_parts(filled_in(form_inputs, {}, {}))
    context = {
        "customer": {
            "name": request.account.name, "text": frozen.list_name, "colour": style.colour, "logo_url": style.logo_url,
            "face": FACES[style.font],
        },
        "style_css": page_css(style),
        "privacy_url": frozen.privacy_url, "open": True, "preview": True, "texts": frozen.texts(language),
        "frozen": frozen.frozen[language], "parts": parts,
        "form_language": language, "offered": [(offer, "") for offer in frozen.frozen[language].further],
        "imprint_lines": [], "languages": [], "framed": True,
    }  # fmt: skip
    with override(language):
        return page(request, "public/signup/form.html", context)


@studio("POST forms/<int:form_id>/brand/", "form-brand", Permission.CONTACTS, limited=True, logs="form.saved")
def use_brand(request: StudioRequest, form_id: int) -> HttpResponse:
    """The published version changes only when it is published again."""
    form = wanted(form_id)
    draft = content_from_json(form.draft)
    content = replace(draft, style=replace(form_style(brand_style()), css=draft.style.css))
    form_edits.save_draft(
        form_id, name=form.name, list_id=form.mailing_list_id, sender_id=form.sender_id, content=content
    )
    return succeed(request, _("The draft now has your brand's look."), reverse("studio:form-edit", args=[form_id]))


@studio("POST forms/<int:form_id>/publish/", "form-publish", Permission.CONTACTS, limited=True, logs="form.published")
def publish(request: StudioRequest, form_id: int) -> HttpResponse:
    wanted(form_id)
    verdict = form_edits.publish_form(form_id, by=request.user)
    if not verdict.allowed:
        message = _("Not published yet. The panel lists what needs fixing.")
        return refuse(request, message, reverse("studio:form-edit", args=[form_id]))
    return succeed(request, _("Published. The form now accepts sign-ups."), reverse("studio:form", args=[form_id]))
