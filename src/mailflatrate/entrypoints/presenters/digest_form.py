"""The settings of an RSS campaign, checked the same way for pages and API."""

from datetime import time
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mailflatrate.apps.campaigns.content.digest_content import MARK
from mailflatrate.apps.campaigns.models import CampaignTemplate, FeedDigest
from mailflatrate.apps.campaigns.models.digest import EVERY_DAY
from mailflatrate.apps.campaigns.queries import templates
from mailflatrate.apps.domains.queries import senders
from mailflatrate.apps.lists.models import MailingList
from mailflatrate.entrypoints.presenters.time_zones import TimeZoneField, zone_choices


class SenderField(forms.ModelChoiceField):  # type: ignore[type-arg]  # not generic at run time
    def label_from_instance(self, obj: Any) -> str:
        return str(obj)


DAYS = [*WEEKDAYS.items(), (EVERY_DAY, gettext_lazy("Daily"))]


class DigestForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=100,
        help_text=gettext_lazy("Appears in the subject line of every issue."),
    )
    url = forms.URLField(
        label=gettext_lazy("Feed URL"),
        max_length=500,
        required=False,
        assume_scheme="https",
        help_text=gettext_lazy("RSS or Atom, on a public web server. If empty, each issue is a copy of the template."),
    )
    mailing_list: "forms.ModelChoiceField[MailingList]" = forms.ModelChoiceField(
        label=gettext_lazy("List"), queryset=None, empty_label=None
    )
    sender = SenderField(label=gettext_lazy("From"), queryset=None, required=False, empty_label=gettext_lazy("Choose"))
    template: "forms.ModelChoiceField[CampaignTemplate]" = forms.ModelChoiceField(
        label=gettext_lazy("Template"), queryset=None, required=False, empty_label=gettext_lazy("None: items only")
    )
    weekday = forms.TypedChoiceField(label=gettext_lazy("Day"), choices=DAYS, coerce=int)
    at = forms.TimeField(
        label=gettext_lazy("Time"), initial=time(9), widget=forms.TimeInput({"type": "time"}, format="%H:%M")
    )
    time_zone = TimeZoneField(label=gettext_lazy("Time zone"))
    minimum = forms.IntegerField(
        label=gettext_lazy("Minimum new items"),
        min_value=1,
        max_value=20,
        initial=1,
        help_text=gettext_lazy("With fewer, we don't prepare an issue and keep the items for the next one."),
    )
    is_active = forms.BooleanField(label=gettext_lazy("Prepare issues"), required=False, initial=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["mailing_list"].queryset = MailingList.objects.filter(archived_at=None).order_by("name")
        fields["sender"].queryset = senders()
        fields["template"].queryset = templates()
        fields["template"].help_text = _(
            "The items replace %(mark)s, or go at the end if the template doesn't contain it."
        ) % {"mark": MARK}
        fields["time_zone"].choices = zone_choices(self.initial.get("time_zone"))

    def clean_url(self) -> str:
        """Return a web address without a user name or password in it."""
        url = str(self.cleaned_data["url"])
        if not url:
            return ""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or parts.username is not None:
            raise forms.ValidationError(_("Enter an address that starts with https:// and contains no password."))
        return url

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        if values.get("url") == "" and "template" in values and values["template"] is None:
            self.add_error("template", _("Without a feed, each issue is a copy of a template. Choose one."))
        return values


def settings_of(digest: FeedDigest) -> dict[str, Any]:
    values = {name: getattr(digest, name) for name in DigestForm.base_fields}
    return values | {name: getattr(digest, f"{name}_id") for name in ("mailing_list", "sender", "template")}
