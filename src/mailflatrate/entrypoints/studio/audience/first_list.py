"""A new account's first list and its origin on one page, filled in from the application (R-10, R-11)."""

from typing import Any

from django import forms
from django.conf import settings
from django.db import transaction
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mailflatrate.apps.accounts.actions.agreements import PolicyConfirmation
from mailflatrate.apps.accounts.models import Application
from mailflatrate.apps.domains.queries import domains
from mailflatrate.apps.lists.actions import lists
from mailflatrate.apps.lists.actions.lists import MAX_NAME_CHARACTERS
from mailflatrate.apps.lists.errors import ListError
from mailflatrate.apps.lists.models import MailingList
from mailflatrate.entrypoints.client import circumstances
from mailflatrate.entrypoints.presenters.sentences import error_sentence
from mailflatrate.entrypoints.studio.access import StudioRequest, studio
from mailflatrate.entrypoints.studio.audience.origins import DeclarationForm, sign_declaration
from mailflatrate.entrypoints.studio.common import page
from mailflatrate.entrypoints.ui.documents import policy_in_force
from mailflatrate.entrypoints.ui.posts import see_other, succeed
from mailflatrate.rules.roles import Permission


class FirstListForm(DeclarationForm):
    name = forms.CharField(
        label=gettext_lazy("Name of the list"),
        max_length=MAX_NAME_CHARACTERS,
        help_text=gettext_lazy("Subscribers see it when they confirm or unsubscribe."),
    )
    language = forms.ChoiceField(label=gettext_lazy("Subscriber language"), choices=settings.LANGUAGES)


class _NotSigned(Exception):
    """The declaration was refused, so its list isn't created either."""


@studio("GET|POST lists/first/", "list-first", Permission.CONTACTS, logs="list.created")
def first(request: StudioRequest) -> HttpResponse:
    if MailingList.objects.exists():
        return see_other(reverse("studio:lists"))
    form, problem = FirstListForm(initial=_initial(request)), ""
    if request.method == "POST":
        form = FirstListForm(request.POST, request.FILES)
        if request.POST.get("policy") != "on":
            problem = _("Read the policy and select the box to create a list.")
        if form.is_valid() and not problem and _create(request, form):
            message = _("Signed. Our team reviews your list together with your account. Next, set up your domain.")
            return succeed(request, message, _next())
    context = {"form": form, "policy": policy_in_force(request.LANGUAGE_CODE or "en"), "problem": problem}
    return page(request, "studio/audience/first_list.html", context, status=422 if form.errors or problem else 200)


def _create(request: StudioRequest, form: FirstListForm) -> bool:
    """Create the list with its declaration, or neither of them."""
    try:
        with transaction.atomic():
            created = lists.create_list(
                form.cleaned_data.pop("name"),
                language=form.cleaned_data.pop("language"),
                tick=PolicyConfirmation(request.user, circumstances(request)),
            )
            if not sign_declaration(request, created.id, form):
                raise _NotSigned
    except _NotSigned:
        return False
    except ListError as problem:
        form.add_error("name", error_sentence(problem))
        return False
    return True


def _next() -> str:
    waiting = domains().filter(verified_at=None).first()
    if waiting is not None:
        return reverse("studio:sender-domain", args=[waiting.id])
    return reverse("studio:import-new") if domains().exists() else reverse("studio:sender-new")


def _initial(request: StudioRequest) -> dict[str, Any]:
    """Return what the application says. What people sign stays for them to write, and boxes never come checked."""
    initial: dict[str, Any] = {
        "language": request.account.language,
        "controller": request.account.name,
        "signatory": request.user.name,
    }
    application = Application.objects.first()
    if application is None:
        return initial
    row: dict[str, Any] = next(iter(application.lists), {})
    return initial | {
        "name": row.get("name", ""),
        "declared_count": row.get("size"),
        "form_urls": application.form_url,
        "previous_system": application.previous_provider,
        "controller": application.legal_name or request.account.name,
    }
