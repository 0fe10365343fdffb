"""The steps of the application as forms (R-02). Valid values are saved even while other fields are empty."""

import re
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mailflatrate.apps.accounts.models import Cadence, Sector
from mailflatrate.entrypoints.ui.countries import COUNTRIES

MOST_LISTS = 12
TITLES = {
    "company": gettext_lazy("Your company"),
    "sending": gettext_lazy("Your campaigns"),
    "submit": gettext_lazy("Review and submit"),
}
_PHONE = re.compile(r"(?:\+|\()?[0-9][0-9 ()/.\-–]{5,30}")


class WebAddressField(forms.CharField):
    """A web address; `https://` is added where it is missing."""

    def clean(self, value: Any) -> str:
        text = str(super().clean(value)).strip()
        if not text:
            return ""
        text = text if "://" in text else f"https://{text}"
        parts = urlsplit(text)
        if parts.scheme not in ("http", "https") or "." not in (parts.hostname or "") or " " in text:
            raise forms.ValidationError(_("Enter a full web address, for example https://your-company.com."))
        return text


def _text(label: "Any", most: int, *, rows: int = 0, hint: "Any" = "", **attributes: str) -> forms.CharField:
    widget: forms.Widget = forms.Textarea({"rows": rows}) if rows else forms.TextInput(attributes)
    return forms.CharField(label=label, max_length=most, required=False, widget=widget, help_text=hint)


class StartForm(forms.Form):
    """The address that the link is sent to. `website_2` is a honeypot, which people do not see."""

    email = forms.CharField(
        label=gettext_lazy("Your work email address"),
        max_length=254,
        widget=forms.EmailInput({"autocomplete": "email", "autocapitalize": "none"}),
        help_text=gettext_lazy("A personal address, not info@ or office@. You'll use it to sign in."),
    )
    website_2 = forms.CharField(required=False)


class CompanyForm(forms.Form):
    """`BEGIN` lists the fields required to start an application."""

    BEGIN = ("responsible_person", "legal_name", "country")
    LOOKED_UP = ("legal_name", "street", "postcode", "city")
    """What a lookup of the VAT ID fills in."""

    responsible_person = _text(
        gettext_lazy("Your name"),
        120,
        hint=gettext_lazy("You'll be responsible for your company's campaigns."),
        autocomplete="name",
    )
    country = forms.ChoiceField(label=gettext_lazy("Country"), choices=COUNTRIES)
    vat_id = _text(
        gettext_lazy("VAT ID"), 160, hint=gettext_lazy("For example, DE136695976. If you don't have one, tell us why.")
    )
    legal_name = _text(
        gettext_lazy("Legal company name"),
        120,
        hint=gettext_lazy("As it appears in the commercial register; your own name if you operate under it."),
        autocomplete="organization",
    )
    street = _text(gettext_lazy("Street address"), 160, autocomplete="street-address")
    postcode = _text(gettext_lazy("Postal code"), 20, autocomplete="postal-code")
    city = _text(gettext_lazy("City"), 120, autocomplete="address-level2")
    register_number = _text(
        gettext_lazy("Register and number"),
        160,
        hint=gettext_lazy("For example, Amtsgericht Kiel, HRB 1234. If you don't have one, tell us why."),
    )
    phone = _text(
        gettext_lazy("Phone"), 40, hint=gettext_lazy("We may call to verify that it's you."), autocomplete="tel"
    )
    website = WebAddressField(label=gettext_lazy("Website"), max_length=250, required=False)
    imprint_url = WebAddressField(
        label=gettext_lazy("Website imprint page"),
        max_length=250,
        required=False,
        help_text=gettext_lazy("The page that says who you are. We compare it with the details you enter here."),
    )
    sector = forms.ChoiceField(
        label=gettext_lazy("Industry"),
        choices=[("", gettext_lazy("Select an option")), *Sector.choices],
        required=False,
    )
    business_model = _text(
        gettext_lazy("What does your company do?"), 2000, rows=3, hint=gettext_lazy("Two sentences are enough.")
    )

    def clean_phone(self) -> str:
        phone = str(self.cleaned_data["phone"]).strip()
        if phone and not _PHONE.fullmatch(phone):
            raise forms.ValidationError(
                _("This isn't a valid phone number. Enter digits, starting with the country code.")
            )
        return phone

    def can_begin(self) -> bool:
        """Return whether an application can be started with these values; otherwise mark what is missing."""
        for name in self.BEGIN:
            if not self.cleaned_data.get(name) and not self.has_error(name):
                self.add_error(name, _("This field is required."))
        return not any(self.has_error(name) for name in self.BEGIN)


class SendingForm(forms.Form):
    sending_history = _text(
        gettext_lazy("What campaigns have you sent so far?"),
        2000,
        rows=3,
        hint=gettext_lazy("Since when, how often and to how many people. If you're starting with us, tell us that."),
    )
    previous_provider = _text(
        gettext_lazy("Which service do you use?"), 160, hint=gettext_lazy("If you don't use one, tell us that.")
    )
    leaving_reason = _text(
        gettext_lazy("Why are you switching?"),
        2000,
        rows=2,
        hint=gettext_lazy("If that service stopped you from sending, tell us that too."),
    )
    monthly_volume = forms.IntegerField(
        label=gettext_lazy("Messages per month"),
        min_value=1,
        max_value=2_000_000_000,
        required=False,
        help_text=gettext_lazy("Roughly, recipients multiplied by campaigns."),
    )
    cadence = forms.ChoiceField(
        label=gettext_lazy("How often?"),
        choices=[("", gettext_lazy("Select an option")), *Cadence.choices],
        required=False,
    )
    form_url = WebAddressField(
        label=gettext_lazy("One of your sign-up forms"),
        max_length=250,
        required=False,
        help_text=gettext_lazy("The page where people sign up, or where your form will be."),
    )
    sample_mailing = _text(
        gettext_lazy("Sample campaign"),
        20_000,
        rows=8,
        hint=gettext_lazy("The subject and text of a campaign you've sent or plan to send."),
    )


class ListRowForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("List"), max_length=120, required=False)
    size = forms.IntegerField(label=gettext_lazy("People"), min_value=1, max_value=2_000_000_000, required=False)
    collection = forms.CharField(
        label=gettext_lazy("How did people sign up, and how did they confirm?"),
        max_length=500,
        required=False,
        widget=forms.Textarea({"rows": 2}),
    )


class HandInForm(forms.Form):
    """An optional password; without one, an emailed link lets the person choose it later."""

    password = forms.CharField(
        label=gettext_lazy("Choose a password"),
        required=False,
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
        help_text=gettext_lazy(
            "At least 10 characters. If you leave this empty, we'll email you a link when you sign in."
        ),
    )

    def clean_password(self) -> str:
        password = str(self.cleaned_data["password"])
        if password:
            validate_password(password)
        return password


STEP_FORMS: dict[str, type[forms.Form]] = {
    "company": CompanyForm,
    "sending": SendingForm,
}


def marked_as_due(form: forms.Form) -> forms.Form:
    """The browser still allows saving a half-finished form."""
    form.use_required_attribute = False
    for field in form.fields.values():
        field.required = True
    return form
