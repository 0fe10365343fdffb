"""Templates of transactional messages: write a version, submit it for review, begin the next one."""

import json
from dataclasses import replace
from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache

from mailflatrate.apps.campaigns.errors import CampaignError
from mailflatrate.apps.gate.template_test import last_template_tests, send_template_test
from mailflatrate.apps.transactional.actions import templates as actions
from mailflatrate.apps.transactional.errors import TransactionalError
from mailflatrate.apps.transactional.models import MessageTemplate, TemplateState, TemplateVersion
from mailflatrate.apps.transactional.queries import is_switched_on, sender_choices, templates
from mailflatrate.entrypoints.presenters.lookups import find_message_template
from mailflatrate.entrypoints.studio.access import StudioRequest, studio
from mailflatrate.entrypoints.studio.campaigns.forms import TestRecipientsForm
from mailflatrate.entrypoints.studio.common import page
from mailflatrate.entrypoints.studio.content.message_frame import shown_here
from mailflatrate.entrypoints.ui.content_policy import allow
from mailflatrate.entrypoints.ui.menu import CONTENT, Tab
from mailflatrate.entrypoints.ui.posts import perform, refuse, succeed
from mailflatrate.entrypoints.ui.transactional_labels import pretty
from mailflatrate.mail.content.compiler import WrittenParts
from mailflatrate.rules.roles import Permission

FORMATS = [("markdown", "Markdown"), ("mjml", "MJML"), ("html", "HTML")]
LONGEST_CONTENT = 200_000
LONGEST_JSON = 20_000


class JsonField(forms.CharField):
    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        try:
            return json.loads(text) if text.strip() else None
        except (ValueError, RecursionError) as error:
            raise forms.ValidationError(_("This isn't valid JSON: %(error)s.") % {"error": error}) from error


def _source(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows, "spellcheck": "false", "class": "font-mono text-sm"})


class VersionForm(forms.Form):
    subject = forms.CharField(label=gettext_lazy("Subject"), max_length=250, required=False)
    sender_id = forms.TypedChoiceField(label=gettext_lazy("Sender"), coerce=int, empty_value=None, required=False)
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=settings.LANGUAGES)
    format = forms.ChoiceField(label=gettext_lazy("Format"), choices=FORMATS)
    content = forms.CharField(
        label=gettext_lazy("Text"),
        max_length=LONGEST_CONTENT,
        required=False,
        widget=_source(16),
        help_text=gettext_lazy("Insert data with {{ data.name }} and the reference with {{ reference.number }}."),
    )
    purpose = forms.CharField(
        label=gettext_lazy("What triggers this message?"),
        max_length=1_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("For our reviewer, such as: sent when a parcel leaves our warehouse."),
    )
    fields_json = JsonField(
        label=gettext_lazy("Fields"),
        max_length=LONGEST_JSON,
        required=False,
        widget=_source(12),
        help_text=gettext_lazy(
            "The data that your program sends, as JSON. Types: text, number, date, url (with “hosts”) and list (with "
            "“columns”)."
        ),
    )
    sample = JsonField(
        label=gettext_lazy("Sample data"),
        max_length=LONGEST_JSON,
        required=False,
        widget=_source(10),
        help_text=gettext_lazy("For the preview, and for our reviewer."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        senders = [(sender.id, str(sender)) for sender in sender_choices()]
        self.fields["sender_id"].choices = [("", _("No sender yet")), *senders]  # type: ignore[attr-defined]

    def values(self) -> dict[str, Any]:
        fields_by_name = dict(self.cleaned_data)
        fields, sample = fields_by_name.pop("fields_json"), fields_by_name.pop("sample")
        return {**fields_by_name, "fields": fields or [], "sample": sample or {}}


def _initial(version: TemplateVersion) -> dict[str, Any]:
    named = ("subject", "sender_id", "language", "format", "content", "purpose")
    values: dict[str, Any] = {name: getattr(version, name) for name in named}
    return {**values, "fields_json": pretty(version.fields), "sample": pretty(version.sample)}


def _newest(template: MessageTemplate) -> TemplateVersion:
    versions = TemplateVersion.objects.select_related("template", "sender__domain", "decided_by", "submitted_by")
    return versions.filter(template=template).latest("number")


def _url(message_template_id: int) -> str:
    return reverse("studio:transactional-template", args=[message_template_id])


@never_cache
@studio(
    "GET|POST transactional/templates/",
    "transactional-templates",
    Permission.DRAFT,
    logs="transactional.template_saved",
    tab=Tab(
        CONTENT,
        gettext_lazy("Transactional templates"),
        gettext_lazy("order confirmation, invoice, review, data, fields"),
        place=20,
    ),
)
def template_list(request: StudioRequest) -> HttpResponse:
    problem = ""
    if request.method == "POST":
        name, key = request.POST.get("name", ""), request.POST.get("key", "")
        try:
            made = actions.create_template(name, key, language=request.account.language, by=request.user)
        except TransactionalError as error:
            problem = str(error)
        else:
            return succeed(request, _("The template was created."), _url(made.template_id))
    rows = [(message_template, _newest(message_template)) for message_template in templates()]
    context = {
        "rows": [(message_template, newest, TemplateState(newest.state).tone) for message_template, newest in rows],
        "problem": problem,
        "name": request.POST.get("name", ""),
        "key": request.POST.get("key", ""),
        "is_on": is_switched_on(),
    }
    return page(request, "studio/transactional/templates.html", context, status=422 if problem else 200)


@never_cache
@studio(
    "GET|POST transactional/templates/<int:message_template_id>/",
    "transactional-template",
    Permission.DRAFT,
    logs="transactional.template_saved",
)
def template(request: StudioRequest, message_template_id: int) -> HttpResponse:
    message_template = find_message_template(message_template_id)
    version = _newest(message_template)
    if request.method != "POST":
        return _page(request, version, VersionForm(initial=_initial(version)))
    form = VersionForm(request.POST)
    if form.is_valid():
        try:
            actions.save_draft(version.id, form.values(), by=request.user)
        except TransactionalError as problem:
            form.add_error(None, str(problem))
        else:
            return succeed(request, _("Saved."), _url(message_template.id))
    return _page(request, version, form, status=422)


def _page(
    request: StudioRequest, version: TemplateVersion, form: VersionForm, *, problem: str = "", status: int = 200
) -> HttpResponse:
    allow(request, inline_styles=True)  # the message's frame is part of the page
    parts, fault = _preview(request, version)
    earlier = TemplateVersion.objects.filter(template=version.template).exclude(id=version.id)
    earlier = earlier.select_related("decided_by").order_by("-number")
    context = {
        "template": version.template,
        "version": version,
        "tone": TemplateState(version.state).tone,
        "form": form,
        "is_draft": version.state == TemplateState.DRAFT,
        "is_submitted": version.state == TemplateState.SUBMITTED,
        "can_be_deleted": version.state == TemplateState.DRAFT and not earlier.exists(),
        "fields_text": pretty(version.fields),
        "parts": parts,
        "fault": fault,
        "problem": problem,
        "earlier": [(previous, TemplateState(previous.state).tone) for previous in earlier[:20]],
        "senders": bool(sender_choices()),
        "test_form": TestRecipientsForm(initial={"recipients": [request.user.email.lower()]}),
        "last_tests": last_template_tests(version.template_id),
    }
    return page(request, "studio/transactional/template.html", context, status=status)


def _preview(request: StudioRequest, version: TemplateVersion) -> tuple[WrittenParts | None, str]:
    if not version.content.strip():
        return None, ""
    try:
        parts = actions.preview(version, request.account.name)
        return replace(parts, html=shown_here(parts.html)), ""
    except TransactionalError as problem:
        return None, str(problem)


@never_cache
@studio(
    "POST transactional/templates/<int:message_template_id>/submit/",
    "transactional-template-submit",
    Permission.DRAFT,
    logs="transactional.submitted",
)
def submit(request: StudioRequest, message_template_id: int) -> HttpResponse:
    version = _newest(find_message_template(message_template_id))
    try:
        actions.submit_version(version.id, account_name=request.account.name, by=request.user)
    except TransactionalError as problem:
        return _page(request, version, VersionForm(initial=_initial(version)), problem=str(problem), status=422)
    return succeed(request, _("Our team has been asked to review this version."), _url(message_template_id))


@never_cache
@studio(
    "POST transactional/templates/<int:message_template_id>/test/",
    "transactional-template-test",
    Permission.DRAFT,
    logs="transactional.test_sent",
)
def test(request: StudioRequest, message_template_id: int) -> HttpResponse:
    version = _newest(find_message_template(message_template_id))
    url, form = _url(message_template_id), TestRecipientsForm(request.POST)
    recipients = form.addresses() if form.is_valid() else []
    if not recipients:
        return refuse(request, _("Choose at least one address for the test."), url)
    try:
        sent = send_template_test(version.id, recipients, account_name=request.account.name, by=request.user)
    except (CampaignError, TransactionalError) as problem:
        return refuse(request, str(problem), url)
    message = ngettext("%(n)d test message sent.", "%(n)d test messages sent.", len(sent))
    return succeed(request, message % {"n": len(sent)}, url)


@never_cache
@studio(
    "POST transactional/templates/<int:message_template_id>/take-back/",
    "transactional-template-back",
    Permission.DRAFT,
    logs="transactional.taken_back",
)
def back(request: StudioRequest, message_template_id: int) -> HttpResponse:
    version = _newest(find_message_template(message_template_id))
    return perform(
        request,
        lambda: actions.take_back(version.id, by=request.user),
        _("This version is a draft again."),
        _url(message_template_id),
        refused=TransactionalError,
    )


@never_cache
@studio(
    "POST transactional/templates/<int:message_template_id>/version/",
    "transactional-template-version",
    Permission.DRAFT,
    logs="transactional.version_begun",
)
def version(request: StudioRequest, message_template_id: int) -> HttpResponse:
    find_message_template(message_template_id)
    return perform(
        request,
        lambda: actions.begin_version(message_template_id, by=request.user),
        _("A new version was begun. The approved one is sent until this one is approved."),
        _url(message_template_id),
        refused=TransactionalError,
    )


@never_cache
@studio(
    "POST transactional/templates/<int:message_template_id>/delete/",
    "transactional-template-delete",
    Permission.DRAFT,
    logs="transactional.template_deleted",
)
def delete(request: StudioRequest, message_template_id: int) -> HttpResponse:
    find_message_template(message_template_id)
    return perform(
        request,
        lambda: actions.delete_template(message_template_id, by=request.user),
        _("The template was deleted."),
        reverse("studio:transactional-templates"),
        refused=TransactionalError,
        back=_url(message_template_id),
    )
