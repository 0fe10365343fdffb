"""The account's standing, its agreements, and the settings that its pages begin with."""

import re
from dataclasses import dataclass
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from markdown_it import MarkdownIt

from mailflatrate.apps.accounts import actions, queries
from mailflatrate.apps.accounts.models import Acceptance, AgreementDocument, Standing
from mailflatrate.entrypoints.web.client import client_ip
from mailflatrate.entrypoints.web.context import TONES
from mailflatrate.entrypoints.web.studio.access import StudioRequest, see_other, studio
from mailflatrate.entrypoints.web.studio.trust.common import owners_change, page

MEANINGS = {
    Standing.REGISTERED: gettext_lazy(
        "Your application is not sent yet. You can prepare everything; nothing goes out before it is approved."
    ),
    Standing.SUBMITTED: gettext_lazy("We are checking your account. You can prepare everything; nothing goes out yet."),
    Standing.MORE_INFO: gettext_lazy(
        "We have a question about your application. Nothing goes out before you answered."
    ),
    Standing.APPROVED: gettext_lazy("Your application is approved. Nothing goes out before the account is activated."),
    Standing.REJECTED: gettext_lazy(
        "Your application was rejected. Write to us if you do not agree; a person looks again."
    ),
    Standing.ACTIVE: gettext_lazy("Mailings go out when their checks are passed."),
    Standing.THROTTLED: gettext_lazy("Mailings go out, but slower than usual."),
    Standing.PAUSED: gettext_lazy("Nothing goes out for now. Your data stay as they are."),
    Standing.SUSPENDED: gettext_lazy("Nothing goes out. Write to us if you do not agree; a person decides."),
    Standing.CLOSED: gettext_lazy("The account is closed."),
}
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_MARKDOWN = MarkdownIt("commonmark", {"html": False})


@dataclass(frozen=True, slots=True)
class Agreement:
    """A document in force, and who accepted it; `acceptance` None: nobody yet."""

    document: AgreementDocument
    text: SafeString
    acceptance: Acceptance | None


class SettingsForm(forms.Form):
    """How the account's pages and mailings begin."""

    language = forms.ChoiceField(
        label=gettext_lazy("Language"),
        choices=settings.LANGUAGES,
        help_text=gettext_lazy("New lists and mailings begin with it."),
    )
    time_zone = forms.ChoiceField(label=gettext_lazy("Time zone"))
    colour = forms.CharField(
        label=gettext_lazy("Colour"),
        widget=forms.TextInput({"type": "color"}),
        help_text=gettext_lazy("Buttons on the pages that your readers see."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        places = sorted(name for name in available_timezones() if "/" in name and not name.startswith("Etc/"))
        zone: Any = self.fields["time_zone"]
        zone.choices = [("UTC", "UTC"), *((name, name.replace("_", " ")) for name in places)]

    def clean_colour(self) -> str:
        """`#rrggbb` in lower case."""
        colour = str(self.cleaned_data["colour"])
        if not _COLOUR.fullmatch(colour):
            raise forms.ValidationError(_("Write a colour like #00595a."))
        return colour.lower()


def agreements(language: str) -> list[Agreement]:
    """The documents in force, each with its newest acceptance, whatever language was accepted."""
    found = []
    for document in queries.current_documents(language):
        mine = Acceptance.objects.filter(document__kind=document.kind, document__version=document.version)
        acceptance = mine.select_related("user", "document").order_by("-accepted_at").first()
        body = document.text.partition("\n")[2]
        # The text ships with us or comes from the operator; raw HTML in it is shown as text.
        found.append(Agreement(document, mark_safe(_MARKDOWN.render(body)), acceptance))  # noqa: S308
    return found


def _due(found: list[Agreement]) -> str:
    """Which texts a click accepts: the ids of the documents, empty where everything is accepted."""
    if all(agreement.acceptance for agreement in found):
        return ""
    return ",".join(str(agreement.document.id) for agreement in found)


def _standing_page(request: StudioRequest, *, error: str = "") -> HttpResponse:
    found = agreements(request.user.language)
    state = Standing(request.account.standing)
    context = {
        "standing": state, "tone": TONES[state], "meaning": MEANINGS[state], "agreements": found,
        "due": _due(found), "error": error,
    }  # fmt: skip
    return page(request, "studio/trust/standing.html", context, status=422 if error else 200)


@require_safe
@studio
def standing(request: StudioRequest) -> HttpResponse:
    """What the account may do and why, and the agreements."""
    return _standing_page(request)


@require_POST
@studio
@owners_change
def accept(request: StudioRequest) -> HttpResponse:
    """Accept the texts that were shown, in the account's name. A newer text is shown first."""
    due = _due(agreements(request.user.language))
    if not due:
        return see_other(reverse("studio:standing"))
    if request.POST.get("documents") != due:
        return _standing_page(request, error=_("A text has changed meanwhile. Please read it again."))
    if request.POST.get("accept") != "yes":
        return _standing_page(request, error=_("Tick the box if you agree."))
    actions.accept_agreements(
        request.account.id, request.user, ip=client_ip(request), user_agent=request.headers.get("User-Agent", "")[:500]
    )
    messages.success(request, _("Thank you. The agreements are accepted."))
    return see_other(reverse("studio:standing"))


@require_http_methods(["GET", "HEAD", "POST"])
@studio
@owners_change
def account_settings(request: StudioRequest) -> HttpResponse:
    """Language, time zone and colour of the account."""
    account = request.account
    initial = {"language": account.language, "time_zone": account.time_zone, "colour": account.colour}
    form = SettingsForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        actions.change_settings(account.id, **form.cleaned_data)
        messages.success(request, _("Saved."))
        return see_other(reverse("studio:standing-settings"))
    return page(request, "studio/trust/settings.html", {"form": form}, status=422 if form.errors else 200)
