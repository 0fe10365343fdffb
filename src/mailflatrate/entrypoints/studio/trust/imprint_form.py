"""The imprint as a form: the fields that a country requires, and their errors as text."""

from typing import Any, Final

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from mailflatrate.apps.accounts.models import Application
from mailflatrate.entrypoints.presenters.language import reading_language
from mailflatrate.entrypoints.ui.countries import COUNTRIES
from mailflatrate.rules.imprint import (
    FieldRequirement,
    ImprintColumn,
    ImprintFault,
    ImprintRecord,
    Organization,
    check_imprint,
    column_of,
    imprint_from_mapping,
    needs_of,
)
from mailflatrate.rules.imprint.lines import field_label

ORGANISATIONS: Final = [
    (Organization.COMPANY.value, gettext_lazy("Registered company (GmbH, AG, Ltd)")),
    (Organization.REGISTERED_TRADER.value, gettext_lazy("Registered sole trader or partnership (e. K., OHG, KG)")),
    (Organization.ASSOCIATION.value, gettext_lazy("Association, cooperative or foundation")),
    (Organization.PUBLIC_BODY.value, gettext_lazy("Public body")),
    (Organization.PARTNERSHIP.value, gettext_lazy("Unregistered partnership (GbR)")),
    (Organization.SOLE_TRADER.value, gettext_lazy("Sole proprietor or freelancer")),
]
SEVERAL_LINES: Final = frozenset({"representatives", "extra_ids"})
EVERYWHERE: Final = ("website", "extra_ids")
"""Fields that no country asks for and every sender may show."""

HINTS: Final = {
    "legal_name": gettext_lazy("As in the register or on your ID."),
    "legal_form": gettext_lazy("For example GmbH. If the name already includes it, readers see it only once."),
    "representatives": gettext_lazy("One person per line, with first and last name."),
    "on_behalf_of": gettext_lazy("Only if you send on someone else's behalf: their name."),
    "street": gettext_lazy(
        "A street address where you can be served with legal documents. In Europe, a PO box isn't enough."
    ),
    "register_name": gettext_lazy("For example Amtsgericht Kiel."),
    "register_number": gettext_lazy("For example HRB 1234."),
    "phone": gettext_lazy("With the country code, for example +49 431 12345."),
    "privacy_url": gettext_lazy("The URL of your privacy policy, starting with https://."),
    "extra_ids": gettext_lazy("One per line, for example SIREN: 123 456 789."),
    "editor_responsible": gettext_lazy("Name and city of the person responsible for editorial content."),
}
MALFORMED: Final = {
    "email": gettext_lazy("This isn't an email address. Enter one like post@your-company.com."),
    "phone": gettext_lazy("This isn't a valid phone number. Enter digits, starting with the country code."),
    "privacy_url": gettext_lazy("Enter the full URL, starting with https://."),
    "profession_rules_url": gettext_lazy("Enter the full URL, starting with https://."),
    "postcode": gettext_lazy("This isn't a valid postal code for this country."),
    "vat_id": gettext_lazy("A VAT ID starts with the country code, for example DE123456789."),
    "register_number": gettext_lazy("Enter the type of register and the number, for example HRB 1234."),
}


class ImprintForm(forms.Form):
    """`folded` names fields that rarely apply. After `is_valid()`, `imprint` is complete and well-formed."""

    country = forms.ChoiceField(label=gettext_lazy("Country"), choices=COUNTRIES)
    organisation = forms.ChoiceField(
        label=pgettext_lazy("kind of sender", "Type of sender"),
        choices=ORGANISATIONS,
        help_text=gettext_lazy("This determines which details the law requires."),
    )

    def __init__(self, data: Any = None, *, country: str = "DE", stored: dict[str, Any] | None = None) -> None:
        initial = {**(stored or {}), "country": country}
        initial.setdefault("organisation", Organization.COMPANY.value)
        initial.update({name: "\n".join(v) for name, v in initial.items() if isinstance(v, list)})
        super().__init__(data, initial=initial)
        source = data if data is not None else initial
        chosen = source.get("country")
        self.column = column_of(chosen if chosen in dict(COUNTRIES) else "DE")
        kind = source.get("organisation")
        self.kind = Organization(kind) if kind in dict(ORGANISATIONS) else Organization.COMPANY
        self.folded: list[str] = []
        self.use_required_attribute = False
        for name, need in needs_of(self.column).items():
            if need is not FieldRequirement.NONE:
                self._add(name, need)
        for name in EVERYWHERE:
            self._add(name, FieldRequirement.CONDITIONAL)

    def _add(self, name: str, need: FieldRequirement) -> None:
        due = (
            need is FieldRequirement.MANDATORY
            or (need is FieldRequirement.LEGAL_PERSON and self.kind.legal_person)
            or (need is FieldRequirement.REGISTERED and self.kind.registered)
        )
        several = name in SEVERAL_LINES
        hint = HINTS.get(name, "")
        if need is FieldRequirement.RECOMMENDED:
            hint = f"{hint} {_('Recommended.')}".strip()
        label = "UID" if name == "vat_id" and self.column in (ImprintColumn.AT, ImprintColumn.CH) else None
        self.fields[name] = forms.CharField(
            label=label or field_label(name, reading_language()),
            required=due,
            max_length=600 if several else 200,
            help_text=hint,
            widget=forms.Textarea({"rows": 2}) if several else forms.TextInput,
            error_messages={"required": _("Required by law in your country, in every campaign.")},
        )
        if not due and need is not FieldRequirement.RECOMMENDED and name not in ("on_behalf_of", "website"):
            self.folded.append(name)

    @property
    def main_fields(self) -> list[Any]:
        return [self[name] for name in self.fields if name not in ("country", "organisation", *self.folded)]

    @property
    def folded_fields(self) -> list[Any]:
        return [self[name] for name in self.folded]

    @property
    def fold_is_open(self) -> bool:
        return any(self[name].value() or self[name].errors for name in self.folded)

    def clean(self) -> dict[str, Any]:
        """Check the entries against the country's table (R-44)."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        if {"country", "organisation"} <= values.keys():
            self.imprint = imprint_from_mapping(values)
            for issue in check_imprint(self.imprint):
                if issue.field in self.fields and not self.has_error(issue.field):
                    self.add_error(issue.field, fault_words(issue.field, issue.fault))
        return values

    def stored(self) -> dict[str, str]:
        """Return the entries to store as a version: all except the country, without empty ones."""
        return {name: text for name, text in self.cleaned_data.items() if text and name != "country"}


def from_application(application: Application) -> dict[str, str]:
    """Entries that an imprint can't show are left out: the register's field may say "none, because ..."."""
    court, _comma, number = application.register_number.rpartition(",")
    if not any(sign.isdigit() for sign in number):
        court = number = ""
    texts = {
        "organisation": Organization.COMPANY.value,
        "legal_name": application.legal_name,
        "street": application.street,
        "postcode": application.postcode,
        "city": application.city,
        "address_country": application.country,
        "phone": application.phone,
        "website": application.website,
        "register_name": court.strip(),
        "register_number": number.strip(),
        "vat_id": application.vat_id,
    }
    record = imprint_from_mapping({**texts, "country": application.country})
    wrong = {issue.field for issue in check_imprint(record)}
    if "register_number" in wrong:
        wrong.add("register_name")
    return {name: text for name, text in texts.items() if text and name not in wrong}


def fault_words(field: str, fault: ImprintFault) -> str:
    if fault is ImprintFault.MISSING:
        return _("Required by law in your country, in every campaign.")
    if fault is ImprintFault.PO_BOX:
        return _("A PO box isn't accepted here. Enter a street and number.")
    if fault is ImprintFault.PLACEHOLDER:
        return _("Leave this empty if it doesn't apply.")
    return str(MALFORMED.get(field, _("This doesn't look right. Check it.")))


def draft_of(data: Any) -> ImprintRecord:
    """Return the imprint entered so far, for the preview. Unknown choices are replaced by the first one."""
    country, kind = data.get("country"), data.get("organisation")
    chosen = country if country in dict(COUNTRIES) else "DE"
    names = {*needs_of(column_of(chosen)), *EVERYWHERE}
    texts = {name: str(data.get(name, ""))[:600] for name in names}
    organisation = kind if kind in dict(ORGANISATIONS) else Organization.COMPANY.value
    return imprint_from_mapping({**texts, "country": chosen, "organisation": organisation})
