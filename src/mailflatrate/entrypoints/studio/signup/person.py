"""Requesting a person's confirmation by hand: never a subscription, always a confirmation email (R-25)."""

from typing import Any

from django import forms
from django.http import HttpResponse
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mailflatrate.apps.forms.actions import sign_up
from mailflatrate.apps.forms.errors import FormError
from mailflatrate.apps.forms.models import ConfirmationRequestKind
from mailflatrate.apps.forms.queries import asking_forms
from mailflatrate.base import tenancy
from mailflatrate.base.tenancy import UnlimitedReason
from mailflatrate.entrypoints.studio.access import StudioRequest, studio
from mailflatrate.entrypoints.studio.common import page
from mailflatrate.entrypoints.ui.posts import succeed
from mailflatrate.rules.roles import Permission


class PersonForm(forms.Form):
    form = forms.TypedChoiceField(
        label=gettext_lazy("What did they sign up for?"),
        coerce=int,
        choices=(),
        help_text=gettext_lazy("The form whose wording they'll confirm."),
    )
    email = forms.CharField(
        label=gettext_lazy("Email address"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "off"})
    )
    first_name = forms.CharField(label=gettext_lazy("First name"), max_length=120, required=False)
    last_name = forms.CharField(label=gettext_lazy("Last name"), max_length=120, required=False)
    note = forms.CharField(
        label=gettext_lazy("How did they sign up?"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy(
            "Say when and where, for example “signed the list at our stall on 3 May”. This "
            "becomes part of the proof of consent."
        ),
    )
    checked = forms.BooleanField(label=gettext_lazy("This is the person's own address"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["form"].choices = [  # type: ignore[attr-defined]  # a choice field
            (asking_form.id, f"{asking_form.mailing_list.public_name} ({asking_form.name})")
            for asking_form in asking_forms()
        ]


@studio("GET|POST contacts/new/", "contact-new", Permission.CONTACTS, limited=True, logs="contact.asked")
def new(request: StudioRequest) -> HttpResponse:
    asked = PersonForm(request.POST or None, initial={"form": request.GET.get("form")})
    if request.method == "POST" and asked.is_valid():
        given = asked.cleaned_data
        names = {name: given[name].strip() for name in ("first_name", "last_name") if given[name].strip()}
        try:
            with tenancy.unlimited(UnlimitedReason.REQUEST):  # the form is one of those that the person sees
                sign_up.request_confirmation(
                    given["form"],
                    given["email"],
                    kind=ConfirmationRequestKind.PERSON,
                    note=given["note"],
                    by=request.user,
                    values=names,
                    checked=given["checked"],
                    entered_on=request.build_absolute_uri(request.path),
                )
        except FormError as error:
            asked.add_error("email", f"{capfirst(str(error)).rstrip('.')}.")
        else:
            text = _("We've sent an email to %(email)s. The contact is added once they confirm.")
            return succeed(request, text % {"email": given["email"]}, reverse("studio:form", args=[given["form"]]))
    context = {"form": asked, "has_forms": bool(asking_forms())}
    return page(request, "studio/signup/person.html", context, status=422 if asked.errors else 200)
