"""Creating an automation: from a recipe, which asks only for what it needs, or empty."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from django import forms
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mailflatrate.apps.automations.actions import drafts
from mailflatrate.apps.automations.actions.from_recipe import create_from_recipe
from mailflatrate.apps.automations.errors import AutomationError
from mailflatrate.apps.automations.models import Automation
from mailflatrate.apps.automations.recipes import RECIPES, Recipe, RecipeChoice, RecipeChoices, find_recipe
from mailflatrate.apps.forms.models import Form, FormState
from mailflatrate.apps.lists.fields import definitions
from mailflatrate.apps.lists.models import MailingList
from mailflatrate.apps.lists.tags import tags
from mailflatrate.entrypoints.studio.access import StudioRequest, studio
from mailflatrate.entrypoints.studio.common import page
from mailflatrate.entrypoints.ui.posts import see_other
from mailflatrate.rules.roles import Permission

_ICONS: Final[Mapping[str, str]] = {
    "welcome": "hand",
    "birthday": "star",
    "anniversary": "calendar",
    "reengage": "hourglass",
    "renewal": "refresh-cw",
    "event": "megaphone",
    "feedback": "message-square",
    "course": "book-open",
}


class NewAutomationForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=drafts.MAX_NAME_CHARACTERS,
        help_text=gettext_lazy("Only you and your colleagues see the name."),
    )
    mailing_list = forms.TypedChoiceField(
        label=gettext_lazy("List"),
        coerce=int,
        help_text=gettext_lazy("Only people with a confirmed subscription to this list can enter."),
    )

    def __init__(self, data: Mapping[str, Any] | None = None, *, recipe: Recipe | None = None) -> None:
        lists = list(MailingList.objects.filter(archived_at=None).order_by("name").values_list("id", "name"))
        name = _(recipe.name) if recipe is not None else ""
        super().__init__(data, initial={"mailing_list": lists[0][0] if len(lists) == 1 else None, "name": name})
        self.has_lists = bool(lists)
        offered = lists if len(lists) == 1 else [("", _("Choose")), *lists]
        self.fields["mailing_list"].choices = offered  # type: ignore[attr-defined]
        for choice, question in (recipe.asks if recipe is not None else {}).items():
            self.fields[choice.value] = _question(choice, _(question))

    def asked(self) -> list[forms.BoundField]:
        return [self[choice.value] for choice in RecipeChoice if choice.value in self.fields]

    def choices(self) -> RecipeChoices:
        given = self.cleaned_data
        form, tag = given.get(RecipeChoice.FORM.value), given.get(RecipeChoice.TAG.value)
        return RecipeChoices(
            form=int(form) if form else None,
            field=given.get(RecipeChoice.DATE_FIELD.value) or "",
            tag=int(tag) if tag else None,
        )

    def clean(self) -> dict[str, Any]:
        """Refuse a form of another list, whose sign-ups could never enter."""
        given = super().clean() or self.cleaned_data
        form = given.get(RecipeChoice.FORM.value)
        if form and not Form.objects.filter(id=int(form), mailing_list_id=given.get("mailing_list")).exists():
            self.add_error(RecipeChoice.FORM.value, _("This form belongs to another list. Choose one of this list."))
        return given


def _question(choice: RecipeChoice, label: str) -> forms.ChoiceField:
    """Return the field of a question of a recipe. Left open, it is a problem of the draft, shown at its step."""
    blank, offered, hint = _offers(choice)
    options = [("", blank), *offered]
    return forms.ChoiceField(label=label, choices=options, required=False, help_text="" if offered else hint)


def _offers(choice: RecipeChoice) -> tuple[str, Sequence[tuple[str, str]], str]:
    match choice:
        case RecipeChoice.FORM:
            rows = Form.objects.filter(state=FormState.PUBLISHED, mailing_list__archived_at=None).order_by("name")
            named = [
                (str(row.id), f"{row.name} ({row.mailing_list.name})") for row in rows.select_related("mailing_list")
            ]
            return _("Any form of the list"), named, _("You can publish a form of the list later.")
        case RecipeChoice.DATE_FIELD:
            dates = [field for field in definitions().values() if field.type.is_date]
            named = [(date.key, date.label or date.key) for date in dates]
            return _("Choose later"), named, _("You have no date field yet. Create one under Contacts, Fields.")
        case RecipeChoice.TAG:
            named = [(str(row.id), row.name) for row in tags()]
            return _("Choose later"), named, _("You have no tags yet. Create one under Contacts, Tags.")


def recipe_cards(chosen: Recipe | None) -> list[dict[str, Any]]:
    return [
        {
            "key": recipe.key,
            "icon": _ICONS[recipe.key],
            "name": _(recipe.name),
            "about": _(recipe.about),
            "is_chosen": recipe is chosen,
        }
        for recipe in RECIPES
    ]


def _wanted(request: StudioRequest) -> Recipe | None:
    try:
        return find_recipe(request.GET.get("recipe", ""))
    except KeyError:
        return None


@studio("GET|POST automations/new/", "automation_new", Permission.DRAFT, logs="automation.created")
def new(request: StudioRequest) -> HttpResponse:
    recipe = _wanted(request)
    form = NewAutomationForm(request.POST if request.method == "POST" else None, recipe=recipe)
    if request.method == "POST" and form.is_valid():
        try:
            automation = _create(request, form, recipe)
        except AutomationError as error:
            form.add_error(None, str(error))
        else:
            return see_other(reverse("studio:automation_flow", args=[automation.id]))
    context = {"form": form, "recipe": recipe, "cards": recipe_cards(recipe)}
    return page(request, "studio/automations/new.html", context)


def _create(request: StudioRequest, form: NewAutomationForm, recipe: Recipe | None) -> Automation:
    name, list_id = form.cleaned_data["name"], form.cleaned_data["mailing_list"]
    if recipe is None:
        return drafts.create_automation(name, list_id, by=request.user)
    return create_from_recipe(recipe, name, list_id, by=request.user, choices=form.choices())
