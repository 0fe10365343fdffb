"""What a customer can enter in a campaign, field by field."""

import re
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any, TypedDict
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.validators import RegexValidator
from django.db.models import TextChoices
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext, pgettext_lazy

from mailflatrate.apps.campaigns.models import Campaign, ContentKind, TestList, TestMetric
from mailflatrate.apps.campaigns.variants import TEST_FIELDS
from mailflatrate.apps.domains.queries import senders as verified_senders
from mailflatrate.apps.gate.test_lists import addresses_of
from mailflatrate.apps.gate.test_recipients import own_addresses
from mailflatrate.apps.gate.test_send import MOST_CONTACTS
from mailflatrate.apps.lists.models import Contact, MailingList
from mailflatrate.apps.lists.queries import contact_by_address
from mailflatrate.base import clock
from mailflatrate.entrypoints.presenters.digest_form import SenderField
from mailflatrate.entrypoints.presenters.time_zones import TimeZoneField, zone_choices
from mailflatrate.entrypoints.ui.templatetags.controls import percent
from mailflatrate.mail.content.campaign import MAX_CONTENT
from mailflatrate.mail.html.markdown_themes import THEMES
from mailflatrate.rules.campaigns.ab_test import LONGEST_TEST_HOURS, SHARES
from mailflatrate.rules.sending.pace import LEAST_PER_HOUR, MOST_PER_HOUR


def theme_choices() -> list[tuple[str, str]]:
    """Return each theme's key and its name in the page's language; the empty key is Markdown without a theme."""
    words = {
        "": pgettext("Markdown theme", "Plain"),
        "classic": pgettext("Markdown theme", "Classic"),
        "centered": pgettext("Markdown theme", "Centered"),
        "banner": pgettext("Markdown theme", "Banner"),
    }
    return [(key, words[key]) for key in ("", *THEMES)]


def _share_choices() -> list[tuple[int, str]]:
    return [(share, percent(share, 0)) for share in SHARES]


class CampaignForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=120, help_text=_("Only you and your colleagues see this."))
    subject = forms.CharField(label=_("Subject"), max_length=250, required=False)
    preheader = forms.CharField(
        label=_("Preview text"),
        max_length=250,
        required=False,
    )
    sender = SenderField(label=_("From"), queryset=None, required=False, empty_label=_("Choose"))
    reply_to = forms.EmailField(
        label=_("Reply to"),
        max_length=254,
        required=False,
        help_text=_("If empty, replies go to the sender. Any other address has to be confirmed once, under Senders."),
    )
    language = forms.ChoiceField(label=_("Campaign language"), choices=settings.LANGUAGES)
    list_ids: "forms.ModelMultipleChoiceField[MailingList]" = forms.ModelMultipleChoiceField(
        label=_("Lists"), queryset=None, required=False, widget=forms.CheckboxSelectMultiple
    )
    content_kind = forms.ChoiceField(choices=ContentKind.choices, widget=forms.HiddenInput)
    theme = forms.ChoiceField(
        label=pgettext_lazy("Markdown theme", "Theme"),
        choices=theme_choices,
        required=False,
        widget=forms.Select({"class": "select-sm"}),
    )
    content = forms.CharField(
        label=_("Source"),
        required=False,
        strip=False,
        max_length=MAX_CONTENT,
        widget=forms.Textarea({"rows": 18, "spellcheck": "true"}),
    )
    text_override = forms.CharField(
        label=_("Plain-text version"),
        required=False,
        max_length=MAX_CONTENT,
        widget=forms.Textarea({"rows": 8}),
        help_text=_("If empty, we generate it from the content. The imprint and unsubscribe link are always added."),
    )
    track_clicks = forms.BooleanField(
        label=_("Track clicks"),
        required=False,
        help_text=_("We count clicks per link, not per person. We never track opens."),
    )
    link_campaign = forms.CharField(
        label=_("Name in web analytics"),
        required=False,
        max_length=60,
        validators=[
            RegexValidator(
                r"[{}]", _("It's the same for everyone, so it can't have personal fields."), inverse_match=True
            )
        ],
        help_text=_("The campaign in your links. If empty, it's made from the campaign's name."),
    )
    untagged_links = forms.BooleanField(
        label=_("Don't add parameters for web analytics"),
        required=False,
        help_text=_("Your account adds them to links of your own domains."),
    )
    test_share = forms.TypedChoiceField(
        label=_("Share per variant"), choices=_share_choices, coerce=int, required=False
    )
    test_hours = forms.IntegerField(
        label=_("Hours until the winner is picked"),
        min_value=1,
        max_value=LONGEST_TEST_HOURS,
        required=False,
        widget=forms.NumberInput({"aria-required": "true"}),  # emptied, it stays as it was
    )
    test_metric = forms.ChoiceField(label=_("Winner decided by"), choices=TestMetric.choices, required=False)
    per_hour = forms.IntegerField(
        label=_("Maximum emails per hour"),
        required=False,
        min_value=LEAST_PER_HOUR,
        max_value=MOST_PER_HOUR,
        help_text=_(
            "Leave empty to send as fast as possible. A limit spreads the emails evenly over each hour, so your "
            "website and phones can keep up."
        ),
    )

    def __init__(self, *args: Any, languages_taken: Collection[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        spoken: Any = self.fields["language"]
        spoken.choices = [language for language in settings.LANGUAGES if language[0] not in languages_taken]
        senders: Any = self.fields["sender"]
        senders.queryset = verified_senders()
        lists: Any = self.fields["list_ids"]
        lists.queryset = MailingList.objects.filter(archived_at=None).order_by("name")
        content: Any = self.fields["content"]
        content.widget.attrs["lang"] = self["language"].value()

    def clean_content(self) -> str:
        """Return the content with an editor's line endings: a form sent without JavaScript uses CR and LF."""
        return _small_enough(str(self.cleaned_data["content"]).replace("\r\n", "\n"))

    def clean_text_override(self) -> str:
        return _small_enough(str(self.cleaned_data["text_override"]).replace("\r\n", "\n"))

    def writable_values(self) -> dict[str, Any]:
        values = dict(self.cleaned_data)
        if "theme" not in self.data:
            values.pop("theme", None)  # only on the page of Markdown
        if "sender" in values:
            sender = values.pop("sender")
            values["sender_id"] = sender.id if sender else None
        if "list_ids" in values:
            values["list_ids"] = [row.id for row in values["list_ids"]]
        # Not on the page while nothing is tested: then they stay as they are.
        return {name: value for name, value in values.items() if name not in TEST_FIELDS or value not in (None, "")}


def _small_enough(text: str) -> str:
    if len(text.encode()) > MAX_CONTENT:
        raise forms.ValidationError(
            _("This is larger than %(most)d kB. Shorten it, and upload images instead of embedding them."),
            params={"most": MAX_CONTENT // 1000},
        )
    return text


def form_of(campaign: Campaign, languages_taken: Collection[str] = ()) -> CampaignForm:
    names = [name for name in CampaignForm.base_fields if name not in ("sender", "list_ids")]
    return CampaignForm(
        initial={
            **{name: getattr(campaign, name) for name in names},
            "sender": campaign.sender_id,
            "list_ids": campaign.list_ids,
        },
        languages_taken=languages_taken,
    )


class PaceForm(forms.Form):
    per_hour = forms.IntegerField(
        label=_("Maximum emails per hour"),
        required=False,
        min_value=LEAST_PER_HOUR,
        max_value=MOST_PER_HOUR,
        help_text=_("Leave empty to send as fast as possible."),
    )


class WavesChosen(TypedDict, total=False):
    """The waves in which a campaign is released; empty: at one time."""

    on_own_clocks: bool
    at_best_hour: bool


class WallClockField(forms.DateTimeField):
    """A date and a time of day without a time zone, whatever time zone the page uses."""

    def to_python(self, value: Any) -> datetime | None:
        with timezone.override(UTC):
            at = super().to_python(value)
        return at.replace(tzinfo=None) if at else None


class WaveKind(TextChoices):
    """Who gets a campaign at the chosen time. ZONES: waves by time zone. HOURS: waves by the hour of confirmation."""

    NONE = "", _("Everyone")
    ZONES = "zones", _("Each recipient, in their own time zone")
    HOURS = "hours", _("Each recipient at their best hour, from this time on")


class ScheduleForm(forms.Form):
    at = WallClockField(
        label=_("Date and time"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
        widget=forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    time_zone = TimeZoneField(label=_("Time zone"))
    waves = forms.ChoiceField(
        label=_("Who gets it at this time"),
        choices=WaveKind.choices,
        initial=WaveKind.NONE,
        required=False,
        widget=forms.RadioSelect,
        help_text=_(
            "Time zones come from each contact's “time_zone” field; contacts without one use the time zone above. The "
            "best hour is the hour at which each person confirmed; contacts whose hour isn't known, such as imported "
            "ones, get it at the time above. Both take up to 24 hours."
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zone: Any = self.fields["time_zone"]
        zone.choices = zone_choices(self.initial.get("time_zone"))

    def clean(self) -> dict[str, Any]:
        """Combine date and zone into `moment`, an aware time in UTC."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        if "at" not in values or "time_zone" not in values:
            return values
        zone = ZoneInfo(values["time_zone"])
        moment = values["at"].replace(tzinfo=zone).astimezone(ZoneInfo("UTC"))
        if moment.astimezone(zone).replace(tzinfo=None) != values["at"]:
            self.add_error("at", _("The clocks change on that day, so this time doesn't exist. Choose another."))
        elif moment <= clock.now():
            self.add_error("at", _("This time has passed. Choose a later one, or send now."))
        elif moment > clock.now() + timedelta(days=366):
            self.add_error("at", _("This is more than a year away. Choose an earlier date."))
        values["moment"] = moment
        return values

    @property
    def waves_chosen(self) -> WavesChosen:
        chosen = self.cleaned_data.get("waves", WaveKind.NONE)
        return {"on_own_clocks": chosen == WaveKind.ZONES, "at_best_hour": chosen == WaveKind.HOURS}


def schedule_form(campaign: Campaign) -> ScheduleForm:
    """Return a form set to nine tomorrow in the campaign's time zone."""
    zone = ZoneInfo(campaign.time_zone)
    tomorrow = (clock.now().astimezone(zone) + timedelta(days=1)).replace(hour=9, minute=0, second=0, microsecond=0)
    return ScheduleForm(initial={"at": tomorrow.replace(tzinfo=None), "time_zone": campaign.time_zone})


def tell_problems(request: HttpRequest, form: forms.Form) -> None:
    for problems in form.errors.get_json_data().values():
        for problem in problems:
            messages.error(request, problem["message"])


class OneOfSeveral(forms.CheckboxSelectMultiple):
    """Checkboxes of which one, or one in a field beside it, has to be chosen: neither field says that it's optional."""

    says_optional = False


class TestRecipientsForm(forms.Form):
    recipients = forms.MultipleChoiceField(label=_("To"), required=False, widget=OneOfSeveral)
    lists = forms.TypedMultipleChoiceField(label=_("Test lists"), required=False, coerce=int, widget=OneOfSeveral)
    __test__ = False  # not a test of pytest's

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        recipients: Any = self.fields["recipients"]
        own = own_addresses()
        recipients.choices = [
            (
                own_address.address,
                f"{own_address.name} · {own_address.address}" if own_address.name else own_address.address,
            )
            for own_address in own
            if not own_address.is_suppressed
        ]
        suppressed = ", ".join(own_address.address for own_address in own if own_address.is_suppressed)
        if suppressed:
            words = _("%(addresses)s gets no tests because the address is suppressed.")
            recipients.help_text = words % {"addresses": suppressed}
        lists: Any = self.fields["lists"]
        lists.choices = list(TestList.objects.order_by("name").values_list("id", "name"))

    def addresses(self) -> list[str]:
        return [*self.cleaned_data["recipients"], *addresses_of(self.cleaned_data["lists"])]


class TestForm(TestRecipientsForm):
    readers = forms.CharField(
        label=_("Fill in fields from these contacts"),
        required=False,
        max_length=1500,
        widget=forms.Textarea({"rows": 2, "spellcheck": "false"}),
        help_text=_("One email address per line, up to five. If empty, we use the contact shown in the preview."),
    )
    contact = forms.IntegerField(required=False, widget=forms.HiddenInput({"id": "test_contact"}))

    def clean_readers(self) -> list[int]:
        addresses = re.split(r"[\s,;]+", str(self.cleaned_data["readers"]).lower())
        addresses = list(dict.fromkeys(filter(None, addresses)))
        if len(addresses) > MOST_CONTACTS:
            raise forms.ValidationError(_("Enter up to five contacts."))
        contact_ids = {address: contact_id for address in addresses if (contact_id := contact_by_address(address))}
        unknown = [address for address in addresses if address not in contact_ids]
        if unknown:
            words = _(
                "%(addresses)s isn't one of your contacts. Enter an address from your contacts to fill in the test."
            )
            raise forms.ValidationError(words % {"addresses": ", ".join(unknown)})
        return [contact_ids[address] for address in addresses]

    def contact_ids(self) -> list[int]:
        """Return the contacts whose fields fill the test: the named ones, otherwise the one in the preview."""
        named: list[int] = self.cleaned_data["readers"]
        previewed_ids = Contact.objects.filter(id=self.cleaned_data["contact"] or 0).values_list("id", flat=True)
        return named or list(previewed_ids)
