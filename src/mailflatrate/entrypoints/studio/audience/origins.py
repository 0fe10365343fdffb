"""Where a list's addresses come from: the declaration, its picture, the reviewer's response (R-10, R-11)."""

from typing import Any

from django import forms
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mailflatrate.apps.intake.actions import origins
from mailflatrate.apps.intake.actions.origins import Declaration
from mailflatrate.apps.intake.image_uploads import MAX_UPLOAD_BYTES, PICTURE_TYPES
from mailflatrate.apps.lists import queries
from mailflatrate.apps.lists.errors import DeclarationProblem, ListError
from mailflatrate.apps.lists.models import DeclarationState, EvidenceColumn, ListOrigin, OriginKind, OriginState
from mailflatrate.entrypoints.client import client_ip
from mailflatrate.entrypoints.presenters.lookups import find_list
from mailflatrate.entrypoints.presenters.sentences import error_sentence
from mailflatrate.entrypoints.studio.access import StudioRequest, studio
from mailflatrate.entrypoints.studio.common import page
from mailflatrate.entrypoints.ui.documents import policy_in_force
from mailflatrate.entrypoints.ui.origin_labels import facts_of
from mailflatrate.entrypoints.ui.posts import see_other, succeed
from mailflatrate.rules.roles import Permission

DATE = {"type": "date"}


class DeclarationForm(forms.Form):
    kind = forms.ChoiceField(label=gettext_lazy("How did people sign up?"), choices=OriginKind.choices)
    form_urls = forms.CharField(
        label=gettext_lazy("On which pages or forms?"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy(
            "The URL of each form or page, one per line, for example https://your-company.com/newsletter"
        ),
    )
    wording = forms.CharField(
        label=gettext_lazy("What did the form say?"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy(
            "Copy the wording next to the checkbox or button from the form, or add a screenshot below."
        ),
    )
    screenshot = forms.FileField(
        label=gettext_lazy("Screenshot of the form"),
        required=False,
        widget=forms.ClearableFileInput(attrs={"accept": "image/png,image/jpeg,image/webp"}),
    )
    collected_from = forms.DateField(
        label=gettext_lazy("Since when?"), widget=forms.DateInput(attrs=DATE, format="%Y-%m-%d")
    )
    collected_to = forms.DateField(
        label=gettext_lazy("Until when?"),
        required=False,
        widget=forms.DateInput(attrs=DATE, format="%Y-%m-%d"),
        help_text=gettext_lazy("Leave empty if people still sign up there."),
    )
    previous_system = forms.CharField(
        label=gettext_lazy("Which service sent the confirmation emails?"),
        max_length=200,
        help_text=gettext_lazy("The email service, shop or software that has held these addresses until now."),
    )
    last_mailed_on = forms.DateField(
        label=gettext_lazy("When were these people last emailed?"),
        required=False,
        widget=forms.DateInput(attrs=DATE, format="%Y-%m-%d"),
        help_text=gettext_lazy("Leave empty if they've never been emailed."),
    )
    declared_count = forms.IntegerField(label=gettext_lazy("Roughly how many addresses?"), min_value=1)
    controller = forms.CharField(
        label=gettext_lazy("Who was named as the sender?"),
        max_length=200,
        help_text=gettext_lazy("The company people gave their consent to, as named on the form."),
    )
    evidence = forms.MultipleChoiceField(
        label=gettext_lazy("Which proof does the file include for each person?"),
        choices=EvidenceColumn.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    remarks = forms.CharField(
        label=gettext_lazy("Is there anything else we should know?"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    signatory = forms.CharField(
        label=gettext_lazy("Your name"),
        max_length=200,
        help_text=gettext_lazy("You are making this declaration on behalf of your company."),
    )
    assured = forms.BooleanField(
        label=gettext_lazy(
            "Every person on this list asked to receive these emails and confirmed it by email. No address was "
            "bought, rented, copied, guessed or taken over from anyone else."
        ),
        required=False,
    )


def declarations(list_id: int) -> list[dict[str, Any]]:
    return [
        {"origin": origin, "tone": DeclarationState(origin.state).tone, "facts": facts_of(origin)}
        for origin in queries.origins(list_id)
    ]


@studio(
    "GET|POST lists/<int:list_id>/origin/", "list-origin", Permission.CONTACTS, limited=True, logs="origin.declared"
)
def declare(request: StudioRequest, list_id: int) -> HttpResponse:
    mailing_list = find_list(list_id)
    if mailing_list.origin_state == OriginState.REJECTED or mailing_list.archived_at:
        return see_other(reverse("studio:list", args=[list_id]))
    before = next(iter(queries.origins(list_id)), None)
    if request.method == "POST":
        form = DeclarationForm(request.POST, request.FILES)
        if form.is_valid() and sign_declaration(request, list_id, form):
            message = _("Signed. Our team will review it. You can start importing now.")
            return succeed(request, message, reverse("studio:list", args=[list_id]))
    else:
        form = DeclarationForm(initial=_initial(request, before))
    context = {
        "list": mailing_list,
        "form": form,
        "before": before,
        "policy": policy_in_force(request.LANGUAGE_CODE or "en"),
    }
    return page(request, "studio/audience/origin.html", context)


def sign_declaration(request: StudioRequest, list_id: int, form: DeclarationForm) -> bool:
    """Sign what the form says; return False, with the errors in the form, if something is missing."""
    values = form.cleaned_data
    picture = values.pop("screenshot")
    if picture is not None and picture.size > MAX_UPLOAD_BYTES:
        form.add_error(
            "screenshot",
            _("The image is larger than %(limit)d MB. Upload a smaller one.") % {"limit": MAX_UPLOAD_BYTES >> 20},
        )
        return False
    values["form_urls"] = values["form_urls"].splitlines()
    try:
        origins.declare_origin(
            list_id,
            Declaration(**values),
            screenshot=picture.read() if picture is not None else None,
            by=request.user,
            ip=client_ip(request),
            user_agent=request.headers.get("User-Agent", ""),
        )
    except DeclarationProblem as problem:
        for field, sentence in problem.problems.items():
            form.add_error(field, error_sentence(sentence))
        return False
    except ListError as problem:
        form.add_error(None, error_sentence(problem))
        return False
    return True


def _initial(request: StudioRequest, before: ListOrigin | None) -> dict[str, Any]:
    """Return the initial field values. Boxes never come checked: people check what they sign themselves."""
    if before is None:
        return {"controller": request.account.name, "signatory": request.user.name}
    anew = ("screenshot", "evidence", "assured", "form_urls")
    names = [name for name in DeclarationForm.base_fields if name not in anew]
    return {name: getattr(before, name) for name in names} | {
        "form_urls": "\n".join(before.form_urls),
        "signatory": request.user.name,
    }


@studio(
    "GET lists/<int:list_id>/origins/<int:origin_id>/picture", "list-origin-picture", Permission.CONTACTS, limited=True
)
def picture(request: StudioRequest, list_id: int, origin_id: int) -> HttpResponse:
    origin = ListOrigin.objects.filter(id=origin_id, mailing_list_id=list_id).first()
    if origin is None or origin.screenshot is None:
        raise Http404
    return HttpResponse(bytes(origin.screenshot), content_type=PICTURE_TYPES[origin.screenshot_type])
