"""The welcome series of a form: "After confirmation send ...", with up to five messages."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from django import forms
from django.http import HttpResponse, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from mailflatrate.apps.automations.actions.welcome_series import OWN_WORDS, TEMPLATE, SeriesMessage, save_series
from mailflatrate.apps.automations.errors import AutomationError
from mailflatrate.apps.automations.models import AutomationState, VersionState
from mailflatrate.apps.automations.recipes import find_recipe
from mailflatrate.apps.automations.welcome_series import (
    MAX_DAYS,
    MAX_MESSAGES,
    RECIPE,
    FormSeries,
    SeriesRow,
    series_of,
)
from mailflatrate.apps.campaigns.queries import templates
from mailflatrate.apps.campaigns.recipe_messages import recipe_messages
from mailflatrate.apps.forms.models import Form
from mailflatrate.entrypoints.studio.access import StudioRequest, studio
from mailflatrate.entrypoints.studio.common import page
from mailflatrate.entrypoints.studio.signup.builder import wanted
from mailflatrate.entrypoints.ui.posts import see_other
from mailflatrate.rules.automations.promises import promise_in
from mailflatrate.rules.forms import content_from_json
from mailflatrate.rules.roles import Permission

_MOST_TEMPLATES: Final = 100
_MOST_TEXT: Final = 20_000


class SeriesMessageForm(forms.Form):
    step = forms.CharField(required=False, max_length=12, widget=forms.HiddenInput)
    days = forms.IntegerField(label=gettext_lazy("Days later"), min_value=0, max_value=MAX_DAYS, required=False)
    subject = forms.CharField(label=gettext_lazy("Subject line"), max_length=200, required=False)
    begin = forms.ChoiceField(label=gettext_lazy("Begin with"), required=False, choices=())
    text = forms.CharField(
        label=gettext_lazy("Text"),
        required=False,
        max_length=_MOST_TEXT,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=gettext_lazy("Markdown. Use {{ contact.first_name | default: “there” }} for the first name."),
    )
    remove = forms.BooleanField(label=gettext_lazy("Remove this message"), required=False)

    def __init__(
        self, *args: Any, row: SeriesRow | None, begins: Sequence[tuple[str, str]], is_first: bool, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.row = row
        # A message that is there has both, unless it is to be removed.
        is_known = self.data.get(self.add_prefix("step")) if self.is_bound else self.initial.get("subject")
        is_there = bool(is_known) and not self.data.get(self.add_prefix("remove"))
        self.fields["days"].required = self.fields["subject"].required = is_there
        if is_first:
            self.fields["days"].label = _("Days after confirmation")
        self.fields["begin"].choices = begins  # type: ignore[attr-defined]  # a choice field

    @property
    def is_blank(self) -> bool:
        given = self.cleaned_data
        unused = not (given["subject"] or given["text"].strip() or given["step"])
        return bool(given["remove"]) or unused

    def message(self) -> SeriesMessage:
        given = self.cleaned_data
        return SeriesMessage(
            given["days"] or 0, " ".join(given["subject"].split()), given["step"], given["begin"], given["text"]
        )


def when_words(days: int, *, is_first: bool) -> str:
    if is_first and not days:
        return pgettext("after the confirmation", "At once")
    if is_first:
        return ngettext("%(days)d day after the confirmation", "%(days)d days after the confirmation", days) % {
            "days": days
        }
    return ngettext("%(days)d day later", "%(days)d days later", days) % {"days": days}


def series_card(form_id: int) -> dict[str, Any] | None:
    series = series_of(form_id)
    if series is None:
        return None
    state = series.automation.state
    rows = series.rows
    lines = None
    if rows is not None:
        lines = [
            {"when": when_words(row.days, is_first=not place), "subject": row.campaign.subject}
            for place, row in enumerate(rows)
        ]
    waits = series.version.state == VersionState.DRAFT
    return {
        "series": series,
        "state": str(AutomationState(state).label),
        "tone": AutomationState(state).tone,
        "waits_for_release": waits,
        "lines": lines,
    }


def _begins(language: str) -> list[tuple[str, str]]:
    ours = [(key, _("Our text: %(name)s") % {"name": message.name}) for key, message in _texts(language).items()]
    own = [
        (f"{TEMPLATE}:{row.id}", _("Template: %(name)s") % {"name": row.name}) for row in templates()[:_MOST_TEMPLATES]
    ]
    return [(OWN_WORDS, _("My own text")), *ours, *own]


def _texts(language: str) -> Mapping[str, Any]:
    return recipe_messages(RECIPE, language)


def _suggested(form: Form) -> list[dict[str, Any]]:
    language = form.mailing_list.language
    days, messages = 0, []
    for step in find_recipe(RECIPE).steps():
        if step["do"] == "wait":
            days = step["for"]["days"]
        else:
            key = step["campaign"]
            messages.append({"days": days, "subject": _texts(language)[key].subject, "begin": key})
    return messages


def _initial(row: SeriesRow) -> dict[str, Any]:
    return {"step": row.step, "days": row.days, "subject": row.campaign.subject, "text": row.own_words or ""}


def _rows(form: Form, series: FormSeries | None, posted: QueryDict | None) -> list[SeriesMessageForm]:
    rows_in_use: Sequence[SeriesRow] = (series.rows or ()) if series is not None else ()
    initial = [_initial(row) for row in rows_in_use] if series is not None else _suggested(form)
    begins = _begins(form.mailing_list.language)
    by_step = {row.step: row for row in rows_in_use}
    rows = []
    for number in range(MAX_MESSAGES):
        start = initial[number] if number < len(initial) else {"days": 3}
        step = str(posted.get(f"m{number}-step", "") if posted is not None else start.get("step", ""))
        made = SeriesMessageForm(
            posted, prefix=f"m{number}", initial=start, row=by_step.get(step), begins=begins, is_first=not number
        )
        rows.append(made)
    return rows


def _promise(form: Form, language: str) -> str:
    """Only if the promise has a number (R-27); in the reader's language if the form has it."""
    content = content_from_json(form.draft)
    codes = sorted(content.languages, key=lambda code: code != language)
    sentences = [content.texts[code].frequency for code in codes]
    return next((sentence for sentence in sentences if promise_in(sentence) is not None), "")


def _save(request: StudioRequest, form: Form, rows: Sequence[SeriesMessageForm]) -> HttpResponse | None:
    if sum(row.is_valid() for row in rows) < len(rows):
        return None
    wanted_rows = [row for row in rows if not row.is_blank]
    for row in wanted_rows:
        if not row.cleaned_data["subject"].strip():
            row.add_error("subject", _("Write the subject line."))
    if any(row.errors for row in wanted_rows):
        return None
    name = _("Welcome: %(form)s") % {"form": form.name}
    try:
        automation = save_series(form.id, name[:120], [row.message() for row in wanted_rows], by=request.user)
    except AutomationError as error:
        rows[0].add_error(None, str(error))
        return None
    return see_other(reverse("studio:automation_release", args=[automation.id]))


@studio("GET|POST forms/<int:form_id>/series/", "form-series", Permission.CONTACTS, logs="automation.edited")
def edit(request: StudioRequest, form_id: int) -> HttpResponse:
    form = wanted(form_id)
    series = series_of(form_id)
    if series is not None and series.rows is None:
        return see_other(reverse("studio:automation_flow", args=[series.automation.id]))
    posted = request.POST if request.method == "POST" else None
    rows = _rows(form, series, posted)
    if posted is not None and (done := _save(request, form, rows)) is not None:
        return done
    used = 1 + max((number for number, row in enumerate(rows) if row["subject"].value() or row.errors), default=0)
    context = {
        "signup": form,
        "series": series,
        "rows": rows[:used],
        "further": rows[used:],
        "failure": next((row.non_field_errors() for row in rows if row.is_bound and row.non_field_errors()), []),
        "is_draft": series is not None and series.version.state == VersionState.DRAFT,
        "promise": _promise(form, request.LANGUAGE_CODE or ""),
    }
    return page(request, "studio/signup/series.html", context, status=422 if posted is not None else 200)
