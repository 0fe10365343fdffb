"""The imprint as a form: which fields a country asks for, and what is wrong with them in words."""

from typing import Any, Final

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from mailflatrate.entrypoints.web.countries import COUNTRIES
from mailflatrate.entrypoints.web.language import reading_language
from mailflatrate.rules.imprint import (
    Column,
    Fault,
    Imprint,
    Need,
    Organisation,
    check_imprint,
    column_of,
    imprint_from_mapping,
    needs_of,
)
from mailflatrate.rules.imprint.lines import field_label

ORGANISATIONS: Final = [
    (Organisation.COMPANY.value, gettext_lazy("Company in a register (GmbH, AG, Ltd)")),
    (Organisation.REGISTERED_TRADER.value, gettext_lazy("Registered trader or partnership (e. K., OHG, KG)")),
    (Organisation.ASSOCIATION.value, gettext_lazy("Association, co-operative or foundation")),
    (Organisation.PUBLIC_BODY.value, gettext_lazy("Public body")),
    (Organisation.PARTNERSHIP.value, gettext_lazy("Partnership without a register entry (GbR)")),
    (Organisation.SOLE_TRADER.value, gettext_lazy("One person, self-employed")),
]
SEVERAL_LINES: Final = frozenset({"representatives", "extra_ids"})
EVERYWHERE: Final = ("website", "extra_ids")
"""Fields that no country asks for and every sender may show."""

HINTS: Final = {
    "legal_name": gettext_lazy("As in the register or in your passport."),
    "legal_form": gettext_lazy("Like GmbH. Where the name ends in it, readers see it once."),
    "representatives": gettext_lazy("One person a line, with first and last name."),
    "on_behalf_of": gettext_lazy("If you send for somebody else: his name."),
    "street": gettext_lazy("Where you can be visited and sued. A post-office box will not do in Europe."),
    "register_name": gettext_lazy("Like Amtsgericht Kiel."),
    "register_number": gettext_lazy("Like HRB 1234."),
    "phone": gettext_lazy("With the country code, like +49 431 12345."),
    "privacy_url": gettext_lazy("The address of your privacy notice, beginning with https://."),
    "extra_ids": gettext_lazy("One a line, like SIREN: 123 456 789."),
    "editor_responsible": gettext_lazy("Name and place of the person who answers for editorial content."),
}
MALFORMED: Final = {
    "email": gettext_lazy("This is not an e-mail address. Write it like post@your-company.de."),
    "phone": gettext_lazy("This is not a phone number. Write digits, with the country code first."),
    "privacy_url": gettext_lazy("Write the whole address, beginning with https://."),
    "profession_rules_url": gettext_lazy("Write the whole address, beginning with https://."),
    "postcode": gettext_lazy("This is no postcode of this country."),
    "vat_id": gettext_lazy("A VAT ID begins with the letters of the country, like DE123456789."),
    "register_number": gettext_lazy("Write the kind of register and the number, like HRB 1234."),
}


class ImprintForm(forms.Form):
    """All fields that the chosen country and kind of sender ask for; `folded` names those that rarely apply.

    After `is_valid()`, `imprint` is complete and well-formed.
    """

    country = forms.ChoiceField(label=gettext_lazy("Country"), choices=COUNTRIES)
    organisation = forms.ChoiceField(
        label=pgettext_lazy("kind of sender", "Who you are"),
        choices=ORGANISATIONS,
        help_text=gettext_lazy("It decides which entries the law wants."),
    )

    def __init__(self, data: Any = None, *, country: str = "DE", stored: dict[str, Any] | None = None) -> None:
        initial = {**(stored or {}), "country": country}
        initial.setdefault("organisation", Organisation.COMPANY.value)
        initial.update({name: "\n".join(v) for name, v in initial.items() if isinstance(v, list)})
        super().__init__(data, initial=initial)
        source = data if data is not None else initial
        chosen = source.get("country")
        self.column = column_of(chosen if chosen in dict(COUNTRIES) else "DE")
        kind = source.get("organisation")
        self.kind = Organisation(kind) if kind in dict(ORGANISATIONS) else Organisation.COMPANY
        self.folded: list[str] = []
        self.use_required_attribute = False
        for name, need in needs_of(self.column).items():
            if need is not Need.NONE:
                self._add(name, need)
        for name in EVERYWHERE:
            self._add(name, Need.CONDITIONAL)

    def _add(self, name: str, need: Need) -> None:
        due = (
            need is Need.MANDATORY
            or (need is Need.LEGAL_PERSON and self.kind.legal_person)
            or (need is Need.REGISTERED and self.kind.registered)
        )
        several = name in SEVERAL_LINES
        hint = HINTS.get(name, "")
        if need is Need.RECOMMENDED:
            hint = f"{hint} {_('Recommended.')}".strip()
        label = "UID" if name == "vat_id" and self.column in (Column.AT, Column.CH) else None
        self.fields[name] = forms.CharField(
            label=label or field_label(name, reading_language()),
            required=due,
            max_length=600 if several else 200,
            help_text=hint,
            widget=forms.Textarea({"rows": 2}) if several else forms.TextInput,
            error_messages={"required": _("The law of your country wants this in every mailing.")},
        )
        if not due and need is not Need.RECOMMENDED and name not in ("on_behalf_of", "website"):
            self.folded.append(name)

    @property
    def main_fields(self) -> list[Any]:
        """The fields in view."""
        return [self[name] for name in self.fields if name not in ("country", "organisation", *self.folded)]

    @property
    def folded_fields(self) -> list[Any]:
        """The fields behind "only if it applies"."""
        return [self[name] for name in self.folded]

    @property
    def fold_is_open(self) -> bool:
        """Whether something stands in the folded fields, or is wrong with them."""
        return any(self[name].value() or self[name].errors for name in self.folded)

    def clean(self) -> dict[str, Any]:
        """Hold the entries against the table of the country (R-44)."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        if {"country", "organisation"} <= values.keys():
            self.imprint = imprint_from_mapping(values)
            for issue in check_imprint(self.imprint):
                if issue.field in self.fields and not self.has_error(issue.field):
                    self.add_error(issue.field, fault_words(issue.field, issue.fault))
        return values

    def stored(self) -> dict[str, str]:
        """What a version keeps: every entry but the country, empty ones left out."""
        return {name: text for name, text in self.cleaned_data.items() if text and name != "country"}


def fault_words(field: str, fault: Fault) -> str:
    """What is wrong with a field, and what to write."""
    if fault is Fault.MISSING:
        return _("The law of your country wants this in every mailing.")
    if fault is Fault.PO_BOX:
        return _("A post-office box is no address here. Write street and number.")
    if fault is Fault.PLACEHOLDER:
        return _("Leave it empty where there is nothing to say.")
    return str(MALFORMED.get(field, _("This does not look right. Please check it.")))


def draft_of(data: Any) -> Imprint:
    """The imprint as far as it is written, for the preview. Unknown choices become the first one."""
    country, kind = data.get("country"), data.get("organisation")
    chosen = country if country in dict(COUNTRIES) else "DE"
    wanted = {*needs_of(column_of(chosen)), *EVERYWHERE}
    texts = {name: str(data.get(name, ""))[:600] for name in wanted}
    organisation = kind if kind in dict(ORGANISATIONS) else Organisation.COMPANY.value
    return imprint_from_mapping({**texts, "country": chosen, "organisation": organisation})
