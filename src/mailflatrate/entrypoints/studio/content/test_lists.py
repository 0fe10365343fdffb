"""Test lists: who gets test messages together."""

from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mailflatrate.apps.campaigns.errors import CampaignInputError, NameTaken
from mailflatrate.apps.campaigns.models import TestList
from mailflatrate.apps.gate.test_lists import choosable, save_test_list
from mailflatrate.entrypoints.studio.access import StudioRequest, studio
from mailflatrate.entrypoints.studio.common import page, whole_number
from mailflatrate.entrypoints.ui.menu import CONTENT, Tab
from mailflatrate.entrypoints.ui.posts import succeed
from mailflatrate.rules.roles import Permission


class TestListForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    addresses = forms.MultipleChoiceField(label=gettext_lazy("Addresses"), widget=forms.CheckboxSelectMultiple)

    __test__ = False  # not a test of pytest's

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choosable = choosable()
        addresses: Any = self.fields["addresses"]
        addresses.choices = [(email, f"{name} · {email}" if name else email) for email, name in self.choosable]


@studio(
    "GET|POST test-lists/",
    "test-lists",
    Permission.DRAFT,
    logs="test_list.saved",
    tab=Tab(CONTENT, gettext_lazy("Test lists"), gettext_lazy("test send, colleagues, review"), place=50),
)
def index(request: StudioRequest) -> HttpResponse:
    data = request.POST if request.method == "POST" else request.GET
    asked = whole_number(data.get("list"))
    changed = get_object_or_404(TestList.objects, id=asked) if asked else None
    initial = {"name": changed.name, "addresses": changed.addresses} if changed else {}
    form = TestListForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            saved = save_test_list(values["name"], values["addresses"], by=request.user, list_id=asked or None)
        except (CampaignInputError, NameTaken) as refused:
            form.add_error(None, str(refused))
        else:
            return succeed(request, _("“%(name)s” was saved.") % {"name": saved.name}, reverse("studio:test-lists"))
    able = {address for address, _name in form.choosable}
    rows = [
        (row, [(address, address in able) for address in row.addresses]) for row in TestList.objects.order_by("name")
    ]
    context = {"form": form, "rows": rows, "changed": changed}
    return page(request, "studio/content/test_lists.html", context)


@studio("POST test-lists/<int:test_list_id>/delete/", "test-list-delete", Permission.DRAFT, logs="test_list.deleted")
def delete(request: StudioRequest, test_list_id: int) -> HttpResponse:
    """Delete a test list. The tests that were sent stay on record."""
    row = get_object_or_404(TestList.objects, id=test_list_id)
    row.delete()
    return succeed(request, _("“%(name)s” has been deleted.") % {"name": row.name}, reverse("studio:test-lists"))
