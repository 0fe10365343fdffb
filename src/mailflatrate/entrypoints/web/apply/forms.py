"""The steps of the application as forms (R-02). What is well-formed is kept even where something is still empty."""

import re
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mailflatrate.apps.accounts.models import Cadence, Sector
from mailflatrate.entrypoints.web.countries import COUNTRIES

MOST_LISTS = 12
_PHONE = re.compile(r"(?:\+|\()?[0-9][0-9 ()/.\-–]{5,30}")


class WebAddressField(forms.CharField):
    """An address of a page; `https://` is put in front where it is missing."""

    def clean(self, value: Any) -> str:
        """The whole address. Raises ValidationError for anything that is none."""
        text = str(super().clean(value)).strip()
        if not text:
            return ""
        text = text if "://" in text else f"https://{text}"
        parts = urlsplit(text)
        if parts.scheme not in ("http", "https") or "." not in (parts.hostname or "") or " " in text:
            raise forms.ValidationError(_("Write the address of a page, like https://your-company.de."))
        return text


def _text(label: "Any", most: int, *, rows: int = 0, hint: "Any" = "", **attributes: str) -> forms.CharField:
    widget: forms.Widget = forms.Textarea({"rows": rows}) if rows else forms.TextInput(attributes)
    return forms.CharField(label=label, max_length=most, required=False, widget=widget, help_text=hint)


class StartForm(forms.Form):
    """The address to which the link goes. `website_2` is a trap for robots: people do not see it."""

    email = forms.CharField(
        label=gettext_lazy("Your e-mail address at work"),
        max_length=254,
        widget=forms.EmailInput({"autocomplete": "email", "autocapitalize": "none"}),
        help_text=gettext_lazy("An address of a person, not info@ or office@. You will sign in with it."),
    )
    website_2 = forms.CharField(required=False)


class BeginForm(forms.Form):
    """Who applies."""

    name = forms.CharField(
        label=gettext_lazy("Your name"), max_length=120, widget=forms.TextInput({"autocomplete": "name"})
    )
    company = forms.CharField(
        label=gettext_lazy("Company"), max_length=120, widget=forms.TextInput({"autocomplete": "organization"}),
        help_text=gettext_lazy("Or the association, the public body, your own name where you trade under it."),
    )  # fmt: skip
    country = forms.ChoiceField(label=gettext_lazy("Country"), choices=COUNTRIES)


class CompanyForm(forms.Form):
    """The legal entity."""

    legal_name = _text(gettext_lazy("Company name with its legal form"), 160, hint=gettext_lazy("As in the register."))
    register_number = _text(
        gettext_lazy("Register and number"),
        160,
        hint=gettext_lazy("Like Amtsgericht Kiel, HRB 1234. If there is none, write why."),
    )
    vat_id = _text(gettext_lazy("VAT ID"), 160, hint=gettext_lazy("Like DE136695976. If there is none, write why."))
    street = _text(gettext_lazy("Street and number"), 160, autocomplete="street-address")
    postcode = _text(gettext_lazy("Postcode"), 20, autocomplete="postal-code")
    city = _text(gettext_lazy("City"), 120, autocomplete="address-level2")
    country = forms.ChoiceField(label=gettext_lazy("Country"), choices=COUNTRIES)
    sector = forms.ChoiceField(
        label=gettext_lazy("Line of business"),
        choices=[("", gettext_lazy("Please choose")), *Sector.choices],
        required=False,
    )
    business_model = _text(
        gettext_lazy("What does the company do?"), 2000, rows=3, hint=gettext_lazy("Two sentences are enough.")
    )


class ContactForm(forms.Form):
    """Who answers for it, and where it can be seen."""

    responsible_person = _text(gettext_lazy("Person who answers for the mailings"), 120, autocomplete="name")
    phone = _text(
        gettext_lazy("Phone"), 40, hint=gettext_lazy("We may call to see that it is you."), autocomplete="tel"
    )
    website = WebAddressField(label=gettext_lazy("Website"), max_length=250, required=False)
    imprint_url = WebAddressField(
        label=gettext_lazy("Imprint on the website"), max_length=250, required=False,
        help_text=gettext_lazy("The page that says who you are. We compare it with what you wrote here."),
    )  # fmt: skip

    def clean_phone(self) -> str:
        """Digits with the usual signs between."""
        phone = str(self.cleaned_data["phone"]).strip()
        if phone and not _PHONE.fullmatch(phone):
            raise forms.ValidationError(_("This is not a phone number. Write digits, with the country code first."))
        return phone


class SendingForm(forms.Form):
    """What was sent until now, and what will be."""

    sending_history = _text(
        gettext_lazy("Which mailings did you send until now?"), 2000, rows=3,
        hint=gettext_lazy("Since when, how often, to how many people. If you begin with us, write so."),
    )  # fmt: skip
    previous_provider = _text(
        gettext_lazy("With which service?"), 160, hint=gettext_lazy("If there is none, write so.")
    )
    leaving_reason = _text(
        gettext_lazy("Why do you change?"), 2000, rows=2, hint=gettext_lazy("Also if that service stopped you: say so.")
    )
    monthly_volume = forms.IntegerField(
        label=gettext_lazy("Messages a month"), min_value=1, max_value=2_000_000_000, required=False,
        help_text=gettext_lazy("Recipients times mailings, roughly."),
    )  # fmt: skip
    cadence = forms.ChoiceField(
        label=gettext_lazy("How often?"),
        choices=[("", gettext_lazy("Please choose")), *Cadence.choices],
        required=False,
    )


class SamplesForm(forms.Form):
    """What the reviewer looks at."""

    form_url = WebAddressField(
        label=gettext_lazy("A sign-up form of yours"), max_length=250, required=False,
        help_text=gettext_lazy("The page where people sign up, or where the form will be."),
    )  # fmt: skip
    sample_mailing = _text(
        gettext_lazy("A sample mailing"), 20_000, rows=10,
        hint=gettext_lazy("Subject and text of a mailing that you sent or will send."),
    )  # fmt: skip


class ListRowForm(forms.Form):
    """One list that will be brought or begun."""

    name = forms.CharField(label=gettext_lazy("List"), max_length=120, required=False)
    size = forms.IntegerField(label=gettext_lazy("People"), min_value=1, max_value=2_000_000_000, required=False)
    collection = forms.CharField(
        label=gettext_lazy("How did they sign up, and how did they confirm?"),
        max_length=500,
        required=False,
        widget=forms.Textarea({"rows": 2}),
    )


class HandInForm(forms.Form):
    """A password for later, or none: then a link by mail lets the person choose one."""

    password = forms.CharField(
        label=gettext_lazy("Choose a password"), required=False, strip=False,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
        help_text=gettext_lazy("At least 10 characters. Leave it empty and we mail you a link when you sign in."),
    )  # fmt: skip

    def clean_password(self) -> str:
        """Empty, or one that cannot be guessed."""
        password = str(self.cleaned_data["password"])
        if password:
            validate_password(password)
        return password


STEP_FORMS: dict[str, type[forms.Form]] = {
    "company": CompanyForm, "contact": ContactForm, "sending": SendingForm, "samples": SamplesForm,
}  # fmt: skip
