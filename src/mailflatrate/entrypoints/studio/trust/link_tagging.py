"""The account's parameters for web analytics in the links of its campaigns."""

from typing import Any

from django import forms
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mailflatrate.apps.campaigns.content.link_tagging import TaggingOrder, own_domains, save_tagging, tagging_of_account
from mailflatrate.apps.campaigns.errors import CampaignError
from mailflatrate.apps.campaigns.models import TagStyle
from mailflatrate.entrypoints.studio.access import StudioRequest, studio
from mailflatrate.entrypoints.ui.posts import perform, refuse
from mailflatrate.rules.roles import Permission


class LinkTaggingForm(forms.Form):
    is_on = forms.BooleanField(
        label=gettext_lazy("Add parameters to links of your own domains"),
        required=False,
        help_text=gettext_lazy("Only to links: nothing is loaded from an analytics service, and no one is named."),
    )
    style = forms.ChoiceField(label=gettext_lazy("Parameters"), choices=TagStyle.choices)
    domains = forms.MultipleChoiceField(
        label=gettext_lazy("Domains"), required=False, widget=forms.CheckboxSelectMultiple
    )
    source = forms.CharField(label=gettext_lazy("Source"), max_length=60)
    medium = forms.CharField(label=gettext_lazy("Medium"), max_length=60)
    content = forms.CharField(label=gettext_lazy("Content"), max_length=60, required=False)

    def __init__(self, data: Any = None) -> None:
        tagging, domains = tagging_of_account(), own_domains()
        stored = {name: getattr(tagging, name) for name in self.base_fields} if tagging else {}
        usual = {"source": "newsletter", "medium": "email", "style": TagStyle.UTM, "domains": domains}
        super().__init__(data, initial={**usual, **stored}, prefix="tags")
        choices: Any = self.fields["domains"]
        choices.choices = [(domain, domain) for domain in domains]


@studio("POST settings/link-parameters/", "settings-link-parameters", Permission.MANAGE, logs="settings.changed")
def save(request: StudioRequest) -> HttpResponse:
    """Save the account's defaults. Campaigns that were released keep the links they have."""
    form, back = LinkTaggingForm(request.POST), reverse("studio:settings")
    if not form.is_valid():
        return refuse(request, " ".join(str(error) for errors in form.errors.values() for error in errors), back)
    fields = form.cleaned_data
    order = TaggingOrder(
        is_on=fields["is_on"],
        style=TagStyle(fields["style"]),
        domains=fields["domains"],
        source=fields["source"],
        medium=fields["medium"],
        content=fields["content"],
    )
    return perform(request, lambda: save_tagging(order), _("Saved."), back, refused=CampaignError)
