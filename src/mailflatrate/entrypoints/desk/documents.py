"""The agreements: their versions, and putting a new one in force (R-04, R-92)."""

from typing import Any

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mailflatrate.apps.accounts import queries
from mailflatrate.apps.accounts.actions import agreements
from mailflatrate.apps.accounts.errors import AccountError
from mailflatrate.apps.accounts.models import Acceptance, Account, AccountStatus, AgreementDocument, AgreementKind
from mailflatrate.base import clock
from mailflatrate.entrypoints.desk.access import DeskRequest, desk
from mailflatrate.entrypoints.desk.common import REFUSED, page
from mailflatrate.entrypoints.ui.documents import document_html, markdown_html
from mailflatrate.entrypoints.ui.language import interface_languages
from mailflatrate.entrypoints.ui.menu import RECORDS, Tab
from mailflatrate.entrypoints.ui.posts import succeed

LONGEST_DOCUMENT = 200_000


class DocumentForm(forms.Form):
    """A new version in every language. It must be previewed before it is put in force."""

    version = forms.CharField(
        label=gettext_lazy("Version"),
        max_length=20,
        help_text=gettext_lazy("For example, 2027-01. You can't change it later."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for code, name in interface_languages():
            self.fields[f"text_{code}"] = forms.CharField(
                label=gettext_lazy("Text in %s") % name,
                max_length=LONGEST_DOCUMENT,
                strip=False,
                widget=forms.Textarea({"rows": 18, "class": "mono", "lang": code}),
                help_text=gettext_lazy("Use Markdown. The first line must be “# Title”."),
            )

    def texts(self) -> list[tuple[str, str]]:
        pairs = [(code, self.cleaned_data[f"text_{code}"]) for code, _name in interface_languages()]
        return [(code, text.replace("\r\n", "\n").strip() + "\n") for code, text in pairs]


def _kind(text: str) -> AgreementKind:
    if text not in AgreementKind.values:
        raise Http404
    return AgreementKind(text)


@desk("GET documents/", "documents", tab=Tab(RECORDS, gettext_lazy("Agreements"), icon="signature", place=100))
def documents(request: DeskRequest) -> HttpResponse:
    sending = Account.objects.filter(status__in=[AccountStatus.ACTIVE, AccountStatus.THROTTLED]).count()
    groups, versions = [], queries.current_versions()
    for kind in AgreementKind:
        current = versions.get(kind, "")
        rows = AgreementDocument.objects.filter(kind=kind).order_by("-valid_from", "language")
        accepted = Acceptance.objects.filter(document__kind=kind, document__version=current)
        groups.append((kind, current, rows, accepted.values("account_id").distinct().count()))
    return page(request, "documents", {"groups": groups, "sending": sending})


@desk("GET documents/<int:document_id>/", "document")
def document(request: DeskRequest, document_id: int) -> HttpResponse:
    agreement = get_object_or_404(AgreementDocument.objects, id=document_id)
    return page(request, "document", {"document": agreement, "text": document_html(agreement)})


@desk("GET|POST documents/new/<slug:kind>/", "document-new")
def new(request: DeskRequest, kind: str) -> HttpResponse:
    which = _kind(kind)
    form = DocumentForm(request.POST or None, initial=_initial(which))
    context: dict[str, Any] = {"kind": which, "form": form, "previews": []}
    if request.method != "POST" or not form.is_valid():
        return page(request, "document_new", context, status=REFUSED if form.errors else 200)
    if request.POST.get("step") != "publish":
        # A preview changes nothing, but it came by POST, because texts are too long for an address.
        request.audit("document.previewed", subject=f"{which.value}:{form.cleaned_data['version']}")
        context["previews"] = [(code, markdown_html(text)) for code, text in form.texts()]
        return page(request, "document_new", context)
    try:
        agreements.publish_documents(which, form.cleaned_data["version"], form.texts(), by=request.user)
    except AccountError as problem:
        form.add_error(None, str(problem))
        return page(request, "document_new", context, status=REFUSED)
    text = _("The new version is in force. Users will be asked to accept it the next time they sign in.")
    return succeed(request, text, reverse("desk:documents"))


def _initial(kind: AgreementKind) -> dict[str, str]:
    current = AgreementDocument.objects.filter(kind=kind, version=queries.current_version(kind))
    return {"version": f"{clock.now():%Y-%m}", **{f"text_{row.language}": row.text for row in current}}
