"""The forms of the audience pages."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from mailflatrate.apps.intake.fetching.systems import SYSTEMS
from mailflatrate.apps.lists.actions.lists import MAX_NAME_CHARACTERS
from mailflatrate.apps.lists.models import MailingList, OriginState
from mailflatrate.entrypoints.studio.audience.move_pages import system_choices
from mailflatrate.rules.contacts import external_ids
from mailflatrate.rules.systems.profile import profiles


class ListForm(forms.Form):
    name = forms.CharField(
        label=_("Name"), max_length=MAX_NAME_CHARACTERS, help_text=_("Only you and your colleagues see this.")
    )
    public_name = forms.CharField(
        label=_("Public name"),
        max_length=MAX_NAME_CHARACTERS,
        required=False,
        help_text=_("Subscribers see this name when they confirm or unsubscribe. If empty, we use the name above."),
    )
    language = forms.ChoiceField(label=_("Subscriber language"), choices=settings.LANGUAGES)
    description = forms.CharField(
        label=_("What subscribers receive"), required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 2})
    )


class EditContactForm(forms.Form):
    """The name of a person. The address can't be changed, because consent is tied to it."""

    first_name = forms.CharField(label=_("First name"), max_length=120, required=False)
    last_name = forms.CharField(label=_("Last name"), max_length=120, required=False)
    external_id = forms.CharField(
        label=_("External ID"),
        max_length=external_ids.MOST_CHARACTERS,
        required=False,
        help_text=_("The person's ID in your own system, as one word. No two contacts can have the same."),
    )


class SegmentForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=120)


class FilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    widget = FilesInput

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        files = data if isinstance(data, list | tuple) else [data]
        return [super(FilesField, self).clean(upload, initial) for upload in (files or [None])]


class _MoveForm(forms.Form):
    """A move into a list. Lists whose origin was rejected are not offered (R-11)."""

    mailing_list = forms.TypedChoiceField(label=_("Move into which list?"), coerce=int, choices=())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        lists = MailingList.objects.filter(archived_at=None).exclude(origin_state=OriginState.REJECTED)
        self.fields["mailing_list"].choices = list(  # type: ignore[attr-defined]  # a choice field
            lists.order_by("name", "id").values_list("id", "name")
        )


class MoveFetchForm(_MoveForm):
    """The API key of the previous system. It is never shown again, not even after a mistake."""

    system = forms.ChoiceField(label=_("Previous system"))
    base_url = forms.CharField(
        label=_("Address of your listmonk"),
        required=False,
        max_length=300,
        help_text=_("Only for listmonk: where you sign in, beginning with https://"),
    )
    key = forms.CharField(
        label=_("API key"),
        max_length=2000,
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text=_("Stored encrypted, used for this move only, and deleted when it's done, or after 24 hours."),
    )
    with_templates = forms.BooleanField(
        label=_("Fetch templates, too"),
        required=False,
        help_text=_("From Mailchimp, Brevo and listmonk. You'll find them under Templates as HTML."),
    )
    field_order = ("system", "base_url", "key", "mailing_list", "with_templates")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["system"].choices = [  # type: ignore[attr-defined]  # a choice field
            (name, profiles()[name].title) for name in SYSTEMS
        ]


class MoveUploadForm(_MoveForm):
    dropped = FilesField(
        label=_("Files"),
        widget=FilesInput(
            attrs={
                "accept": ".zip,.csv,.tsv,.txt,.tab,.json,.jsonl,.ndjson,.dump,.xlsx,.xlsm,.xls,.ods",
                "class": "h-28 border-dashed",
            }
        ),
        help_text=_(
            "Drop all files here, or choose them: CSV, Excel, or the ZIP your previous system made. Include "
            "unsubscribed and bounced contacts, so that no one is emailed by mistake."
        ),
        error_messages={
            "required": _("Choose a file first."),
            "empty": _("This file is empty. Export it again and check that it contains rows."),
        },
    )
    system = forms.ChoiceField(label=_("Previous system"), required=False)
    field_order = ("dropped", "mailing_list", "system")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["system"].choices = system_choices()  # type: ignore[attr-defined]  # a choice field
